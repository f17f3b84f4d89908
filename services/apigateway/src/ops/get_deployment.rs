//! GetDeployment.

use cloud::prelude::*;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::DeploymentRow;
use crate::snapshot;
use crate::views::Deployment;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    deployment_id: String,
    #[shape(querystring = "embed")]
    embed: Option<Vec<String>>,
}

/// Describes a deployment.
pub(crate) struct GetDeployment;

impl Operation for GetDeployment {
    const NAME: &'static str = "GetDeployment";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::new("GET", "/restapis/{restApiId}/deployments/{deploymentId}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Deployment;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/deployments/{}", input.rest_api_id, input.deployment_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Deployment, Error> {
        let row: DeploymentRow =
            part(cx, &input.rest_api_id, &input.deployment_id).await?.ok_or_else(Error::no_deployment)?;
        let embed = input.embed.is_some_and(|embed| embed.iter().any(|word| word == "apisummary"));
        let summary = match embed {
            true => Some(snapshot::summary(&snapshot::read(cx.tx(), &row.api_id, &row.id).await?)),
            false => None,
        };
        Ok(Deployment::of(row, summary))
    }
}
