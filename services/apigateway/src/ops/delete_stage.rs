//! DeleteStage.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::{Part, StageRow};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    stage_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a stage.
pub(crate) struct DeleteStage;

impl Operation for DeleteStage {
    const NAME: &'static str = "DeleteStage";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/restapis/{restApiId}/stages/{stageName}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/stages/{}", input.rest_api_id, input.stage_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row: StageRow =
            part(cx, &input.rest_api_id, &input.stage_name).await?.ok_or_else(Error::no_stage)?;
        table::delete::<StageRow>(cx.tx(), (&row.api_id, StageRow::KIND, &row.name)).await?;
        Ok(Output)
    }
}
