//! GetRestApi.

use cloud::prelude::*;

use crate::api::{access, open};
use crate::error::Error;
use crate::views::RestApi;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
}

/// Describes an API.
pub(crate) struct GetRestApi;

impl Operation for GetRestApi {
    const NAME: &'static str = "GetRestApi";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = RestApi;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RestApi, Error> {
        Ok(RestApi::of(open(cx, &input.rest_api_id).await?))
    }
}
