//! Every AWS error of the service. Codes and statuses are those of AWS's model; texts as recorded (replay/sns) where a
//! record holds them.

use cloud::prelude::*;

/// What SNS answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "InvalidParameter", status = 400, message = "Invalid parameter: {0}")]
    Invalid(String),
    #[api(code = "ParameterValueInvalid", status = 400, message = "{0}")]
    Value(String),
    #[api(code = "ValidationError", status = 400, message = "{0}")]
    Validation(String),
    #[api(code = "NotFound", status = 404, message = "{0} does not exist")]
    NotFound(&'static str),
    #[api(code = "ResourceNotFound", status = 404, message = "Resource does not exist")]
    NoResource,
    #[api(code = "AuthorizationError", status = 403, message = "{0}")]
    Denied(String),
    #[api(
        code = "TagLimitExceeded",
        status = 400,
        message = "Could not complete request: tag quota of the resource exceeded"
    )]
    Tags,
    #[api(
        code = "EmptyBatchRequest",
        status = 400,
        message = "The batch request doesn't contain any entries."
    )]
    EmptyBatch,
    #[api(
        code = "TooManyEntriesInBatchRequest",
        status = 400,
        message = "The batch request contains more entries than permissible."
    )]
    TooManyEntries,
    #[api(
        code = "BatchEntryIdsNotDistinct",
        status = 400,
        message = "Two or more batch entries in the request have the same Id."
    )]
    EntryIdRepeated,
    #[api(
        code = "InvalidBatchEntryId",
        status = 400,
        message = "The Id of a batch entry in the batch request {0}"
    )]
    EntryId(String),
    #[api(
        code = "BatchRequestTooLong",
        status = 400,
        message = "The length of all the messages put together is more than the limit."
    )]
    BatchTooLong,
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// For what this cloud does not do.
    pub(crate) fn unsupported(parameter: &str, what: &str) -> Self {
        Self::Invalid(format!("{parameter} Reason: {what} is not supported by this cloud"))
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::Invalid(format!("{parameter} Reason: no value for required parameter"))
    }
}
