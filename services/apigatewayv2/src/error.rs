//! Every AWS error of the service.

use cloud::prelude::*;

/// What the second API of API Gateway answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "NotFoundException", status = 404, message = "{0}")]
    NotFound(String),
    #[api(code = "BadRequestException", status = 400, message = "{0}")]
    BadRequest(String),
    #[api(code = "ConflictException", status = 409, message = "{0}")]
    Conflict(String),
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::BadRequest(message.into())
    }

    /// Something that AWS knows and this cloud does not support.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::BadRequest(format!("{what} is not supported by this cloud"))
    }

    /// There is no such thing: `Invalid API identifier specified`, as AWS words it for each kind.
    pub(crate) fn none(kind: &str, id: &str) -> Self {
        Self::NotFound(format!("Invalid {kind} identifier specified {id}"))
    }
}
