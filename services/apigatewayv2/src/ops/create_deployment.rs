//! CreateDeployment.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;
use crate::keys::StageRow;
use crate::views::Deployment;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(len = 0..=1024)]
    description: Option<String>,
    #[shape(len = 1..=128)]
    stage_name: Option<String>,
}

pub(crate) struct CreateDeployment;

impl Operation for CreateDeployment {
    const NAME: &'static str = "CreateDeployment";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v2/apis/{apiId}/deployments", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Deployment;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/deployments", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Deployment, Error> {
        api::open(cx, &input.api_id).await?;
        let row = api::snapshot(cx, &input.api_id, input.description, false).await?;
        if row.routes.is_empty() {
            return Err(Error::bad("At least one route is required before deploying the Api."));
        }
        if let Some(name) = &input.stage_name {
            let mut stage: StageRow = api::part(cx, &input.api_id, name).await?;
            if stage.auto_deploy {
                return Err(Error::bad("Deployment ID cannot be set on a stage with autoDeploy enabled"));
            }
            stage.deployment_id = Some(row.id.clone());
            stage.updated_at_millis = cx.now().millis();
            table::put(cx.tx(), &stage).await?;
        }
        table::put(cx.tx(), &row).await?;
        Ok(row.into())
    }
}
