//! The tree of a REST API's resources.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::super::cfn::{get_att, reference, resource, take, text};
use super::super::super::config::Config;
use super::super::super::names;
use super::super::super::output::Output;
use super::event::Http;

/// The resources by their paths.
pub(super) struct Resources {
    root: Value,
    by_path: HashMap<String, Value>,
}

impl Resources {
    /// Puts every resource that the paths need and that does not exist already.
    pub(super) fn put(config: &Config, out: &mut Output, events: &[Http]) -> Result<Self, String> {
        let root = config.provider(&["apiGateway", "restApiRootResourceId"]).cloned();
        let root = root.unwrap_or_else(|| get_att(super::API, "RootResourceId"));
        let existing = existing(config);
        let mut resources = Self { root, by_path: existing.iter().cloned().collect() };
        for http in events {
            let parts: Vec<&str> = http.path.split('/').filter(|_| !http.path.is_empty()).collect();
            for length in 1..=parts.len() {
                let path = parts[..length].join("/");
                if resources.by_path.contains_key(&path) {
                    continue;
                }
                if existing.iter().any(|(other, _)| other.starts_with(&format!("{path}/"))) {
                    return Err(format!(
                        "the resource `{path}` exists already, so that its id must be given"
                    ));
                }
                let parent = resources.id(&parts[..length - 1].join("/"));
                let id = format!("ApiGatewayResource{}", names::path(&path));
                let properties = json!({
                    "ParentId": parent,
                    "PathPart": parts[length - 1],
                    "RestApiId": super::api(config),
                });
                out.put(id.clone(), resource("AWS::ApiGateway::Resource", properties, None));
                resources.by_path.insert(path, reference(&id));
            }
        }
        Ok(resources)
    }

    /// The id of the resource of a path.
    pub(super) fn id(&self, path: &str) -> Value {
        self.by_path.get(path).unwrap_or(&self.root).clone()
    }
}

/// The resources of an API that exists already: `{path: id}`, or a list of both.
fn existing(config: &Config) -> Vec<(String, Value)> {
    let path = |path: &str| path.trim_start_matches('/').trim_end_matches('/').to_owned();
    match config.provider(&["apiGateway", "restApiResources"]) {
        Some(Value::Object(map)) => map.iter().map(|(key, id)| (path(key), id.clone())).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| Some((path(text(item, "path")?), take(item, "resourceId")?.clone())))
            .collect(),
        _ => Vec::new(),
    }
}
