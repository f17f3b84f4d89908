//! The bucket that templates and packages lie in.

use bytes::Bytes;
use serde_json::{Value, json};

use super::Session;
use super::stack::{self, Action, Body};
use crate::api::s3::{Object, Put};
use crate::problem::{Errors, Problem};

/// The bucket's name in the template.
const LOGICAL_ID: &str = "ServerlessDeploymentBucket";

/// How many deployments stay in the bucket when the project does not say.
const KEPT: usize = 5;

/// The bucket that the project names itself.
pub fn own_name<'a>(session: Session<'a>) -> Option<&'a str> {
    let bucket = session.service.get(&["provider", "deploymentBucket"])?;
    bucket.as_str().or_else(|| bucket["name"].as_str())
}

/// The bucket's name: the project's own, or the one in the stack; `None` when the stack has none.
pub async fn name(session: Session<'_>) -> Result<Option<String>, Errors> {
    if let Some(name) = own_name(session) {
        return Ok(Some(name.to_owned()));
    }
    Ok(session.api.physical_id(&session.service.stack_name(), LOGICAL_ID).await?)
}

/// The bucket's name, once it is sure that it can be used. A stack without a bucket (it had one of its own before)
/// gets one.
pub async fn ensure(session: Session<'_>, core: &Value) -> Result<String, Errors> {
    if let Some(own) = own_name(session) {
        return match session.api.head_bucket(own).await {
            Ok(true) => Ok(own.to_owned()),
            Ok(false) => {
                let message = format!(
                    "Could not locate deployment bucket: \"{own}\". Error: The bucket does not exist"
                );
                Err(session.service.problem(&["provider", "deploymentBucket"], message).into())
            }
            Err(error) => {
                let message = format!("Could not access the deployment bucket \"{own}\". {}", error.message);
                Err(session.service.problem(&["provider", "deploymentBucket"], message).into())
            }
        };
    }
    if let Some(name) = name(session).await? {
        return match session.api.head_bucket(&name).await? {
            true => Ok(name),
            false => {
                let message = format!(
                    "The serverless deployment bucket \"{name}\" does not exist. Create it manually if you want to \
                     reuse the CloudFormation stack \"{}\", or delete the stack if it is no longer required.",
                    session.service.stack_name()
                );
                Err(Problem::new(message).into())
            }
        };
    }
    add_to_stack(session, core).await?;
    name(session).await?.ok_or_else(|| Problem::new("the stack has no deployment bucket").into())
}

async fn add_to_stack(session: Session<'_>, core: &Value) -> Result<(), Errors> {
    let text = session.api.get_template(&session.service.stack_name()).await?;
    let parsed = cfn::yaml::parse(&text).and_then(|node| node.to_json());
    let mut template = parsed.map_err(|error| {
        Problem::new(format!("Could not parse CloudFormation template: {}", error.message))
    })?;
    for section in ["Resources", "Outputs"] {
        if !template[section].is_object() {
            template[section] = json!({});
        }
        if let (Some(all), Some(new)) = (template[section].as_object_mut(), core[section].as_object()) {
            all.extend(new.clone());
        }
    }
    stack::change(session, Action::Update, Body::Text(&template)).await.map(drop)
}

/// The objects of the newest deployment.
pub async fn newest(session: Session<'_>, bucket: &str) -> Result<Vec<Object>, Errors> {
    let objects = session.api.list_objects(bucket, &session.prefix()).await?;
    let prefix = session.prefix();
    let newest = objects.iter().filter_map(|object| deployment(&prefix, &object.key)).max();
    let Some((_, newest)) = newest else { return Ok(Vec::new()) };
    let newest = newest.to_owned();
    Ok(objects
        .into_iter()
        .filter(|object| deployment(&prefix, &object.key).is_some_and(|(_, folder)| folder == newest))
        .collect())
}

/// When a deployment was made (milliseconds since 1970) and its folder, out of the key of one of its objects.
fn deployment<'a>(prefix: &str, key: &'a str) -> Option<(i64, &'a str)> {
    let (folder, _) = key.strip_prefix(prefix)?.split_once('/')?;
    let (milliseconds, _) = folder.split_once('-')?;
    Some((milliseconds.parse().ok()?, folder))
}

/// Deletes all deployments but the last ones.
pub async fn clean(session: Session<'_>, bucket: &str) -> Result<(), Errors> {
    let kept = session
        .service
        .get(&["provider", "deploymentBucket", "maxPreviousDeploymentArtifacts"])
        .and_then(Value::as_u64)
        .map_or(KEPT, |kept| usize::try_from(kept).unwrap_or(usize::MAX));
    let prefix = session.prefix();
    let objects = session.api.list_objects(bucket, &prefix).await?;
    let mut folders: Vec<(i64, &str)> =
        objects.iter().filter_map(|object| deployment(&prefix, &object.key)).collect();
    folders.sort_unstable();
    folders.dedup();
    let old = &folders[..folders.len().saturating_sub(kept)];
    let keys: Vec<String> = objects
        .iter()
        .filter(|object| deployment(&prefix, &object.key).is_some_and(|found| old.contains(&found)))
        .map(|object| object.key.clone())
        .collect();
    delete(session, bucket, &keys).await
}

/// Deletes everything that deployments of this service and stage put into the bucket, below a folder where given.
pub async fn empty(session: Session<'_>, bucket: &str, below: &str) -> Result<(), Errors> {
    let objects = session.api.list_objects(bucket, below).await?;
    let keys: Vec<String> = objects.into_iter().map(|object| object.key).collect();
    delete(session, bucket, &keys).await
}

async fn delete(session: Session<'_>, bucket: &str, keys: &[String]) -> Result<(), Errors> {
    if keys.is_empty() {
        return Ok(());
    }
    session.api.delete_objects(bucket, keys).await.map_err(|error| {
        let message = format!(
            "Could not remove deployment artifacts from the S3 deployment bucket ({bucket}). Make sure that you have \
             permissions that allow S3 objects deletion. First encountered S3 error code: {} ({})",
            error.code, error.message
        );
        Problem::new(message).into()
    })
}

/// Writes an object into the bucket, encrypted as the project asks.
pub async fn upload(
    session: Session<'_>,
    bucket: &str,
    key: &str,
    content: (Bytes, &str),
    file_sha256: &str,
) -> Result<(), Errors> {
    let settings = session.service.get(&["provider", "deploymentBucket"]);
    let setting = |name: &str| settings.and_then(|settings| settings[name].as_str()).map(str::to_owned);
    let names = [
        ("serverSideEncryption", "x-amz-server-side-encryption"),
        ("sseKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),
        ("sseCustomerAlgorithim", "x-amz-server-side-encryption-customer-algorithm"),
        ("sseCustomerKey", "x-amz-server-side-encryption-customer-key"),
        ("sseCustomerKeyMD5", "x-amz-server-side-encryption-customer-key-md5"),
    ];
    let headers = names.iter().filter_map(|(name, header)| Some((*header, setting(name)?))).collect();
    let (body, content_type) = content;
    Ok(session.api.put_object(Put { bucket, key, body, content_type, file_sha256, headers }).await?)
}
