//! Every error of the service.

use cloud::Failure;
use shape::ApiError;

/// An error of API Gateway. Texts come from AWS's answers as LocalStack recorded them
/// (tests/aws/services/apigateway) unless said otherwise.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    /// Something does not exist.
    #[api(code = "NotFoundException", status = 404, message = "{0}")]
    NotFound(String),
    /// A request that makes no sense, or that this cloud does not support.
    #[api(code = "BadRequestException", status = 400, message = "{0}")]
    BadRequest(String),
    /// Something exists already, or is still needed.
    #[api(code = "ConflictException", status = 409, message = "{0}")]
    Conflict(String),
    /// A constraint that the schema cannot say.
    #[api(code = "ValidationException", status = 400, message = "{0}")]
    Validation(String),
    /// Anything of the platform.
    #[api(internal)]
    Internal(Failure),
}

impl Error {
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::BadRequest(message.into())
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(message.into())
    }

    /// Something that AWS knows and this cloud does not support.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::BadRequest(format!("{what} is not supported by this cloud"))
    }

    pub(crate) fn no_api(account: &str, id: &str) -> Self {
        Self::NotFound(format!("Invalid API identifier specified {account}:{id}"))
    }

    pub(crate) fn no_resource() -> Self {
        Self::NotFound("Invalid Resource identifier specified".to_owned())
    }

    pub(crate) fn no_method() -> Self {
        Self::NotFound("Invalid Method identifier specified".to_owned())
    }

    pub(crate) fn no_integration() -> Self {
        Self::NotFound("Invalid Integration identifier specified".to_owned())
    }

    pub(crate) fn no_response() -> Self {
        Self::NotFound("Invalid Response status code specified".to_owned())
    }

    pub(crate) fn no_deployment() -> Self {
        Self::NotFound("Invalid Deployment identifier specified".to_owned())
    }

    pub(crate) fn no_stage() -> Self {
        Self::NotFound("Invalid stage identifier specified".to_owned())
    }

    pub(crate) fn no_model(name: &str) -> Self {
        Self::NotFound(format!("Invalid model name specified: {name}"))
    }

    pub(crate) fn no_authorizer() -> Self {
        Self::NotFound("Invalid Authorizer identifier specified".to_owned())
    }

    pub(crate) fn no_api_key() -> Self {
        Self::NotFound("Invalid API Key identifier specified".to_owned())
    }

    pub(crate) fn no_usage_plan() -> Self {
        Self::NotFound("Invalid Usage Plan ID specified".to_owned())
    }

    pub(crate) fn no_validator() -> Self {
        Self::NotFound("Invalid Request Validator identifier specified".to_owned())
    }
}
