//! CreateDeployment.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, open, part, part_id};
use crate::error::Error;
use crate::keys::{DeploymentRow, StageRow, Texts};
use crate::views::Deployment;
use crate::{snapshot, stages};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    stage_name: Option<String>,
    stage_description: Option<String>,
    description: Option<String>,
    cache_cluster_enabled: Option<bool>,
    cache_cluster_size: Option<String>,
    variables: Option<Texts>,
    canary_settings: Option<CanarySettings>,
    tracing_enabled: Option<bool>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct CanarySettings {
    percent_traffic: Option<f64>,
    stage_variable_overrides: Option<Texts>,
    use_stage_cache: Option<bool>,
}

/// Canaries are refused; what AWS refuses about them is refused in its words.
async fn refuse_canary(cx: &mut Cx, api_id: &str, stage: Option<&str>) -> Result<(), Error> {
    let Some(name) = stage.filter(|name| !name.is_empty()) else {
        return Err(Error::bad(format!(
            "Invalid deployment content specified.Non null and non empty stageName must be provided for canary \
             deployment. Provided value is {}",
            stage.unwrap_or("null")
        )));
    };
    if part::<StageRow>(cx, api_id, name).await?.is_none() {
        return Err(Error::bad(format!(
            "Invalid deployment content specified.Stage {name} must already be created before making a canary \
             release deployment"
        )));
    }
    Err(Error::unsupported("a canary release"))
}

/// Copies the API as it is now, and points a stage at the copy if one is named.
///
/// Differs from AWS: canary releases and stage caches are refused.
pub(crate) struct CreateDeployment;

impl Operation for CreateDeployment {
    const NAME: &'static str = "CreateDeployment";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/restapis/{restApiId}/deployments", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Deployment;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/deployments", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Deployment, Error> {
        let api = open(cx, &input.rest_api_id).await?;
        if input.cache_cluster_enabled == Some(true) || input.cache_cluster_size.is_some() {
            return Err(Error::unsupported("the cache of a stage"));
        }
        if input.canary_settings.is_some() {
            refuse_canary(cx, &api.id, input.stage_name.as_deref()).await?;
        }
        let row = DeploymentRow {
            api_id: api.id.clone(),
            id: part_id(cx),
            description: input.description,
            created_at_millis: cx.now().millis(),
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(cloud::Failure::conflict().into());
        }
        snapshot::take(cx, api, &row.id).await?;
        if let Some(name) = input.stage_name.filter(|name| !name.is_empty()) {
            let stage = stages::Wanted {
                name,
                deployment_id: row.id.clone(),
                description: input.stage_description,
                variables: input.variables,
                tracing_enabled: input.tracing_enabled,
                tags: None,
            };
            stages::deploy(cx, &row.api_id, stage).await?;
        }
        Ok(Deployment::of(row, None))
    }
}
