//! Answers to clients.

use std::borrow::Cow;

use bytes::Bytes;
use cloud::cx::Cx;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use proxyevent::ids::{SHORT_ID_BYTES, short_request_id};
use proxyevent::{Request, time};
use shape::Stream;

use crate::responses::ResponseType;

use super::compile::{MethodPlan, StagePlan};
use super::mapping::Values;

/// Headers that the gateway adds to an answer.
const OWN_HEADERS: usize = 3;

/// The ids of a request.
pub(super) struct Ids {
    /// `x-amzn-RequestId`.
    pub(super) request: String,
    /// `x-amz-apigw-id`.
    pub(super) extended: String,
    /// `X-Amzn-Trace-Id`.
    pub(super) trace: String,
}

impl Ids {
    pub(super) fn new(cx: &Cx) -> Self {
        let mut chance = [0; SHORT_ID_BYTES];
        cx.chance().fill(&mut chance);
        Self {
            request: cx.request_id().to_owned(),
            extended: short_request_id(chance),
            trace: format!("Root={}", cx.trace_id()),
        }
    }
}

/// What an integration answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Stream,
    /// Whether the answer came from a function and names its trace.
    pub(super) traced: bool,
}

/// Why a request was not answered by its integration.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    kind: ResponseType,
    pub(super) status: u16,
    message: Cow<'static, str>,
    error_type: &'static str,
}

impl Refusal {
    pub(super) fn new(kind: ResponseType, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        let error_type = match kind {
            ResponseType::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            ResponseType::AccessDenied => "AccessDeniedException",
            ResponseType::InvalidSignature => "InvalidSignatureException",
            ResponseType::ExpiredToken => "ExpiredTokenException",
            ResponseType::InvalidApiKey => "ForbiddenException",
            ResponseType::BadRequestBody | ResponseType::BadRequestParameters => "BadRequestException",
            ResponseType::Unauthorized => "UnauthorizedException",
            ResponseType::Throttled => "TooManyRequestsException",
            ResponseType::AuthorizerConfigurationError => "AuthorizerConfigurationException",
            ResponseType::RequestTooLarge | ResponseType::UnsupportedMediaType => "BadRequestException",
            _ if status >= 500 => "InternalServerErrorException",
            _ => "ForbiddenException",
        };
        Self { kind, status, message: message.into(), error_type }
    }

    /// The integration cannot be used, or answered what cannot be passed on.
    pub(super) fn internal(status: u16) -> Self {
        Self::new(ResponseType::Default5xx, status, "Internal server error")
    }

    /// AWS does not say why an authorizer failed.
    fn is_nameless(&self) -> bool {
        matches!(self.kind, ResponseType::AuthorizerConfigurationError | ResponseType::AuthorizerFailure)
    }

    /// The body when no template was set. AWS puts a blank behind the colon in some and not in others, and writes a
    /// capital letter in denials.
    fn body(&self) -> String {
        let message = serde_json::Value::from(&*self.message);
        match self.kind {
            ResponseType::AccessDenied => format!("{{\"Message\":{message}}}"),
            ResponseType::BadRequestBody
            | ResponseType::BadRequestParameters
            | ResponseType::RequestTooLarge => {
                format!("{{\"message\": {message}}}")
            }
            _ if self.is_nameless() => "{\"message\":null}".to_owned(),
            _ if self.status >= 500 => format!("{{\"message\": {message}}}"),
            _ => format!("{{\"message\":{message}}}"),
        }
    }
}

impl Answer {
    pub(super) fn into_response(self, ids: &Ids) -> Response<Stream> {
        let mut response = Response::new(self.body);
        *response.status_mut() = status_of(self.status);
        response.headers_mut().reserve(self.headers.len() + OWN_HEADERS);
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        put_ids(&mut response, ids);
        if self.traced {
            put(&mut response, "x-amzn-trace-id", &ids.trace);
        }
        response
    }
}

