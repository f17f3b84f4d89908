//! UpdateIntegration.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use super::create_integration::{Asked, Foreign, check, uri};
use crate::error::Error;
use crate::keys::{IntegrationRow, Texts};
use crate::views::Integration;
use crate::{api, rules};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    connection_id: Option<String>,
    connection_type: Option<String>,
    credentials_arn: Option<String>,
    #[shape(len = 0..=1024)]
    description: Option<String>,
    #[shape(label)]
    integration_id: String,
    integration_method: Option<String>,
    integration_subtype: Option<String>,
    integration_type: Option<String>,
    #[shape(len = 1..=2048)]
    integration_uri: Option<String>,
    payload_format_version: Option<String>,
    request_parameters: Option<Texts>,
    response_parameters: Option<BTreeMap<String, Texts>>,
    timeout_in_millis: Option<i32>,
    #[shape(flatten)]
    foreign: Foreign,
}

pub(crate) struct UpdateIntegration;

impl Operation for UpdateIntegration {
    const NAME: &'static str = "UpdateIntegration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/v2/apis/{apiId}/integrations/{integrationId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Integration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/integrations/{}", input.api_id, input.integration_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Integration, Error> {
        input.foreign.check()?;
        check(&Asked {
            kind: input.integration_type.as_deref(),
            subtype: input.integration_subtype.as_deref(),
            connection: input.connection_type.as_deref(),
            connection_id: input.connection_id.as_deref(),
            credentials: input.credentials_arn.as_deref(),
            mapped: input.request_parameters.is_some_and(|map| !map.is_empty())
                || input.response_parameters.is_some_and(|map| !map.is_empty()),
        })?;
        let mut row: IntegrationRow = api::part(cx, &input.api_id, &input.integration_id).await?;
        if input.integration_uri.is_some() {
            row.uri = uri(input.integration_uri)?;
        }
        if input.payload_format_version.is_some() {
            row.payload_format = rules::payload_format(input.payload_format_version)?;
        }
        if input.timeout_in_millis.is_some() {
            row.timeout_millis = rules::timeout(input.timeout_in_millis)?;
        }
        row.description = input.description.or(row.description);
        row.method = input.integration_method.or(row.method);
        table::put(cx.tx(), &row).await?;
        Ok(row.into())
    }
}
