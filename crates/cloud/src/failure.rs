//! What goes wrong, as a client sees it.

use std::fmt;

use wire::ErrorBody;

/// An error on its way to a client: AWS's code, status and text, and whether the door may try again.
#[derive(Clone, Debug)]
pub struct Failure {
    body: Box<ErrorBody>,
    conflict: bool,
    retry_millis: Option<i64>,
}

/// The errors of a service: `#[derive(ApiError)]` makes an enum one.
pub trait ApiError: From<Failure> + Send + 'static {
    /// The failure that the client sees.
    fn into_failure(self) -> Failure;

    /// Whether the transaction lost a race and may be run again.
    fn is_conflict(&self) -> bool;
}

impl ApiError for Failure {
    fn into_failure(self) -> Failure {
        self
    }

    fn is_conflict(&self) -> bool {
        self.conflict
    }
}

impl Failure {
    /// An error of the caller's making; `status` of 500 and above makes it the server's.
    pub fn new(code: impl Into<String>, status: u16, message: impl Into<String>) -> Self {
        let body = ErrorBody {
            code: code.into(),
            query_code: None,
            status,
            message: message.into(),
            server_fault: status >= 500,
            details: Vec::new(),
            json: Vec::new(),
            headers: Vec::new(),
        };
        Self { body: Box::new(body), conflict: false, retry_millis: None }
    }

    /// An internal failure. The cause goes to the log, never to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal failure");
        Self::new(
            "InternalFailure",
            500,
            "The request processing has failed because of an unknown error, exception or failure.",
        )
    }

    /// The transaction lost a race: run the operation again.
    pub fn conflict() -> Self {
        let mut failure =
            Self::new("ServiceUnavailable", 503, "Too many conflicting requests. Please try again.");
        failure.conflict = true;
        failure
    }

    /// The code in the query protocol when it is another one.
    #[must_use]
    pub fn query_code(mut self, code: &str) -> Self {
        self.body.query_code = Some(code.to_owned());
        self
    }

    /// Marks it as the server's fault.
    #[must_use]
    pub fn server_fault(mut self) -> Self {
        self.body.server_fault = true;
        self
    }

    /// Adds a named detail to the error's body.
    #[must_use]
    pub fn detail(mut self, name: &str, value: &impl fmt::Display) -> Self {
        self.body.details.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a member to the error's body that is no text.
    #[must_use]
    pub fn json_detail(mut self, name: &str, value: serde_json::Value) -> Self {
        self.body.json.push((name.to_owned(), value));
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.body.headers.push((name.to_owned(), value.into()));
        self
    }

    /// When the outbox called: says how long it shall wait before the next attempt, instead of its own rule.
    #[must_use]
    pub fn retry_in(mut self, millis: i64) -> Self {
        self.retry_millis = Some(millis);
        self
    }

    /// What [`Failure::retry_in`] says.
    pub(crate) fn retry_millis(&self) -> Option<i64> {
        self.retry_millis
    }

    /// AWS's error code.
    pub fn code(&self) -> &str {
        &self.body.code
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.body.status
    }

    /// AWS's text.
    pub fn message(&self) -> &str {
        &self.body.message
    }

    /// What protocols encode.
    pub fn body(&self) -> &ErrorBody {
        &self.body
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.body.code, self.body.message)
    }
}

impl std::error::Error for Failure {}

impl From<ErrorBody> for Failure {
    fn from(body: ErrorBody) -> Self {
        Self { body: Box::new(body), conflict: false, retry_millis: None }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            // A view that was ended is taken anew: on a busy machine a transaction may be held up for seconds.
            store::Error::Conflict | store::Error::Expired => Self::conflict(),
            store::Error::Unavailable(cause) => {
                tracing::error!(%cause, "the store is unavailable");
                Self::new(
                    "ServiceUnavailable",
                    503,
                    "The request has failed due to a temporary failure of the server.",
                )
            }
            other => Self::internal(other),
        }
    }
}
