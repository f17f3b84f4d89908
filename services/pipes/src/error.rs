//! Every AWS error of the service.

use cloud::prelude::*;

/// What Pipes answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "NotFoundException", status = 404, message = "{0}")]
    NotFound(String),
    #[api(code = "ConflictException", status = 409, message = "{0}")]
    Conflict(String),
    #[api(code = "ValidationException", status = 400, message = "{0}")]
    Invalid(String),
    #[api(code = "ServiceQuotaExceededException", status = 402, message = "{0}")]
    Quota(String),
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    pub(crate) fn no_pipe(name: &str) -> Self {
        Self::NotFound(format!("Pipe {name} does not exist."))
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// For what this cloud does not do.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::Invalid(format!("{what} is not supported by this cloud"))
    }
}
