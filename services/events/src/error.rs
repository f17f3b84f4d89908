//! Every AWS error of the service.

use cloud::prelude::*;

/// What EventBridge answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "ResourceNotFoundException", status = 400, message = "{0}")]
    NotFound(String),
    #[api(code = "ResourceAlreadyExistsException", status = 400, message = "{0}")]
    Exists(String),
    #[api(code = "ValidationException", status = 400, message = "{0}")]
    Invalid(String),
    #[api(
        code = "InvalidEventPatternException",
        status = 400,
        message = "Event pattern is not valid. Reason: {0}"
    )]
    Pattern(String),
    #[api(
        code = "LimitExceededException",
        status = 400,
        message = "The requested resource exceeds the maximum number allowed."
    )]
    Limit,
    #[api(code = "IllegalStatusException", status = 400, message = "{0}")]
    Status(String),
    #[api(
        code = "PolicyLengthExceededException",
        status = 400,
        message = "The resource policy is larger than 10240 bytes."
    )]
    PolicyLength,
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    pub(crate) fn no_bus(name: &str) -> Self {
        Self::NotFound(format!("Event bus {name} does not exist."))
    }

    pub(crate) fn no_rule(name: &str, bus: &str) -> Self {
        Self::NotFound(format!("Rule {name} does not exist on EventBus {bus}."))
    }

    pub(crate) fn no_archive(name: &str) -> Self {
        Self::NotFound(format!("Archive {name} does not exist."))
    }

    pub(crate) fn no_replay(name: &str) -> Self {
        Self::NotFound(format!("Replay {name} does not exist."))
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// For what this cloud does not do.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::Invalid(format!("{what} is not supported by this cloud"))
    }

    pub(crate) fn token() -> Self {
        Self::invalid("The specified nextToken is invalid.")
    }
}
