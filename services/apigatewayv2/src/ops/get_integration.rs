//! GetIntegration.

use cloud::prelude::*;

use crate::api;
use crate::error::Error;
use crate::keys::IntegrationRow;
use crate::views::Integration;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    #[shape(label)]
    integration_id: String,
}

pub(crate) struct GetIntegration;

impl Operation for GetIntegration {
    const NAME: &'static str = "GetIntegration";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/apis/{apiId}/integrations/{integrationId}"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Integration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/integrations/{}", input.api_id, input.integration_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Integration, Error> {
        let row: IntegrationRow = api::part(cx, &input.api_id, &input.integration_id).await?;
        Ok(row.into())
    }
}
