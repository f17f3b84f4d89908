//! Every AWS error of the service.

use cloud::prelude::*;

/// What Kinesis answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "InvalidArgumentException", status = 400, message = "{0}")]
    Invalid(String),
    #[api(code = "ValidationException", status = 400, message = "{0}")]
    Validation(String),
    #[api(code = "ResourceNotFoundException", status = 400, message = "{0}")]
    NotFound(String),
    #[api(code = "ResourceInUseException", status = 400, message = "{0}")]
    InUse(String),
    #[api(code = "LimitExceededException", status = 400, message = "{0}")]
    Limit(String),
    /// A shard that takes or gives no more in this second. The text is that of the API reference's example.
    #[api(
        code = "ProvisionedThroughputExceededException",
        status = 400,
        message = "Rate exceeded for shard {0} in stream {1} under account {2}."
    )]
    Rate(String, String, String),
    #[api(
        code = "ExpiredIteratorException",
        status = 400,
        message = "Iterator expired. The iterator was created at time {0} while right now it is {1} which is further in the future than the tolerated delay of 300000 milliseconds."
    )]
    ExpiredIterator(String, String),
    #[api(code = "ExpiredNextTokenException", status = 400, message = "The pagination token has expired.")]
    ExpiredToken,
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    /// An `InvalidArgumentException`.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }
}
