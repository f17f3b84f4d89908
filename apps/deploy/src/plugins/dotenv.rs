//! serverless-dotenv-plugin: the variables of `.env` files become environment variables of all functions.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::object;
use crate::config::{dotenv, read};
use crate::model::Service;
use crate::problem::{Errors, Problem};

/// The plugin's block in `custom`.
const SETTINGS: [&str; 2] = ["custom", "dotenv"];

/// Settings that are honoured.
const KEYS: [&str; 9] = [
    "path",
    "basePath",
    "include",
    "exclude",
    "logging",
    "required",
    "variableExpansion",
    "v4BreakingChanges",
    "dotenvParser",
];

/// Adds the variables to `provider.environment`.
pub(super) fn add(
    service: &mut Service,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<Problem>, Errors> {
    let settings = service.get(&SETTINGS).cloned().unwrap_or(Value::Null);
    check(service, &settings)?;
    let stage = service.stage.clone();
    let name = environment.get("NODE_ENV").cloned().unwrap_or(stage);
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut found = false;
    for file in files(&settings, &name) {
        let file = Path::new(&file);
        let Some(text) = read::text(&service.directory.join(file), file)? else { continue };
        found = true;
        // The first file that names a variable wins, and the environment wins over all files.
        let mut known = environment.clone();
        known.extend(values.clone());
        for (key, value) in dotenv::parse(&text, &known) {
            values.entry(key).or_insert(value);
        }
    }
    let mut notices = Vec::new();
    if !found {
        let problem = service.problem(&SETTINGS, "no .env file was found for serverless-dotenv-plugin");
        if settings["required"]["file"] == json!(true) {
            return Err(problem.into());
        }
        notices.push(problem);
    }
    required(service, &settings, &values, environment)?;
    let listed = |list: &Value, key: &str| list.as_array().is_some_and(|list| list.contains(&json!(key)));
    let include = &settings["include"];
    if include.is_array() {
        values.retain(|key, _| listed(include, key));
    } else {
        values.retain(|key, _| !listed(&settings["exclude"], key));
    }
    let target = object(&mut service.config, &["provider", "environment"]);
    target.extend(values.into_iter().map(|(key, value)| (key, Value::String(value))));
    Ok(notices)
}

fn check(service: &Service, settings: &Value) -> Result<(), Errors> {
    let mut problems = Vec::new();
    for key in settings.as_object().into_iter().flat_map(|map| map.keys()) {
        let place = [SETTINGS.as_slice(), &[key.as_str()]].concat();
        if !KEYS.contains(&key.as_str()) {
            problems
                .push(service.problem(&place, format!("serverless-dotenv-plugin has no setting \"{key}\"")));
        } else if key == "dotenvParser" || (key == "variableExpansion" && settings[key] == json!(false)) {
            let message = format!("the setting \"{key}\" of serverless-dotenv-plugin is not supported");
            problems.push(service.problem(&place, message));
        }
    }
    Errors::none_or(problems)
}

/// The files to read, the most special first.
fn files(settings: &Value, name: &str) -> Vec<String> {
    match &settings["path"] {
        Value::String(path) => return vec![path.clone()],
        Value::Array(paths) => {
            return paths.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect();
        }
        _ => {}
    }
    let base = settings["basePath"].as_str().unwrap_or_default();
    let mut names = vec![format!(".env.{name}.local"), format!(".env.{name}")];
    if name != "test" {
        names.push(".env.local".to_owned());
    }
    names.push(".env".to_owned());
    names.into_iter().map(|name| format!("{base}{name}")).collect()
}

fn required(
    service: &Service,
    settings: &Value,
    values: &BTreeMap<String, String>,
    environment: &BTreeMap<String, String>,
) -> Result<(), Errors> {
    let has =
        |key: &str| values.get(key).or_else(|| environment.get(key)).is_some_and(|value| !value.is_empty());
    let names = settings["required"]["env"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing: Vec<&str> = names.filter(|name| !has(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Missing the following required environment variables: {}", missing.join(","));
    Err(service.problem(&["custom", "dotenv", "required", "env"], message).into())
}
