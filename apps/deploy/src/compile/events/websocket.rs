//! `websocket`: a WebSocket API with its integrations, routes, authorizers, stage and deployment.

use serde_json::{Map, Value, json};

use super::super::cfn::{get, invocation_uri, join, json_text, list, reference, resource, sub, take, text};
use super::super::config::{Config, Function};
use super::super::output::Output;
use super::super::{custom, names};

const API: &str = "WebsocketsApi";
const STAGE: &str = "WebsocketsDeploymentStage";
const LOG_GROUP: &str = "WebsocketsLogGroup";
const LOG_FORMAT: &str = "$context.identity.sourceIp $context.identity.caller $context.identity.user \
    [$context.requestTime] \"$context.eventType $context.routeKey $context.connectionId\" $context.requestId";

struct Route<'c> {
    function: &'c Function,
    route: &'c str,
    response: Option<&'c Value>,
    authorizer: Option<Authorizer<'c>>,
}

struct Authorizer<'c> {
    name: String,
    /// The function's ARN, of this service or another.
    arn: Value,
    /// The function, when it is of this service.
    function: Option<&'c Function>,
    identity_source: Value,
}

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut routes: Vec<Route> = Vec::new();
    for function in &config.functions {
        for (index, event) in function.events_of("websocket") {
            match route(config, function, event) {
                Ok(route) => routes.push(route),
                Err((below, message)) => {
                    super::refuse(config, out, (&function.key, index, "websocket"), &[below], message);
                }
            }
        }
    }
    if routes.is_empty() {
        return;
    }
    put_api(config, out);
    routes.iter().for_each(|route| put_integration(config, out, route));
    routes.iter().for_each(|route| put_response(config, out, route));
    routes.iter().for_each(|route| put_authorizer(config, out, route));
    routes.iter().for_each(|route| put_permissions(config, out, route));
    routes.iter().for_each(|route| put_route(config, out, route));
    put_stage(config, out);
    put_deployment(config, out, &routes);
}

fn route<'c>(
    config: &'c Config,
    function: &'c Function,
    event: &'c Value,
) -> Result<Route<'c>, (&'static str, String)> {
    let route = event.as_str().or_else(|| text(event, "route"));
    let route = route.ok_or(("route", "a websocket event needs a `route`".to_owned()))?;
    let authorizer = match take(event, "authorizer") {
        Some(setting) => Some(authorizer(config, setting).map_err(|message| ("authorizer", message))?),
        None => None,
    };
    Ok(Route { function, route, response: take(event, "routeResponseSelectionExpression"), authorizer })
}

fn authorizer<'c>(config: &'c Config, setting: &'c Value) -> Result<Authorizer<'c>, String> {
    let identity_source =
        take(setting, "identitySource").cloned().unwrap_or_else(|| json!(["route.request.header.Auth"]));
    let last = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
    let arn = match setting.as_str() {
        Some(name) => name.contains(':').then_some(setting),
        None => take(setting, "arn"),
    };
    if let Some(arn) = arn {
        let named = arn.as_str().map(last).or_else(|| text(setting, "name").map(str::to_owned));
        let name = named.ok_or("an authorizer that an intrinsic function names needs a `name`")?;
        return Ok(Authorizer { name, arn: arn.clone(), function: None, identity_source });
    }
    let name = setting
        .as_str()
        .or_else(|| text(setting, "name"))
        .ok_or("the authorizer needs a `name` or an `arn`")?;
    let function = config.function_of(name).ok_or_else(|| format!("there is no function `{name}`"))?;
    Ok(Authorizer {
        name: name.to_owned(),
        arn: function.target(),
        function: Some(function),
        identity_source,
    })
}

fn api(config: &Config) -> Value {
    config.provider(&["apiGateway", "websocketApiId"]).cloned().unwrap_or_else(|| reference(API))
}

fn is_own(config: &Config) -> bool {
    config.provider(&["apiGateway", "websocketApiId"]).is_none()
}

fn description<'c>(config: &'c Config) -> &'c str {
    config.provider(&["websocketsDescription"]).and_then(Value::as_str).unwrap_or("Serverless Websockets")
}

