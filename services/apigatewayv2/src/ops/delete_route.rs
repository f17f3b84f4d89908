//! DeleteRoute.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;
use crate::keys::{Part, RouteRow};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(label)]
    route_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteRoute;

impl Operation for DeleteRoute {
    const NAME: &'static str = "DeleteRoute";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/v2/apis/{apiId}/routes/{routeId}", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/routes/{}", input.api_id, input.route_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Input { api_id, route_id } = &input;
        api::part::<RouteRow>(cx, api_id, route_id).await?;
        table::delete::<RouteRow>(cx.tx(), (api_id, RouteRow::KIND, route_id)).await?;
        Ok(Output {})
    }
}
