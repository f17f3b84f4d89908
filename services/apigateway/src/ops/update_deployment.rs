//! UpdateDeployment.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::DeploymentRow;
use crate::patch::{Change, PatchOperation};
use crate::views::Deployment;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    deployment_id: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes the description of a deployment.
pub(crate) struct UpdateDeployment;

impl Operation for UpdateDeployment {
    const NAME: &'static str = "UpdateDeployment";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PATCH", "/restapis/{restApiId}/deployments/{deploymentId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Deployment;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/deployments/{}", input.rest_api_id, input.deployment_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Deployment, Error> {
        let mut row: DeploymentRow =
            part(cx, &input.rest_api_id, &input.deployment_id).await?.ok_or_else(Error::no_deployment)?;
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            match change.steps()[..] {
                ["description"] => row.description = change.optional(),
                _ => return Err(change.unknown()),
            }
        }
        table::put(cx.tx(), &row).await?;
        Ok(Deployment::of(row, None))
    }
}
