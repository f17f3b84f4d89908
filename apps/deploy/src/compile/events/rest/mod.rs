//! `http`: a REST API with its resources, methods, authorizers, models, keys and deployment.

mod authorizers;
mod cors;
mod event;
mod integration;
mod keys;
mod method;
mod models;
mod resources;

use serde_json::{Value, json};

use self::event::Http;
use self::resources::Resources;
use super::super::cfn::{execute_api_arn, get, join, reference, resource, take, text};
use super::super::config::Config;
use super::super::output::Output;
use super::super::{custom, names};
use crate::truth::truthy;

/// The logical id of the REST API.
const API: &str = "ApiGatewayRestApi";

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut events: Vec<Http> = Vec::new();
    for function in &config.functions {
        for (index, event) in function.events_of("http") {
            match Http::read(config, function, event) {
                Ok(http) => events.push(http),
                Err((below, message)) => {
                    super::refuse(config, out, (&function.key, index, "http"), &[below], message)
                }
            }
        }
    }
    if events.is_empty() {
        return;
    }
    check(config, out);
    put_api(config, out);
    let resources = match Resources::put(config, out, &events) {
        Ok(resources) => resources,
        Err(message) => {
            out.problems
                .push(config.service.problem(&["provider", "apiGateway", "restApiResources"], message));
            return;
        }
    };
    let mut methods = cors::put(config, out, &resources, &events);
    methods.extend(events.iter().map(|http| method::put(config, out, &resources, http)));
    models::put(config, out, &resources, &events);
    authorizers::put(config, out, &events);
    let deployment = put_deployment(config, out, methods);
    keys::put(config, out, &deployment);
    put_permissions(config, out, &events);
    put_logs(config, out);
}

fn check(config: &Config, out: &mut Output) {
    let mut refuse = |path: &[&str], message: &str| out.problems.push(config.service.problem(path, message));
    if config.provider(&["apiGateway", "restApiId"]).is_some() {
        if config.provider(&["apiGateway", "restApiRootResourceId"]).is_none() {
            refuse(
                &["provider", "apiGateway", "restApiId"],
                "`restApiId` needs `restApiRootResourceId` beside it",
            );
        }
        for path in [["provider", "tracing", "apiGateway"], ["provider", "logs", "restApi"]] {
            if config.provider(&path[1..]).is_some() {
                refuse(&path, "this cannot be set for a REST API that exists already");
            }
        }
    }
    let valid = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !config.stage().chars().all(valid) {
        refuse(
            &["provider", "stage"],
            "the stage of a REST API has nothing but letters, digits, `-` and `_`",
        );
    }
}

/// The id of the REST API in a property.
fn api(config: &Config) -> Value {
    config.provider(&["apiGateway", "restApiId"]).cloned().unwrap_or_else(|| reference(API))
}

fn put_api(config: &Config, out: &mut Output) {
    let settings = config.provider(&["apiGateway"]).cloned().unwrap_or_else(|| json!({}));
    if take(&settings, "restApiId").is_some() {
        return;
    }
    let name = match config.provider(&["apiName"]).and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None if take(&settings, "shouldStartNameWithService").is_some() => config.prefix(),
        None => format!("{}-{}", config.stage(), config.name()),
    };
    let kind = config.provider(&["endpointType"]).and_then(Value::as_str).map(str::to_uppercase);
    let endpoints = config.provider(&["vpcEndpointIds"]).filter(|_| kind.is_some());
    if endpoints.is_some() && kind.as_deref() != Some("PRIVATE") {
        let message = "`vpcEndpointIds` is for `endpointType: PRIVATE` alone";
        out.problems.push(config.service.problem(&["provider", "vpcEndpointIds"], message));
    }
    let mut endpoint = json!({ "Types": [kind.as_deref().unwrap_or("EDGE")] });
    if let Some(ids) = endpoints {
        endpoint["VpcEndpointIds"] = ids.clone();
    }
    let statements = take(&settings, "resourcePolicy");
    // An empty policy takes away the one that an earlier deployment set.
    let policy = statements
        .map_or_else(|| json!(""), |statements| json!({ "Version": "2012-10-17", "Statement": statements }));
    let upper = |key: &str| text(&settings, key).map(str::to_uppercase);
    let endpoint_settings = get(&settings, "endpoint").cloned().unwrap_or_default();
    let properties = json!({
        "Name": name,
        "BinaryMediaTypes": take(&settings, "binaryMediaTypes"),
        "DisableExecuteApiEndpoint": get(&settings, "disableDefaultEndpoint"),
        "EndpointConfiguration": endpoint,
        "SecurityPolicy": take(&endpoint_settings, "securityPolicy"),
        "EndpointAccessMode": text(&endpoint_settings, "accessMode").map(str::to_uppercase),
        "Tags": config.tag_list(),
        "Policy": policy,
        "ApiKeySourceType": upper("apiKeySourceType"),
        "MinimumCompressionSize": get(&settings, "minimumCompressionSize"),
        "Description": take(&settings, "description"),
    });
    out.put(API, resource("AWS::ApiGateway::RestApi", properties, None));
}

fn put_deployment(config: &Config, out: &mut Output, methods: Vec<String>) -> String {
    // A deployment is a snapshot of the API: each packaging makes a new one.
    let id = format!("ApiGatewayDeployment{}", config.packaged_at());
    let stage =
        config.provider(&["apiGateway", "stage"]).and_then(Value::as_str).unwrap_or_else(|| config.stage());
    let properties = json!({
        "RestApiId": api(config),
        "StageName": stage,
        "Description": config.provider(&["apiGateway", "description"]).filter(|text| truthy(text)),
    });
    out.put(id.clone(), resource("AWS::ApiGateway::Deployment", properties, Some(json!(methods))));
    let url = vec![
        json!("https://"),
        api(config),
        json!(".execute-api."),
        reference("AWS::Region"),
        json!("."),
        reference("AWS::URLSuffix"),
        json!(format!("/{}", config.stage())),
    ];
    out.put_output(
        "ServiceEndpoint",
        json!({ "Description": "URL of the service endpoint", "Value": join("", url) }),
    );
    id
}

fn put_permissions(config: &Config, out: &mut Output, events: &[Http]) {
    for http in events {
        let source = execute_api_arn(api(config), "/*/*");
        let permission = http.function.permission("apigateway.amazonaws.com", source.clone());
        out.put(names::permission(&http.function.key, "ApiGateway"), permission);
        let Some(authorizer) = &http.authorizer else { continue };
        let Some(arn) = authorizer.arn.as_ref().filter(|_| !authorizer.is_user_pool()) else { continue };
        let id = names::permission(&authorizer.name, "ApiGateway");
        if out.resources.contains_key(&id) || authorizer.managed_externally {
            continue;
        }
        let properties = json!({
            "FunctionName": authorizer.alias.as_ref().map_or_else(|| arn.clone(), |alias| reference(alias)),
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": source,
        });
        out.put(id, resource("AWS::Lambda::Permission", properties, None));
    }
}

/// The log group of the API's access logs. The stage itself is no resource of the template: the framework sets its
/// logs, traces and tags after the deployment.
fn put_logs(config: &Config, out: &mut Output) {
    let Some(logs) = config.provider(&["logs", "restApi"]).filter(|logs| truthy(logs)) else { return };
    if get(logs, "accessLogging").is_none_or(truthy) {
        let group = config.log_group(&format!("/aws/api-gateway/{}", config.prefix()), &Value::Null);
        out.put("ApiGatewayLogGroup", group);
        custom::api_account_role(config, out);
    }
}
