//! `httpApi`: an HTTP API with its stage, integrations, routes, authorizers and permissions.

use serde_json::{Map, Value, json};

use super::super::cfn::{
    execute_api_arn, get, get_att, invocation_uri, join, list, present, reference, resource, take, text,
};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;
use crate::truth::truthy;

const METHODS: &[&str] = &["ANY", "GET", "POST", "PUT", "PATCH", "OPTIONS", "HEAD", "DELETE"];
const TIMEOUT_MILLISECONDS: u64 = 30_000;
/// The default of `provider.logs.httpApi`, in the order of its members.
const ACCESS_LOG_FORMAT: &str = "{\"requestId\":\"$context.requestId\",\"ip\":\"$context.identity.sourceIp\",\
    \"requestTime\":\"$context.requestTime\",\"httpMethod\":\"$context.httpMethod\",\
    \"routeKey\":\"$context.routeKey\",\"status\":\"$context.status\",\"protocol\":\"$context.protocol\",\
    \"responseLength\":\"$context.responseLength\"}";

struct Route<'c> {
    /// `GET /users`, or `*` for the default route.
    key: String,
    function: &'c Function,
    authorizer: Option<RouteAuthorizer>,
}

enum RouteAuthorizer {
    Iam,
    /// The type, the id, and the scopes.
    Other(&'static str, Value, Option<Vec<Value>>),
}

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut routes: Vec<Route> = Vec::new();
    for function in &config.functions {
        for (index, event) in function.events_of("httpApi") {
            match route(config, function, event) {
                Ok(route) if route.key != "*" && routes.iter().any(|other| other.key == route.key) => {
                    let message = format!("the route `{}` is written twice", route.key);
                    super::refuse(config, out, (&function.key, index, "httpApi"), &[], message);
                }
                Ok(route) => {
                    routes.retain(|other| other.key != route.key);
                    routes.push(route);
                }
                Err((below, message)) => {
                    super::refuse(config, out, (&function.key, index, "httpApi"), &[below], message)
                }
            }
        }
    }
    if routes.is_empty() {
        return;
    }
    let settings = config.provider(&["httpApi"]).cloned().unwrap_or_else(|| json!({}));
    if take(&settings, "id").is_some() {
        for key in ["cors", "authorizers"] {
            if take(&settings, key).is_some() {
                let message = format!("`{key}` cannot be set for an HTTP API that exists already");
                out.problems.push(config.service.problem(&["provider", "httpApi", key], message));
            }
        }
    } else {
        put_api(config, out, &settings, &routes);
    }
    put_authorizers(config, out, &settings);
    for route in &routes {
        put_route(config, out, &settings, route);
    }
}

fn route<'c>(
    config: &Config,
    function: &'c Function,
    event: &Value,
) -> Result<Route<'c>, (&'static str, String)> {
    let (method, path) = match event.as_str() {
        Some("*") => (None, "*"),
        Some(line) => {
            let wrong = || ("", format!("`{line}` is neither a method with a path nor `*`"));
            let (method, path) = line.split_once(' ').ok_or_else(wrong)?;
            (Some(method), path.trim())
        }
        None => {
            (text(event, "method"), text(event, "path").ok_or(("path", "a route needs a `path`".to_owned()))?)
        }
    };
    let key = if path == "*" {
        if method.is_some_and(|method| method != "*") {
            return Err(("path", "the default route `*` takes every method".to_owned()));
        }
        "*".to_owned()
    } else {
        let method = method.ok_or(("method", "a route needs a `method`".to_owned()))?.to_uppercase();
        let method = if method == "*" { "ANY".to_owned() } else { method };
        if !METHODS.contains(&method.as_str()) {
            return Err(("method", format!("`{method}` is no HTTP method")));
        }
        format!("{method} {path}")
    };
    let authorizer = match take(event, "authorizer") {
        Some(setting) => Some(route_authorizer(config, setting).map_err(|message| ("authorizer", message))?),
        None => None,
    };
    Ok(Route { key, function, authorizer })
}

fn route_authorizer(config: &Config, setting: &Value) -> Result<RouteAuthorizer, String> {
    let name = setting.as_str().or_else(|| text(setting, "name"));
    let id = take(setting, "id");
    if text(setting, "type") == Some("aws_iam") {
        if name.is_some() || id.is_some() || take(setting, "scopes").is_some() {
            return Err("an authorizer of type aws_iam has no other settings".to_owned());
        }
        return Ok(RouteAuthorizer::Iam);
    }
    let kind = |kind: Option<&str>| if kind == Some("request") { "CUSTOM" } else { "JWT" };
    let scopes = take(setting, "scopes").map(list);
    if let Some(id) = id {
        if config.provider(&["httpApi", "id"]).is_none() {
            return Err("an authorizer's `id` needs an HTTP API that exists already (`provider.httpApi.id`)"
                .to_owned());
        }
        return Ok(RouteAuthorizer::Other(kind(text(setting, "type")), id.clone(), scopes));
    }
    let name = name.ok_or("the authorizer needs a `name` or an `id`")?;
    let settings = config
        .provider(&["httpApi", "authorizers", name])
        .ok_or_else(|| format!("there is no authorizer `{name}` in `provider.httpApi.authorizers`"))?;
    let logical = authorizer_id(text(settings, "name").unwrap_or(name));
    Ok(RouteAuthorizer::Other(kind(text(settings, "type")), reference(&logical), scopes))
}

