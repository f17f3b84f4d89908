//! Every AWS error of the service. Codes and statuses are those of AWS's model of STS.

use cloud::identity::session::TooLarge;
use cloud::prelude::*;
use iampolicy::Malformed;

/// What STS answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "AccessDenied", status = 403, message = "{0}")]
    AccessDenied(String),
    #[api(code = "ValidationError", status = 400, message = "{0}")]
    Validation(String),
    #[api(code = "InvalidParameterValue", status = 400, message = "{0}")]
    InvalidParameterValue(String),
    #[api(code = "MalformedPolicyDocument", status = 400, message = "{0}")]
    MalformedPolicyDocument(String),
    #[api(code = "PackedPolicyTooLarge", status = 400, message = "{0}")]
    PackedPolicyTooLarge(String),
    #[api(
        code = "InvalidAuthorizationMessageException",
        status = 400,
        message = "The encoded authorization message is not one of this cloud: its denials carry none."
    )]
    InvalidAuthorizationMessage,
    #[api(internal)]
    Internal(Failure),
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::MalformedPolicyDocument(malformed.message)
    }
}

impl From<TooLarge> for Error {
    fn from(too_large: TooLarge) -> Self {
        Self::PackedPolicyTooLarge(format!(
            "Packed size of session tags consumes {}% of allotted space.",
            too_large.percent
        ))
    }
}
