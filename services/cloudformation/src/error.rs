//! Every AWS error of the service.

use cfn::Invalid;
use cloud::prelude::*;

/// What CloudFormation answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "ValidationError", status = 400, message = "{0}")]
    Validation(String),
    #[api(code = "AlreadyExistsException", status = 400, message = "{0}")]
    AlreadyExists(String),
    #[api(
        code = "InsufficientCapabilitiesException",
        status = 400,
        message = "Requires capabilities : [{0}]"
    )]
    InsufficientCapabilities(String),
    #[api(code = "ChangeSetNotFound", status = 404, message = "ChangeSet [{0}] does not exist")]
    NoSuchChangeSet(String),
    #[api(code = "InvalidChangeSetStatus", status = 400, message = "{0}")]
    InvalidChangeSetStatus(String),
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    /// A `ValidationError` with this text.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Validation(text.into())
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Validation(invalid.0)
    }
}