fn authorizer_id(name: &str) -> String {
    format!("HttpApiAuthorizer{}", names::part(name))
}

fn api(settings: &Value) -> Value {
    take(settings, "id").cloned().unwrap_or_else(|| reference("HttpApi"))
}

fn put_api(config: &Config, out: &mut Output, settings: &Value, routes: &[Route]) {
    let name = match text(settings, "name") {
        Some(name) => name.to_owned(),
        None if take(settings, "shouldStartNameWithService").is_some() => config.prefix(),
        None => format!("{}-{}", config.stage(), config.name()),
    };
    let tags = config.provider(&["tags"]).filter(|tags| truthy(tags));
    let properties = json!({
        "Name": name,
        "Description": take(settings, "description"),
        "ProtocolType": "HTTP",
        "DisableExecuteApiEndpoint": get(settings, "disableDefaultEndpoint"),
        "Tags": tags,
        "CorsConfiguration": take(settings, "cors").map(|cors| cors_configuration(cors, routes)),
    });
    out.put("HttpApi", resource("AWS::ApiGatewayV2::Api", properties, None));
    let access_logs = config.provider(&["logs", "httpApi"]).filter(|logs| truthy(logs));
    if access_logs.is_some() {
        let group = config.log_group(&format!("/aws/http-api/{}", config.service.stack_name()), &Value::Null);
        out.put("HttpApiLogGroup", group);
    }
    let log_settings = access_logs.map(|logs| {
        let format = text(logs, "format").unwrap_or(ACCESS_LOG_FORMAT);
        json!({ "DestinationArn": get_att("HttpApiLogGroup", "Arn"), "Format": format })
    });
    let properties = json!({
        "ApiId": reference("HttpApi"),
        "StageName": "$default",
        "AutoDeploy": true,
        "DefaultRouteSettings": { "DetailedMetricsEnabled": take(settings, "metrics").is_some() },
        "Tags": tags,
        "AccessLogSettings": log_settings,
    });
    let waits_for = access_logs.map(|_| json!("HttpApiLogGroup"));
    out.put("HttpApiStage", resource("AWS::ApiGatewayV2::Stage", properties, waits_for));
    let url = vec![
        json!("https://"),
        reference("HttpApi"),
        json!(".execute-api."),
        reference("AWS::Region"),
        json!("."),
        reference("AWS::URLSuffix"),
    ];
    out.put_output(
        "HttpApiId",
        json!({ "Description": "Id of the HTTP API", "Value": reference("HttpApi") }),
    );
    out.put_output("HttpApiUrl", json!({ "Description": "URL of the HTTP API", "Value": join("", url) }));
}

fn cors_configuration(cors: &Value, routes: &[Route]) -> Value {
    const HEADERS: &[&str] = &[
        "Content-Type",
        "X-Amz-Date",
        "Authorization",
        "X-Api-Key",
        "X-Amz-Security-Token",
        "X-Amz-User-Agent",
        "X-Amzn-Trace-Id",
    ];
    let chosen = |key: &str| take(cors, key).map(|values| unique(list(values)));
    let methods = chosen("allowedMethods").unwrap_or_else(|| route_methods(routes));
    present(json!({
        "AllowCredentials": take(cors, "allowCredentials").map(|_| true),
        "AllowHeaders": chosen("allowedHeaders").unwrap_or_else(|| HEADERS.iter().map(|name| json!(name)).collect()),
        "AllowMethods": methods,
        "AllowOrigins": chosen("allowedOrigins").unwrap_or_else(|| vec![json!("*")]),
        "ExposeHeaders": chosen("exposedResponseHeaders"),
        "MaxAge": get(cors, "maxAge"),
    }))
}

/// OPTIONS and the methods of the routes, in the order of the routes.
fn route_methods(routes: &[Route]) -> Vec<Value> {
    let mut methods = vec![json!("OPTIONS")];
    for route in routes {
        match route.key.split(' ').next() {
            Some("*" | "ANY") => methods.extend(METHODS.iter().skip(1).map(|method| json!(method))),
            Some(method) => methods.push(json!(method)),
            None => {}
        }
    }
    unique(methods)
}

fn unique(values: Vec<Value>) -> Vec<Value> {
    let mut unique: Vec<Value> = Vec::new();
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    unique
}

