//! Making and changing stages.

use cloud::client::logs::group_of;
use cloud::cx::Cx;
use proxyevent::logformat::Format;
use store::layer::table;

use crate::api::{part, parts};
use crate::error::Error;
use crate::keys::{AccessLog, DeploymentRow, MethodSetting, StageRow, Texts};
use crate::limits::{STAGES_MAX, TAGS_MAX};
use crate::patch::{Change, Op, PatchOperation};

/// A stage that is wanted.
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) deployment_id: String,
    pub(crate) description: Option<String>,
    pub(crate) variables: Option<Texts>,
    pub(crate) tracing_enabled: Option<bool>,
    pub(crate) tags: Option<Texts>,
}

/// The paths that AWS lists when a path is not one of them.
const PATHS: &str = "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, \
    /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, \
    /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, \
    /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit\
    /{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, \
    /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, \
    /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, \
    /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, \
    /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit \
    /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, \
    /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, \
    /variables/{variable_name}, /tracingEnabled]";

/// Makes a new stage.
pub(crate) async fn create(cx: &mut Cx, api_id: &str, wanted: Wanted) -> Result<StageRow, Error> {
    if part::<StageRow>(cx, api_id, &wanted.name).await?.is_some() {
        return Err(Error::conflict("Stage already exists"));
    }
    if part::<DeploymentRow>(cx, api_id, &wanted.deployment_id).await?.is_none() {
        return Err(Error::bad("Deployment id does not exist"));
    }
    if parts::<StageRow>(cx.tx(), api_id).await?.len() >= STAGES_MAX {
        return Err(Error::bad("Maximum number of stages for this API has been reached"));
    }
    if wanted.tags.as_ref().is_some_and(|tags| tags.len() > TAGS_MAX) {
        return Err(Error::bad(format!("Cannot set more than {TAGS_MAX} tags")));
    }
    check_name(&wanted.name)?;
    check_variables(wanted.variables.as_ref())?;
    let now_millis = cx.now().millis();
    let row = StageRow {
        api_id: api_id.to_owned(),
        name: wanted.name,
        deployment_id: wanted.deployment_id,
        description: wanted.description,
        variables: wanted.variables.filter(|map| !map.is_empty()),
        method_settings: Default::default(),
        tracing_enabled: wanted.tracing_enabled.unwrap_or(false),
        access_log: None,
        tags: wanted.tags,
        created_at_millis: now_millis,
        updated_at_millis: now_millis,
    };
    table::put(cx.tx(), &row).await?;
    Ok(row)
}

/// Points a stage at a deployment, making the stage when it is not there.
pub(crate) async fn deploy(cx: &mut Cx, api_id: &str, wanted: Wanted) -> Result<StageRow, Error> {
    let Some(mut row) = part::<StageRow>(cx, api_id, &wanted.name).await? else {
        return create(cx, api_id, wanted).await;
    };
    check_variables(wanted.variables.as_ref())?;
    row.deployment_id = wanted.deployment_id;
    row.description = wanted.description.or(row.description);
    row.variables = wanted.variables.or(row.variables);
    row.tracing_enabled = wanted.tracing_enabled.unwrap_or(row.tracing_enabled);
    row.updated_at_millis = cx.now().millis();
    table::put(cx.tx(), &row).await?;
    Ok(row)
}

/// AWS's text and set of characters.
fn check_name(name: &str) -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.is_empty() && name.len() <= 128 && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::bad("Stage name only allows a-zA-Z0-9_-"))
}

/// AWS's text and set of characters.
fn check_variables(variables: Option<&Texts>) -> Result<(), Error> {
    for (name, value) in variables.into_iter().flatten() {
        let fits_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let fits_value = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&byte);
        if name.is_empty() || !name.bytes().all(fits_name) || !value.bytes().all(fits_value) {
            return Err(Error::bad(format!(
                "Stage variable {name} is invalid: names may have a-zA-Z0-9_ and values a-zA-Z0-9-._~:/?#&=,"
            )));
        }
    }
    Ok(())
}

/// Changes the settings of the access log. Lines go to a log group; delivery streams of Firehose are not there.
fn access_log(settings: &mut AccessLog, member: &str, change: &Change<'_>) -> Result<(), Error> {
    let value = change.optional().filter(|text| !text.is_empty());
    if member == "format" {
        if value.as_deref().is_some_and(|format| Format::parse(format).is_none()) {
            return Err(Error::unsupported("an expression in the format of an access log"));
        }
        settings.format = value;
        return Ok(());
    }
    if value.as_deref().is_some_and(|arn| group_of(arn).is_none()) {
        return Err(match value.is_some_and(|arn| arn.contains(":firehose:")) {
            true => Error::unsupported("an access log in a delivery stream"),
            false => Error::bad("Invalid ARN specified in the request"),
        });
    }
    settings.destination = value;
    Ok(())
}

