//! Structures that several operations share on the wire.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::keys::{Config, ProvisionedRow};
use crate::provisioning::Status;
use crate::time;

/// Where code comes from (`FunctionCode`).
#[derive(Shape)]
pub(crate) struct FunctionCode {
    #[shape(sensitive)]
    pub(crate) zip_file: Option<bytes::Bytes>,
    #[shape(len = 3..=63, pattern = r"[0-9A-Za-z\.\-_]*(?<!\.)")]
    pub(crate) s3_bucket: Option<String>,
    #[shape(len = 1..=1024)]
    pub(crate) s3_key: Option<String>,
    #[shape(len = 1..=1024)]
    pub(crate) s3_object_version: Option<String>,
    pub(crate) image_uri: Option<String>,
    #[shape(name = "SourceKMSKeyArn")]
    pub(crate) source_kms_key_arn: Option<String>,
}

#[derive(Shape)]
pub(crate) struct VpcConfig {
    #[shape(default, len = 0..=16)]
    pub(crate) subnet_ids: Vec<String>,
    #[shape(default, len = 0..=5)]
    pub(crate) security_group_ids: Vec<String>,
    pub(crate) ipv6_allowed_for_dual_stack: Option<bool>,
}

/// A network as answers show it.
#[derive(Shape)]
pub(crate) struct VpcConfigResponse {
    pub(crate) subnet_ids: Vec<String>,
    pub(crate) security_group_ids: Vec<String>,
    pub(crate) vpc_id: String,
    pub(crate) ipv6_allowed_for_dual_stack: bool,
}

