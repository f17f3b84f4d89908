//! Deploying a single function without its stack.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::deploy::function_name;
use super::{Pace, Session};
use crate::model::Package;
use crate::problem::{Errors, Problem};

/// How often a function that is still being changed is asked again, with growing waits: about a minute.
const LOOKS_MAX: u32 = 150;

/// What was changed of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Updated {
    /// Its code.
    pub code: bool,
    /// Its settings.
    pub configuration: bool,
}

/// What is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What differs.
    Differences,
    /// The code, even if it is the same, and the settings that differ.
    Forced,
    /// The settings alone.
    Configuration,
}

/// Deploys a function that exists: its code and those settings that need no stack.
pub async fn deploy(
    session: Session<'_>,
    key: &str,
    package: Option<&Package>,
    wanted: Wanted,
) -> Result<Updated, Errors> {
    let name = known(session, key)?;
    let Some(function) = session.api.get_function(&name).await? else {
        let message = format!(
            "The function \"{key}\" you want to update is not yet deployed. Please run \"cloudlet deploy\" to deploy \
             your service. After that you can redeploy your services functions with the \"cloudlet deploy function\" \
             command."
        );
        return Err(Problem::new(message).into());
    };
    let there = &function["Configuration"];
    let mut updated = Updated::default();
    if wanted != Wanted::Configuration {
        let package = package
            .ok_or_else(|| session.service.problem(&["functions", key], "the function has no package"))?;
        if wanted == Wanted::Forced || there["CodeSha256"].as_str() != Some(package.sha256.as_str()) {
            session.report.step("Deploying");
            update_code(session, &name, package).await?;
            updated.code = true;
        }
    }
    let differences = differences(session, key, there);
    if !differences.is_empty() {
        session.report.step("Updating function configuration");
        session.api.update_function_configuration(&name, &Value::Object(differences)).await?;
        settled(session, &name).await?;
        updated.configuration = true;
    }
    Ok(updated)
}

/// Gives a function other code and waits until it answers with it.
pub async fn update_code(session: Session<'_>, name: &str, package: &Package) -> Result<(), Errors> {
    let zip = tokio::fs::read(&package.file)
        .await
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", package.file.display())))?;
    let answer = session.api.update_function_code(name, &zip).await?;
    if answer["LastUpdateStatus"] == json!("Successful") && answer["State"] == json!("Active") {
        return Ok(());
    }
    settled(session, name).await
}

/// The name outside of a function of the service.
pub fn known(session: Session<'_>, key: &str) -> Result<String, Errors> {
    if session.service.functions().contains_key(key) {
        return Ok(function_name(session, key));
    }
    let names: Vec<&str> = session.service.functions().keys().map(String::as_str).collect();
    let problem = Problem::new(format!("Function \"{key}\" doesn't exist in this Service"));
    Err(problem.help(format!("its functions are: {}", names.join(", "))).into())
}

async fn settled(session: Session<'_>, name: &str) -> Result<(), Errors> {
    let mut pace = Pace::new(session.api);
    for _ in 0..LOOKS_MAX {
        let function = session.api.get_function(name).await?.unwrap_or_default();
        let configuration = &function["Configuration"];
        match (configuration["State"].as_str(), configuration["LastUpdateStatus"].as_str()) {
            (Some("Active") | None, Some("Successful") | None) => return Ok(()),
            (Some("Failed"), _) | (_, Some("Failed")) => {
                let reason = [&configuration["LastUpdateStatusReason"], &configuration["StateReason"]]
                    .iter()
                    .find_map(|reason| reason.as_str())
                    .unwrap_or("no reason is given");
                return Err(
                    Problem::new(format!("the update of the function {name} failed: {reason}")).into()
                );
            }
            _ => pace.wait().await,
        }
    }
    let message = "Ensuring function state timed out. Please try to deploy your function once again.";
    Err(Problem::new(message).into())
}

/// The settings that differ from those outside and need no stack.
fn differences(session: Session<'_>, key: &str, there: &Value) -> Map<String, Value> {
    let service = session.service;
    let own = |name: &str| service.get(&["functions", key, name]);
    let either = |name: &str| own(name).or_else(|| service.get(&["provider", name]));
    let mut changes = Map::new();
    let mut compare = |name: &str, value: Option<&Value>| {
        if let Some(value) =
            value.filter(|value| !value.is_object() && !value.is_null() && there[name] != **value)
        {
            changes.insert(name.to_owned(), value.clone());
        }
    };
    compare("Description", own("description"));
    compare("Handler", own("handler"));
    compare("MemorySize", either("memorySize"));
    compare("Timeout", either("timeout"));
    compare("KMSKeyArn", either("kmsKeyArn"));
    if let Some(target) = own("onError").and_then(Value::as_str)
        && there["DeadLetterConfig"]["TargetArn"].as_str() != Some(target)
    {
        changes.insert("DeadLetterConfig".to_owned(), json!({"TargetArn": target}));
    }
    let mut environment: BTreeMap<String, Value> = BTreeMap::new();
    for place in [service.get(&["provider", "environment"]), own("environment")] {
        environment.extend(
            place
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    environment.retain(|_, value| !value.is_null());
    // Values that CloudFormation computes are known to the stack alone.
    if !environment.values().any(|value| value.is_object() || value.is_array()) {
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let here: BTreeMap<String, String> =
            environment.into_iter().map(|(name, value)| (name, text(value))).collect();
        let outside: BTreeMap<String, String> = there["Environment"]["Variables"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        if here != outside {
            changes.insert("Environment".to_owned(), json!({"Variables": here}));
        }
    }
    changes
}
