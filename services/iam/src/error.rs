//! Every AWS error of the service. Codes and statuses are those of AWS's model of IAM; texts are IAM's answers.

use cloud::prelude::*;
use iampolicy::Malformed;

/// What IAM answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "NoSuchEntity", status = 404, message = "{0}")]
    NoSuchEntity(String),
    #[api(code = "EntityAlreadyExists", status = 409, message = "{0}")]
    AlreadyExists(String),
    #[api(code = "DeleteConflict", status = 409, message = "{0}")]
    DeleteConflict(String),
    #[api(code = "LimitExceeded", status = 409, message = "{0}")]
    LimitExceeded(String),
    #[api(code = "MalformedPolicyDocument", status = 400, message = "{0}")]
    MalformedPolicyDocument(String),
    #[api(code = "ValidationError", status = 400, message = "{0}")]
    Validation(String),
    #[api(code = "InvalidInput", status = 400, message = "{0}")]
    InvalidInput(String),
    #[api(code = "UnmodifiableEntity", status = 400, message = "{0}")]
    Unmodifiable(String),
    #[api(code = "AccessDenied", status = 403, message = "{0}")]
    AccessDenied(String),
    #[api(internal)]
    Internal(Failure),
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::MalformedPolicyDocument(malformed.message)
    }
}
