//! DeleteStage.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;
use crate::keys::{Part, StageRow};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(label)]
    stage_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteStage;

impl Operation for DeleteStage {
    const NAME: &'static str = "DeleteStage";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/v2/apis/{apiId}/stages/{stageName}", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/stages/{}", input.api_id, input.stage_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Input { api_id, stage_name } = &input;
        api::part::<StageRow>(cx, api_id, stage_name).await?;
        table::delete::<StageRow>(cx.tx(), (api_id, StageRow::KIND, stage_name)).await?;
        Ok(Output {})
    }
}
