//! One method of a REST API.

use serde_json::{Map, Value, json};

use super::super::super::cfn::{get, reference, take};
use super::super::super::config::Config;
use super::super::super::names;
use super::super::super::output::Output;
use super::event::Http;
use super::resources::Resources;
use super::{api, integration};
use crate::truth::truthy;

/// Puts the method and returns its logical id.
pub(super) fn put(config: &Config, out: &mut Output, resources: &Resources, http: &Http) -> String {
    let mut waits_for = vec![json!(names::permission(&http.function.key, "ApiGateway"))];
    waits_for.extend(http.function.alias_id());
    let mut properties = Map::new();
    let mut set = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    set("HttpMethod", json!(http.method));
    set("RequestParameters", request_parameters(http));
    set("ResourceId", resources.id(&http.path));
    set("RestApiId", api(config));
    if let Some(id) = take(&http.settings, "operationId") {
        set("OperationName", id.clone());
    }
    set("ApiKeyRequired", json!(take(&http.settings, "private").is_some()));
    let (authorization, authorizer) = authorization(http);
    if let Some(authorizer) = authorizer {
        // The framework merges lists place by place: the authorizer takes the place of the permission.
        waits_for[0] = json!(authorizer);
    }
    for (key, value) in authorization {
        set(&key, value);
    }
    set("Integration", integration::properties(config, http));
    set("MethodResponses", Value::Array(responses(http)));
    let id = names::method(&names::path(&http.path), &http.method);
    out.put(
        id.clone(),
        json!({ "Type": "AWS::ApiGateway::Method", "Properties": properties, "DependsOn": waits_for }),
    );
    id
}

fn request_parameters(http: &Http) -> Value {
    let required = |value: &Value| match value {
        Value::Object(_) => get(value, "required").cloned().unwrap_or_else(|| json!(true)),
        other => other.clone(),
    };
    http.parameters.iter().map(|(name, value)| (name.clone(), required(value))).collect()
}

/// The properties that say who may call, and the authorizer that the method waits for.
fn authorization(http: &Http) -> (Map<String, Value>, Option<String>) {
    let mut properties = Map::new();
    let mut set = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    let Some(authorizer) = &http.authorizer else {
        set("AuthorizationType", json!("NONE"));
        return (properties, None);
    };
    if authorizer.kind.as_deref() == Some("AWS_IAM") {
        set("AuthorizationType", json!("AWS_IAM"));
        return (properties, None);
    }
    if let (Some(kind), Some(id)) = (&authorizer.kind, &authorizer.authorizer_id) {
        let custom = authorizer.is("TOKEN") || authorizer.is("REQUEST");
        set("AuthorizationType", json!(if custom { "CUSTOM" } else { kind }));
        set("AuthorizerId", id.clone());
        if authorizer.is("COGNITO_USER_POOLS") && !authorizer.scopes.is_empty() {
            set("AuthorizationScopes", json!(authorizer.scopes));
        }
        return (properties, None);
    }
    let id = names::authorizer(&authorizer.name);
    let pool = authorizer.is_user_pool();
    set("AuthorizationType", json!(if pool { "COGNITO_USER_POOLS" } else { "CUSTOM" }));
    set("AuthorizerId", reference(&id));
    if pool && !authorizer.scopes.is_empty() {
        set("AuthorizationScopes", json!(authorizer.scopes));
    }
    (properties, Some(id))
}

/// The headers that answers carry in mapped integrations: of CORS, and of the author.
pub(super) fn response_headers(http: &Http) -> Map<String, Value> {
    let mut headers = Map::new();
    if let Some(cors) = &http.cors {
        let origin = match cors.origins.as_slice() {
            [] => cors.origin.clone().unwrap_or_default(),
            origins => origins.join(","),
        };
        headers.insert("Access-Control-Allow-Origin".to_owned(), json!(format!("'{origin}'")));
        if cors.allow_credentials {
            headers.insert("Access-Control-Allow-Credentials".to_owned(), json!("true"));
        }
    }
    if let Some(own) = http.response("headers").and_then(Value::as_object) {
        headers.extend(own.clone());
    }
    headers
}

fn responses(http: &Http) -> Vec<Value> {
    let declared = |headers: &Map<String, Value>| {
        headers
            .keys()
            .map(|name| (format!("method.response.header.{name}"), json!(true)))
            .collect::<Map<_, _>>()
    };
    let common = declared(&response_headers(http));
    let codes = http.status_codes.iter().flatten();
    let response = |(status, settings): (&String, &Value)| {
        let mut parameters = common.clone();
        if let Some(own) = get(settings, "headers").filter(|own| truthy(own)).and_then(Value::as_object) {
            parameters.extend(declared(own));
        }
        json!({ "ResponseParameters": parameters, "ResponseModels": {}, "StatusCode": status })
    };
    codes.map(response).collect()
}
