//! DeleteAccessLogSettings.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;
use crate::keys::StageRow;

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

pub(crate) struct DeleteAccessLogSettings;

impl Operation for DeleteAccessLogSettings {
    const NAME: &'static str = "DeleteAccessLogSettings";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/v2/apis/{apiId}/stages/{stageName}/accesslogsettings", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/stages/{}/accesslogsettings", input.api_id, input.stage_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row: StageRow = api::part(cx, &input.api_id, &input.stage_name).await?;
        row.access_log = None;
        row.updated_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
