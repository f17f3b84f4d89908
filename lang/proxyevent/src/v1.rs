//! The proxy event of REST APIs, and format `1.0` of HTTP APIs.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use std::borrow::Cow;

use crate::json::{body, key, lossy, map_or, number, optional, string};
use crate::request::{Request, distinct, values};
use crate::{names, query, time};

/// What the API adds to the request.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Which API asks: the two differ in a few fields.
    pub api: Api,
    /// The account of the API.
    pub account_id: &'a str,
    /// The id of the API.
    pub api_id: &'a str,
    /// The name of the stage.
    pub stage: &'a str,
    /// The id of the deployment that serves the stage; HTTP APIs do not show it.
    pub deployment_id: &'a str,
    /// The id of the resource, or the key of the route in an HTTP API.
    pub resource_id: &'a str,
    /// The path of the resource with its variables, such as `/pets/{id}`.
    pub resource_path: &'a str,
    /// The operation name of the method, if it has one.
    pub operation_name: Option<&'a str>,
    /// The request id.
    pub request_id: &'a str,
    /// The short request id.
    pub extended_request_id: &'a str,
    /// The stage variables, in order.
    pub stage_variables: &'a [(String, String)],
    /// The values of the path's variables.
    pub path_parameters: &'a [(&'a str, Cow<'a, str>)],
    /// Who asks, when the route is authorised by IAM.
    pub identity: Identity<'a>,
    /// What an authorizer returned, as JSON text.
    pub authorizer: Option<&'a str>,
    /// Whether the body travels as base64.
    pub binary: bool,
}

/// The kinds of API that use this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// A REST API.
    Rest,
    /// An HTTP API with payload format `1.0`.
    Http,
}

/// Who asks, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity<'a> {
    /// The access key that signed the request.
    pub access_key: Option<&'a str>,
    /// The account of the caller.
    pub account_id: Option<&'a str>,
    /// The unique id of the caller.
    pub caller: Option<&'a str>,
    /// The unique id of the user.
    pub user: Option<&'a str>,
    /// The ARN of the user.
    pub user_arn: Option<&'a str>,
    /// The API key of the request and its id.
    pub api_key: Option<(&'a str, &'a str)>,
}

const NULL: &[u8] = b"null";
const EMPTY: &[u8] = b"{}";

/// Writes the event as JSON to the end of `out`.
pub fn write(out: &mut Vec<u8>, request: &Request<'_>, context: &Context<'_>) {
    // The fixed part is about 1.3 kB; headers are written twice.
    out.reserve(2048 + request.body.len() * 4 / 3);
    out.push(b'{');
    if context.api == Api::Http {
        out.extend_from_slice(b"\"version\":\"1.0\",");
    }
    out.extend_from_slice(b"\"resource\":");
    string(out, context.resource_path);
    key(out, "\"path\":");
    string(out, path(request, context.api).as_ref());
    key(out, "\"httpMethod\":");
    string(out, request.method);
    write_headers(out, request, context.api, NULL);
    write_query(out, request, NULL);
    if context.api == Api::Http {
        // The order of fields differs between the two kinds; each is written as its kind writes it.
        write_request_context(out, request, context);
        write_parameters(out, context, NULL);
    } else {
        write_parameters(out, context, NULL);
        write_request_context(out, request, context);
    }
    key(out, "\"body\":");
    if request.body.is_empty() {
        out.extend_from_slice(b"null");
    } else {
        body(out, request.body, context.binary);
    }
    key(out, "\"isBase64Encoded\":");
    out.extend_from_slice(if context.binary && !request.body.is_empty() { b"true" } else { b"false" });
    out.push(b'}');
}

/// Writes the event of a REST API's authorizer that is asked with the whole request, but without its body. Maps without
/// members are empty here, not `null`.
pub fn write_authorizer(out: &mut Vec<u8>, request: &Request<'_>, context: &Context<'_>, method_arn: &str) {
    out.reserve(2048);
    out.extend_from_slice(b"{\"type\":\"REQUEST\",\"methodArn\":");
    string(out, method_arn);
    key(out, "\"resource\":");
    string(out, context.resource_path);
    key(out, "\"path\":");
    string(out, path(request, context.api).as_ref());
    key(out, "\"httpMethod\":");
    string(out, request.method);
    write_headers(out, request, context.api, EMPTY);
    write_query(out, request, EMPTY);
    write_parameters(out, context, EMPTY);
    write_request_context(out, request, context);
    out.push(b'}');
}

/// REST APIs show the path as it was sent, without the stage and without doubled slashes in front of it (recorded by
/// LocalStack's `test_lambda_aws_proxy_integration`); HTTP APIs show it decoded and with the stage.
fn path<'a>(request: &Request<'a>, api: Api) -> Cow<'a, str> {
    match api {
        Api::Rest => Cow::Borrowed(single_slash(request.path)),
        Api::Http => query::decode(request.full_path, false),
    }
}

/// The path with one slash in front.
fn single_slash(path: &str) -> &str {
    let extra = path.bytes().take_while(|byte| *byte == b'/').count();
    &path[extra.saturating_sub(1)..]
}

