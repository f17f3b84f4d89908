//! CreateRequestValidator.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, find, part_id};
use crate::error::Error;
use crate::keys::ValidatorRow;
use crate::views::RequestValidator;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    name: Option<String>,
    validate_request_body: Option<bool>,
    validate_request_parameters: Option<bool>,
}

/// Makes a request validator.
pub(crate) struct CreateRequestValidator;

impl Operation for CreateRequestValidator {
    const NAME: &'static str = "CreateRequestValidator";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/restapis/{restApiId}/requestvalidators", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = RequestValidator;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/requestvalidators", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RequestValidator, Error> {
        if find(cx, &input.rest_api_id).await?.is_none() {
            return Err(Error::bad("Invalid REST API identifier specified"));
        }
        let row = ValidatorRow {
            api_id: input.rest_api_id,
            id: part_id(cx),
            name: input.name,
            body: input.validate_request_body.unwrap_or(false),
            parameters: input.validate_request_parameters.unwrap_or(false),
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(cloud::Failure::conflict().into());
        }
        Ok(RequestValidator::of(row))
    }
}
