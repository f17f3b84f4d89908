//! UpdateStage.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use super::create_stage::{deployment, metrics, refuse};
use crate::error::Error;
use crate::keys::{StageRow, Texts};
use crate::views::{AccessLogSettings, RouteSettings, Stage};
use crate::{api, rules};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    access_log_settings: Option<AccessLogSettings>,
    #[shape(label)]
    api_id: String,
    auto_deploy: Option<bool>,
    client_certificate_id: Option<String>,
    default_route_settings: Option<RouteSettings>,
    deployment_id: Option<String>,
    #[shape(len = 0..=1024)]
    description: Option<String>,
    route_settings: Option<BTreeMap<String, RouteSettings>>,
    #[shape(label)]
    stage_name: String,
    stage_variables: Option<Texts>,
}

pub(crate) struct UpdateStage;

impl Operation for UpdateStage {
    const NAME: &'static str = "UpdateStage";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/v2/apis/{apiId}/stages/{stageName}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Stage;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/stages/{}", input.api_id, input.stage_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Stage, Error> {
        refuse(
            input.client_certificate_id.as_deref(),
            input.default_route_settings.as_ref(),
            input.route_settings.as_ref(),
        )?;
        let mut row: StageRow = api::part(cx, &input.api_id, &input.stage_name).await?;
        row.auto_deploy = input.auto_deploy.unwrap_or(row.auto_deploy);
        let asked = deployment(cx, &input.api_id, row.auto_deploy, input.deployment_id).await?;
        row.deployment_id = asked.or(row.deployment_id);
        row.description = input.description.or(row.description);
        // An empty value takes a variable away.
        for (name, value) in input.stage_variables.unwrap_or_default() {
            if value.is_empty() {
                row.variables.remove(&name);
            } else {
                row.variables.insert(name, value);
            }
        }
        row.access_log = rules::access_log(input.access_log_settings)?.or(row.access_log);
        row.detailed_metrics = metrics(input.default_route_settings.as_ref()).unwrap_or(row.detailed_metrics);
        row.updated_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(row.into())
    }
}
