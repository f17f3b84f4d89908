//! Deploying a whole service.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::future::try_join_all;
use jiff::Timestamp;
use serde_json::Value;

use super::stack::{self, Action, Body, Change};
use super::{Session, bucket, stage};
use crate::api::sha256;
use crate::compile::{Template, normalise};
use crate::model::{Package, Packages};
use crate::problem::{Errors, Problem};

/// The template's name in the deployment bucket.
const TEMPLATE_NAME: &str = "compiled-cloudformation-template.json";

/// How a deployment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The stack was created or changed.
    Deployed,
    /// Nothing changed since the last deployment, so nothing was done.
    Skipped,
    /// Something changed, but nothing that the stack consists of.
    EmptyChangeSet,
}

/// Deploys a service. With `force`, even when nothing changed.
pub async fn deploy(
    session: Session<'_>,
    packages: &Packages,
    template: &Template,
    force: bool,
) -> Result<Outcome, Errors> {
    session.report.step("Retrieving CloudFormation stack");
    let mut action = Action::Update;
    let mut is_new = false;
    match stack::find(session).await? {
        Some(stack) => match stack.status.as_str() {
            "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED"
            | "DELETE_FAILED" => {
                return Err(inactive(&stack.status).into());
            }
            _ => {}
        },
        None if bucket::own_name(session).is_some() => action = Action::Create,
        None => {
            stack::change(session, Action::Create, Body::Text(&template.create)).await?;
            is_new = true;
        }
    }
    let outcome = match fill(session, action, packages, template, force).await {
        Err(errors) if is_new => return Err(take_back(session, errors).await),
        result => result?,
    };
    // Also when the stack stays as it is: settings of the stage are not in its template.
    stage::configure(session, template).await?;
    Ok(outcome)
}

/// Brings the whole service into a stack that has a bucket at most.
async fn fill(
    session: Session<'_>,
    action: Action,
    packages: &Packages,
    template: &Template,
    force: bool,
) -> Result<Outcome, Errors> {
    let bucket_name = bucket::ensure(session, &template.create).await?;
    let normal = sha256(normalise(&template.update).to_string().as_bytes());
    let files = files(packages);
    if !force && action == Action::Update && is_deployed(session, &bucket_name, &normal, &files).await? {
        return Ok(Outcome::Skipped);
    }
    session.report.step("Uploading");
    let text = Bytes::from(template.update.to_string());
    let key = format!("{}/{TEMPLATE_NAME}", packages.prefix);
    bucket::upload(session, &bucket_name, &key, (text, "application/json"), &normal).await?;
    try_join_all(files.values().map(|package| upload(session, &bucket_name, &packages.prefix, package)))
        .await?;
    let url = template_url(session.api.region(), &bucket_name, &key);
    session.api.validate_template(&url).await.map_err(|error| {
        Problem::new(format!("The CloudFormation template is invalid: {}", error.message))
    })?;
    match stack::change(session, action, Body::Url(&url)).await? {
        Change::Made => {
            bucket::clean(session, &bucket_name).await?;
            Ok(Outcome::Deployed)
        }
        Change::None => {
            bucket::empty(session, &bucket_name, &format!("{}/", packages.prefix)).await?;
            Ok(Outcome::EmptyChangeSet)
        }
    }
}

/// Removes a stack that was made a moment ago for a service that was then refused: nothing is left half deployed. A
/// stack that was rolled back stays, because its events tell what went wrong.
async fn take_back(session: Session<'_>, mut errors: Errors) -> Errors {
    let removed = async {
        match stack::find(session).await? {
            Some(stack) if stack.status == "CREATE_COMPLETE" => super::remove::remove(session).await,
            _ => Ok(()),
        }
    };
    if let Err(Errors(more)) = removed.await {
        let message = format!("the new stack {} could not be removed again", session.service.stack_name());
        errors.0.push(Problem::new(message));
        errors.0.extend(more);
    }
    errors
}

