//! UpdateStage.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::{DeploymentRow, StageRow};
use crate::patch::PatchOperation;
use crate::stages;
use crate::views::Stage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    stage_name: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes a stage.
///
/// Differs from AWS: settings that would change how requests are served and are not there (caching, client
/// certificates, canaries) are refused, and so is an access log in a delivery stream.
pub(crate) struct UpdateStage;

impl Operation for UpdateStage {
    const NAME: &'static str = "UpdateStage";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/restapis/{restApiId}/stages/{stageName}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Stage;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/stages/{}", input.rest_api_id, input.stage_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Stage, Error> {
        let mut row: StageRow =
            part(cx, &input.rest_api_id, &input.stage_name).await?.ok_or_else(Error::no_stage)?;
        for operation in input.patch_operations.unwrap_or_default() {
            stages::apply(&mut row, &operation)?;
        }
        if part::<DeploymentRow>(cx, &row.api_id, &row.deployment_id).await?.is_none() {
            return Err(Error::bad("Deployment id does not exist"));
        }
        row.updated_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(Stage::of(row))
    }
}
