//! Every AWS error of the service.

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
    #[api(code = "InvalidParameterValue", status = 400, message = "{0}")]
    InvalidParameterValue(String),
    #[api(internal)]
    Internal(Failure),
}
