//! Every AWS error of the service.
//!
//! Codes are those of the JSON protocol; the query protocol, and `x-amzn-query-error`, have older ones (recorded from
//! SQS: replay, `Code` and `QueryErrorCode` of each error). Where both are the same the header is there all the same.

use cloud::prelude::*;

/// What SQS answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(
        code = "QueueDoesNotExist",
        query_code = "AWS.SimpleQueueService.NonExistentQueue",
        status = 400,
        message = "The specified queue does not exist."
    )]
    NoSuchQueue,
    #[api(
        code = "QueueNameExists",
        query_code = "QueueAlreadyExists",
        status = 400,
        message = "A queue already exists with the same name and a different value for attribute {0}"
    )]
    QueueNameExists(&'static str),
    #[api(
        code = "MissingRequiredParameterException",
        query_code = "MissingParameter",
        status = 400,
        message = "The request must contain the parameter {0}."
    )]
    Missing(&'static str),
    #[api(
        code = "InvalidParameterValueException",
        query_code = "InvalidParameterValue",
        status = 400,
        message = "{0}"
    )]
    Invalid(String),
    #[api(
        code = "InvalidAttributeName",
        query_code = "InvalidAttributeName",
        status = 400,
        message = "Unknown Attribute {0}."
    )]
    UnknownAttribute(String),
    #[api(
        code = "InvalidAttributeValue",
        query_code = "InvalidAttributeValue",
        status = 400,
        message = "{0}"
    )]
    InvalidAttribute(String),
    #[api(
        code = "InvalidMessageContents",
        query_code = "InvalidMessageContents",
        status = 400,
        message = "{0}"
    )]
    InvalidMessageContents(String),
    #[api(
        code = "ReceiptHandleIsInvalid",
        query_code = "ReceiptHandleIsInvalid",
        status = 404,
        message = "The input receipt handle \"{0}\" is not a valid receipt handle."
    )]
    ReceiptHandleIsInvalid(String),
    #[api(
        code = "MessageNotInflight",
        query_code = "AWS.SimpleQueueService.MessageNotInflight",
        status = 400,
        message = "The message referred to is not in flight."
    )]
    MessageNotInflight,
    #[api(
        code = "PurgeQueueInProgress",
        query_code = "AWS.SimpleQueueService.PurgeQueueInProgress",
        status = 403,
        message = "Only one PurgeQueue operation on {0} is allowed every 60 seconds."
    )]
    PurgeQueueInProgress(String),
    #[api(
        code = "UnsupportedOperation",
        query_code = "AWS.SimpleQueueService.UnsupportedOperation",
        status = 400,
        message = "{0}"
    )]
    Unsupported(String),
    #[api(
        code = "EmptyBatchRequest",
        query_code = "AWS.SimpleQueueService.EmptyBatchRequest",
        status = 400,
        message = "There should be at least one {0} in the request."
    )]
    EmptyBatch(&'static str),
    #[api(
        code = "TooManyEntriesInBatchRequest",
        query_code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        status = 400,
        message = "Maximum number of entries per request are 10. You have sent {0}."
    )]
    TooManyEntries(usize),
    #[api(
        code = "BatchEntryIdsNotDistinct",
        query_code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        status = 400,
        message = "Id {0} repeated."
    )]
    EntryIdRepeated(String),
    #[api(
        code = "InvalidBatchEntryId",
        query_code = "AWS.SimpleQueueService.InvalidBatchEntryId",
        status = 400,
        message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    InvalidEntryId,
    #[api(
        code = "BatchRequestTooLong",
        query_code = "AWS.SimpleQueueService.BatchRequestTooLong",
        status = 400,
        message = "Batch requests cannot be longer than 1048576 bytes. You have sent {0} bytes."
    )]
    BatchTooLong(i64),
    /// The text as clients quote it (Particular/docs.particular.net#3438).
    #[api(
        code = "RequestThrottled",
        query_code = "RequestThrottled",
        status = 403,
        message = "Request is throttled."
    )]
    RequestThrottled,
    #[api(code = "OverLimit", query_code = "OverLimit", status = 403, message = "{0}")]
    OverLimit(String),
    #[api(
        code = "ResourceNotFoundException",
        query_code = "ResourceNotFoundException",
        status = 404,
        message = "{0}"
    )]
    NoSuchResource(String),
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    /// The frequent form of a wrong value: `Value x for parameter y is invalid. Reason: z`.
    pub(crate) fn value(value: impl std::fmt::Display, parameter: &str, reason: &str) -> Self {
        Self::Invalid(format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"))
    }
}
