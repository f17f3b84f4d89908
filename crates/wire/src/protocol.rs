//! Requests in, answers out, in the protocol that the router found.

use bytes::Bytes;
use shape::{Doc, Schema, Stream};

use crate::error::ErrorBody;
use crate::table::{Http, OperationRoute, Protocol};

/// A request's body.
#[derive(Clone, Debug)]
pub enum Body {
    /// All of it, at hand.
    Whole(Bytes),
    /// It flows in while the operation runs.
    Flow(Stream),
}

/// Reads the input of `operation` from a request. `labels` are those of [`crate::Found`].
///
/// # Errors
/// When the request is malformed, in AWS's words.
pub fn decode(
    _protocol: &Protocol,
    _operation: &OperationRoute,
    _labels: &[(String, String)],
    _parts: &http::request::Parts,
    _body: Body,
) -> Result<Doc, ErrorBody> {
    Ok(Doc::Null)
}

/// Writes the output of the operation called `operation`.
pub fn encode(
    _protocol: &Protocol,
    _operation: &str,
    _http: Option<&Http>,
    _output: Schema,
    _doc: Doc,
    _request_id: &str,
) -> http::Response<Stream> {
    http::Response::new(Stream::empty())
}
