//! The service's own HTTP: function URLs, and the download of zip files that GetFunction names.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloud::caller::{Caller, Principal};
use cloud::client::lambda::Functions;
use cloud::clock::Chance;
use cloud::plane::{Plane, PlaneRequest};
use cloud::prelude::*;
use cloud::state::States;
use cloud::{ApiError as _, Cloud, access, http as door};
use http::request::Parts;
use http::{Response, StatusCode, header};
use proxyevent::response::Reply;
use proxyevent::v2::{self, Authorizer};
use store::layer::blob::{Blob, BlobId};

use crate::cors;
use crate::direct::Direct;
use crate::error::Error;
use crate::keys::Url;
use crate::limits::REQUEST_BYTES_MAX;
use crate::names::FunctionRef;
use crate::runner::Runner;
use crate::runtime::environment::Invocation;
use crate::runtime::stream;

mod streamed;

/// Where zip files are loaded from.
pub(crate) const CODE_PATH: &str = "/_aws/lambda/code/";
/// The path form of function URLs, for clients that cannot resolve names below localhost.
const URL_PATH: &str = "/_aws/lambda-url/";

pub(crate) struct LambdaPlane;

#[async_trait]
impl Plane for LambdaPlane {
    fn claims(&self, host: &str, path: &str) -> bool {
        url_id(host, path).is_some() || path.starts_with(CODE_PATH)
    }

    fn labels(&self) -> &'static [&'static str] {
        &["lambda-url"]
    }

    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> Response<Stream> {
        let path = request.parts.uri.path().to_string();
        if let Some(blob) = path.strip_prefix(CODE_PATH) {
            return code(cx, &request.parts, blob).await;
        }
        let Some((id, rest)) = url_id(&request.host, &path) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        match function_url(cx, &id, &rest, request).await {
            Ok(response) => response,
            Err(error) => failed(error),
        }
    }

    fn start(&self, cloud: &Arc<Cloud>) {
        crate::mappings::feeds::start(cloud);
    }

    fn functions(&self) -> Option<&dyn Functions> {
        Some(&Direct)
    }
}

/// The id of a function URL and the path behind it.
fn url_id(host: &str, path: &str) -> Option<(String, String)> {
    let mut labels = host.split('.');
    if let (Some(id), Some("lambda-url")) = (labels.next(), labels.next()) {
        return Some((id.to_string(), path.to_string()));
    }
    let rest = path.strip_prefix(URL_PATH)?;
    let (id, rest) =
        rest.split_once('/').map_or((rest, "/".to_string()), |(id, rest)| (id, format!("/{rest}")));
    (!id.is_empty()).then(|| (id.to_string(), rest))
}

/// An answer of the platform: function URLs write `Message` in capitals.
fn message(status: StatusCode, text: &str) -> Response<Stream> {
    let body = serde_json::json!({"Message": text}).to_string();
    respond(status, &[("content-type", "application/json")], Bytes::from(body))
}

fn respond(status: StatusCode, headers: &[(&str, &str)], body: Bytes) -> Response<Stream> {
    let mut response = Response::new(Stream::once(body));
    *response.status_mut() = status;
    for (name, value) in headers {
        append(&mut response, name, value);
    }
    response
}

/// Adds a header; names and values were checked where they came from.
fn append(response: &mut Response<Stream>, name: &str, value: &str) {
    let name = header::HeaderName::from_bytes(name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, header::HeaderValue::from_str(value)) {
        response.headers_mut().append(name, value);
    }
}

