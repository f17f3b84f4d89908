//! Preflight requests: an OPTIONS method for every path with `cors`, answered by API Gateway itself.

use serde_json::{Map, Value, json};

use super::super::super::config::Config;
use super::super::super::names;
use super::super::super::output::Output;
use super::event::{Cors, Http};
use super::resources::Resources;

/// Puts the methods and returns their logical ids.
pub(super) fn put(config: &Config, out: &mut Output, resources: &Resources, events: &[Http]) -> Vec<String> {
    let mut ids = Vec::new();
    for (path, cors) in by_path(events) {
        let id = names::method(&names::path(&path), "options");
        out.put(id.clone(), method(config, resources, &path, &cors));
        ids.push(id);
    }
    ids
}

/// The settings of each path: lists are joined, of the rest the last stands.
fn by_path(events: &[Http]) -> Vec<(String, Cors)> {
    let mut paths: Vec<(String, Cors)> = Vec::new();
    for http in events {
        let Some(cors) = &http.cors else { continue };
        match paths.iter_mut().find(|(path, _)| path == &http.path) {
            None => {
                let mut first = cors.clone();
                for list in [&mut first.headers, &mut first.methods, &mut first.origins] {
                    *list = union(list, &[]);
                }
                paths.push((http.path.clone(), first));
            }
            Some((_, joined)) => {
                joined.headers = union(&cors.headers, &joined.headers);
                joined.methods = union(&cors.methods, &joined.methods);
                joined.origins = union(&cors.origins, &joined.origins);
                joined.origin.clone_from(&cors.origin);
                joined.allow_credentials |= cors.allow_credentials;
                joined.max_age = cors.max_age.clone().or(joined.max_age.take());
                joined.cache_control = cors.cache_control.clone().or(joined.cache_control.take());
            }
        }
    }
    paths
}

fn union(left: &[String], right: &[String]) -> Vec<String> {
    let mut union: Vec<String> = Vec::new();
    for item in left.iter().chain(right) {
        if !union.contains(item) {
            union.push(item.clone());
        }
    }
    union
}

fn method(config: &Config, resources: &Resources, path: &str, cors: &Cors) -> Value {
    let mut origins = cors.origins.clone();
    let mut origin = cors.origin.clone().unwrap_or_default();
    if origin.contains(',') {
        origins = origin.split(',').map(|origin| origin.trim().to_owned()).collect();
    }
    if let Some(first) = origins.first() {
        origin.clone_from(first);
    }
    let headers = headers(cors, &origin);
    let declared: Map<String, Value> =
        headers.iter().map(|(name, _)| (format!("method.response.header.{name}"), json!(true))).collect();
    let values: Map<String, Value> = headers
        .into_iter()
        .map(|(name, value)| (format!("method.response.header.{name}"), json!(value)))
        .collect();
    json!({
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "AuthorizationType": "NONE",
            "HttpMethod": "OPTIONS",
            "MethodResponses": [{ "StatusCode": "200", "ResponseParameters": declared, "ResponseModels": {} }],
            "RequestParameters": {},
            "Integration": {
                "Type": "MOCK",
                "RequestTemplates": { "application/json": "{statusCode:200}" },
                "ContentHandling": "CONVERT_TO_TEXT",
                "IntegrationResponses": [{
                    "StatusCode": "200",
                    "ResponseParameters": values,
                    "ResponseTemplates": { "application/json": origin_template(&origins) },
                }],
            },
            "ResourceId": resources.id(path),
            "RestApiId": super::api(config),
        },
    })
}

fn headers(cors: &Cors, origin: &str) -> Vec<(&'static str, String)> {
    let quoted = |text: &str| format!("'{text}'");
    let mut methods = quoted(&cors.methods.join(","));
    if cors.methods.iter().any(|method| method == "ANY") {
        methods = methods.replacen("ANY", "DELETE,GET,HEAD,PATCH,POST,PUT", 1);
    }
    let mut headers = vec![
        ("Access-Control-Allow-Origin", quoted(origin)),
        ("Access-Control-Allow-Headers", quoted(&cors.headers.join(","))),
        ("Access-Control-Allow-Methods", methods),
    ];
    if cors.allow_credentials {
        headers.push(("Access-Control-Allow-Credentials", quoted("true")));
    }
    if let Some(seconds) = &cors.max_age {
        headers.push(("Access-Control-Max-Age", quoted(&super::super::super::cfn::json_text(seconds))));
    }
    if let Some(cache) = &cors.cache_control {
        headers.push(("Cache-Control", quoted(cache)));
    }
    headers
}

/// With several origins the answer names the one that asks, if it is among them.
fn origin_template(origins: &[String]) -> String {
    if origins.is_empty() {
        return String::new();
    }
    let matches: Vec<String> = origins
        .iter()
        .map(|origin| format!("$origin.matches(\"{}\")", origin.replace('.', "[.]").replacen('*', ".+", 1)))
        .collect();
    format!(
        "#set($origin = $input.params(\"Origin\"))\n\
         #if($origin == \"\") #set($origin = $input.params(\"origin\")) #end\n\
         #if({}) #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end",
        matches.join(" || ")
    )
}
