//! DeleteRestApi.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, delete_parts, open};
use crate::error::Error;
use crate::keys::ApiRow;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes an API with all its parts.
pub(crate) struct DeleteRestApi;

impl Operation for DeleteRestApi {
    const NAME: &'static str = "DeleteRestApi";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/restapis/{restApiId}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = open(cx, &input.rest_api_id).await?;
        let tx = cx.tx();
        delete_parts(tx, &row.id)?;
        table::delete::<ApiRow>(tx, &row.id).await?;
        Ok(Output)
    }
}