/// A header from texts that were checked to be sendable.
pub(super) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn put(response: &mut Response<Stream>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

fn put_ids(response: &mut Response<Stream>, ids: &Ids) {
    put(response, "x-amzn-requestid", &ids.request);
    put(response, "x-amz-apigw-id", &ids.extended);
}

/// Answers with the gateway response for a refusal: the API's own for the kind, or for its class, or the usual one.
pub(super) fn refuse(
    stage: &StagePlan,
    method: Option<&MethodPlan>,
    request: &Request<'_>,
    parameters: &[(&str, Cow<'_, str>)],
    ids: &Ids,
    refusal: &Refusal,
) -> Response<Stream> {
    let class = if refusal.status >= 500 { ResponseType::Default5xx } else { ResponseType::Default4xx };
    let custom = [refusal.kind, class].into_iter().find_map(|kind| stage.responses.get(&kind));
    let context = |name: &str| context(name, stage, method, request, ids, refusal);
    let values =
        Values { request, path_parameters: parameters, stage_variables: &stage.variables, context: &context };
    let (media_type, body) = match custom.and_then(|custom| custom.template(request)) {
        Some((media_type, template)) => (media_type, template.fill(&values)),
        None => ("application/json", refusal.body()),
    };
    let mut response = Response::new(Stream::once(Bytes::from(body)));
    *response.status_mut() = status_of(custom.and_then(|custom| custom.status).unwrap_or(refusal.status));
    put(&mut response, "content-type", media_type);
    put(&mut response, "x-amzn-errortype", refusal.error_type);
    for (name, source) in custom.into_iter().flat_map(|custom| &custom.parameters) {
        let made = source.value(&values).and_then(|value| header(name, &value));
        if let Some((name, value)) = made {
            response.headers_mut().insert(name, value);
        }
    }
    put_ids(&mut response, ids);
    response
}

/// A variable of the context in a template or parameter.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>
pub(super) fn context(
    name: &str,
    stage: &StagePlan,
    method: Option<&MethodPlan>,
    request: &Request<'_>,
    ids: &Ids,
    refusal: &Refusal,
) -> Option<String> {
    match name {
        "error.message" | "error.messageString" if refusal.is_nameless() => Some("null".to_owned()),
        "error.message" => Some(refusal.message.to_string()),
        "error.messageString" => Some(serde_json::Value::from(&*refusal.message).to_string()),
        "error.responseType" => Some(refusal.kind.as_str().to_owned()),
        "error.validationErrorString" => Some(String::new()),
        _ => request_context(name, stage, method, request, ids),
    }
}

/// The variables of the context that do not speak of an error.
pub(super) fn request_context(
    name: &str,
    stage: &StagePlan,
    method: Option<&MethodPlan>,
    request: &Request<'_>,
    ids: &Ids,
) -> Option<String> {
    Some(match name {
        "requestId" => ids.request.clone(),
        "extendedRequestId" => ids.extended.clone(),
        "accountId" => stage.account.clone(),
        "apiId" => stage.api_id.clone(),
        "deploymentId" => stage.deployment_id.clone(),
        "stage" => stage.name.clone(),
        "httpMethod" => request.method.to_owned(),
        "path" => request.full_path.to_owned(),
        "protocol" => request.protocol.to_owned(),
        "domainName" => request.domain_name.to_owned(),
        "domainPrefix" => request.domain_prefix.to_owned(),
        "requestTime" => time::request_time(request.time_millis),
        "requestTimeEpoch" => request.time_millis.to_string(),
        "identity.sourceIp" => request.source_ip.to_owned(),
        "identity.userAgent" => request.header_text("user-agent")?.to_owned(),
        "resourceId" => method?.resource_id.clone(),
        "resourcePath" => method?.resource_path.clone(),
        _ => return None,
    })
}

/// The answer for an API or stage that is not there.
pub(super) fn forbidden(cx: &Cx) -> Response<Stream> {
    plain(cx, 403, "ForbiddenException", "{\"message\":\"Forbidden\"}")
}

/// The answer when a stage cannot be read.
pub(super) fn broken(cx: &Cx) -> Response<Stream> {
    plain(cx, 500, "InternalServerErrorException", "{\"message\": \"Internal server error\"}")
}

/// The answer for a body over 10 MB. It is no gateway response, so an API cannot change it; recorded in
/// <https://github.com/koki-develop/lgtm-generator/issues/10>.
pub(super) fn too_large(cx: &Cx) -> Response<Stream> {
    let mut response =
        plain(cx, 413, "RequestTooLargeException", "HTTP content length exceeded 10485760 bytes.");
    put(&mut response, "content-type", "text; charset=utf-8");
    response.headers_mut().remove("x-amzn-errortype");
    response
}

fn plain(cx: &Cx, status: u16, error_type: &str, body: &'static str) -> Response<Stream> {
    let mut response = Response::new(Stream::once(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = status_of(status);
    put(&mut response, "content-type", "application/json");
    put(&mut response, "x-amzn-errortype", error_type);
    put_ids(&mut response, &Ids::new(cx));
    response
}
