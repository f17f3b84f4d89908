//! GetRoute.

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
    #[shape(label)]
    route_id: String,
}

pub(crate) struct GetRoute;

impl Operation for GetRoute {
    const NAME: &'static str = "GetRoute";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/apis/{apiId}/routes/{routeId}"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Route;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/routes/{}", input.api_id, input.route_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Route, Error> {
        let row: RouteRow = api::part(cx, &input.api_id, &input.route_id).await?;
        Ok(row.into())
    }
}
