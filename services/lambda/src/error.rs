//! Every AWS error of the service.

use cloud::{ApiError, Failure};

use crate::limits::RETRY_AFTER_SECONDS;

/// What Lambda answers when it cannot do what was asked. Each body also says `"Type": "User"`, as AWS's do.
#[derive(Debug)]
pub(crate) enum Error {
    InvalidParameterValue(String),
    /// Something names a thing that is not there.
    NotFound(String),
    Conflict(String),
    PreconditionFailed,
    /// The zip file or request is too large.
    TooLarge(String),
    InvalidRequestContent(String),
    /// A concurrency limit; the reason is AWS's word for which.
    TooManyRequests(&'static str),
    AccessDenied(String),
    /// The function is in a loop.
    RecursiveInvocation,
    /// There is no provisioned concurrency.
    NoProvisionedConcurrency,
    PolicyLengthExceeded(String),
    /// An event source mapping that is being deleted.
    InUse(&'static str),
    Internal(Failure),
}

impl Error {
    /// The payload of an invocation is larger than `limit`.
    pub(crate) fn payload_too_large(limit: usize) -> Error {
        Error::TooLarge(format!(
            "Request must be smaller than {limit} bytes for the InvokeFunction operation"
        ))
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Error {
        Error::InvalidParameterValue(text.into())
    }

    /// An option that this cloud does not have. It is refused before anything changes.
    pub(crate) fn unsupported(what: &str) -> Error {
        Error::InvalidParameterValue(format!("{what} is not supported by this cloud."))
    }

    /// What AWS says where nothing else fits.
    pub(crate) fn no_resource() -> Error {
        Error::NotFound("The resource you requested does not exist.".to_string())
    }

    fn parts(self) -> Result<(&'static str, u16, String), Failure> {
        Ok(match self {
            Error::InvalidParameterValue(text) => ("InvalidParameterValueException", 400, text),
            Error::NotFound(text) => ("ResourceNotFoundException", 404, text),
            Error::Conflict(text) => ("ResourceConflictException", 409, text),
            Error::PreconditionFailed => (
                "PreconditionFailedException",
                412,
                "The Revision Id provided does not match the latest Revision Id. \
                 Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
                    .to_string(),
            ),
            Error::TooLarge(text) => ("RequestEntityTooLargeException", 413, text),
            Error::InvalidRequestContent(text) => ("InvalidRequestContentException", 400, text),
            Error::TooManyRequests(_) => ("TooManyRequestsException", 429, "Rate Exceeded.".to_string()),
            Error::AccessDenied(text) => ("AccessDeniedException", 403, text),
            Error::RecursiveInvocation => (
                "RecursiveInvocationException",
                400,
                "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services \
                 resources and stopped your function's invocation."
                    .to_string(),
            ),
            Error::NoProvisionedConcurrency => (
                "ProvisionedConcurrencyConfigNotFoundException",
                404,
                "No Provisioned Concurrency Config found for this function".to_string(),
            ),
            Error::PolicyLengthExceeded(text) => ("PolicyLengthExceededException", 400, text),
            Error::InUse(text) => ("ResourceInUseException", 400, text.to_string()),
            Error::Internal(failure) => return Err(failure),
        })
    }
}

impl ApiError for Error {
    fn into_failure(self) -> Failure {
        let reason = match self {
            Error::TooManyRequests(reason) => Some(reason),
            _ => None,
        };
        match self.parts() {
            Err(failure) => failure,
            Ok((code, status, message)) => {
                let failure = Failure::new(code, status, message).detail("Type", &"User");
                match reason {
                    Some(reason) => failure
                        .detail("Reason", &reason)
                        .header("Retry-After", RETRY_AFTER_SECONDS.to_string()),
                    None => failure,
                }
            }
        }
    }

    fn is_conflict(&self) -> bool {
        matches!(self, Error::Internal(failure) if failure.is_conflict())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error::Internal(failure)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error::Internal(error.into())
    }
}
