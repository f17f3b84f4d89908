//! The proxy event in format `2.0`: HTTP APIs and function URLs.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

use std::borrow::Cow;

use crate::json::{body, escaped, key, lossy_escaped, map_or, number, optional, string};
use crate::request::{Header, Request, distinct, values};
use crate::{media, query, time};

/// The stage and route that function URLs name.
const DEFAULT: &str = "$default";
/// The account that a function URL names when it asks for no signature.
const ANONYMOUS: &str = "anonymous";

/// What an HTTP API adds to the request.
#[derive(Debug, Clone, Copy)]
pub struct HttpApi<'a> {
    /// The account of the API.
    pub account_id: &'a str,
    /// The id of the API.
    pub api_id: &'a str,
    /// The name of the stage.
    pub stage: &'a str,
    /// The key of the route, such as `GET /pets/{id}` or `$default`.
    pub route_key: &'a str,
    /// The request id.
    pub request_id: &'a str,
    /// The stage variables, in order.
    pub stage_variables: &'a [(String, String)],
    /// The values of the path's variables, decoded.
    pub path_parameters: &'a [(&'a str, Cow<'a, str>)],
    /// Who asks, when the route is authorised.
    pub authorizer: Option<Authorizer<'a>>,
}

/// What a function URL adds to the request.
#[derive(Debug, Clone, Copy)]
pub struct FunctionUrl<'a> {
    /// The id of the URL.
    pub url_id: &'a str,
    /// The account of the caller, or none when the URL asks for no signature.
    pub account_id: Option<&'a str>,
    /// The request id.
    pub request_id: &'a str,
    /// Who asks, when the URL is authorised by IAM.
    pub authorizer: Option<Authorizer<'a>>,
}

/// Who asks, as an authorised route says it.
#[derive(Debug, Clone, Copy)]
pub enum Authorizer<'a> {
    /// The request was signed.
    Iam {
        /// The access key.
        access_key: &'a str,
        /// The account.
        account_id: &'a str,
        /// The unique id of the caller.
        caller_id: &'a str,
        /// The ARN of the user or session.
        user_arn: &'a str,
        /// The unique id of the user.
        user_id: &'a str,
    },
    /// A token was checked: the whole `{"claims":…,"scopes":…}` as JSON text.
    Jwt(&'a str),
    /// A function decided: its context as JSON text.
    Lambda(&'a str),
}

/// Writes the event of an HTTP API as JSON to the end of `out`.
pub fn write_http_api(out: &mut Vec<u8>, request: &Request<'_>, api: &HttpApi<'_>) {
    // HTTP APIs decode the path, in `rawPath` as well: recorded in hotsock/voker, pull request 8.
    let path = query::decode(request.full_path, false);
    let common = Common {
        account_id: api.account_id,
        api_id: api.api_id,
        stage: api.stage,
        route_key: api.route_key,
        request_id: api.request_id,
        authorizer: api.authorizer,
        path: path.as_ref(),
    };
    common.write_until_context(out, request);
    if !api.path_parameters.is_empty() {
        key(out, "\"pathParameters\":");
        map_or(out, b"null", api.path_parameters.iter().map(|(name, value)| (*name, value.as_ref())));
    }
    if !api.stage_variables.is_empty() {
        key(out, "\"stageVariables\":");
        map_or(out, b"null", api.stage_variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    }
    write_body(out, request);
}

/// Writes the event of a function URL as JSON to the end of `out`. Function URLs leave the path encoded.
pub fn write_function_url(out: &mut Vec<u8>, request: &Request<'_>, url: &FunctionUrl<'_>) {
    let common = Common {
        account_id: url.account_id.unwrap_or(ANONYMOUS),
        api_id: url.url_id,
        stage: DEFAULT,
        route_key: DEFAULT,
        request_id: url.request_id,
        authorizer: url.authorizer,
        path: request.full_path,
    };
    common.write_until_context(out, request);
    write_body(out, request);
}

/// Whether a body travels as base64 in this format.
pub fn is_binary(request: &Request<'_>) -> bool {
    !request.body.is_empty() && !media::is_text(request.header_text("content-type"))
}

struct Common<'a> {
    account_id: &'a str,
    api_id: &'a str,
    stage: &'a str,
    route_key: &'a str,
    request_id: &'a str,
    authorizer: Option<Authorizer<'a>>,
    path: &'a str,
}

impl Common<'_> {
    /// Writes everything up to and with `requestContext`.
    fn write_until_context(&self, out: &mut Vec<u8>, request: &Request<'_>) {
        out.reserve(1536 + request.body.len() * 4 / 3);
        out.extend_from_slice(b"{\"version\":\"2.0\",\"routeKey\":");
        string(out, self.route_key);
        key(out, "\"rawPath\":");
        string(out, self.path);
        key(out, "\"rawQueryString\":");
        string(out, request.query);
        write_cookies(out, request.headers);
        write_headers(out, request.headers);
        write_query(out, request.query);
        self.write_context(out, request);
    }

    fn write_context(&self, out: &mut Vec<u8>, request: &Request<'_>) {
        key(out, "\"requestContext\":{\"accountId\":");
        string(out, self.account_id);
        key(out, "\"apiId\":");
        string(out, self.api_id);
        if let Some(authorizer) = &self.authorizer {
            write_authorizer(out, authorizer);
        }
        key(out, "\"domainName\":");
        string(out, request.domain_name);
        key(out, "\"domainPrefix\":");
        string(out, request.domain_prefix);
        key(out, "\"http\":{\"method\":");
        string(out, request.method);
        key(out, "\"path\":");
        string(out, self.path);
        key(out, "\"protocol\":");
        string(out, request.protocol);
        key(out, "\"sourceIp\":");
        string(out, request.source_ip);
        key(out, "\"userAgent\":\"");
        lossy_escaped(out, request.header("user-agent").unwrap_or(b""));
        out.extend_from_slice(b"\"}");
        key(out, "\"requestId\":");
        string(out, self.request_id);
        key(out, "\"routeKey\":");
        string(out, self.route_key);
        key(out, "\"stage\":");
        string(out, self.stage);
        key(out, "\"time\":\"");
        time::write_request_time(out, request.time_millis);
        out.push(b'"');
        key(out, "\"timeEpoch\":");
        number(out, request.time_millis);
        out.push(b'}');
    }
}