fn put_api(config: &Config, out: &mut Output) {
    if !is_own(config) {
        return;
    }
    let name = config.provider(&["websocketsApiName"]).and_then(Value::as_str);
    let name = name.map_or_else(|| format!("{}-{}-websockets", config.stage(), config.name()), str::to_owned);
    let selection = config.provider(&["websocketsApiRouteSelectionExpression"]).and_then(Value::as_str);
    let tagged = config.provider(&["websocket", "useProviderTags"]).is_some();
    let properties = json!({
        "Name": name,
        "RouteSelectionExpression": selection.unwrap_or("$request.body.action"),
        "Description": description(config),
        "ProtocolType": "WEBSOCKET",
        "Tags": config.provider(&["tags"]).filter(|_| tagged),
    });
    out.put(API, resource("AWS::ApiGatewayV2::Api", properties, None));
    out.allow(json!({
        "Effect": "Allow",
        "Action": ["execute-api:ManageConnections"],
        "Resource": [sub("arn:${AWS::Partition}:execute-api:*:*:*/@connections/*")],
    }));
}

fn integration_id(function: &Function) -> String {
    format!("{}WebsocketsIntegration", names::part(&function.key))
}

fn put_integration(config: &Config, out: &mut Output, route: &Route) {
    let mut integration = Map::new();
    integration.insert("Type".to_owned(), json!("AWS::ApiGatewayV2::Integration"));
    if let Some(alias) = route.function.alias_id() {
        integration.insert("DependsOn".to_owned(), alias);
    }
    let properties = json!({
        "ApiId": api(config),
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": invocation_uri(route.function.target()),
    });
    integration.insert("Properties".to_owned(), properties);
    out.put(integration_id(route.function), Value::Object(integration));
}

fn put_response(config: &Config, out: &mut Output, route: &Route) {
    if route.response.is_none() {
        return;
    }
    let id = names::websocket_route(route.route);
    let properties =
        json!({ "ApiId": api(config), "RouteId": reference(&id), "RouteResponseKey": "$default" });
    out.put(format!("{id}Response"), resource("AWS::ApiGatewayV2::RouteResponse", properties, None));
}

fn authorizer_id(authorizer: &Authorizer) -> String {
    format!("{}WebsocketsAuthorizer", names::part(&authorizer.name))
}

fn put_authorizer(config: &Config, out: &mut Output, route: &Route) {
    let Some(authorizer) = &route.authorizer else { return };
    let mut resource = Map::new();
    resource.insert("Type".to_owned(), json!("AWS::ApiGatewayV2::Authorizer"));
    if let Some(alias) = authorizer.function.and_then(Function::alias_id) {
        resource.insert("DependsOn".to_owned(), alias);
    }
    let properties = json!({
        "ApiId": api(config),
        "Name": authorizer.name,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": invocation_uri(authorizer.arn.clone()),
        "IdentitySource": authorizer.identity_source,
    });
    resource.insert("Properties".to_owned(), properties);
    out.put(authorizer_id(authorizer), Value::Object(resource));
}

fn put_permissions(config: &Config, out: &mut Output, route: &Route) {
    let api = get(&api(config), "Ref").cloned();
    let waits_for = |ids: Vec<Value>| api.iter().cloned().chain(ids).collect::<Vec<Value>>();
    let permission = |waits_for: Vec<Value>, function: Value| {
        json!({
            "Type": "AWS::Lambda::Permission",
            "DependsOn": waits_for,
            "Properties": {
                "FunctionName": function,
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
            },
        })
    };
    let function = route.function;
    let own = function.alias_id().unwrap_or_else(|| json!(function.logical_id()));
    out.put(
        names::permission(&function.key, "Websockets"),
        permission(waits_for(vec![own]), function.target()),
    );
    if let Some(authorizer) = &route.authorizer {
        let mut ids = Vec::new();
        if let Some(function) = authorizer.function {
            ids.push(json!(function.logical_id()));
            ids.extend(function.alias_id());
        }
        // The order of members matters to the hash of the deployment.
        let mut resource = permission(waits_for(ids), Value::Null);
        resource["Properties"] = json!({
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "FunctionName": authorizer.arn,
        });
        out.put(names::permission(&authorizer.name, "Websockets"), resource);
    }
}

