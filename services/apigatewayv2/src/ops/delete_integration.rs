//! DeleteIntegration.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::api;
use crate::error::Error;
use crate::keys::{IntegrationRow, Part, RouteRow};
use crate::limits::PARTS_MAX;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(label)]
    integration_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteIntegration;

impl Operation for DeleteIntegration {
    const NAME: &'static str = "DeleteIntegration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/v2/apis/{apiId}/integrations/{integrationId}", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/integrations/{}", input.api_id, input.integration_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Input { api_id, integration_id } = &input;
        api::part::<IntegrationRow>(cx, api_id, integration_id).await?;
        let routes =
            table::list::<RouteRow>(cx.tx(), (api_id, RouteRow::KIND), &Paging::first(PARTS_MAX)).await?;
        let target = format!("integrations/{integration_id}");
        if let Some(route) = routes.items.iter().find(|route| route.target.as_ref() == Some(&target)) {
            return Err(Error::Conflict(format!(
                "Cannot delete Integration '{integration_id}' because it is referenced by Route '{}'.",
                route.id
            )));
        }
        table::delete::<IntegrationRow>(cx.tx(), (api_id, IntegrationRow::KIND, integration_id)).await?;
        Ok(Output {})
    }
}
