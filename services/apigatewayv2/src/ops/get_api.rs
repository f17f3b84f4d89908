//! GetApi.

use cloud::prelude::*;

use crate::api;
use crate::error::Error;
use crate::views::Api;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
}

pub(crate) struct GetApi;

impl Operation for GetApi {
    const NAME: &'static str = "GetApi";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/apis/{apiId}"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Api;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Api, Error> {
        let row = api::open(cx, &input.api_id).await?;
        Ok(Api::of(cx, row))
    }
}
