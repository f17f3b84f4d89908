//! Data planes: HTTP that is not an AWS API, such as what API Gateway serves to the world.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use shape::Stream;

use crate::client::lambda::Functions;
use crate::cx::Cx;
use crate::failure::Failure;
use crate::header_names::Names;

/// A request to a data plane.
#[derive(Debug)]
pub struct PlaneRequest {
    /// Method, URI, headers.
    pub parts: Parts,
    /// The body, not yet read.
    pub body: Stream,
    /// The client's address.
    pub peer: Option<std::net::SocketAddr>,
    /// The host that the client asked for, as [`Plane::claims`] saw it.
    pub host: String,
    /// The capitals in which the client wrote the names of headers, where the listener knows them.
    pub names: Arc<Names>,
}

/// What a service serves over HTTP besides its API.
#[async_trait]
pub trait Plane: Sync {
    /// Whether requests with this `Host` (no port, lower case) and path are for this plane.
    fn claims(&self, host: &str, path: &str) -> bool;

    /// Serves one request. `cx` is a Free context with an anonymous caller; the plane authenticates by its own
    /// rules ([`crate::door::authenticate_plane`] where a route asks for IAM).
    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> http::Response<Stream>;

    /// Labels of AWS's names that lead to this plane: `execute-api`.
    fn labels(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the service's API tells a browser that asks from a page of another origin: headers for the answer, or
    /// why a preflight is refused. None when it has nothing to say; most services have not.
    async fn cross_origin(
        &self,
        _cx: &Cx,
        _asked: CrossOrigin<'_>,
    ) -> Option<Result<http::HeaderMap, Failure>> {
        None
    }

    /// Begins what the service does of itself, such as reading [`crate::feed`]s, when the cloud starts.
    fn start(&self, _cloud: &Arc<crate::Cloud>) {}

    /// Whether the service's API hears requests that nobody signed, such as those by the links of mails. Access decides
    /// about them as about all others.
    fn hears_anonymous(&self) -> bool {
        false
    }

    /// The short way to functions, of the service that runs them.
    fn functions(&self) -> Option<&dyn Functions> {
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
pub struct Forwarded<'a> {
    /// The address of the client.
    pub source_ip: String,
    /// `Host`, as the client sent it.
    pub host: &'a str,
    /// The host name of the gateway, also when it was asked by path.
    pub domain_name: Cow<'a, str>,
    /// The addresses before the client's own, in `X-Forwarded-For`.
    addresses: Option<String>,
    port: &'a str,
    proto: &'static str,
    trace: Cow<'a, str>,
    names: &'a Names,
}

impl<'a> Forwarded<'a> {
    /// Reads a request to the gateway `id`, whose host names begin `<id>.<kind>.` (`execute-api`).
    pub fn new(
        cx: &Cx,
        parts: &'a Parts,
        names: &'a Names,
        peer: Option<std::net::SocketAddr>,
        id: &str,
        kind: &str,
    ) -> Self {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let source_ip =
            peer.map_or_else(|| "127.0.0.1".to_owned(), |peer| peer.ip().to_canonical().to_string());
        let addresses = text("x-forwarded-for").map(|before| format!("{before}, {source_ip}"));
        let authority = parts.uri.authority().map(http::uri::Authority::as_str);
        let host = text("host").or(authority).unwrap_or("localhost");
        let tls = cx.caller().origin.tls;
        let port = host.rsplit_once(':').map(|(_, port)| port);
        let port = port.filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
        let domain_name = if has_label(host, kind) {
            Cow::Borrowed(host)
        } else {
            let mut name = String::with_capacity(id.len() + kind.len() + 17);
            for part in [id, ".", kind, ".localhost", port.map_or("", |_| ":"), port.unwrap_or_default()] {
                name.push_str(part);
            }
            Cow::Owned(name)
        };
        let trace = text("x-amzn-trace-id").map(Cow::Borrowed);
        Self {
            source_ip,
            host,
            domain_name,
            addresses,
            port: port.unwrap_or(if tls { "443" } else { "80" }),
            proto: if tls { "https" } else { "http" },
            trace: trace.unwrap_or_else(|| Cow::Owned(["Root=", cx.trace_id()].concat())),
            names,
        }
    }

    /// The headers of the request as they go on: those of the connection in `dropped` are left out, those that the
    /// gateway sets are set. Names have the capitals that the client wrote.
    pub fn headers<'f>(&'f self, parts: &'f Parts, dropped: &[&str]) -> Vec<(&'f str, &'f [u8])> {
        let addresses = self.addresses.as_deref().unwrap_or(&self.source_ip);
        let set: [(&str, &str); 5] = [
            ("host", self.host),
            ("x-amzn-trace-id", &self.trace),
            ("x-forwarded-for", addresses),
            ("x-forwarded-port", self.port),
            ("x-forwarded-proto", self.proto),
        ];
        let mut headers = Vec::with_capacity(parts.headers.len() + set.len());
        for (name, value) in &parts.headers {
            let name = name.as_str();
            if !set.iter().any(|(own, _)| *own == name) && !dropped.contains(&name) {
                headers.push((self.names.get(name).map_or(name, |shown| &**shown), value.as_bytes()));
            }
        }
        headers.extend(set.map(|(name, value)| (name, value.as_bytes())));
        headers
    }
}

/// Whether a host name has the label `kind` behind its first: `<id>.<kind>.`.
fn has_label(host: &str, kind: &str) -> bool {
    host.match_indices(kind).any(|(at, _)| {
        let after = host.as_bytes().get(at + kind.len());
        at > 0 && host.as_bytes()[at - 1] == b'.' && after == Some(&b'.')
    })
}
