//! Functions, versions and aliases: reading and changing their rows, and how they look on the wire.

use store::Tx;
use store::layer::blob;
use store::layer::table;

use crate::error::Error;
use crate::keys::{self, AliasRow, Config, FileSystem, FunctionRow, VersionRow};
use crate::names::{FunctionRef, LATEST, is_number};
use crate::shapes::{
    AliasConfiguration, DeadLetterConfig, Environment, EphemeralStorage, FileSystemConfig,
    FunctionConfiguration, Layer, PackageType, RoutingConfig, SnapStartApplyOn, SnapStartResponse,
    TracingConfig, TracingMode,
};
use crate::{surroundings, time};

/// The function, whatever the qualifier.
pub(crate) async fn open(tx: &Tx, function: &FunctionRef) -> Result<FunctionRow, Error> {
    table::get(tx, keys::of(function)).await?.ok_or_else(|| function.not_found())
}

/// What a qualifier leads to.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) row: FunctionRow,
    /// The configuration of that version.
    pub(crate) config: Config,
    /// `$LATEST` or a number.
    pub(crate) version: String,
    pub(crate) alias: Option<AliasRow>,
}

/// The function and the version that its qualifier leads to.
pub(crate) async fn find(tx: &Tx, function: &FunctionRef) -> Result<Found, Error> {
    let row = open(tx, function).await?;
    let qualifier = match function.qualifier.as_deref() {
        None | Some(LATEST) => {
            let config = row.latest.clone();
            return Ok(Found { row, config, version: LATEST.to_string(), alias: None });
        }
        Some(qualifier) => qualifier,
    };
    let alias = if is_number(qualifier) {
        None
    } else {
        let alias: Option<AliasRow> = table::get(tx, alias_key(function, qualifier)).await?;
        Some(alias.ok_or_else(|| function.not_found())?)
    };
    let version = alias.as_ref().map_or(qualifier, |alias| alias.version.as_str()).to_string();
    let config = config_of(tx, &row, &version).await?.ok_or_else(|| function.not_found())?;
    Ok(Found { row, config, version, alias })
}

/// The configuration of a version of a function.
pub(crate) async fn config_of(tx: &Tx, row: &FunctionRow, version: &str) -> Result<Option<Config>, Error> {
    if version == LATEST {
        return Ok(Some(row.latest.clone()));
    }
    let Ok(number) = version.parse::<u64>() else { return Ok(None) };
    let found: Option<VersionRow> = table::get(tx, (&row.account, &row.region, &row.name, number)).await?;
    Ok(found.map(|version| version.config))
}

fn alias_key<'a>(function: &'a FunctionRef, alias: &'a str) -> (&'a String, &'a String, &'a String, &'a str) {
    (&function.account, &function.region, &function.name, alias)
}

/// An alias, or AWS's words that there is none.
pub(crate) async fn open_alias(tx: &Tx, function: &FunctionRef, alias: &str) -> Result<AliasRow, Error> {
    open(tx, function).await?;
    let found = table::get(tx, alias_key(function, alias)).await?;
    found.ok_or_else(|| Error::NotFound(format!("Cannot find alias arn: {}:{alias}", function.arn())))
}

/// Refuses a change that was decided on another state.
pub(crate) fn check_revision(wanted: Option<&str>, current: &str) -> Result<(), Error> {
    match wanted {
        Some(wanted) if wanted != current => Err(Error::PreconditionFailed),
        _ => Ok(()),
    }
}

/// The rows of `config` own its zip files.
pub(crate) fn own(tx: &mut Tx, config: &Config) -> Result<(), Error> {
    blob::own(tx, &config.code.blob)?;
    for layer in &config.layers {
        blob::own(tx, &layer.code.blob)?;
    }
    Ok(())
}

/// The opposite of [`own`].
pub(crate) async fn disown(tx: &mut Tx, config: &Config, now_millis: i64) -> Result<(), Error> {
    blob::disown(tx, &config.code.blob, now_millis).await?;
    for layer in &config.layers {
        blob::disown(tx, &layer.code.blob, now_millis).await?;
    }
    Ok(())
}

/// Publishes `$LATEST` as a new version, or gives the last one when nothing has changed since. `description` replaces
/// that of `$LATEST` in the version.
pub(crate) async fn publish(
    tx: &mut Tx,
    row: &mut FunctionRow,
    description: Option<String>,
    now_millis: i64,
    revision_id: String,
) -> Result<VersionRow, Error> {
    if row.next_version > 1 {
        let number = row.next_version - 1;
        let last: Option<VersionRow> = table::get(tx, (&row.account, &row.region, &row.name, number)).await?;
        if let Some(last) = last
            && last.published_revision == row.latest.revision_id
        {
            return Ok(last);
        }
    }
    let published_revision = row.latest.revision_id.clone();
    let mut config = Config { revision_id, modified_at_millis: now_millis, ..row.latest.clone() };
    if let Some(description) = description {
        config.description = description;
    }
    own(tx, &config)?;
    let version = VersionRow {
        account: row.account.clone(),
        region: row.region.clone(),
        name: row.name.clone(),
        number: row.next_version,
        config,
        published_revision,
    };
    row.next_version += 1;
    table::put(tx, &version).await?;
    table::put(tx, row).await?;
    Ok(version)
}

