//! Data planes: HTTP that is not an AWS API, such as what API Gateway serves to the world.

use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use shape::Stream;

use crate::cx::Cx;
use crate::failure::Failure;
use crate::header_names::{HeaderNames, Names};
use crate::http::host_of;

/// A request to a data plane.
#[derive(Debug)]
pub struct PlaneRequest {
    /// Method, URI, headers.
    pub parts: Parts,
    /// The body, not yet read.
    pub body: Stream,
    /// The client's address.
    pub peer: Option<std::net::SocketAddr>,
}

/// What a service serves over HTTP besides its API.
#[async_trait]
pub trait Plane: Sync {
    /// Whether requests with this `Host` (no port, lower case) and path are for this plane.
    fn claims(&self, host: &str, path: &str) -> bool;

    /// Serves one request. `cx` is a Free context with an anonymous caller; the plane authenticates by its own
    /// rules ([`crate::door::authenticate_plane`] where a route asks for IAM).
    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> http::Response<Stream>;

    /// What the service's API tells a browser that asks from a page of another origin: headers for the answer, or
    /// why a preflight is refused. None when it has nothing to say; most services have not.
    async fn cross_origin(
        &self,
        _cx: &Cx,
        _asked: CrossOrigin<'_>,
    ) -> Option<Result<http::HeaderMap, Failure>> {
        None
    }
}

/// A request to a service's API from a page of another origin.
#[derive(Clone, Copy, Debug)]
pub struct CrossOrigin<'a> {
    /// The page's origin.
    pub origin: &'a str,
    /// The method of the request, or of the one that a preflight asks for.
    pub method: &'a str,
    /// Headers that a preflight asks for; none for the request itself.
    pub headers: Option<&'a str>,
    /// It only asks.
    pub preflight: bool,
    /// What the path names, such as the bucket.
    pub labels: &'a [(String, String)],
}

/// What a gateway adds to a request on its way to what stands behind it.
#[derive(Clone, Debug)]
pub struct Forwarded {
    /// The address of the client.
    pub source_ip: String,
    /// `X-Forwarded-For`: the addresses before, and this one.
    pub forwarded_for: String,
    /// `X-Forwarded-Port`.
    pub port: String,
    /// `X-Forwarded-Proto`.
    pub proto: &'static str,
    /// `X-Amzn-Trace-Id`.
    pub trace: String,
    /// `Host`, as the client sent it.
    pub host: String,
    /// The host name of the gateway, also when it was asked by path.
    pub domain_name: String,
    /// The capitals in which the client wrote the names of headers, where the listener knows them.
    pub names: Arc<Names>,
}

impl Forwarded {
    /// Reads a request to the gateway `id`, whose host names begin `<id>.<kind>.` (`execute-api`).
    pub fn new(cx: &Cx, parts: &Parts, peer: Option<std::net::SocketAddr>, id: &str, kind: &str) -> Self {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let source_ip =
            peer.map_or_else(|| "127.0.0.1".to_owned(), |peer| peer.ip().to_canonical().to_string());
        let forwarded_for = match text("x-forwarded-for") {
            Some(before) => format!("{before}, {source_ip}"),
            None => source_ip.clone(),
        };
        let authority = parts.uri.authority().map(http::uri::Authority::as_str);
        let host = text("host").or(authority).unwrap_or("localhost").to_owned();
        let tls = cx.caller().origin.tls;
        let port =
            host.strip_prefix(&host_of(parts)).and_then(|rest| rest.strip_prefix(':')).map(str::to_owned);
        let domain_name = if host.contains(&format!(".{kind}.")) {
            host.clone()
        } else {
            let port = port.as_ref().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{id}.{kind}.localhost{port}")
        };
        let trace = text("x-amzn-trace-id").map_or_else(|| format!("Root={}", cx.trace_id()), str::to_owned);
        Self {
            source_ip,
            forwarded_for,
            port: port.unwrap_or_else(|| if tls { "443" } else { "80" }.to_owned()),
            proto: if tls { "https" } else { "http" },
            trace,
            host,
            domain_name,
            names: parts.extensions.get::<HeaderNames>().map(HeaderNames::names).unwrap_or_default(),
        }
    }

    /// The headers of the request as they go on: those of the connection in `dropped` are left out, those that the
    /// gateway sets are set. Names have the capitals that the client wrote.
    pub fn headers<'a>(&'a self, parts: &'a Parts, dropped: &[&str]) -> Vec<(&'a str, &'a [u8])> {
        const SET: [&str; 5] =
            ["host", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];
        let sent = parts
            .headers
            .iter()
            .filter(|(name, _)| !SET.contains(&name.as_str()) && !dropped.contains(&name.as_str()));
        let shown = |name: &'a str| self.names.get(name).map_or(name, |shown| &**shown);
        let mut headers: Vec<_> =
            sent.map(|(name, value)| (shown(name.as_str()), value.as_bytes())).collect();
        headers.push(("host", self.host.as_bytes()));
        headers.push(("x-amzn-trace-id", self.trace.as_bytes()));
        headers.push(("x-forwarded-for", self.forwarded_for.as_bytes()));
        headers.push(("x-forwarded-port", self.port.as_bytes()));
        headers.push(("x-forwarded-proto", self.proto.as_bytes()));
        headers
    }
}
