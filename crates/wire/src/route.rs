//! Which operation a request is for.

use bytes::Bytes;

use crate::error::ErrorBody;
use crate::table::{Protocol, ServiceRoutes};

/// The operation that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Index into the services that the router was built from.
    pub service: usize,
    /// Index into the service's operations.
    pub operation: usize,
    /// The protocol that the request speaks.
    pub protocol: &'static Protocol,
    /// Decoded path labels; the bucket of a virtual-host S3 request is among them.
    pub labels: Vec<(String, String)>,
    /// Whether the input's payload is a stream, so that the body must not be read whole.
    pub streaming: bool,
}

/// Why no operation was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// A form post: ask again with the body.
    NeedsBody,
    /// Nothing in the request names a service that we have.
    Unknown,
    /// The service is known, the operation is not.
    UnknownOperation {
        /// Index of the service.
        service: usize,
        /// The protocol that the request speaks.
        protocol: &'static Protocol,
        /// What the request asks for, for messages.
        operation: String,
    },
}

impl RouteError {
    /// The service that was found, if one was.
    pub fn service(&self) -> Option<usize> {
        match self {
            Self::UnknownOperation { service, .. } => Some(*service),
            Self::NeedsBody | Self::Unknown => None,
        }
    }

    /// The error in AWS's words, and the protocol to write it in.
    pub fn answer(&self) -> (&'static Protocol, ErrorBody) {
        (&Protocol::RestJson, ErrorBody::default())
    }
}

/// Finds operations.
#[derive(Debug)]
pub struct Router {
    _services: Vec<ServiceRoutes>,
}

impl Router {
    /// A router over `services`. Panics on tables that contradict themselves: they are static, so a test finds it.
    pub fn new(services: Vec<ServiceRoutes>) -> Self {
        Self { _services: services }
    }

    /// The operation that a request is for; `body` is wanted only after [`RouteError::NeedsBody`].
    ///
    /// # Errors
    /// When nothing fits, or the body is needed to know.
    pub fn find(&self, _parts: &http::request::Parts, _body: Option<&Bytes>) -> Result<Found, RouteError> {
        Err(RouteError::Unknown)
    }
}
