//! CreateStage.
//!
//! Differs from AWS: settings of single routes, throttles, execution logs and client certificates are refused. Detailed
//! metrics are kept as a setting; no metrics are made of them yet.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{DeploymentRow, Part, StageRow, Texts};
use crate::limits::STAGES_MAX;
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
    #[shape(len = 1..=128)]
    stage_name: String,
    stage_variables: Option<Texts>,
    tags: Option<Texts>,
}

pub(crate) struct CreateStage;

impl Operation for CreateStage {
    const NAME: &'static str = "CreateStage";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v2/apis/{apiId}/stages", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Stage;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/stages", input.api_id)))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Stage, Error> {
        rules::stage_name(&input.stage_name)?;
        refuse(
            input.client_certificate_id.as_deref(),
            input.default_route_settings.as_ref(),
            input.route_settings.as_ref(),
        )?;
        api::open(cx, &input.api_id).await?;
        if cx.get::<StageRow>((&input.api_id, StageRow::KIND, &input.stage_name)).await?.is_some() {
            return Err(Error::Conflict("Stage already exists".to_owned()));
        }
        api::check_room::<StageRow>(cx.tx(), &input.api_id, STAGES_MAX).await?;
        let auto_deploy = input.auto_deploy.unwrap_or(false);
        let deployment_id = deployment(cx, &input.api_id, auto_deploy, input.deployment_id).await?;
        let now_millis = cx.now().millis();
        let row = StageRow {
            api_id: input.api_id,
            name: input.stage_name,
            description: input.description,
            auto_deploy,
            deployment_id,
            variables: input.stage_variables.unwrap_or_default(),
            access_log: rules::access_log(input.access_log_settings)?,
            detailed_metrics: metrics(input.default_route_settings.as_ref()).unwrap_or(false),
            created_at_millis: now_millis,
            updated_at_millis: now_millis,
            tags: input.tags.unwrap_or_default(),
        };
        table::put(cx.tx(), &row).await?;
        Ok(row.into())
    }
}

/// The deployment that a stage serves. One that deploys by itself serves the API as it stands.
pub(super) async fn deployment(
    cx: &Cx,
    api_id: &str,
    auto_deploy: bool,
    asked: Option<String>,
) -> Result<Option<String>, Error> {
    match (auto_deploy, asked) {
        (true, Some(_)) => Err(Error::bad("Deployment ID cannot be set on a stage with autoDeploy enabled")),
        (_, None) => Ok(None),
        (false, Some(id)) => {
            api::part::<DeploymentRow>(cx, api_id, &id).await?;
            Ok(Some(id))
        }
    }
}

/// Refuses what is not supported, before anything changes.
pub(super) fn refuse(
    certificate: Option<&str>,
    default: Option<&RouteSettings>,
    routes: Option<&BTreeMap<String, RouteSettings>>,
) -> Result<(), Error> {
    if certificate.is_some() {
        return Err(Error::unsupported("a client certificate"));
    }
    let mut of_routes = routes.into_iter().flat_map(BTreeMap::values);
    if of_routes.any(|settings| settings.detailed_metrics_enabled == Some(true)) {
        return Err(Error::unsupported("a detailed metric of a single route"));
    }
    let mut all = default.into_iter().chain(routes.into_iter().flat_map(BTreeMap::values));
    let asks = all.any(|settings| {
        settings.data_trace_enabled == Some(true)
            || settings.logging_level.as_deref().is_some_and(|level| level != "OFF")
            || settings.throttling_burst_limit.is_some()
            || settings.throttling_rate_limit.is_some()
    });
    if asks { Err(Error::unsupported("a throttle or an execution log of routes")) } else { Ok(()) }
}

/// What the default settings of routes say of detailed metrics.
pub(super) fn metrics(default: Option<&RouteSettings>) -> Option<bool> {
    default.and_then(|settings| settings.detailed_metrics_enabled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn stages_of_an_api() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let api = world.ok("apigatewayv2", "CreateApi", json!({"name": "a", "protocolType": "HTTP"})).await;
        let id = &api["apiId"];
        let create = json!({"apiId": id, "stageName": "$default", "autoDeploy": true,
            "defaultRouteSettings": {"detailedMetricsEnabled": true}});
        let stage = world.ok("apigatewayv2", "CreateStage", create.clone()).await;
        assert_eq!((&stage["autoDeploy"], &stage["stageName"]), (&json!(true), &json!("$default")));
        assert_eq!(stage["defaultRouteSettings"], json!({"detailedMetricsEnabled": true}));
        let off = json!({"apiId": id, "stageName": "$default",
            "defaultRouteSettings": {"detailedMetricsEnabled": false}});
        let stage = world.ok("apigatewayv2", "UpdateStage", off).await;
        assert_eq!(stage["defaultRouteSettings"], json!({"detailedMetricsEnabled": false}));
        assert_eq!(world.error("apigatewayv2", "CreateStage", create).await.0, "ConflictException");
        for bad in [
            json!({"apiId": id, "stageName": "a b"}),
            json!({"apiId": id, "stageName": "dev", "deploymentId": "x", "autoDeploy": true}),
            json!({"apiId": id, "stageName": "dev", "defaultRouteSettings": {"throttlingRateLimit": 5.0}}),
            json!({"apiId": id, "stageName": "dev", "accessLogSettings": {"format": "x"}}),
        ] {
            assert_eq!(
                world.error("apigatewayv2", "CreateStage", bad.clone()).await.0,
                "BadRequestException",
                "{bad}"
            );
        }
        let missing = json!({"apiId": id, "stageName": "dev", "deploymentId": "x"});
        assert_eq!(world.error("apigatewayv2", "CreateStage", missing).await.0, "NotFoundException");
    }
}