fn inactive(status: &str) -> Problem {
    let message =
        format!("Service cannot be deployed as the CloudFormation stack is in the '{status}' state.");
    Problem::new(message).help(
        "either someone else deploys it right now, or an earlier deployment failed and left it behind: in that case \
         remove it with `cloudlet remove` and deploy again",
    )
}

/// The archives, each once, by their names in the bucket.
fn files(packages: &Packages) -> BTreeMap<&str, &Package> {
    packages
        .functions
        .values()
        .chain(packages.layers.values())
        .chain(&packages.helpers)
        .map(|package| (package.name.as_str(), package))
        .collect()
}

async fn upload(session: Session<'_>, bucket: &str, prefix: &str, package: &Package) -> Result<(), Errors> {
    let body = tokio::fs::read(&package.file)
        .await
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", package.file.display())))?;
    let key = format!("{prefix}/{}", package.name);
    bucket::upload(session, bucket, &key, (Bytes::from(body), "application/zip"), &package.sha256).await
}

/// Where CloudFormation reads the template. The host is that of AWS on every endpoint, as the framework writes it.
fn template_url(region: &str, bucket: &str, key: &str) -> String {
    let host = match region {
        region if region.starts_with("us-gov-") => format!("s3-{region}.amazonaws.com"),
        region if region.starts_with("cn-") => format!("s3.{region}.amazonaws.com.cn"),
        _ => "s3.amazonaws.com".to_owned(),
    };
    format!("https://{host}/{bucket}/{key}")
}

/// Whether the newest deployment in the bucket is this one, and did reach the functions.
async fn is_deployed(
    session: Session<'_>,
    bucket_name: &str,
    template_sha256: &str,
    files: &BTreeMap<&str, &Package>,
) -> Result<bool, Errors> {
    session.report.step("Checking for changes");
    let objects = bucket::newest(session, bucket_name).await?;
    // What the framework puts there besides is of no matter here.
    let objects: Vec<_> =
        objects.into_iter().filter(|object| !object.key.ends_with("/serverless-state.json")).collect();
    if objects.is_empty() || objects.len() != files.len() + 1 {
        return Ok(false);
    }
    let (metadata, changed) = tokio::join!(
        try_join_all(objects.iter().map(|object| session.api.head_object(bucket_name, &object.key))),
        functions_changed(session),
    );
    let hash = |metadata: BTreeMap<String, String>| metadata.get("filesha256").cloned().unwrap_or_default();
    let mut there: Vec<String> = metadata?.into_iter().map(hash).collect();
    let mut here: Vec<String> = files.values().map(|package| package.sha256.clone()).collect();
    here.push(template_sha256.to_owned());
    there.sort();
    here.sort();
    if there != here {
        return Ok(false);
    }
    // Objects that are younger than a function: the deployment that wrote them failed before it reached it.
    let Some(changed) = changed? else { return Ok(false) };
    let times = objects.iter().map(|object| object.last_modified.parse::<Timestamp>().ok());
    Ok(times.into_iter().all(|time| time.is_some_and(|time| time <= changed)))
}

/// When the function that was changed first (of all of the service) was changed last. `None`: one is missing.
async fn functions_changed(session: Session<'_>) -> Result<Option<Timestamp>, Errors> {
    let names = session.service.functions().keys().map(|key| function_name(session, key));
    let found = try_join_all(names.map(async |name| session.api.get_function(&name).await)).await?;
    let mut first = Timestamp::MAX;
    for function in found {
        let time = function.as_ref().and_then(|function| function["Configuration"]["LastModified"].as_str());
        match time.and_then(parse_time) {
            Some(time) => first = first.min(time),
            None => return Ok(None),
        }
    }
    Ok(Some(first))
}

/// Lambda writes `2024-01-01T00:00:00.000+0000`.
fn parse_time(text: &str) -> Option<Timestamp> {
    text.replace("+0000", "Z").parse().ok()
}

/// A function's name outside.
pub(crate) fn function_name(session: Session<'_>, key: &str) -> String {
    match session.service.get(&["functions", key, "name"]).and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => format!("{}-{}-{key}", session.service.name(), session.service.stage),
    }
}
