//! The door's HTTP side: the whole path of a request as one readable list.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, header};
use serde_json::json;
use shape::Stream;
use wire::table::{OperationRoute, Protocol};
use wire::{Body, Found, Notation, RouteError};

use crate::access;
use crate::aws_names;
use crate::caller::{Caller, Origin};
use crate::cx::Cx;
use crate::door;
use crate::failure::Failure;
use crate::header_names::HeaderNames;
use crate::instance::Cloud;
use crate::operation::Entry;
use crate::plane::{CrossOrigin, PlaneRequest};
use crate::sandbox::Connection;
use crate::service::Service;

/// Largest body that is held in memory. Lambda's CreateFunction takes a zip of 50 MB, as base64 in JSON, and is
/// the largest request that AWS does not stream.
pub const BODY_BYTES_MAX: usize = 70 * 1024 * 1024;

/// Who is at the other end of a connection.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address.
    pub peer: Option<SocketAddr>,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// The names of headers as this client writes them.
    pub names: HeaderNames,
    /// What tells functions from programs of this machine; none when nobody accepted a connection.
    pub connection: Option<Connection>,
}

/// Whether a request may carry a signature: only then it matters whose connection it is.
fn names_a_key(parts: &Parts) -> bool {
    parts.headers.contains_key(header::AUTHORIZATION)
        || parts.uri.query().is_some_and(|query| query.contains('='))
}

/// Serves one HTTP request of a client of whom only the address is known.
pub async fn serve(
    cloud: &Arc<Cloud>,
    request: Request<Stream>,
    peer: Option<SocketAddr>,
    tls: bool,
) -> Response<Stream> {
    serve_client(cloud, request, &Client { peer, tls, ..Client::default() }).await
}

/// Serves one HTTP request.
pub async fn serve_client(cloud: &Arc<Cloud>, request: Request<Stream>, client: &Client) -> Response<Stream> {
    let (mut parts, body) = request.into_parts();
    let Client { peer, tls, .. } = *client;
    if let Some(connection) = client.connection.as_ref().filter(|_| names_a_key(&parts)) {
        parts.extensions.insert(connection.clone());
    }
    let host = host_of(&parts);
    if let Some((service, plane)) = plane_for(cloud, &host, parts.uri.path()) {
        let mut cx = Cx::internal(cloud, service.name);
        cx.caller.origin = origin(&parts, peer, tls);
        let names = client.names.names();
        return plane.serve(&mut cx, PlaneRequest { parts, body, peer, host, names }).await;
    }
    if parts.uri.path() == aws_names::GUIDE_PATH && parts.method == http::Method::GET {
        return guide(cloud).await;
    }
    let mut cx = Cx::outer(cloud, Caller::anonymous(cloud.account().clone(), cloud.region().clone()));
    join_trace(&mut cx, &parts);
    if let Some(response) = preflight(&cx, &parts).await {
        return response;
    }
    let (found, body) = match route(cloud, &parts, body).await {
        Ok(found) => found,
        Err(refused) => return refused.encode(&cx, &parts),
    };
    let (service, entry) = cloud.registry().routed(found.service, found.operation);
    let mut response = match answer(&mut cx, service, entry, &found, &parts, body, peer, tls).await {
        Ok(response) => response,
        Err(failure) => encode_failure(found.protocol, &failure, cx.request_id(), &parts),
    };
    if let Some(Ok(headers)) = cross_origin(&cx, service, &parts, &found, None).await {
        response.headers_mut().extend(headers);
    }
    close_after_refusal(&parts, &mut response);
    response
}

/// Tells where names of AWS lead. Nothing of it is a secret, and no bucket has the name in its path.
async fn guide(cloud: &Arc<Cloud>) -> Response<Stream> {
    let asked = cloud.clone();
    let guide = tokio::task::spawn_blocking(move || aws_names::guide(&asked)).await;
    let (status, text) = match guide.map_err(Failure::internal).flatten() {
        Ok(Some(text)) => (http::StatusCode::OK, text),
        Ok(None) => (http::StatusCode::NOT_FOUND, "{}".to_owned()),
        Err(failure) => {
            (http::StatusCode::INTERNAL_SERVER_ERROR, json!({"message": failure.message()}).to_string())
        }
    };
    let mut response = Response::new(Stream::once(Bytes::from(text)));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Takes over the trace of a caller that is part of one: an SDK in a function says which invocation calls.
fn join_trace(cx: &mut Cx, parts: &Parts) {
    let Some(text) = parts.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok()) else {
        return;
    };
    cx.join_header(text);
}

