//! GetRoutes.

use cloud::prelude::*;

use crate::api;
use crate::error::Error;
use crate::keys::RouteRow;
use crate::views::Route;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(querystring = "maxResults")]
    max_results: Option<String>,
    #[shape(querystring = "nextToken")]
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    items: Vec<Route>,
    next_token: Option<String>,
}

pub(crate) struct GetRoutes;

impl Operation for GetRoutes {
    const NAME: &'static str = "GetRoutes";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/apis/{apiId}/routes"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/routes", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
        let (rows, next_token) = api::parts::<RouteRow>(cx, &input.api_id, max_results, token).await?;
        Ok(Output { items: rows.into_iter().map(Route::from).collect(), next_token })
    }
}
