//! What a deployed service consists of.

use futures::future::try_join_all;
use serde_json::Value;

use super::deploy::function_name;
use super::{Session, stack};
use crate::api::Endpoint;
use crate::api::apigateway::ApiKey;
use crate::problem::{Errors, Problem};

/// A function of a deployed service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its key in the configuration.
    pub key: String,
    /// Its name outside.
    pub name: String,
    /// The URL of its own, if it has one.
    pub url: Option<String>,
}

/// An address that a service answers at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `GET`, `ANY`; empty for what is no HTTP route.
    pub method: String,
    /// The address.
    pub url: String,
}

/// A deployed service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// The service's name.
    pub service: String,
    /// The stage.
    pub stage: String,
    /// The region.
    pub region: String,
    /// The stack's name.
    pub stack: String,
    /// The keys of its REST API.
    pub api_keys: Vec<ApiKey>,
    /// Where it answers.
    pub addresses: Vec<Address>,
    /// Its functions.
    pub functions: Vec<Function>,
    /// Its layers: key and ARN.
    pub layers: Vec<(String, String)>,
    /// The outputs of its stack.
    pub outputs: Vec<(String, String)>,
}

/// Looks at a deployed service.
pub async fn info(session: Session<'_>) -> Result<Info, Errors> {
    let service = session.service;
    let Some(stack) = stack::find(session).await? else {
        let problem = Problem::new(format!("Stack with id {} does not exist", service.stack_name()));
        return Err(problem.help(super::DEPLOY_FIRST).into());
    };
    let output = |id: &str| stack.outputs.iter().find(|(key, _)| key == id).map(|(_, value)| value.clone());
    let functions: Vec<Function> = service
        .functions()
        .keys()
        .map(|key| Function {
            key: key.clone(),
            name: function_name(session, key),
            url: output(&format!("{}LambdaFunctionUrl", normal(key))).map(|url| reachable(session, &url)),
        })
        .collect();
    let layers = service
        .layers()
        .keys()
        .filter_map(|key| Some((key.clone(), output(&format!("{}LambdaLayerQualifiedArn", normal(key)))?)))
        .collect();
    Ok(Info {
        service: service.name().to_owned(),
        stage: service.stage.clone(),
        region: service.region.clone(),
        stack: service.stack_name(),
        api_keys: api_keys(session).await?,
        addresses: addresses(session, &stack.outputs),
        functions,
        layers,
        outputs: stack.outputs,
    })
}

/// The keys of the REST API, where the service has some.
async fn api_keys(session: Session<'_>) -> Result<Vec<ApiKey>, Errors> {
    let configured = session.service.get(&["provider", "apiGateway", "apiKeys"]).and_then(Value::as_array);
    if configured.is_none_or(|keys| keys.is_empty()) {
        return Ok(Vec::new());
    }
    let resources = session.api.list_resources(&session.service.stack_name()).await?;
    let ids = resources.iter().filter(|(_, _, kind)| kind == "AWS::ApiGateway::ApiKey").map(|(_, id, _)| id);
    Ok(try_join_all(ids.map(|id| session.api.get_api_key(id))).await?)
}

/// The addresses of a service: one for each route.
fn addresses(session: Session<'_>, outputs: &[(String, String)]) -> Vec<Address> {
    let mut found = Vec::new();
    let bases =
        outputs.iter().filter(|(key, _)| key.starts_with("ServiceEndpoint") || key.starts_with("HttpApiUrl"));
    for (key, base) in bases {
        let base = reachable(session, base);
        let base = base.trim_end_matches('/');
        if key.contains("Websocket") || base.starts_with("ws") {
            found.push(Address { method: String::new(), url: base.to_owned() });
            continue;
        }
        let kind = if key.starts_with("HttpApiUrl") { "httpApi" } else { "http" };
        for (method, path) in routes(session, kind) {
            found.push(Address { method, url: format!("{base}{path}") });
        }
    }
    found
}

/// The routes of all events of a kind: method and path, the path empty or beginning with a slash.
fn routes(session: Session<'_>, kind: &str) -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for function in session.service.functions().values() {
        for event in function["events"].as_array().into_iter().flatten() {
            let Some(route) = event.get(kind) else { continue };
            let (method, path) = match route {
                Value::String(text) if text == "*" => ("*".to_owned(), "".to_owned()),
                Value::String(text) => match text.split_once(' ') {
                    Some((method, path)) => (method.to_owned(), path.trim().to_owned()),
                    None => ("ANY".to_owned(), text.clone()),
                },
                other => {
                    let text = |name: &str| other[name].as_str().unwrap_or_default().to_owned();
                    (text("method"), text("path"))
                }
            };
            let method =
                if method == "*" || method.is_empty() { "ANY".to_owned() } else { method.to_uppercase() };
            let path = if path == "*" { String::new() } else { path };
            let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            let path = if parts.is_empty() { String::new() } else { format!("/{}", parts.join("/")) };
            routes.push((method, if path.is_empty() && kind == "httpApi" { "/".to_owned() } else { path }));
        }
    }
    routes
}

/// An address as it can be called from here: what the stack calls `<id>.execute-api.<region>.amazonaws.com` is
/// `<id>.execute-api.localhost:<port>` at an endpoint of one's own.
pub fn reachable(session: Session<'_>, url: &str) -> String {
    let Endpoint::Url(endpoint) = session.api.endpoint() else { return url.to_owned() };
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let names: Vec<&str> = host.split('.').collect();
    let ([id, kind @ ("execute-api" | "lambda-url"), _region, "amazonaws", "com"]
    | [id, kind, _region, "on", "aws"]) = names.as_slice()
    else {
        return url.to_owned();
    };
    let (own_scheme, own_host) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let port = own_host
        .trim_end_matches('/')
        .rsplit_once(':')
        .map(|(_, port)| format!(":{port}"))
        .unwrap_or_default();
    let host = own_host.split(':').next().unwrap_or_default();
    let own_domain = match host {
        "127.0.0.1" | "0.0.0.0" | "[" | "localhost" => "localhost",
        other => other,
    };
    let secure = own_scheme == "https";
    let scheme = match (scheme, secure) {
        ("wss" | "ws", true) => "wss",
        ("wss" | "ws", false) => "ws",
        (_, true) => "https",
        (_, false) => "http",
    };
    format!("{scheme}://{id}.{kind}.{own_domain}{port}{path}")
}

/// A key as it begins the names of its resources: first letter large, `-` and `_` in words.
pub(crate) fn normal(key: &str) -> String {
    let key = key.replace('-', "Dash").replace('_', "Underscore");
    let mut letters = key.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