fn write_headers(out: &mut Vec<u8>, request: &Request<'_>, api: Api, none: &[u8]) {
    let shown = |name| match api {
        Api::Rest => names::rest(name),
        Api::Http => names::http_v1(name),
    };
    key(out, "\"headers\":");
    let mut mark = b'{';
    for (first, name) in distinct(request.headers) {
        out.push(mark);
        mark = b',';
        string(out, shown(name));
        out.push(b':');
        lossy(out, values(request.headers, first, name).next_back().unwrap_or(b""));
    }
    close_map(out, mark, none);
    key(out, "\"multiValueHeaders\":");
    let mut mark = b'{';
    for (first, name) in distinct(request.headers) {
        out.push(mark);
        mark = b',';
        string(out, shown(name));
        out.push(b':');
        let mut bracket = b'[';
        for value in values(request.headers, first, name) {
            out.push(bracket);
            bracket = b',';
            lossy(out, value);
        }
        out.push(b']');
    }
    close_map(out, mark, none);
}

/// Ends a map that was begun by its first member, or writes `none` when there was none.
fn close_map(out: &mut Vec<u8>, mark: u8, none: &[u8]) {
    if mark == b'{' {
        out.extend_from_slice(none);
    } else {
        out.push(b'}');
    }
}

fn write_query(out: &mut Vec<u8>, request: &Request<'_>, none: &[u8]) {
    let parameters: Vec<_> = query::parameters(request.query).collect();
    let first_use = |index: usize| !parameters[..index].iter().any(|(name, _)| *name == parameters[index].0);
    key(out, "\"queryStringParameters\":");
    let mut mark = b'{';
    for (index, (name, _)) in parameters.iter().enumerate().filter(|(index, _)| first_use(*index)) {
        out.push(mark);
        mark = b',';
        string(out, name);
        out.push(b':');
        let last = parameters[index..].iter().rfind(|(other, _)| other == name);
        string(out, last.map_or("", |(_, value)| value));
    }
    close_map(out, mark, none);
    key(out, "\"multiValueQueryStringParameters\":");
    let mut mark = b'{';
    for (index, (name, _)) in parameters.iter().enumerate().filter(|(index, _)| first_use(*index)) {
        out.push(mark);
        mark = b',';
        string(out, name);
        out.push(b':');
        let mut bracket = b'[';
        for (_, value) in parameters[index..].iter().filter(|(other, _)| other == name) {
            out.push(bracket);
            bracket = b',';
            string(out, value);
        }
        out.push(b']');
    }
    close_map(out, mark, none);
}

fn write_parameters(out: &mut Vec<u8>, context: &Context<'_>, none: &[u8]) {
    key(out, "\"pathParameters\":");
    map_or(out, none, context.path_parameters.iter().map(|(name, value)| (*name, value.as_ref())));
    key(out, "\"stageVariables\":");
    map_or(out, none, context.stage_variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
}

fn write_request_context(out: &mut Vec<u8>, request: &Request<'_>, context: &Context<'_>) {
    key(out, "\"requestContext\":{\"resourceId\":");
    string(out, context.resource_id);
    if let Some(authorizer) = context.authorizer {
        key(out, "\"authorizer\":");
        out.extend_from_slice(authorizer.as_bytes());
    }
    key(out, "\"resourcePath\":");
    string(out, context.resource_path);
    if let Some(operation) = context.operation_name {
        key(out, "\"operationName\":");
        string(out, operation);
    }
    key(out, "\"httpMethod\":");
    string(out, request.method);
    key(out, "\"extendedRequestId\":");
    string(out, context.extended_request_id);
    key(out, "\"requestTime\":\"");
    time::write_request_time(out, request.time_millis);
    out.push(b'"');
    key(out, "\"path\":");
    match context.api {
        Api::Rest => string(out, request.full_path),
        Api::Http => string(out, query::decode(request.full_path, false).as_ref()),
    }
    key(out, "\"accountId\":");
    string(out, context.account_id);
    key(out, "\"protocol\":");
    string(out, request.protocol);
    key(out, "\"stage\":");
    string(out, context.stage);
    key(out, "\"domainPrefix\":");
    string(out, request.domain_prefix);
    key(out, "\"requestTimeEpoch\":");
    number(out, request.time_millis);
    key(out, "\"requestId\":");
    string(out, context.request_id);
    write_identity(out, request, &context.identity);
    key(out, "\"domainName\":");
    string(out, request.domain_name);
    if context.api == Api::Rest {
        key(out, "\"deploymentId\":");
        string(out, context.deployment_id);
    }
    key(out, "\"apiId\":");
    string(out, context.api_id);
    out.push(b'}');
}

fn write_identity(out: &mut Vec<u8>, request: &Request<'_>, identity: &Identity<'_>) {
    key(out, "\"identity\":{\"cognitoIdentityPoolId\":null,\"accountId\":");
    optional(out, identity.account_id);
    key(out, "\"cognitoIdentityId\":null,\"caller\":");
    optional(out, identity.caller);
    key(out, "\"sourceIp\":");
    string(out, request.source_ip);
    key(out, "\"principalOrgId\":null,\"accessKey\":");
    optional(out, identity.access_key);
    key(out, "\"cognitoAuthenticationType\":null,\"cognitoAuthenticationProvider\":null,\"userArn\":");
    optional(out, identity.user_arn);
    if let Some((api_key, id)) = identity.api_key {
        key(out, "\"apiKey\":");
        string(out, api_key);
        key(out, "\"apiKeyId\":");
        string(out, id);
    }
    key(out, "\"userAgent\":");
    match request.header("user-agent") {
        Some(agent) => lossy(out, agent),
        None => out.extend_from_slice(b"null"),
    }
    key(out, "\"user\":");
    optional(out, identity.user);
    out.push(b'}');
}

#[cfg(test)]
mod tests;
