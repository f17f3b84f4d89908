//! DeleteDeployment.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::api;
use crate::error::Error;
use crate::keys::{DeploymentRow, Part, StageRow};
use crate::limits::STAGES_MAX;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(label)]
    deployment_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteDeployment;

impl Operation for DeleteDeployment {
    const NAME: &'static str = "DeleteDeployment";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/v2/apis/{apiId}/deployments/{deploymentId}", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/deployments/{}", input.api_id, input.deployment_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Input { api_id, deployment_id } = &input;
        api::part::<DeploymentRow>(cx, api_id, deployment_id).await?;
        let stages =
            table::list::<StageRow>(cx.tx(), (api_id, StageRow::KIND), &Paging::first(STAGES_MAX)).await?;
        if stages.items.iter().any(|stage| stage.deployment_id.as_ref() == Some(deployment_id)) {
            return Err(Error::bad("Active stages pointing to this deployment must be moved or deleted"));
        }
        table::delete::<DeploymentRow>(cx.tx(), (api_id, DeploymentRow::KIND, deployment_id)).await?;
        Ok(Output {})
    }
}
