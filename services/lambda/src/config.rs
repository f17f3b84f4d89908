//! What a function's configuration may be: checks, in AWS's words, and how a request changes it.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::Config;
use crate::limits::{ENVIRONMENT_BYTES_MAX, LAYERS_MAX};
use crate::names::FunctionRef;
use crate::runtime::interpreters::{self, Wanted};
use crate::runtime::variables::RESERVED;
use crate::shapes::{
    DeadLetterConfig, Environment, EphemeralStorage, FileSystemConfig, ImageConfig, LoggingConfig, SnapStart,
    SnapStartApplyOn, TracingConfig, TracingMode, VpcConfig,
};
use crate::surroundings;

/// Runtimes that AWS knows. Those that no bootstrap of ours runs are refused by name.
const RUNTIMES: &[&str] = &[
    "nodejs20.x",
    "provided.al2023",
    "python3.12",
    "java17",
    "nodejs16.x",
    "dotnet8",
    "python3.10",
    "java11",
    "python3.11",
    "dotnet6",
    "java21",
    "nodejs18.x",
    "provided.al2",
    "ruby3.3",
    "ruby3.4",
    "python3.13",
    "nodejs22.x",
    "nodejs24.x",
    "java8.al2",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "python3.14",
    "java25",
    "dotnet10",
    "ruby4.0",
    "nodejs14.x",
    "nodejs12.x",
    "python3.7",
    "python3.6",
    "go1.x",
    "java8",
    "ruby2.7",
    "provided",
    "dotnetcore3.1",
];

/// Oldest runtimes that the bootstraps support.
const NODE_OLDEST: u32 = 12;
const PYTHON_OLDEST: (u32, u32) = (3, 6);

/// What a request says about the configuration; absent members change nothing.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) runtime: Option<String>,
    pub(crate) handler: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) timeout: Option<i32>,
    pub(crate) memory_size: Option<i32>,
    pub(crate) vpc_config: Option<VpcConfig>,
    pub(crate) environment: Option<Environment>,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) kms_key_arn: Option<String>,
    pub(crate) tracing_config: Option<TracingConfig>,
    pub(crate) layers: Option<Vec<String>>,
    pub(crate) file_system_configs: Option<Vec<FileSystemConfig>>,
    pub(crate) image_config: Option<ImageConfig>,
    pub(crate) ephemeral_storage: Option<EphemeralStorage>,
    pub(crate) snap_start: Option<SnapStart>,
    pub(crate) logging_config: Option<LoggingConfig>,
}

impl Settings {
    /// Refuses what cannot be, before anything changes.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_unsupported()?;
        if let Some(runtime) = &self.runtime {
            check_runtime(runtime)?;
        }
        if let Some(variables) =
            self.environment.as_ref().and_then(|environment| environment.variables.as_ref())
        {
            check_variables(variables)?;
        }
        if let Some(target) = self.dead_letter_target() {
            check_dead_letter_target(target)?;
        }
        if self.layers.as_ref().is_some_and(|layers| layers.len() > LAYERS_MAX) {
            return Err(Error::invalid(format!("Cannot reference more than {LAYERS_MAX} layers.")));
        }
        Ok(())
    }

    /// Where dead letters shall go.
    pub(crate) fn dead_letter_target(&self) -> Option<&str> {
        let target = self.dead_letter_config.as_ref().and_then(|config| config.target_arn.as_deref());
        target.filter(|arn| !arn.is_empty())
    }

    fn check_unsupported(&self) -> Result<(), Error> {
        if self.image_config.is_some() {
            return Err(Error::unsupported("ImageConfig"));
        }
        if self.kms_key_arn.as_ref().is_some_and(|key| !key.is_empty()) {
            return Err(Error::unsupported("KMSKeyArn"));
        }
        Ok(())
    }

    /// Refuses a network and file systems that cannot be.
    pub(crate) async fn check_surroundings(
        &self,
        cx: &mut Cx,
        function: &FunctionRef,
        role: &str,
    ) -> Result<(), Error> {
        let systems = self.file_system_configs.as_deref().unwrap_or_default();
        surroundings::check(cx, function, role, self.vpc_config.as_ref(), systems).await
    }

    /// Writes what the request says into `config`, all but layers and code.
    pub(crate) fn apply(self, config: &mut Config) -> Result<(), Error> {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut config.runtime, self.runtime);
        set(&mut config.handler, self.handler);
        set(&mut config.role, self.role);
        set(&mut config.description, self.description);
        // The schema has checked the ranges.
        set(&mut config.timeout_seconds, self.timeout.and_then(|seconds| u32::try_from(seconds).ok()));
        set(&mut config.memory_mb, self.memory_size.and_then(|megabytes| u32::try_from(megabytes).ok()));
        let tmp = self.ephemeral_storage.and_then(|storage| u32::try_from(storage.size).ok());
        set(&mut config.tmp_mb, tmp);
        if let Some(environment) = self.environment {
            config.variables = environment.variables.filter(|variables| !variables.is_empty());
        }
        if let Some(dead_letter) = self.dead_letter_config {
            config.dead_letter_arn = dead_letter.target_arn.filter(|arn| !arn.is_empty());
        }
        let tracing = self.tracing_config.and_then(|tracing| tracing.mode);
        set(&mut config.tracing_active, tracing.map(|mode| mode == TracingMode::Active));
        if let Some(logging) = self.logging_config {
            config.logging.change(&logging)?;
            config.log_group = logging.log_group;
        }
        if let Some(vpc) = self.vpc_config {
            config.vpc = surroundings::vpc(vpc)?;
        }
        set(&mut config.file_systems, self.file_system_configs.map(surroundings::file_systems));
        let snap_start = self.snap_start.and_then(|snap| snap.apply_on);
        set(&mut config.snap_start, snap_start.map(|on| on == SnapStartApplyOn::PublishedVersions));
        if config.snap_start && !can_snap_start(&config.runtime) {
            // LocalStack's provider.py; AWS has the same text.
            return Err(Error::invalid(format!(
                "{} is not supported for SnapStart enabled functions.",
                config.runtime
            )));
        }
        Ok(())
    }
}

