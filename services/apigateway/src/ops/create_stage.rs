//! CreateStage.

use cloud::access;
use cloud::prelude::*;

use crate::api::{access, open};
use crate::error::Error;
use crate::keys::Texts;
use crate::stages;
use crate::views::Stage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    stage_name: String,
    deployment_id: String,
    description: Option<String>,
    cache_cluster_enabled: Option<bool>,
    cache_cluster_size: Option<String>,
    variables: Option<Texts>,
    documentation_version: Option<String>,
    canary_settings: Option<CanarySettings>,
    tracing_enabled: Option<bool>,
    tags: Option<Texts>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct CanarySettings {
    percent_traffic: Option<f64>,
    deployment_id: Option<String>,
    stage_variable_overrides: Option<Texts>,
    use_stage_cache: Option<bool>,
}

/// Makes a stage that serves a deployment.
///
/// Differs from AWS: caches, canary releases and documentation versions are refused. `tracingEnabled` and the settings
/// of methods for metrics and logging are kept and shown; the cloud traces every call anyway, and writes no execution
/// logs and no metrics of stages yet.
pub(crate) struct CreateStage;

impl Operation for CreateStage {
    const NAME: &'static str = "CreateStage";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/restapis/{restApiId}/stages", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Stage;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/stages", input.rest_api_id)))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Stage, Error> {
        open(cx, &input.rest_api_id).await?;
        if input.cache_cluster_enabled == Some(true) || input.cache_cluster_size.is_some() {
            return Err(Error::unsupported("the cache of a stage"));
        }
        if input.canary_settings.is_some() {
            return Err(Error::unsupported("a canary release"));
        }
        if input.documentation_version.is_some() {
            return Err(Error::unsupported("documentationVersion"));
        }
        let wanted = stages::Wanted {
            name: input.stage_name,
            deployment_id: input.deployment_id,
            description: input.description,
            variables: input.variables,
            tracing_enabled: input.tracing_enabled,
            tags: input.tags,
        };
        Ok(Stage::of(stages::create(cx, &input.rest_api_id, wanted).await?))
    }
}
