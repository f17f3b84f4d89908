//! GetRequestValidator.

use cloud::prelude::*;

use crate::api::{access, part};
use crate::error::Error;
use crate::views::RequestValidator;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    request_validator_id: String,
}

/// Describes a request validator.
pub(crate) struct GetRequestValidator;

impl Operation for GetRequestValidator {
    const NAME: &'static str = "GetRequestValidator";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::new("GET", "/restapis/{restApiId}/requestvalidators/{requestValidatorId}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = RequestValidator;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!("/restapis/{}/requestvalidators/{}", input.rest_api_id, input.request_validator_id),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RequestValidator, Error> {
        let row = part(cx, &input.rest_api_id, &input.request_validator_id).await?;
        row.map(RequestValidator::of).ok_or_else(Error::no_validator)
    }
}
