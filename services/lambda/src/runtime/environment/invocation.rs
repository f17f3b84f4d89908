//! What an environment is asked to do.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::super::stream::Piece;

/// What is to be invoked.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) request_id: Arc<str>,
    pub(crate) payload: Bytes,
    /// The ARN with the qualifier that the caller used.
    pub(crate) invoked_arn: Arc<str>,
    /// `X-Amzn-Trace-Id`.
    pub(crate) trace: String,
    /// The client context as JSON, or empty.
    pub(crate) client_context: String,
    /// The Cognito identity as JSON, or empty.
    pub(crate) identity: String,
    /// Where the answer goes piece by piece; none for a caller that takes it as a whole.
    pub(crate) stream: Option<mpsc::Sender<Piece>>,
}
