//! Functions: `AWS::Lambda::Function` with everything that its settings say.

use serde_json::{Map, Value, json};

use super::cfn::{get, get_att, key_values, list, take};
use super::config::{Config, Function};
use super::output::Output;
use super::{invoke, names, version};

/// What a function gets when neither it nor the provider says anything.
const MEMORY_MB_DEFAULT: u64 = 1024;
const TIMEOUT_SECONDS_DEFAULT: u64 = 6;
pub(crate) const RUNTIME_DEFAULT: &str = "nodejs16.x";

/// Puts the functions with their versions, aliases, URLs and settings for asynchronous invocation.
pub(super) fn compile(config: &Config, out: &mut Output) {
    for function in &config.functions {
        let mut maker = Maker { config, function, properties: Map::new(), depends_on: Vec::new() };
        if let Err(message) = maker.make(out) {
            out.problems.push(config.service.problem(&["functions", &function.key], message));
            continue;
        }
        let Maker { properties, depends_on, .. } = maker;
        put(config, function, out, properties, depends_on);
    }
    for function in &config.functions {
        invoke::url(config, function, out);
        invoke::asynchronous(config, function, out);
    }
}

fn put(
    config: &Config,
    function: &Function,
    out: &mut Output,
    properties: Map<String, Value>,
    depends_on: Vec<Value>,
) {
    let mut resource = Map::new();
    resource.insert("Type".to_owned(), json!("AWS::Lambda::Function"));
    resource.insert("Properties".to_owned(), Value::Object(properties.clone()));
    if let Some(condition) = take(&function.settings, "condition") {
        resource.insert("Condition".to_owned(), condition.clone());
    }
    if !depends_on.is_empty() {
        resource.insert("DependsOn".to_owned(), Value::Array(depends_on));
    }
    out.put(function.logical_id(), Value::Object(resource));
    version::compile(config, function, out, &properties);
    // What is written after the version is no part of its hash.
    if let Some(logging) = logging(config, function)
        && let Some(resource) = out.resources.get_mut(&function.logical_id())
    {
        resource["Properties"]["LoggingConfig"] = logging;
    }
}

struct Maker<'c, 'a> {
    config: &'c Config<'a>,
    function: &'c Function,
    properties: Map<String, Value>,
    depends_on: Vec<Value>,
}

impl Maker<'_, '_> {
    fn make(&mut self, out: &mut Output) -> Result<(), String> {
        let function = self.function;
        if take(&function.settings, "handler").is_none() && take(&function.settings, "image").is_none() {
            return Err(format!("the function `{}` has no `handler`", function.key));
        }
        self.code()?;
        self.basics();
        self.copy_settings();
        self.dead_letters(out);
        self.key(out);
        self.tracing(out);
        self.environment();
        self.role();
        self.vpc();
        self.file_system(out)?;
        self.concurrency();
        if take(&function.settings, "disableLogs").is_none() {
            self.depends_on.insert(0, json!(names::log_group(&function.key)));
        }
        if let Some(layers) = self.either("layers") {
            self.set("Layers", layers);
        }
        Ok(())
    }

    fn set(&mut self, property: &str, value: impl Into<Value>) {
        self.properties.insert(property.to_owned(), value.into());
    }

    /// A setting of the function, or else of the provider.
    fn either(&self, key: &str) -> Option<Value> {
        take(&self.function.settings, key).or_else(|| take(&self.config.provider, key)).cloned()
    }

    fn code(&mut self) -> Result<(), String> {
        let key = &self.function.key;
        // `refuse` says that images are not supported; there is nothing to package for them.
        if take(&self.function.settings, "image").is_some() {
            return Ok(());
        }
        let package = self.config.packages.functions.get(key);
        let package = package.ok_or_else(|| format!("the function `{key}` has no package"))?;
        let place = format!("{}/{}", self.config.packages.prefix, package.name);
        self.set("Code", json!({ "S3Bucket": self.config.bucket(), "S3Key": place }));
        Ok(())
    }

    fn basics(&mut self) {
        if let Some(management) = runtime_management(self.config, self.function) {
            self.set("RuntimeManagementConfig", management);
        }
        let handler = self.function.settings["handler"].clone();
        self.set("Handler", handler);
        let runtime = self.either("runtime").unwrap_or_else(|| json!(RUNTIME_DEFAULT));
        self.set("Runtime", runtime);
        self.set("FunctionName", self.function.name.clone());
        let memory = self.either("memorySize").unwrap_or_else(|| json!(MEMORY_MB_DEFAULT));
        self.set("MemorySize", memory);
        let timeout = self.either("timeout").unwrap_or_else(|| json!(TIMEOUT_SECONDS_DEFAULT));
        self.set("Timeout", timeout);
    }

    fn copy_settings(&mut self) {
        let settings = &self.function.settings;
        if let Some(architecture) = self.either("architecture") {
            self.set("Architectures", json!([architecture]));
        }
        if let Some(description) = take(settings, "description") {
            self.set("Description", description.clone());
        }
        if take(settings, "snapStart").is_some() {
            self.set("SnapStart", json!({ "ApplyOn": "PublishedVersions" }));
        }
        if let Some(ids) = take(settings, "dependsOn") {
            self.depends_on.extend(list(ids));
        }
        let (own, common) = (take(settings, "tags"), take(&self.config.provider, "tags"));
        if own.is_some() || common.is_some() {
            self.set("Tags", key_values(&layered(common, own)));
        }
        if let Some(size) = take(settings, "ephemeralStorageSize") {
            self.set("EphemeralStorage", json!({ "Size": size }));
        }
        if let Some(mode) = take(settings, "recursiveLoop") {
            self.set("RecursiveLoop", mode.clone());
        }
    }

