//! GetStage.

use cloud::prelude::*;

use crate::api;
use crate::error::Error;
use crate::keys::StageRow;
use crate::views::Stage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(label)]
    stage_name: String,
}

pub(crate) struct GetStage;

impl Operation for GetStage {
    const NAME: &'static str = "GetStage";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/apis/{apiId}/stages/{stageName}"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Stage;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/stages/{}", input.api_id, input.stage_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Stage, Error> {
        let row: StageRow = api::part(cx, &input.api_id, &input.stage_name).await?;
        Ok(row.into())
    }
}