fn put_route(config: &Config, out: &mut Output, route: &Route) {
    let mut properties = json!({
        "ApiId": api(config),
        "RouteKey": route.route,
        "AuthorizationType": "NONE",
        "Target": join("/", vec![json!("integrations"), reference(&integration_id(route.function))]),
    });
    if let Some(response) = route.response {
        properties["RouteResponseSelectionExpression"] = response.clone();
    }
    if let Some(authorizer) = &route.authorizer {
        properties["AuthorizationType"] = json!("CUSTOM");
        properties["AuthorizerId"] = reference(&authorizer_id(authorizer));
    }
    out.put(names::websocket_route(route.route), resource("AWS::ApiGatewayV2::Route", properties, None));
}

fn put_stage(config: &Config, out: &mut Output) {
    if !is_own(config) {
        return;
    }
    let mut properties =
        json!({ "ApiId": api(config), "StageName": config.stage(), "Description": description(config) });
    let logs = config.provider(&["logs", "websocket"]).filter(|logs| crate::truth::truthy(logs)).cloned();
    if let Some(logs) = &logs {
        let on = |key: &str| get(logs, key).is_none_or(crate::truth::truthy);
        let level = if on("executionLogging") { text(logs, "level").unwrap_or("INFO") } else { "OFF" };
        properties["DefaultRouteSettings"] =
            json!({ "DataTraceEnabled": on("fullExecutionData"), "LoggingLevel": level });
        if on("accessLogging") {
            let arn = format!(
                "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{{LOG_GROUP}}}"
            );
            let format = text(logs, "format").unwrap_or(LOG_FORMAT);
            properties["AccessLogSettings"] = json!({ "DestinationArn": sub(&arn), "Format": format });
        }
    }
    out.put(STAGE, resource("AWS::ApiGatewayV2::Stage", properties, None));
    if logs.is_some() {
        let group = config.log_group(&format!("/aws/websocket/{}", config.prefix()), &Value::Null);
        out.put(LOG_GROUP, group);
        custom::api_account_role(config, out);
    }
}

/// The deployment is named by a hash of the API's resources, so that a change of one makes a new deployment.
fn put_deployment(config: &Config, out: &mut Output, routes: &[Route]) {
    let part: Map<String, Value> = out
        .resources
        .iter()
        .filter(|(id, resource)| {
            let waits_for =
                || resource.get("DependsOn").filter(|ids| ids.is_array()).map(list).unwrap_or_default();
            *id == API || resource["Properties"]["ApiId"]["Ref"] == API || waits_for().contains(&json!(API))
        })
        .map(|(id, resource)| (id.clone(), resource.clone()))
        .collect();
    let hash = names::sha256_id(&[json_text(&Value::Object(part)).as_bytes()]);
    let id = format!("WebsocketsDeployment{hash}");
    let mut waits_for = Vec::new();
    for route in routes {
        let id = names::websocket_route(route.route);
        if route.response.is_some() {
            waits_for.push(format!("{id}Response"));
        }
        waits_for.push(id);
    }
    let mut properties = json!({ "ApiId": api(config), "Description": description(config) });
    if !is_own(config) {
        properties["StageName"] = json!(config.stage());
    }
    out.put(
        id.clone(),
        json!({ "Type": "AWS::ApiGatewayV2::Deployment", "DependsOn": waits_for, "Properties": properties }),
    );
    let url = vec![
        json!("wss://"),
        api(config),
        json!(".execute-api."),
        reference("AWS::Region"),
        json!("."),
        reference("AWS::URLSuffix"),
        json!(format!("/{}", config.stage())),
    ];
    out.put_output(
        "ServiceEndpointWebsocket",
        json!({ "Description": "URL of the service endpoint", "Value": join("", url) }),
    );
    if let Some(stage) = out.resources.get_mut(STAGE) {
        stage["Properties"]["DeploymentId"] = reference(&id);
    }
}
