//! Every AWS error of the service. The code is that of AWS's model of ECR.

use cloud::prelude::*;

/// What ECR answers when it cannot do what was asked.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(
        code = "RepositoryNotFoundException",
        status = 400,
        message = "The repository with name '{0}' does not exist in the registry with id '{1}'"
    )]
    RepositoryNotFound(String, String),
    #[api(internal)]
    Internal(Failure),
}