fn failed(error: Error) -> Response<Stream> {
    let failure = error.into_failure();
    match failure.status() {
        403 => message(
            StatusCode::FORBIDDEN,
            "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        ),
        404 => message(StatusCode::NOT_FOUND, "Not Found"),
        413 => message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
        429 => message(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded."),
        _ => message(StatusCode::BAD_GATEWAY, "Internal Server Error"),
    }
}

async fn function_url(
    cx: &mut Cx,
    id: &str,
    path: &str,
    request: PlaneRequest,
) -> Result<Response<Stream>, Error> {
    let PlaneRequest { parts, body, peer, host, .. } = request;
    let runner = Runner::of(cx);
    let found = runner.url(cx, id).await?;
    let (function, url) = (&found.0, &found.1);
    let origin =
        parts.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).map(str::to_string);
    if let Some(answer) = cors::preflight(url.cors.as_ref(), &parts, origin.as_deref()) {
        return Ok(answer);
    }
    let body = body.collect(REQUEST_BYTES_MAX).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => Error::TooLarge("Request Entity Too Large".to_string()),
        _ => Error::Internal(Failure::internal(error)),
    })?;
    let policy = runner.policy(cx, function).await?;
    let caller = authorize(cx, function, url, &parts, &body, policy.as_deref()).await?;
    let ready = runner.ready(cx, function).await?;
    let event = event(cx, &caller, &Asked { parts: &parts, body: &body, peer, host: &host, id, path });
    let (shelf, permit) = runner.admit(cx, &ready)?;
    let invocation = Invocation {
        request_id: Arc::clone(cx.shared_request_id()),
        payload: event.into(),
        invoked_arn: function.qualified_arn().as_str().into(),
        trace: format!("Root={};Sampled=1", cx.trace_id()),
        client_context: String::new(),
        identity: String::new(),
        stream: None,
    };
    // The action that is allowed or denied stands for the operation, as there is none.
    let record = cx.late_record("lambda", "InvokeFunctionUrl", &caller);
    let mut response = if url.streams {
        streamed::response(stream::invoke(shelf, invocation, false, Some(permit), Some(record))).await
    } else {
        let outcome = shelf.invoke(&invocation, false, Some(permit)).await;
        record.end(outcome.noted(0));
        if outcome.failed { broken() } else { reply(&outcome.payload) }
    };
    append(&mut response, "x-amzn-requestid", cx.request_id());
    cors::add(url.cors.as_ref(), origin.as_deref(), &mut response);
    Ok(response)
}

/// A request to a function URL.
struct Asked<'a> {
    parts: &'a Parts,
    body: &'a [u8],
    peer: Option<std::net::SocketAddr>,
    host: &'a str,
    id: &'a str,
    path: &'a str,
}

/// The event of format 2.0.
fn event(cx: &Cx, caller: &Caller, asked: &Asked<'_>) -> Vec<u8> {
    let Asked { parts, body, peer, host, id, path } = *asked;
    let signed = !matches!(caller.principal, Principal::Anonymous);
    let source_ip = peer.map_or_else(|| "127.0.0.1".to_string(), |peer| peer.ip().to_string());
    let headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let seen = proxyevent::Request {
        method: parts.method.as_str(),
        path,
        full_path: path,
        query: parts.uri.query().unwrap_or_default(),
        headers: &headers,
        body,
        source_ip: &source_ip,
        protocol: protocol(parts),
        domain_name: host,
        domain_prefix: id,
        time_millis: cx.now().millis(),
    };
    let (access_key, user_id, arn) =
        (caller.access_key_id.as_deref().unwrap_or_default(), caller.user_id(), caller.arn());
    let authorizer = signed.then_some(Authorizer::Iam {
        access_key,
        account_id: &caller.account,
        caller_id: &user_id,
        user_arn: &arn,
        user_id: &user_id,
    });
    let mut event = Vec::with_capacity(1024 + body.len() * 4 / 3);
    let facts = v2::FunctionUrl {
        url_id: id,
        account_id: signed.then_some(&*caller.account),
        request_id: cx.request_id(),
        authorizer,
    };
    v2::write_function_url(&mut event, &seen, &facts);
    event
}

fn protocol(parts: &Parts) -> &'static str {
    if parts.version == http::Version::HTTP_2 { "HTTP/2.0" } else { "HTTP/1.1" }
}

fn reply(payload: &[u8]) -> Response<Stream> {
    match proxyevent::response::function_url(payload) {
        Ok(mut reply) => {
            let body = Bytes::from(std::mem::take(&mut reply.body).into_owned());
            with_body(&reply, Stream::once(body))
        }
        Err(malformed) => {
            tracing::info!(%malformed, "a function's answer is no response of a function URL");
            broken()
        }
    }
}

/// The response that a function described, with this body.
fn with_body(reply: &Reply<'_>, body: Stream) -> Response<Stream> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &reply.headers {
        append(&mut response, name, value);
    }
    response
}

/// The function failed, or what it answered is no response.
fn broken() -> Response<Stream> {
    message(StatusCode::BAD_GATEWAY, "Internal Server Error")
}

