//! GetDeployment.

use cloud::prelude::*;

use crate::api;
use crate::error::Error;
use crate::keys::DeploymentRow;
use crate::views::Deployment;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(label)]
    deployment_id: String,
}

pub(crate) struct GetDeployment;

impl Operation for GetDeployment {
    const NAME: &'static str = "GetDeployment";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/apis/{apiId}/deployments/{deploymentId}"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Deployment;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/deployments/{}", input.api_id, input.deployment_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Deployment, Error> {
        let row: DeploymentRow = api::part(cx, &input.api_id, &input.deployment_id).await?;
        Ok(row.into())
    }
}