/// Applies one patch operation.
pub(crate) fn apply(row: &mut StageRow, operation: &PatchOperation) -> Result<(), Error> {
    let change = Change::of(operation)?;
    if change.op == Op::Copy {
        return Err(copy(&change, operation.from.as_deref()));
    }
    let steps = change.steps();
    match steps[..] {
        ["deploymentId"] => row.deployment_id = change.text()?,
        ["description"] => row.description = change.optional(),
        ["tracingEnabled"] => row.tracing_enabled = change.flag(),
        ["variables", name] => {
            change.apply_text(row.variables.get_or_insert_default(), name)?;
            check_variables(row.variables.as_ref())?;
            row.variables = row.variables.take().filter(|map| !map.is_empty());
        }
        ["variables"] if change.op == Op::Remove => row.variables = None,
        ["cacheClusterEnabled"] if !change.flag() => {}
        ["cacheClusterEnabled" | "cacheClusterSize"] => {
            return Err(Error::unsupported("the cache of a stage"));
        }
        ["clientCertificateId"] => return Err(Error::unsupported("clientCertificateId")),
        ["accessLogSettings"] if change.op == Op::Remove => row.access_log = None,
        ["accessLogSettings", member @ ("destinationArn" | "format")] => {
            access_log(row.access_log.get_or_insert_default(), member, &change)?;
        }
        ["canarySettings", "deploymentId"] if change.op == Op::Add => {
            return Err(Error::bad("Invalid add operation with path: /canarySettings/deploymentId"));
        }
        [
            "canarySettings",
            "deploymentId" | "percentTraffic" | "stageVariableOverrides" | "useStageCache",
            ..,
        ] if change.op != Op::Remove => {
            return Err(Error::unsupported("a canary release"));
        }
        [resource, method] if change.op == Op::Remove => {
            let name = format!("{}/{method}", setting_resource(resource));
            if row.method_settings.remove(&name).is_none() {
                let path = change.path.trim_start_matches('/');
                return Err(Error::bad(format!(
                    "Cannot remove method setting {path} because there is no method setting for this method "
                )));
            }
        }
        [resource, method, group, setting] => {
            let name = format!("{}/{method}", setting_resource(resource));
            method_setting(row.method_settings.entry(name).or_default(), &change, group, setting)?;
        }
        _ => {
            return Err(Error::bad(format!(
                "Invalid method setting path: {}. Must be one of: {PATHS}",
                change.path
            )));
        }
    }
    Ok(())
}

/// The resource path of a method setting is shown without its first slash.
fn setting_resource(resource: &str) -> &str {
    resource.strip_prefix('/').unwrap_or(resource)
}

/// A number; less than nothing stands for no limit.
fn limit<N: std::str::FromStr>(change: &Change<'_>) -> Result<Option<N>, Error> {
    let value = change.optional().map(|text| text.parse());
    value.transpose().map_err(|_| Error::bad(format!("Invalid value for {}", change.path)))
}

fn method_setting(
    setting: &mut MethodSetting,
    change: &Change<'_>,
    group: &str,
    name: &str,
) -> Result<(), Error> {
    match (group, name) {
        ("metrics", "enabled") => setting.metrics_enabled = change.flag(),
        ("logging", "dataTrace") => setting.data_trace_enabled = change.flag(),
        ("logging", "loglevel") => {
            let level = change.text()?;
            if !matches!(level.as_str(), "OFF" | "ERROR" | "INFO") {
                return Err(Error::bad(format!("Invalid logging level {level}")));
            }
            setting.logging_level = Some(level);
        }
        ("throttling", "burstLimit") => setting.burst_limit = limit(change)?.filter(|limit| *limit >= 0),
        ("throttling", "rateLimit") => setting.rate_limit = limit(change)?.filter(|limit| *limit >= 0.0),
        ("caching", "enabled") if !change.flag() => {}
        ("caching", _) => return Err(Error::unsupported("caching of methods")),
        _ => {
            return Err(Error::bad(format!(
                "Invalid method setting path: {}. Must be one of: {PATHS}",
                change.path
            )));
        }
    }
    Ok(())
}

/// Copying promotes a canary, and there are none. Texts recorded in LocalStack's test_update_stage_with_copy_ops.
fn copy(change: &Change<'_>, from: Option<&str>) -> Error {
    let from = from.unwrap_or("null");
    let valid = matches!(change.path, "/deploymentId" | "/variables")
        && matches!(from, "/canarySettings/deploymentId" | "/canarySettings/stageVariableOverrides");
    if valid {
        return Error::bad("Promotion not available. Canary does not exist.");
    }
    Error::bad(format!(
        "Invalid copy operation with path: {} and from {from}. Valid copy:path are [/deploymentId, /variables] and \
         valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]",
        change.path
    ))
}