/// A client that waits to be asked for its body (`Expect: 100-continue`) keeps it when it is refused. The connection
/// cannot be used again, because its next bytes would be taken for that body.
fn close_after_refusal(parts: &Parts, response: &mut Response<Stream>) {
    let refused = response.status().is_client_error() || response.status().is_server_error();
    if refused && parts.version == http::Version::HTTP_11 && parts.headers.contains_key(header::EXPECT) {
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
}

/// Answers a browser that asks, before its real request, what a page of another origin may do.
async fn preflight(cx: &Cx, parts: &Parts) -> Option<Response<Stream>> {
    let wanted = parts.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    if parts.method != http::Method::OPTIONS {
        return None;
    }
    let mut asked = parts.clone();
    asked.method = http::Method::from_bytes(wanted.as_bytes()).ok()?;
    let found = cx.cloud.registry().router().find(&asked, None).ok()?;
    let service = cx.cloud.registry().services()[found.service];
    match cross_origin(cx, service, parts, &found, Some(asked.method.as_str())).await? {
        Ok(headers) => {
            let mut response = Response::new(Stream::empty());
            response.headers_mut().extend(headers);
            Some(response)
        }
        Err(failure) => Some(encode_failure(found.protocol, &failure, cx.request_id(), parts)),
    }
}

/// What the service tells a page of another origin; `preflight` is the method that it only asks about.
async fn cross_origin(
    cx: &Cx,
    service: &'static Service,
    parts: &Parts,
    found: &Found,
    preflight: Option<&str>,
) -> Option<Result<http::HeaderMap, Failure>> {
    let text = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let asked = CrossOrigin {
        origin: text(header::ORIGIN)?,
        method: preflight.unwrap_or(parts.method.as_str()),
        headers: preflight.and_then(|_| text(header::ACCESS_CONTROL_REQUEST_HEADERS)),
        preflight: preflight.is_some(),
        labels: &found.labels,
    };
    service.plane?.cross_origin(cx, asked).await
}

#[expect(clippy::too_many_arguments, reason = "the parts of one request, named once")]
async fn answer(
    cx: &mut Cx,
    service: &'static Service,
    entry: &'static Entry,
    found: &Found,
    parts: &Parts,
    body: Body,
    peer: Option<SocketAddr>,
    tls: bool,
) -> Result<Response<Stream>, Failure> {
    let cloud = cx.cloud.clone();
    let (mut caller, body) = access::authenticate(&cloud, service, found.protocol, parts, body).await?;
    caller.origin = Origin { ..origin(parts, peer, tls) };
    cx.caller = caller;
    cx.call.notation = Notation::of(found.protocol);
    let route = OperationRoute { name: entry.name, http: entry.http, input: entry.input };
    let input = wire::decode(found.protocol, &route, &found.labels, parts, body)?;
    let output = door::dispatch(cx, service, entry, input).await?;
    let request_id = cx.request_id();
    Ok(wire::encode(found.protocol, entry.name, entry.http.as_ref(), (entry.output)(), output, request_id))
}

/// Finds the operation. Bodies that stay streams are passed on; all others are read here, once.
async fn route(cloud: &Cloud, parts: &Parts, body: Stream) -> Result<(Found, Body), Refused> {
    let router = cloud.registry().router();
    match router.find(parts, None) {
        Ok(found) if found.streaming => Ok((found, Body::Flow(body))),
        Ok(found) => {
            let bytes = read(body).await.map_err(|failure| Refused::Failed(found.protocol, failure))?;
            Ok((found, Body::Whole(bytes)))
        }
        Err(RouteError::NeedsBody) => {
            let bytes = read(body).await.map_err(|failure| Refused::Failed(&FORM, failure))?;
            let found = router.find(parts, Some(&bytes)).map_err(Refused::NoRoute)?;
            Ok((found, Body::Whole(bytes)))
        }
        Err(error) => Err(Refused::NoRoute(error)),
    }
}

/// What form posts are answered in before the service is known.
static FORM: Protocol = Protocol::query("", "");

/// Why a request did not reach an operation.
enum Refused {
    NoRoute(RouteError),
    Failed(&'static Protocol, Failure),
}

impl Refused {
    fn encode(&self, cx: &Cx, parts: &Parts) -> Response<Stream> {
        match self {
            Self::NoRoute(error) => {
                let (protocol, body) = error.answer();
                encode_failure(protocol, &Failure::from(body), cx.request_id(), parts)
            }
            Self::Failed(protocol, failure) => encode_failure(protocol, failure, cx.request_id(), parts),
        }
    }
}

fn encode_failure(
    protocol: &Protocol,
    failure: &Failure,
    request_id: &str,
    parts: &Parts,
) -> Response<Stream> {
    wire::encode_error(protocol, failure.body(), request_id, parts.method == http::Method::HEAD)
}

/// Reads a body whole, within [`BODY_BYTES_MAX`].
pub async fn read(body: Stream) -> Result<Bytes, Failure> {
    body.collect(BODY_BYTES_MAX).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => Failure::new(
            "RequestEntityTooLargeException",
            413,
            format!("Request must be smaller than {BODY_BYTES_MAX} bytes for this operation"),
        ),
        std::io::ErrorKind::ResourceBusy => {
            Failure::new("ServiceUnavailable", 503, "Too many large requests at once. Please try again.")
        }
        _ => Failure::new("RequestTimeout", 400, "The request body could not be read to its end."),
    })
}

fn plane_for(
    cloud: &Cloud,
    host: &str,
    path: &str,
) -> Option<(&'static Service, &'static dyn crate::plane::Plane)> {
    cloud.registry().services().iter().find_map(|service| {
        let plane = service.plane?;
        plane.claims(host, path).then_some((*service, plane))
    })
}

/// The host that the client asked for: lower case, without the port.
pub fn host_of(parts: &Parts) -> String {
    let named = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let host = named.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default();
    let bare = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    bare.to_ascii_lowercase()
}

fn origin(parts: &Parts, peer: Option<SocketAddr>, tls: bool) -> Origin {
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Origin { ip: peer.map(|peer| peer.ip()), user_agent: user_agent.map(Arc::from), tls, ..Origin::default() }
}
