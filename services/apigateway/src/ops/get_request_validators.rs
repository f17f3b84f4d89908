//! GetRequestValidators.

use cloud::prelude::*;

use crate::api::{Page, access, open, parts};
use crate::error::Error;
use crate::keys::ValidatorRow;
use crate::views::RequestValidator;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<RequestValidator>>,
}

/// Lists the request validators of an API.
pub(crate) struct GetRequestValidators;

impl Operation for GetRequestValidators {
    const NAME: &'static str = "GetRequestValidators";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/requestvalidators", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/requestvalidators", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let rows: Vec<ValidatorRow> = parts(cx.tx(), &input.rest_api_id).await?;
        let (rows, position) = input.page.of(rows);
        Ok(Output { position, items: Some(rows.into_iter().map(RequestValidator::of).collect()) })
    }
}
