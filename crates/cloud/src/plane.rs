//! Data planes: HTTP that is not an AWS API, such as what API Gateway serves to the world.

use async_trait::async_trait;
use http::request::Parts;
use shape::Stream;

use crate::cx::Cx;

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
}