/// Cookies are a list of their own and do not stand among the headers.
fn write_cookies(out: &mut Vec<u8>, headers: &[Header<'_>]) {
    let mut mark = None;
    for (_, value) in headers.iter().filter(|(name, _)| is_cookie(name)) {
        for cookie in value.split(|byte| *byte == b';') {
            let cookie = cookie.trim_ascii();
            if cookie.is_empty() {
                continue;
            }
            match mark {
                None => key(out, "\"cookies\":["),
                Some(mark) => out.push(mark),
            }
            mark = Some(b',');
            out.push(b'"');
            lossy_escaped(out, cookie);
            out.push(b'"');
        }
    }
    if mark.is_some() {
        out.push(b']');
    }
}

fn is_cookie(name: &str) -> bool {
    name.eq_ignore_ascii_case("cookie")
}

/// Names in lower case; several values of one name are joined by commas.
fn write_headers(out: &mut Vec<u8>, headers: &[Header<'_>]) {
    key(out, "\"headers\":{");
    let mut mark = None;
    for (first, name) in distinct(headers).filter(|(_, name)| !is_cookie(name)) {
        if let Some(mark) = mark {
            out.push(mark);
        }
        mark = Some(b',');
        out.push(b'"');
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            escaped(out, &name.to_ascii_lowercase());
        } else {
            escaped(out, name);
        }
        out.extend_from_slice(b"\":\"");
        for (index, value) in values(headers, first, name).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            lossy_escaped(out, value);
        }
        out.push(b'"');
    }
    out.push(b'}');
}

/// Decoded parameters; several values of one name are joined by commas. Absent when there are none.
fn write_query(out: &mut Vec<u8>, query_string: &str) {
    let parameters: Vec<_> = query::parameters(query_string).collect();
    if parameters.is_empty() {
        return;
    }
    key(out, "\"queryStringParameters\":{");
    for (index, (name, _)) in parameters.iter().enumerate() {
        if parameters[..index].iter().any(|(earlier, _)| earlier == name) {
            continue;
        }
        if index > 0 {
            out.push(b',');
        }
        string(out, name);
        out.extend_from_slice(b":\"");
        for (count, (_, value)) in parameters[index..].iter().filter(|(other, _)| other == name).enumerate() {
            if count > 0 {
                out.push(b',');
            }
            escaped(out, value);
        }
        out.push(b'"');
    }
    out.push(b'}');
}

fn write_authorizer(out: &mut Vec<u8>, authorizer: &Authorizer<'_>) {
    match authorizer {
        Authorizer::Iam { access_key, account_id, caller_id, user_arn, user_id } => {
            key(out, "\"authorizer\":{\"iam\":{\"accessKey\":");
            string(out, access_key);
            key(out, "\"accountId\":");
            string(out, account_id);
            key(out, "\"callerId\":");
            string(out, caller_id);
            key(out, "\"cognitoIdentity\":null,\"principalOrgId\":");
            optional(out, None);
            key(out, "\"userArn\":");
            string(out, user_arn);
            key(out, "\"userId\":");
            string(out, user_id);
            out.extend_from_slice(b"}}");
        }
        Authorizer::Jwt(json) => {
            key(out, "\"authorizer\":{\"jwt\":");
            out.extend_from_slice(json.as_bytes());
            out.push(b'}');
        }
        Authorizer::Lambda(json) => {
            key(out, "\"authorizer\":{\"lambda\":");
            out.extend_from_slice(json.as_bytes());
            out.push(b'}');
        }
    }
}

fn write_body(out: &mut Vec<u8>, request: &Request<'_>) {
    let binary = is_binary(request);
    if !request.body.is_empty() {
        key(out, "\"body\":");
        body(out, request.body, binary);
    }
    key(out, "\"isBase64Encoded\":");
    out.extend_from_slice(if binary { b"true}" } else { b"false}" });
}

#[cfg(test)]
mod tests;