/// Whether AWS has SnapStart for a runtime that runs here: Python 3.12 and later ("Supported features and limitations").
fn can_snap_start(runtime: &str) -> bool {
    match interpreters::wanted(runtime) {
        Some(Wanted::Managed(interpreters::Language::Python, version)) => version >= (3, 12),
        _ => false,
    }
}

/// A runtime that AWS knows.
pub(crate) fn check_known_runtime(runtime: &str) -> Result<(), Error> {
    if RUNTIMES.contains(&runtime) {
        return Ok(());
    }
    // The text of AWS, with its list.
    let list = RUNTIMES.join(", ");
    Err(Error::invalid(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{list}] or be a valid ARN"
    )))
}

/// A runtime that this cloud runs.
pub(crate) fn check_runtime(runtime: &str) -> Result<(), Error> {
    check_known_runtime(runtime)?;
    let supported = match interpreters::wanted(runtime) {
        Some(Wanted::Provided) => true,
        Some(Wanted::Managed(interpreters::Language::Node, (major, _))) => major >= NODE_OLDEST,
        Some(Wanted::Managed(interpreters::Language::Python, version)) => version >= PYTHON_OLDEST,
        None => false,
    };
    if supported {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The runtime {runtime} is not supported by this cloud, which runs nodejs*, python3.* and provided.*"
    )))
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Error> {
    let mut reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    reserved.sort_unstable();
    if !reserved.is_empty() {
        return Err(Error::invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided \
             contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    for (name, value) in variables {
        let mut letters = name.bytes();
        let starts = letters.next().is_some_and(|byte| byte.is_ascii_alphabetic());
        if !starts || name.len() < 2 || !letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Error::invalid(format!(
                "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: \
                 Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+] (`{name}`)"
            )));
        }
        if value.contains('\0') {
            return Err(Error::invalid(format!(
                "The value of environment variable {name} holds a zero byte."
            )));
        }
    }
    let measured = serde_json::to_string(variables).unwrap_or_default();
    if measured.len() > ENVIRONMENT_BYTES_MAX {
        return Err(Error::invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided \
             exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}

fn check_dead_letter_target(arn: &str) -> Result<(), Error> {
    if arn.contains(":sqs:") || arn.contains(":sns:") {
        return Ok(());
    }
    Err(Error::invalid(format!("The provided dead letter target {arn} is not an SQS queue or an SNS topic.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(settings: &Settings) -> String {
        match settings.check() {
            Err(Error::InvalidParameterValue(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    fn variables(pairs: &[(&str, &str)]) -> Settings {
        let variables =
            pairs.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect();
        Settings { environment: Some(Environment { variables: Some(variables) }), ..Settings::default() }
    }

    #[test]
    fn variables_have_rules() {
        // AWS's text, as many projects quote it.
        assert!(
            text(&variables(&[("AWS_REGION", "x")]))
                .ends_with("Reserved keys used in this request: AWS_REGION")
        );
        assert!(
            text(&variables(&[("A1", &"x".repeat(4096))]))
                .contains("exceeded the 4KB limit. String measured: {\"A1\":")
        );
        for bad in ["1A", "A", "A-B", "_X"] {
            assert!(text(&variables(&[(bad, "x")])).contains("[a-zA-Z]([a-zA-Z0-9_])+"), "{bad}");
        }
        assert!(variables(&[("TABLE_1", "")]).check().is_ok());
    }

    #[test]
    fn only_runtimes_that_run_are_taken() {
        assert!(check_runtime("nodejs20.x").is_ok());
        assert!(check_runtime("provided.al2023").is_ok());
        let settings = |runtime: &str| Settings { runtime: Some(runtime.into()), ..Settings::default() };
        assert!(text(&settings("java21")).starts_with("The runtime java21 is not supported by this cloud"));
        assert!(text(&settings("cobol")).starts_with(
            "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ["
        ));
    }
}
