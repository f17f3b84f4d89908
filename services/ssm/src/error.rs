//! Every AWS error of the service.

use cloud::prelude::*;

/// What Parameter Store answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "ValidationException", status = 400, message = "{0}")]
    Validation(String),
    // AWS sends this one without a text.
    #[api(code = "ParameterNotFound", status = 400, message = "")]
    ParameterNotFound,
    #[api(
        code = "ParameterVersionNotFound",
        status = 400,
        message = "Systems Manager could not find version {1} of {0}. Verify the version and try again."
    )]
    ParameterVersionNotFound(String, String),
    #[api(
        code = "ParameterAlreadyExists",
        status = 400,
        message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
    )]
    ParameterAlreadyExists,
    #[api(
        code = "HierarchyLevelLimitExceededException",
        status = 400,
        message = "A hierarchy can have a maximum of {0} levels. For more information, see Requirements and constraints for parameter names in the AWS Systems Manager User Guide."
    )]
    TooManyLevels(usize),
    #[api(
        code = "HierarchyTypeMismatchException",
        status = 400,
        message = "Parameter Store does not support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter."
    )]
    TypeMismatch,
    #[api(
        code = "ParameterPatternMismatchException",
        status = 400,
        message = "Parameter value, cannot be validated against allowedPattern: {0}"
    )]
    PatternMismatch(String),
    #[api(
        code = "InvalidAllowedPatternException",
        status = 400,
        message = "The request does not meet the regular expression requirement."
    )]
    InvalidAllowedPattern,
    #[api(code = "UnsupportedParameterType", status = 400, message = "{0}")]
    UnsupportedType(String),
    #[api(code = "InvalidResourceId", status = 400, message = "")]
    InvalidResourceId,
    #[api(code = "InvalidResourceType", status = 400, message = "{0} is not a supported resource type")]
    InvalidResourceType(String),
    #[api(
        code = "TooManyTagsError",
        status = 400,
        message = "The Targets parameter includes too many tags. Remove one or more tags and try the command again."
    )]
    TooManyTags,
    #[api(code = "InvalidNextToken", status = 400, message = "The specified token isn't valid.")]
    InvalidNextToken,
    #[api(code = "InvalidFilterKey", status = 400, message = "The specified key isn't valid.")]
    InvalidFilterKey,
    #[api(code = "InvalidFilterOption", status = 400, message = "{0}")]
    InvalidFilterOption(String),
    #[api(internal)]
    Internal(Failure),
}