    fn dead_letters(&mut self, out: &mut Output) {
        if let Some(arn) = take(&self.function.settings, "onError") {
            self.set("DeadLetterConfig", json!({ "TargetArn": arn }));
            if arn.is_string() {
                out.allow(json!({ "Effect": "Allow", "Action": ["sns:Publish"], "Resource": [arn] }));
            }
        }
    }

    fn key(&mut self, out: &mut Output) {
        if let Some(arn) = self.either("kmsKeyArn") {
            if arn.is_string() {
                out.allow_once(json!({ "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [arn] }));
            }
            self.set("KmsKeyArn", arn);
        }
    }

    fn tracing(&mut self, out: &mut Output) {
        let common = self.config.provider(&["tracing", "lambda"]).filter(|mode| crate::truth::truthy(mode));
        let Some(mode) = take(&self.function.settings, "tracing").or(common) else { return };
        let mode = if mode.is_boolean() { json!("Active") } else { mode.clone() };
        self.set("TracingConfig", json!({ "Mode": mode }));
        out.allow_once(json!({
            "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            "Resource": ["*"],
        }));
    }

    fn environment(&mut self) {
        let (own, common) =
            (take(&self.function.settings, "environment"), take(&self.config.provider, "environment"));
        if own.is_some() || common.is_some() {
            self.set("Environment", json!({ "Variables": layered(common, own) }));
        }
    }

    fn role(&mut self) {
        let role = self
            .config
            .custom_role(self.function)
            .cloned()
            .unwrap_or_else(|| json!("IamRoleLambdaExecution"));
        if let Some(name) = role.as_str().filter(|name| !name.starts_with("arn:")) {
            if name != "IamRoleLambdaExecution" {
                self.depends_on.push(json!(name));
            }
            return self.set("Role", get_att(name, "Arn"));
        }
        if let Some(parts) = get(&role, "Fn::GetAtt") {
            self.depends_on.push(parts[0].clone());
        }
        self.set("Role", role);
    }

    fn vpc(&mut self) {
        let own = self.function.settings.get("vpc");
        if own.is_some_and(|own| own.is_null() || own == &json!(false)) {
            return;
        }
        let either = |key: &str| {
            own.and_then(|own| take(own, key)).or_else(|| self.config.provider(&["vpc", key])).cloned()
        };
        if let (Some(groups), Some(subnets)) = (either("securityGroupIds"), either("subnetIds")) {
            let mut vpc = Map::new();
            if let Some(dual) = either("ipv6AllowedForDualStack") {
                vpc.insert("Ipv6AllowedForDualStack".to_owned(), dual);
            }
            vpc.insert("SecurityGroupIds".to_owned(), groups);
            vpc.insert("SubnetIds".to_owned(), subnets);
            self.set("VpcConfig", vpc);
        }
    }

    fn file_system(&mut self, out: &mut Output) -> Result<(), String> {
        let Some(settings) = take(&self.function.settings, "fileSystemConfig") else { return Ok(()) };
        if !self.properties.contains_key("VpcConfig") {
            return Err(format!(
                "the function `{}` has a `fileSystemConfig`, so that it needs a `vpc`",
                self.function.key
            ));
        }
        out.allow(json!({
            "Effect": "Allow",
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Resource": [settings["arn"]],
        }));
        let mount = json!({ "Arn": settings["arn"], "LocalMountPath": settings["localMountPath"] });
        self.set("FileSystemConfigs", json!([mount]));
        Ok(())
    }

    fn concurrency(&mut self) {
        if let Some(count) = get(&self.function.settings, "reservedConcurrency") {
            self.set("ReservedConcurrentExecutions", count.clone());
        }
    }
}

/// The provider's members with the function's over them.
fn layered(common: Option<&Value>, own: Option<&Value>) -> Map<String, Value> {
    let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut layered = members(common);
    layered.extend(members(own));
    layered
}

fn runtime_management(config: &Config, function: &Function) -> Option<Value> {
    let mut mode = "auto".to_owned();
    let mut arn = None;
    for setting in [config.provider(&["runtimeManagement"]), get(&function.settings, "runtimeManagement")] {
        match setting {
            Some(Value::String(name)) => mode.clone_from(name),
            Some(settings) => {
                if let Some(name) = super::cfn::text(settings, "mode") {
                    name.clone_into(&mut mode);
                }
                arn = get(settings, "arn").cloned().or(arn);
            }
            None => {}
        }
    }
    match mode.as_str() {
        "onFunctionUpdate" => Some(json!({ "UpdateRuntimeOn": "FunctionUpdate" })),
        "manual" => {
            Some(super::cfn::present(json!({ "UpdateRuntimeOn": "Manual", "RuntimeVersionArn": arn })))
        }
        _ => None,
    }
}

fn logging(config: &Config, function: &Function) -> Option<Value> {
    let settings = take(&function.settings, "logs").or_else(|| config.provider(&["logs", "lambda"]))?;
    let members = [
        ("applicationLogLevel", "ApplicationLogLevel"),
        ("logFormat", "LogFormat"),
        ("logGroup", "LogGroup"),
        ("systemLogLevel", "SystemLogLevel"),
    ];
    let logging: Map<String, Value> = members
        .into_iter()
        .filter_map(|(setting, property)| Some((property.to_owned(), take(settings, setting)?.clone())))
        .collect();
    (!logging.is_empty()).then_some(Value::Object(logging))
}