/// Where the logs of a function go.
pub(crate) fn log_group(name: &str, config: &Config) -> String {
    config.log_group.clone().unwrap_or_else(|| format!("/aws/lambda/{name}"))
}

/// A function as it looks on the wire. `qualifier` is what stands at the end of the ARN; `with_state` is what the
/// answers about one function have and listings have not.
pub(crate) fn view(
    function: &FunctionRef,
    config: &Config,
    version: &str,
    qualifier: Option<&str>,
    with_state: bool,
) -> FunctionConfiguration {
    let arn = match qualifier {
        None => function.arn(),
        Some(qualifier) => {
            FunctionRef { qualifier: Some(qualifier.to_string()), ..function.clone() }.qualified_arn()
        }
    };
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let size = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let layers: Vec<Layer> = config
        .layers
        .iter()
        .map(|layer| Layer { arn: layer.arn.clone(), code_size: size(layer.code.blob.size) })
        .collect();
    FunctionConfiguration {
        function_name: function.name.clone(),
        function_arn: arn.to_string(),
        runtime: config.runtime.clone(),
        role: config.role.clone(),
        handler: config.handler.clone(),
        code_size: size(config.code.blob.size),
        description: config.description.clone(),
        timeout: number(config.timeout_seconds),
        memory_size: number(config.memory_mb),
        last_modified: time::last_modified(config.modified_at_millis),
        code_sha256: config.code.sha256.clone(),
        version: version.to_string(),
        vpc_config: config.vpc.as_ref().map(surroundings::vpc_view),
        file_system_configs: file_systems(config),
        dead_letter_config: config
            .dead_letter_arn
            .clone()
            .map(|arn| DeadLetterConfig { target_arn: Some(arn) }),
        environment: config.variables.clone().map(|variables| Environment { variables: Some(variables) }),
        tracing_config: TracingConfig {
            mode: Some(if config.tracing_active { TracingMode::Active } else { TracingMode::PassThrough }),
        },
        revision_id: config.revision_id.clone(),
        layers: (!layers.is_empty()).then_some(layers),
        state: with_state.then(|| "Active".to_string()),
        last_update_status: with_state.then(|| "Successful".to_string()),
        package_type: PackageType::Zip,
        architectures: vec![config.architecture.clone()],
        ephemeral_storage: EphemeralStorage { size: number(config.tmp_mb) },
        snap_start: SnapStartResponse {
            apply_on: if config.snap_start {
                SnapStartApplyOn::PublishedVersions
            } else {
                SnapStartApplyOn::None
            },
            optimization_status: if config.snap_start && version != LATEST { "On" } else { "Off" }
                .to_string(),
        },
        logging_config: config.logging.view(log_group(&function.name, config)),
    }
}

fn file_systems(config: &Config) -> Option<Vec<FileSystemConfig>> {
    let view = |system: &FileSystem| FileSystemConfig {
        arn: system.arn.clone(),
        local_mount_path: system.path.clone(),
    };
    (!config.file_systems.is_empty()).then(|| config.file_systems.iter().map(view).collect())
}

/// A published version as it looks on the wire.
pub(crate) fn version_view(
    function: &FunctionRef,
    version: &VersionRow,
    with_state: bool,
) -> FunctionConfiguration {
    let number = version.number.to_string();
    view(function, &version.config, &number, Some(&number), with_state)
}

/// An alias as it looks on the wire.
pub(crate) fn alias_view(function: &FunctionRef, alias: &AliasRow) -> AliasConfiguration {
    AliasConfiguration {
        alias_arn: format!("{}:{}", function.arn(), alias.alias),
        name: alias.alias.clone(),
        function_version: alias.version.clone(),
        description: alias.description.clone(),
        routing_config: alias.routing.clone().map(|(version, weight)| RoutingConfig {
            additional_version_weights: Some([(version, weight)].into()),
        }),
        revision_id: alias.revision_id.clone(),
    }
}

/// The second version of an alias and its weight, checked.
pub(crate) fn routing(version: &str, config: Option<RoutingConfig>) -> Result<Option<(String, f64)>, Error> {
    let weights = config.and_then(|config| config.additional_version_weights).unwrap_or_default();
    if weights.len() > 1 {
        // API reference, AliasRoutingConfiguration: "The second version".
        return Err(Error::invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    let Some((other, weight)) = weights.into_iter().next() else { return Ok(None) };
    if version == LATEST {
        return Err(Error::invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
    }
    if other == version {
        return Err(Error::invalid(format!(
            "Invalid function version {other}. Function version {other} is already included in routing configuration."
        )));
    }
    if !is_number(&other) || !(0.0..=1.0).contains(&weight) {
        return Err(Error::invalid(format!(
            "Invalid routing configuration for version {other} with weight {weight}."
        )));
    }
    Ok(Some((other, weight)))
}
