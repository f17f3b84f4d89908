//! Checks of requests before the function is called: required parameters and JSON schemas.

use serde_json::{Value, json};

use super::super::super::cfn::{get, reference, resource, take, text};
use super::super::super::config::Config;
use super::super::super::names;
use super::super::super::output::Output;
use super::event::Http;
use super::resources::Resources;
use super::{API, api};
use crate::truth::truthy;

/// Puts the validator and the models, and names them in their methods.
pub(super) fn put(config: &Config, out: &mut Output, _resources: &Resources, events: &[Http]) {
    for http in events {
        let method = names::method(&names::path(&http.path), &http.method);
        let schemas = http.request("schemas").and_then(Value::as_object);
        let required = |value: &Value| match value {
            Value::Object(_) => get(value, "required").is_none_or(truthy),
            other => truthy(other),
        };
        if http.parameters.values().any(required) || schemas.is_some_and(|schemas| !schemas.is_empty()) {
            let validator = put_validator(config, out);
            set(out, &method, "RequestValidatorId", reference(&validator));
        }
        for (content_type, schema) in schemas.into_iter().flatten() {
            let model = put_model(config, out, &method, content_type, schema);
            let model = reference(&model);
            if let Some(method) = out.resources.get_mut(&method) {
                method["Properties"]["RequestModels"][content_type] = model;
            }
        }
    }
}

fn set(out: &mut Output, method: &str, property: &str, value: Value) {
    if let Some(method) = out.resources.get_mut(method) {
        method["Properties"][property] = value;
    }
}

fn put_validator(config: &Config, out: &mut Output) -> String {
    let id = format!("ApiGateway{}RequestValidator", names::alphanumeric(config.name()));
    let properties = json!({
        "RestApiId": api(config),
        "ValidateRequestBody": true,
        "ValidateRequestParameters": true,
        "Name": format!("{} | Validate request body and querystring parameters", config.prefix()),
    });
    out.put(id.clone(), resource("AWS::ApiGateway::RequestValidator", properties, None));
    id
}

fn put_model(config: &Config, out: &mut Output, method: &str, content_type: &str, schema: &Value) -> String {
    let shared = schema.as_str().and_then(|name| {
        let settings = config.provider(&["apiGateway", "request", "schemas", name])?;
        Some((name, settings))
    });
    let (id, api, content_type, settings) = match shared {
        Some((name, settings)) => {
            let id = format!("ApiGateway{}Model", names::camel_case(name));
            (id, reference(API), "application/json", settings)
        }
        None => {
            (format!("{method}{}Model", names::start_case(content_type)), api(config), content_type, schema)
        }
    };
    let (definition, name, description) = match take(settings, "schema").filter(|_| settings.is_object()) {
        Some(schema) => (schema, text(settings, "name"), text(settings, "description")),
        None => (settings, None, None),
    };
    let properties = json!({
        "RestApiId": api,
        "ContentType": content_type,
        "Schema": definition,
        "Name": name,
        "Description": description,
    });
    out.put(id.clone(), resource("AWS::ApiGateway::Model", properties, None));
    id
}
