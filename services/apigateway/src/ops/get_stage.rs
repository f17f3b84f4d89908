//! GetStage.

use cloud::prelude::*;

use crate::api::{access, part};
use crate::error::Error;
use crate::views::Stage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    stage_name: String,
}

/// Describes a stage.
pub(crate) struct GetStage;

impl Operation for GetStage {
    const NAME: &'static str = "GetStage";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/stages/{stageName}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Stage;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/stages/{}", input.rest_api_id, input.stage_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Stage, Error> {
        let row = part(cx, &input.rest_api_id, &input.stage_name).await?.ok_or_else(Error::no_stage)?;
        Ok(Stage::of(row))
    }
}
