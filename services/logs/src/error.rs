//! Every error of the service.

use cloud::Failure;
use shape::ApiError;

/// An error of CloudWatch Logs. Texts without a source beside them are ours, for what AWS allows and we do not.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    /// There is no such group.
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "The specified log group does not exist."
    )]
    NoSuchGroup,
    /// There is no such stream.
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "The specified log stream does not exist."
    )]
    NoSuchStream,
    /// There is no such resource to tag.
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "The specified resource does not exist."
    )]
    NoSuchResource,
    /// There is such a group already.
    #[api(
        code = "ResourceAlreadyExistsException",
        status = 400,
        message = "The specified log group already exists"
    )]
    GroupExists,
    /// There is such a stream already.
    #[api(
        code = "ResourceAlreadyExistsException",
        status = 400,
        message = "The specified log stream already exists"
    )]
    StreamExists,
    /// There is no such policy.
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "Policy with name [{0}] does not exist."
    )]
    NoSuchPolicy(String),
    /// There are too many policies.
    #[api(code = "LimitExceededException", status = 400, message = "Resource limit exceeded.")]
    TooManyPolicies,
    /// There is no such filter.
    #[api(
        code = "ResourceNotFoundException",
        status = 400,
        message = "The specified subscription filter does not exist."
    )]
    NoSuchFilter,
    /// Too many filters of a group.
    #[api(code = "LimitExceededException", status = 400, message = "Resource limit exceeded.")]
    Limit,
    /// A function of another account. (Recorded: test_put_subscription_filter_errors)
    #[api(
        code = "AccessDeniedException",
        status = 400,
        message = "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers."
    )]
    CrossAccount,
    /// A parameter is wrong.
    #[api(code = "InvalidParameterException", status = 400, message = "{0}")]
    Invalid(String),
    /// Too many tags.
    #[api(
        code = "TooManyTagsException",
        status = 400,
        message = "The number of tags exceeds the limit of {0} tags for a resource."
    )]
    TooManyTags(usize),
    /// The group is protected.
    #[api(
        code = "ValidationException",
        status = 400,
        message = "Deletion protection is enabled for the log group. Disable it before deleting the log group."
    )]
    Protected,
    /// Anything of the platform.
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    /// A wrong parameter.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// A parameter that AWS knows and this cloud does not support.
    pub(crate) fn unsupported(parameter: &str) -> Self {
        Self::Invalid(format!("`{parameter}` is not supported by this cloud"))
    }

    /// A token that we did not make.
    pub(crate) fn token() -> Self {
        Self::invalid("The specified nextToken is invalid.")
    }
}
