//! UpdateRequestValidator.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::ValidatorRow;
use crate::patch::{Change, PatchOperation};
use crate::views::RequestValidator;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    request_validator_id: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes a request validator.
pub(crate) struct UpdateRequestValidator;

impl Operation for UpdateRequestValidator {
    const NAME: &'static str = "UpdateRequestValidator";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PATCH", "/restapis/{restApiId}/requestvalidators/{requestValidatorId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
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
        let mut row: ValidatorRow = row.ok_or_else(Error::no_validator)?;
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            change.only_replace()?;
            match change.steps()[..] {
                ["name"] => row.name = change.optional(),
                ["validateRequestBody"] => row.body = change.flag(),
                ["validateRequestParameters"] => row.parameters = change.flag(),
                _ => return Err(change.unknown()),
            }
        }
        table::put(cx.tx(), &row).await?;
        Ok(RequestValidator::of(row))
    }
}
