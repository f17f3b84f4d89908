//! UpdateFunctionConfiguration.

use cloud::prelude::*;
use store::layer::table;

use crate::config::Settings;
use crate::error::Error;
use crate::keys::Config;
use crate::names::{FunctionRef, LATEST};
use crate::shapes::{
    DeadLetterConfig, Environment, EphemeralStorage, FileSystemConfig, FunctionConfiguration, ImageConfig,
    LoggingConfig, SnapStart, TracingConfig, VpcConfig,
};
use crate::{destinations, function, layers, roles, upload};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(pattern = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")]
    role: Option<String>,
    #[shape(len = ..=128, pattern = r"[^\s]+")]
    handler: Option<String>,
    #[shape(len = ..=256)]
    description: Option<String>,
    #[shape(range = 1..=900)]
    timeout: Option<i32>,
    #[shape(range = 128..=10240)]
    memory_size: Option<i32>,
    vpc_config: Option<VpcConfig>,
    environment: Option<Environment>,
    runtime: Option<String>,
    dead_letter_config: Option<DeadLetterConfig>,
    #[shape(name = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    tracing_config: Option<TracingConfig>,
    revision_id: Option<String>,
    layers: Option<Vec<String>>,
    #[shape(len = 0..=1)]
    file_system_configs: Option<Vec<FileSystemConfig>>,
    image_config: Option<ImageConfig>,
    ephemeral_storage: Option<EphemeralStorage>,
    snap_start: Option<SnapStart>,
    logging_config: Option<LoggingConfig>,
    capacity_provider_config: Option<serde_json::Value>,
    durable_config: Option<serde_json::Value>,
}

/// Changes a function's settings.
pub(crate) struct UpdateFunctionConfiguration;

impl Operation for UpdateFunctionConfiguration {
    const NAME: &'static str = "UpdateFunctionConfiguration";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/2015-03-31/functions/{FunctionName}/configuration", 200));
    type Input = Input;
    type Output = FunctionConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionConfiguration, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        if input.capacity_provider_config.is_some() || input.durable_config.is_some() {
            return Err(Error::unsupported("CapacityProviderConfig and DurableConfig"));
        }
        let row = function::open(&cx.snapshot().await?, &function).await?;
        function::check_revision(input.revision_id.as_deref(), &row.latest.revision_id)?;
        let settings = Settings {
            runtime: input.runtime,
            handler: input.handler,
            role: input.role,
            description: input.description,
            timeout: input.timeout,
            memory_size: input.memory_size,
            vpc_config: input.vpc_config,
            environment: input.environment,
            dead_letter_config: input.dead_letter_config,
            kms_key_arn: input.kms_key_arn,
            tracing_config: input.tracing_config,
            layers: input.layers,
            file_system_configs: input.file_system_configs,
            image_config: input.image_config,
            ephemeral_storage: input.ephemeral_storage,
            snap_start: input.snap_start,
            logging_config: input.logging_config,
        };
        settings.check()?;
        if let Some(role) = &settings.role {
            roles::check(cx, role).await?;
        }
        if let Some(target) = settings.dead_letter_target() {
            let role = settings.role.as_deref().unwrap_or(&row.latest.role);
            destinations::check_dead_letters(cx, &function, role, target).await?;
        }
        let role = settings.role.clone().unwrap_or_else(|| row.latest.role.clone());
        settings.check_surroundings(cx, &function, &role).await?;
        let mut config = row.latest.clone();
        let needs_code = settings.layers.is_some() || settings.runtime.is_some();
        if let Some(arns) = &settings.layers {
            config.layers = layers::resolve(cx, arns).await?;
        }
        settings.apply(&mut config)?;
        if needs_code {
            upload::prepare(cx, &mut config).await?;
        }
        config.modified_at_millis = cx.now().millis();
        config.revision_id = cx.new_id();
        let old_revision = row.latest.revision_id;
        let now = cx.now().millis();
        let config = cx
            .transact(|tx| {
                let (function, config, old) = (function.clone(), config.clone(), old_revision.clone());
                Box::pin(async move { replace(tx, &function, config, &old, now).await })
            })
            .await?;
        Ok(function::view(&function, &config, LATEST, None, true))
    }
}

/// Puts the new configuration in place of the one that it was made from.
async fn replace(
    tx: &mut store::Tx,
    function: &FunctionRef,
    config: Config,
    old_revision: &str,
    now_millis: i64,
) -> Result<Config, Error> {
    let mut row = function::open(tx, function).await?;
    if row.latest.revision_id != old_revision {
        return Err(Error::Conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {}",
            function.arn()
        )));
    }
    function::own(tx, &config)?;
    function::disown(tx, &row.latest, now_millis).await?;
    row.latest = config.clone();
    table::put(tx, &row).await?;
    Ok(config)
}
