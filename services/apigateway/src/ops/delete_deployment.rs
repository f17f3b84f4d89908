//! DeleteDeployment.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part, parts};
use crate::error::Error;
use crate::keys::{DeploymentRow, Part, StageRow};
use crate::snapshot;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    deployment_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a deployment that no stage points at.
pub(crate) struct DeleteDeployment;

impl Operation for DeleteDeployment {
    const NAME: &'static str = "DeleteDeployment";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/restapis/{restApiId}/deployments/{deploymentId}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/deployments/{}", input.rest_api_id, input.deployment_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row: DeploymentRow =
            part(cx, &input.rest_api_id, &input.deployment_id).await?.ok_or_else(Error::no_deployment)?;
        let stages: Vec<StageRow> = parts(cx.tx(), &row.api_id).await?;
        if stages.iter().any(|stage| stage.deployment_id == row.id) {
            return Err(Error::bad("Active stages pointing to this deployment must be moved or deleted"));
        }
        let tx = cx.tx();
        snapshot::delete(tx, &row.api_id, &row.id).await?;
        table::delete::<DeploymentRow>(tx, (&row.api_id, DeploymentRow::KIND, &row.id)).await?;
        Ok(Output)
    }
}
