//! CreateFunction.

use std::collections::BTreeMap;

use cloud::Network;
use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::config::Settings;
use crate::error::Error;
use crate::keys::{Code, Config, FunctionRow, LayerUse};
use crate::limits::TAGS_MAX;
use crate::logging::Logging;
use crate::names::{FunctionRef, LATEST};
use crate::runner::Runner;
use crate::runtime::network;
use crate::shapes::{
    Architecture, DeadLetterConfig, Environment, EphemeralStorage, FileSystemConfig, FunctionCode,
    FunctionConfiguration, ImageConfig, LoggingConfig, PackageType, SnapStart, TracingConfig, VpcConfig,
};
use crate::{code, destinations, function, layers, roles, upload};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    runtime: Option<String>,
    #[shape(pattern = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")]
    role: String,
    #[shape(len = ..=128, pattern = r"[^\s]+")]
    handler: Option<String>,
    code: FunctionCode,
    #[shape(len = ..=256)]
    description: Option<String>,
    #[shape(range = 1..=900)]
    timeout: Option<i32>,
    #[shape(range = 128..=10240)]
    memory_size: Option<i32>,
    #[shape(default)]
    publish: bool,
    vpc_config: Option<VpcConfig>,
    package_type: Option<PackageType>,
    dead_letter_config: Option<DeadLetterConfig>,
    environment: Option<Environment>,
    #[shape(name = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    tracing_config: Option<TracingConfig>,
    #[shape(default)]
    tags: BTreeMap<String, String>,
    layers: Option<Vec<String>>,
    #[shape(len = 0..=1)]
    file_system_configs: Option<Vec<FileSystemConfig>>,
    image_config: Option<ImageConfig>,
    code_signing_config_arn: Option<String>,
    #[shape(len = 1..=1)]
    architectures: Option<Vec<Architecture>>,
    ephemeral_storage: Option<EphemeralStorage>,
    snap_start: Option<SnapStart>,
    logging_config: Option<LoggingConfig>,
    capacity_provider_config: Option<serde_json::Value>,
    publish_to: Option<String>,
    durable_config: Option<serde_json::Value>,
    tenancy_config: Option<serde_json::Value>,
}

/// Makes a function.
///
/// Differs from AWS: the function is active when the call returns, because unpacking and, where the code needs it, the
/// installation of the AWS SDK happen within the call. Native code runs on this machine's architecture whatever
/// `Architectures` says. A VPC is kept and shown, and changes nothing: functions have the network of this machine. An
/// access point is a folder of the data folder, shared by all functions that name it. SnapStart takes no snapshot:
/// environments of a version start as those of any other. Container images, code signing, KMS keys and JSON logs are
/// refused.
pub(crate) struct CreateFunction;

impl Operation for CreateFunction {
    const NAME: &'static str = "CreateFunction";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2015-03-31/functions", 201));
    type Input = Input;
    type Output = FunctionConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionConfiguration, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        check(&input, cx.cloud().config().sandbox.network)?;
        let settings = Settings {
            runtime: input.runtime,
            handler: input.handler,
            role: Some(input.role.clone()),
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
        roles::check(cx, &input.role).await?;
        if let Some(target) = settings.dead_letter_target() {
            destinations::check_dead_letters(cx, &function, &input.role, target).await?;
        }
        settings.check_surroundings(cx, &function, &input.role).await?;
        let zip = code::take(cx, input.code).await?;
        let layers = layers::resolve(cx, settings.layers.as_deref().unwrap_or_default()).await?;
        let mut config = fresh(cx, code::keep(cx, zip).await?, layers);
        if let Some(architecture) = input.architectures.as_ref().and_then(|list| list.first()) {
            config.architecture = architecture.as_str().to_string();
        }
        settings.apply(&mut config)?;
        upload::prepare(cx, &mut config).await?;
        let row = FunctionRow {
            account: function.account.clone(),
            region: function.region.clone(),
            name: function.name.clone(),
            latest: config,
            next_version: 1,
            tags: input.tags,
            reserved_concurrency: None,
            may_loop: false,
            policies: BTreeMap::new(),
            event_invoke: BTreeMap::new(),
            urls: BTreeMap::new(),
        };
        let made = save(cx, &function, row, input.publish).await?;
        Runner::of(cx).expect(cx, &function);
        Ok(made)
    }
}

/// A configuration of AWS's defaults.
fn fresh(cx: &Cx, code: Code, layers: Vec<LayerUse>) -> Config {
    Config {
        runtime: String::new(),
        handler: String::new(),
        role: String::new(),
        description: String::new(),
        timeout_seconds: 3,
        memory_mb: 128,
        tmp_mb: 512,
        variables: None,
        layers,
        architecture: Architecture::X86.as_str().to_string(),
        tracing_active: false,
        dead_letter_arn: None,
        log_group: None,
        logging: Logging::default(),
        code,
        sdk_packages: Vec::new(),
        modified_at_millis: cx.now().millis(),
        revision_id: cx.new_id(),
        vpc: None,
        file_systems: Vec::new(),
        snap_start: false,
        update_runtime_on: None,
        runtime_version_arn: None,
    }
}

fn check(input: &Input, widest: Network) -> Result<(), Error> {
    if input.package_type == Some(PackageType::Image) {
        return Err(Error::unsupported("PackageType Image"));
    }
    if input.runtime.is_none() || input.handler.is_none() {
        return Err(Error::invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ));
    }
    if input.code_signing_config_arn.is_some() {
        return Err(Error::unsupported("CodeSigningConfigArn"));
    }
    let others = [
        ("CapacityProviderConfig", input.capacity_provider_config.is_some()),
        ("PublishTo", input.publish_to.is_some()),
        ("DurableConfig", input.durable_config.is_some()),
        ("TenancyConfig", input.tenancy_config.is_some()),
    ];
    if let Some((name, _)) = others.iter().find(|(_, given)| *given) {
        return Err(Error::unsupported(name));
    }
    if input.tags.len() > TAGS_MAX {
        return Err(Error::invalid(format!("The number of tags exceeds the limit ({TAGS_MAX})")));
    }
    network::of(&input.tags, widest).map_err(Error::InvalidParameterValue)?;
    Ok(())
}

async fn save(
    cx: &mut Cx,
    function: &FunctionRef,
    row: FunctionRow,
    publish: bool,
) -> Result<FunctionConfiguration, Error> {
    let (now, revision) = (cx.now().millis(), cx.new_id());
    let published = cx
        .transact(|tx| {
            let (mut row, revision) = (row.clone(), revision.clone());
            Box::pin(async move {
                function::own(tx, &row.latest)?;
                if !table::insert(tx, &row).await? {
                    return Err(Error::Conflict(format!("Function already exist: {}", row.name)));
                }
                match publish {
                    true => Ok(Some(function::publish(tx, &mut row, None, now, revision).await?)),
                    false => Ok(None),
                }
            })
        })
        .await?;
    Ok(match published {
        Some(version) => function::version_view(function, &version, true),
        None => function::view(function, &row.latest, LATEST, None, true),
    })
}