#[derive(Shape)]
pub(crate) struct DeadLetterConfig {
    #[shape(pattern = r"(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()")]
    pub(crate) target_arn: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Environment {
    pub(crate) variables: Option<BTreeMap<String, String>>,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TracingMode {
    Active,
    PassThrough,
}

#[derive(Shape)]
pub(crate) struct TracingConfig {
    pub(crate) mode: Option<TracingMode>,
}

#[derive(Shape)]
pub(crate) struct FileSystemConfig {
    #[shape(len = 0..=256)]
    pub(crate) arn: String,
    #[shape(len = 0..=160, pattern = r"/mnt/[a-zA-Z0-9-_.]+")]
    pub(crate) local_mount_path: String,
}

#[derive(Shape)]
pub(crate) struct ImageConfig {
    pub(crate) entry_point: Option<Vec<String>>,
    pub(crate) command: Option<Vec<String>>,
    #[shape(len = 0..=1000)]
    pub(crate) working_directory: Option<String>,
}

#[derive(Shape)]
pub(crate) struct EphemeralStorage {
    #[shape(range = 512..=10240)]
    pub(crate) size: i32,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SnapStartApplyOn {
    PublishedVersions,
    None,
}

#[derive(Shape)]
pub(crate) struct SnapStart {
    pub(crate) apply_on: Option<SnapStartApplyOn>,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    #[shape(name = "JSON")]
    Json,
    Text,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApplicationLogLevel {
    #[shape(name = "TRACE")]
    Trace,
    #[shape(name = "DEBUG")]
    Debug,
    #[shape(name = "INFO")]
    Info,
    #[shape(name = "WARN")]
    Warn,
    #[shape(name = "ERROR")]
    Error,
    #[shape(name = "FATAL")]
    Fatal,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemLogLevel {
    #[shape(name = "DEBUG")]
    Debug,
    #[shape(name = "INFO")]
    Info,
    #[shape(name = "WARN")]
    Warn,
}

#[derive(Shape)]
pub(crate) struct LoggingConfig {
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) application_log_level: Option<ApplicationLogLevel>,
    pub(crate) system_log_level: Option<SystemLogLevel>,
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    pub(crate) log_group: Option<String>,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageType {
    Zip,
    Image,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    #[shape(name = "x86_64")]
    X86,
    #[shape(name = "arm64")]
    Arm,
}

/// A function as it is configured (`FunctionConfiguration`).
#[derive(Shape)]
pub(crate) struct FunctionConfiguration {
    pub(crate) function_name: String,
    pub(crate) function_arn: String,
    pub(crate) runtime: String,
    pub(crate) role: String,
    pub(crate) handler: String,
    pub(crate) code_size: i64,
    pub(crate) description: String,
    pub(crate) timeout: i32,
    pub(crate) memory_size: i32,
    pub(crate) last_modified: String,
    #[shape(name = "CodeSha256")]
    pub(crate) code_sha256: String,
    pub(crate) version: String,
    pub(crate) vpc_config: Option<VpcConfigResponse>,
    pub(crate) file_system_configs: Option<Vec<FileSystemConfig>>,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) environment: Option<Environment>,
    pub(crate) tracing_config: TracingConfig,
    pub(crate) revision_id: String,
    pub(crate) layers: Option<Vec<Layer>>,
    pub(crate) state: Option<String>,
    pub(crate) last_update_status: Option<String>,
    pub(crate) package_type: PackageType,
    pub(crate) architectures: Vec<String>,
    pub(crate) ephemeral_storage: EphemeralStorage,
    pub(crate) snap_start: SnapStartResponse,
    pub(crate) logging_config: LoggingConfig,
}

#[derive(Shape)]
pub(crate) struct SnapStartResponse {
    pub(crate) apply_on: SnapStartApplyOn,
    pub(crate) optimization_status: String,
}

/// A layer version that a function uses.
#[derive(Shape)]
pub(crate) struct Layer {
    pub(crate) arn: String,
    pub(crate) code_size: i64,
}

/// `Concurrency`.
#[derive(Shape)]
pub(crate) struct Concurrency {
    pub(crate) reserved_concurrent_executions: Option<i32>,
}

/// `ProvisionedConcurrencyStatusEnum`.
#[derive(Shape, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProvisionedStatus {
    #[shape(name = "IN_PROGRESS")]
    InProgress,
    #[shape(name = "READY")]
    Ready,
    #[shape(name = "FAILED")]
    Failed,
}

/// Provisioned concurrency as its operations answer it.
#[derive(Shape)]
pub(crate) struct ProvisionedConcurrency {
    pub(crate) function_arn: Option<String>,
    pub(crate) requested_provisioned_concurrent_executions: i32,
    pub(crate) available_provisioned_concurrent_executions: i32,
    pub(crate) allocated_provisioned_concurrent_executions: i32,
    pub(crate) status: ProvisionedStatus,
    pub(crate) status_reason: Option<String>,
    pub(crate) last_modified: String,
}

impl ProvisionedConcurrency {
    pub(crate) fn new(row: &ProvisionedRow, found: Status) -> ProvisionedConcurrency {
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        ProvisionedConcurrency {
            function_arn: None,
            requested_provisioned_concurrent_executions: number(row.requested),
            available_provisioned_concurrent_executions: number(found.allocated),
            allocated_provisioned_concurrent_executions: number(found.allocated),
            status: found.status,
            // The reason that AWS gives when the init phase fails.
            status_reason: (found.status == ProvisionedStatus::Failed)
                .then(|| "FUNCTION_ERROR_INIT_FAILURE".to_string()),
            last_modified: time::last_modified(row.modified_at_millis),
        }
    }
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateRuntimeOn {
    Auto,
    Manual,
    FunctionUpdate,
}

impl UpdateRuntimeOn {
    /// As it is kept: none for `Auto`.
    pub(crate) fn word(self) -> Option<String> {
        let word = match self {
            UpdateRuntimeOn::Auto => return None,
            UpdateRuntimeOn::Manual => "Manual",
            UpdateRuntimeOn::FunctionUpdate => "FunctionUpdate",
        };
        Some(word.to_string())
    }

    pub(crate) fn of(config: &Config) -> UpdateRuntimeOn {
        match config.update_runtime_on.as_deref() {
            Some("Manual") => UpdateRuntimeOn::Manual,
            Some("FunctionUpdate") => UpdateRuntimeOn::FunctionUpdate,
            _ => UpdateRuntimeOn::Auto,
        }
    }
}

/// The answer of both operations about updates of the runtime.
#[derive(Shape)]
pub(crate) struct RuntimeManagement {
    pub(crate) update_runtime_on: UpdateRuntimeOn,
    pub(crate) function_arn: String,
    pub(crate) runtime_version_arn: Option<String>,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecursiveLoop {
    Allow,
    Terminate,
}

/// The answer of both operations about recursion.
#[derive(Shape)]
pub(crate) struct RecursionConfig {
    pub(crate) recursive_loop: RecursiveLoop,
}

/// `AliasRoutingConfiguration`.
#[derive(Shape)]
pub(crate) struct RoutingConfig {
    pub(crate) additional_version_weights: Option<BTreeMap<String, f64>>,
}

/// `AliasConfiguration`.
#[derive(Shape)]
pub(crate) struct AliasConfiguration {
    pub(crate) alias_arn: String,
    pub(crate) name: String,
    pub(crate) function_version: String,
    pub(crate) description: String,
    pub(crate) routing_config: Option<RoutingConfig>,
    pub(crate) revision_id: String,
}

/// `Cors` of function URLs.
#[derive(Shape)]
pub(crate) struct CorsShape {
    pub(crate) allow_credentials: Option<bool>,
    #[shape(len = 0..=100, each(len = 0..=1024))]
    pub(crate) allow_headers: Option<Vec<String>>,
    #[shape(len = 0..=6, each(len = 0..=6))]
    pub(crate) allow_methods: Option<Vec<String>>,
    #[shape(len = 0..=100, each(len = 1..=253))]
    pub(crate) allow_origins: Option<Vec<String>>,
    #[shape(len = 0..=100, each(len = 0..=1024))]
    pub(crate) expose_headers: Option<Vec<String>>,
    #[shape(range = 0..=86400)]
    pub(crate) max_age: Option<i32>,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthType {
    #[shape(name = "NONE")]
    None,
    #[shape(name = "AWS_IAM")]
    Iam,
}

#[derive(Shape, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvokeMode {
    #[shape(name = "BUFFERED")]
    Buffered,
    #[shape(name = "RESPONSE_STREAM")]
    ResponseStream,
}

/// A function URL, as all its operations but the listing answer it.
#[derive(Shape)]
pub(crate) struct FunctionUrl {
    pub(crate) function_url: String,
    pub(crate) function_arn: String,
    pub(crate) auth_type: AuthType,
    pub(crate) cors: Option<CorsShape>,
    pub(crate) creation_time: String,
    pub(crate) last_modified_time: Option<String>,
    pub(crate) invoke_mode: InvokeMode,
}

#[derive(Shape)]
pub(crate) struct Destination {
    #[shape(len = 0..=350)]
    pub(crate) destination: Option<String>,
}

#[derive(Shape)]
pub(crate) struct DestinationConfig {
    pub(crate) on_success: Option<Destination>,
    pub(crate) on_failure: Option<Destination>,
}

/// `FunctionEventInvokeConfig`.
#[derive(Shape)]
pub(crate) struct EventInvokeConfig {
    pub(crate) last_modified: Timestamp,
    pub(crate) function_arn: String,
    pub(crate) maximum_retry_attempts: Option<i32>,
    pub(crate) maximum_event_age_in_seconds: Option<i32>,
    pub(crate) destination_config: DestinationConfig,
}

/// `LayerVersionContentOutput`.
#[derive(Shape)]
pub(crate) struct LayerContent {
    pub(crate) location: String,
    #[shape(name = "CodeSha256")]
    pub(crate) code_sha256: String,
    pub(crate) code_size: i64,
}

/// A layer version with its content.
#[derive(Shape)]
pub(crate) struct LayerVersion {
    pub(crate) content: LayerContent,
    pub(crate) layer_arn: String,
    pub(crate) layer_version_arn: String,
    pub(crate) description: String,
    pub(crate) created_date: String,
    pub(crate) version: i64,
    pub(crate) compatible_runtimes: Option<Vec<String>>,
    pub(crate) license_info: Option<String>,
    pub(crate) compatible_architectures: Option<Vec<String>>,
}

/// `LayerVersionsListItem`.
#[derive(Shape)]
pub(crate) struct LayerVersionItem {
    pub(crate) layer_version_arn: String,
    pub(crate) version: i64,
    pub(crate) description: String,
    pub(crate) created_date: String,
    pub(crate) compatible_runtimes: Option<Vec<String>>,
    pub(crate) license_info: Option<String>,
    pub(crate) compatible_architectures: Option<Vec<String>>,
}