/// Who calls, when that one may: by signature with `AWS_IAM`, by the function's policy alone with `NONE`.
async fn authorize(
    cx: &mut Cx,
    function: &FunctionRef,
    url: &Url,
    parts: &Parts,
    body: &Bytes,
    policy: Option<&str>,
) -> Result<Caller, Error> {
    let caller = if url.iam {
        access::authenticate_plane(cx, "lambda", parts, body).await?
    } else {
        let mut caller = Caller::anonymous(function.account.as_str(), function.region.as_str());
        caller.origin = cx.caller().origin.clone();
        caller
    };
    let auth_type = if url.iam { "AWS_IAM" } else { "NONE" };
    let conditions = vec![
        ("lambda:FunctionUrlAuthType", vec![auth_type.to_string()]),
        ("lambda:FunctionArn", vec![function.qualified_arn().to_string()]),
        ("lambda:InvokedViaFunctionUrl", vec!["true".to_string()]),
    ];
    let arn = function.qualified_arn();
    access::decide_plane(cx, &caller, "lambda:InvokeFunctionUrl", arn.as_str(), policy, &conditions).await?;
    Ok(caller)
}

/// Signs download links; lives as long as the process.
#[derive(Default)]
struct CodeKey(std::sync::OnceLock<[u8; 32]>);

/// The signature of a download link: who has a link may load that one zip file until the link ends.
pub(crate) fn code_signature(
    states: &States,
    chance: &Chance,
    blob: &str,
    size: u64,
    expires: i64,
) -> String {
    let holder: Arc<CodeKey> = states.get();
    let secret = holder.0.get_or_init(|| {
        let mut secret = [0; 32];
        chance.fill(&mut secret);
        secret
    });
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    let tag = aws_lc_rs::hmac::sign(&key, format!("{blob}\n{size}\n{expires}").as_bytes());
    wire::digest::hex(tag.as_ref())
}

async fn code(cx: &mut Cx, parts: &Parts, blob: &str) -> Response<Stream> {
    let query = parts.uri.query().unwrap_or_default();
    let value = |wanted: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value).unwrap_or_default()
    };
    let (size, expires) = (value("size").parse::<u64>(), value("expires").parse::<i64>());
    let (Ok(size), Ok(expires)) = (size, expires) else { return message(StatusCode::FORBIDDEN, "Forbidden") };
    let expected = code_signature(cx.states(), cx.chance(), blob, size, expires);
    let same =
        aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), value("signature").as_bytes());
    if same.is_err() || cx.now().millis() / 1000 > expires {
        return message(StatusCode::FORBIDDEN, "Forbidden");
    }
    let Ok(id) = serde_json::from_value::<BlobId>(blob.into()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let wanted = Blob { id, size };
    match cx.cloud().blobs().read(&wanted, 0..size).await {
        Ok(pieces) => {
            use futures::StreamExt;
            let pieces = pieces.map(|piece| piece.map_err(std::io::Error::other));
            let mut response = Response::new(Stream::new(pieces, Some(size)));
            append(&mut response, "content-type", "application/zip");
            response
        }
        Err(error) => {
            tracing::warn!(%error, "a zip file could not be read");
            message(StatusCode::NOT_FOUND, "Not Found")
        }
    }
}

/// Named so that the limit of the door and ours are seen together: bodies of function URLs are held in memory.
const _: () = assert!(REQUEST_BYTES_MAX <= door::BODY_BYTES_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_urls_are_known_by_host_or_path() {
        let id = |host: &str, path: &str| url_id(host, path);
        assert_eq!(id("abc.lambda-url.us-east-1.on.aws", "/x"), Some(("abc".into(), "/x".into())));
        assert_eq!(id("abc.lambda-url.localhost", "/"), Some(("abc".into(), "/".into())));
        assert_eq!(id("localhost", "/_aws/lambda-url/abc/x/y"), Some(("abc".into(), "/x/y".into())));
        assert_eq!(id("localhost", "/_aws/lambda-url/abc"), Some(("abc".into(), "/".into())));
        assert_eq!(id("localhost", "/2015-03-31/functions"), None);
        assert_eq!(id("lambda.us-east-1.amazonaws.com", "/"), None);
    }
}
