//! Errors as each protocol writes them.

use crate::table::Protocol;

/// An error on its way to a client, in no protocol yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// AWS's code: `QueueDoesNotExist`.
    pub code: String,
    /// The code in the query protocol where it is another one; a JSON answer then has `x-amzn-query-error`.
    pub query_code: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// AWS's text.
    pub message: String,
    /// Whether it is our fault (`Receiver` in the query protocol) and not the caller's (`Sender`).
    pub server_fault: bool,
    /// Further members of the error, by name.
    pub details: Vec<(String, String)>,
    /// Headers of the answer.
    pub headers: Vec<(String, String)>,
}

/// The answer that says `error` in `protocol`. The answer to a `HEAD` request has no body.
pub fn encode_error(
    _protocol: &Protocol,
    _error: &ErrorBody,
    _request_id: &str,
    _head_request: bool,
) -> http::Response<shape::Stream> {
    http::Response::new(shape::Stream::empty())
}
