//! DeleteRequestValidator.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::{Part, ValidatorRow};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    request_validator_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a request validator.
pub(crate) struct DeleteRequestValidator;

impl Operation for DeleteRequestValidator {
    const NAME: &'static str = "DeleteRequestValidator";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/restapis/{restApiId}/requestvalidators/{requestValidatorId}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!("/restapis/{}/requestvalidators/{}", input.rest_api_id, input.request_validator_id),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = part(cx, &input.rest_api_id, &input.request_validator_id).await?;
        let row: ValidatorRow = row.ok_or_else(Error::no_validator)?;
        table::delete::<ValidatorRow>(cx.tx(), (&row.api_id, ValidatorRow::KIND, &row.id)).await?;
        Ok(Output)
    }
}
