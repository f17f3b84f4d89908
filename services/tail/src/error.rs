//! Every error of the service.

use cloud::prelude::*;

/// What goes wrong.
#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "ValidationException", status = 400, message = "{0}")]
    Validation(String),
    #[api(
        code = "ResourceNotFoundException",
        status = 404,
        message = "nobody listens under this id: begin anew"
    )]
    NoSuchTap,
    #[api(internal)]
    Internal(Failure),
}
