//! DeleteCorsConfiguration.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteCorsConfiguration;

impl Operation for DeleteCorsConfiguration {
    const NAME: &'static str = "DeleteCorsConfiguration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/v2/apis/{apiId}/cors", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/cors", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = api::open(cx, &input.api_id).await?;
        row.cors = None;
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
