//! GetStages.

use cloud::prelude::*;

use crate::api::{access, open, parts};
use crate::error::Error;
use crate::keys::StageRow;
use crate::views::Stage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(querystring = "deploymentId")]
    deployment_id: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    item: Vec<Stage>,
}

/// Lists the stages of an API.
pub(crate) struct GetStages;

impl Operation for GetStages {
    const NAME: &'static str = "GetStages";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/stages", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/stages", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let mut rows: Vec<StageRow> = parts(cx.tx(), &input.rest_api_id).await?;
        if let Some(id) = &input.deployment_id {
            rows.retain(|row| row.deployment_id == *id);
        }
        Ok(Output { item: rows.into_iter().map(Stage::of).collect() })
    }
}