fn put_authorizers(config: &Config, out: &mut Output, settings: &Value) {
    for (key, authorizer) in get(settings, "authorizers").and_then(Value::as_object).into_iter().flatten() {
        let result = if text(authorizer, "type") == Some("request") {
            request_authorizer(config, out, settings, key, authorizer)
        } else {
            let properties = json!({
                "AuthorizerType": "JWT",
                "JwtConfiguration": {
                    "Audience": get(authorizer, "audience").map(list).map(unique),
                    "Issuer": authorizer["issuerUrl"],
                },
            });
            Ok((properties, None))
        };
        match result {
            Ok((mut properties, waits_for)) => {
                let name = text(authorizer, "name").unwrap_or(key);
                properties["ApiId"] = api(settings);
                properties["Name"] = json!(name);
                properties["IdentitySource"] =
                    json!(get(authorizer, "identitySource").map(list).unwrap_or_default());
                let resource = resource("AWS::ApiGatewayV2::Authorizer", properties, waits_for);
                out.put(authorizer_id(name), resource);
            }
            Err((below, message)) => {
                let path = ["provider", "httpApi", "authorizers", key, below];
                out.problems.push(config.service.problem(&path, message));
            }
        }
    }
}

/// The authorizer's own properties and what it waits for; its permission is put on the way.
fn request_authorizer(
    config: &Config,
    out: &mut Output,
    settings: &Value,
    key: &str,
    authorizer: &Value,
) -> Result<(Value, Option<Value>), (&'static str, String)> {
    let (target, waits_for) = match (take(authorizer, "functionArn"), text(authorizer, "functionName")) {
        (Some(arn), None) => (arn.clone(), None),
        (None, Some(name)) => {
            let function = config.function_of(name);
            let function =
                function.ok_or_else(|| ("functionName", format!("there is no function `{name}`")))?;
            (function.target(), function.alias_id())
        }
        _ => return Err(("functionName", "either `functionName` or `functionArn` must be set".to_owned())),
    };
    if take(authorizer, "resultTtlInSeconds").is_some() && take(authorizer, "identitySource").is_none() {
        return Err(("resultTtlInSeconds", "cached results need an `identitySource`".to_owned()));
    }
    if take(authorizer, "managedExternally").is_none() {
        let properties = json!({
            "FunctionName": target,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": execute_api_arn(api(settings), "/*"),
        });
        let name = text(authorizer, "name").unwrap_or(key);
        out.put(
            format!("{}LambdaAuthorizerPermissionHttpApi", names::part(name)),
            resource("AWS::Lambda::Permission", properties, waits_for.clone()),
        );
    }
    let properties = json!({
        "AuthorizerType": "REQUEST",
        "EnableSimpleResponses": authorizer.get("enableSimpleResponses"),
        "AuthorizerResultTtlInSeconds": authorizer.get("resultTtlInSeconds"),
        "AuthorizerPayloadFormatVersion": text(authorizer, "payloadVersion").unwrap_or("2.0"),
        "AuthorizerUri": invocation_uri(target),
    });
    Ok((properties, waits_for))
}

fn put_route(config: &Config, out: &mut Output, settings: &Value, route: &Route) {
    let function = route.function;
    let api = api(settings);
    out.put(
        names::permission(&function.key, "HttpApi"),
        function.permission("apigateway.amazonaws.com", execute_api_arn(api.clone(), "/*")),
    );
    let integration = format!("HttpApiIntegration{}", names::part(&function.key));
    let payload = get(&function.settings, "httpApi").and_then(|own| take(own, "payload"));
    let payload = payload.or_else(|| config.provider(&["httpApi", "payload"])).cloned();
    let properties = json!({
        "ApiId": api,
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": function.target(),
        "PayloadFormatVersion": payload.unwrap_or_else(|| json!("2.0")),
        "TimeoutInMillis": TIMEOUT_MILLISECONDS,
    });
    out.put(integration.clone(), resource("AWS::ApiGatewayV2::Integration", properties, function.alias_id()));
    let mut properties = Map::new();
    properties.insert("ApiId".to_owned(), api);
    let key = if route.key == "*" { "$default" } else { &route.key };
    properties.insert("RouteKey".to_owned(), json!(key));
    properties.insert("Target".to_owned(), join("/", vec![json!("integrations"), reference(&integration)]));
    match &route.authorizer {
        Some(RouteAuthorizer::Iam) => {
            properties.insert("AuthorizationType".to_owned(), json!("AWS_IAM"));
        }
        Some(RouteAuthorizer::Other(kind, id, scopes)) => {
            properties.insert("AuthorizationType".to_owned(), json!(kind));
            properties.insert("AuthorizerId".to_owned(), id.clone());
            if let Some(scopes) = scopes {
                properties.insert("AuthorizationScopes".to_owned(), json!(unique(scopes.clone())));
            }
        }
        None => {}
    }
    out.put(
        names::http_route(&route.key),
        resource("AWS::ApiGatewayV2::Route", Value::Object(properties), Some(json!(integration))),
    );
}
