//! `AWS::Lambda::Function`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, inline, is_open, json, number, plain, unless,
};
use crate::config;

/// Longest function name.
const NAME_MAX: usize = 64;
/// The tags by which a function says which stack it belongs to, as in AWS.
const STACK_TAGS: [&str; 3] =
    ["aws:cloudformation:stack-name", "aws:cloudformation:stack-id", "aws:cloudformation:logical-id"];

/// A function.
///
/// Differs from AWS: CodeSigningConfigArn and the other properties that are not listed fail the stack before anything is
/// created, and so do ImageConfig and KmsKeyArn with content.
pub(crate) struct Function;

#[async_trait]
impl ResourceType for Function {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Function"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Architectures"),
            Property::new("Code").required(),
            Property::new("DeadLetterConfig"),
            Property::new("Description"),
            Property::new("Environment"),
            Property::new("EphemeralStorage"),
            Property::new("FileSystemConfigs"),
            Property::new("FunctionName").replace(),
            Property::new("Handler"),
            Property::new("KmsKeyArn"),
            Property::new("Layers"),
            Property::new("LoggingConfig"),
            Property::new("MemorySize"),
            Property::new("PackageType").replace(),
            Property::new("RecursiveLoop"),
            Property::new("ReservedConcurrentExecutions"),
            Property::new("Role").required(),
            Property::new("Runtime"),
            Property::new("RuntimeManagementConfig"),
            Property::new("SnapStart"),
            Property::new("Tags"),
            Property::new("Timeout"),
            Property::new("TracingConfig"),
            Property::new("VpcConfig"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        let filled =
            |name: &str| properties.get(name).is_some_and(|value| !is_open(value) && !is_empty(value));
        if filled("KmsKeyArn") {
            return Err("KmsKeyArn is not supported by this cloud".to_string());
        }
        if properties.get("PackageType").is_some_and(|kind| kind == "Image") {
            return Err("PackageType Image is not supported by this cloud".to_string());
        }
        if let Some(Value::String(runtime)) = properties.get("Runtime") {
            config::check_runtime(runtime).map_err(|error| match error {
                crate::error::Error::InvalidParameterValue(text) => text,
                other => format!("{other:?}"),
            })?;
        }
        Ok(())
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("FunctionName").unwrap_or_else(|| request.generated_name(NAME_MAX));
        let mut input = settings(request)?;
        input["FunctionName"] = json!(name);
        input["Code"] = code(request)?;
        input["Tags"] = json!(request.marked_tags());
        if let Some(architectures) = request.property("Architectures") {
            input["Architectures"] = architectures.clone();
        }
        let made = match call(cx, "CreateFunction", &input).await {
            Err(failure) if failure.code() == "ResourceConflictException" => {
                // Made by this stack before it was interrupted.
                let shown = call(cx, "GetFunction", &json!({"FunctionName": name})).await?;
                if !request.adopts("FunctionName") && !is_ours(request, &shown["Tags"]) {
                    return Err(failure);
                }
                shown["Configuration"].clone()
            }
            other => other?,
        };
        set_apart(cx, request, &name, &Map::new()).await?;
        Ok(ResourceOutcome::new(name, [("Arn", made["FunctionArn"].clone())]))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_string();
        let mut input = settings(request)?;
        input["FunctionName"] = json!(name);
        let made = call(cx, "UpdateFunctionConfiguration", &input).await?;
        let changed = |property: &str| request.property(property) != old.get(property);
        if changed("Code") || changed("Architectures") {
            let mut input = code(request)?;
            input["FunctionName"] = json!(name);
            if let Some(architectures) = request.property("Architectures") {
                input["Architectures"] = architectures.clone();
            }
            call(cx, "UpdateFunctionCode", &input).await?;
        }
        set_apart(cx, request, &name, old).await?;
        update_tags(cx, request, &made["FunctionArn"]).await?;
        Ok(ResourceOutcome::new(name, [("Arn", made["FunctionArn"].clone())]))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"FunctionName": request.physical()?});
        unless(call(cx, "DeleteFunction", &input).await, MISSING)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(is_empty),
        _ => false,
    }
}

/// All settings; those that the template does not name get their defaults, so that a removed property is reset.
fn settings(request: &ResourceRequest) -> Result<Value, Failure> {
    let text = |name: &str, default: &str| json!(request.text(name).unwrap_or_else(|| default.to_string()));
    let variables =
        request.property("Environment").and_then(|environment| environment["Variables"].as_object());
    let variables: Map<String, Value> =
        variables.into_iter().flatten().map(|(name, value)| (name.clone(), plain(value))).collect();
    let tmp = request.property("EphemeralStorage").map(|storage| plain(&storage["Size"]));
    let tmp = tmp.and_then(|size| size.as_str().and_then(|size| size.parse::<i64>().ok())).unwrap_or(512);
    let or = |name: &str, default: Value| request.property(name).cloned().unwrap_or(default);
    let mut input = json!({
        "Role": text("Role", ""),
        "Description": text("Description", ""),
        "Timeout": number(request, "Timeout")?.unwrap_or(3),
        "MemorySize": number(request, "MemorySize")?.unwrap_or(128),
        "Environment": {"Variables": variables},
        "Layers": or("Layers", json!([])),
        "DeadLetterConfig": or("DeadLetterConfig", json!({"TargetArn": ""})),
        "TracingConfig": or("TracingConfig", json!({"Mode": "PassThrough"})),
        "EphemeralStorage": {"Size": tmp},
        "LoggingConfig": logging(request),
        "VpcConfig": vpc(request),
        "FileSystemConfigs": or("FileSystemConfigs", json!([])),
        "SnapStart": or("SnapStart", json!({"ApplyOn": "None"})),
    });
    for name in ["Runtime", "Handler"] {
        if let Some(value) = request.text(name) {
            input[name] = json!(value);
        }
    }
    Ok(input)
}

/// The log; what a template does not say any more is as it is by default.
fn logging(request: &ResourceRequest) -> Value {
    let mut logging = request.property("LoggingConfig").cloned().unwrap_or_else(|| json!({}));
    // What is no object is refused by the operation.
    if let Some(fields) = logging.as_object_mut() {
        let is_json = *fields.entry("LogFormat").or_insert_with(|| json!("Text")) == "JSON";
        for level in ["ApplicationLogLevel", "SystemLogLevel"].into_iter().filter(|_| is_json) {
            fields.entry(level).or_insert_with(|| json!("INFO"));
        }
    }
    logging
}

/// The network; without one the function is taken out of it.
fn vpc(request: &ResourceRequest) -> Value {
    let mut vpc = request.property("VpcConfig").cloned().unwrap_or_else(|| json!({}));
    if let Some(fields) = vpc.as_object_mut() {
        if let Some(dual) = fields.get_mut("Ipv6AllowedForDualStack") {
            *dual = json!(plain(dual) == "true");
        }
        for list in ["SubnetIds", "SecurityGroupIds"] {
            fields.entry(list).or_insert_with(|| json!([]));
        }
    }
    vpc
}

/// What has operations of its own: reserved concurrency, loops and updates of the runtime.
async fn set_apart(
    cx: &mut Cx,
    request: &ResourceRequest,
    name: &str,
    old: &Map<String, Value>,
) -> Result<(), Failure> {
    let changed = |property: &str| request.property(property) != old.get(property);
    if changed("ReservedConcurrentExecutions") {
        match number(request, "ReservedConcurrentExecutions")? {
            Some(reserved) => {
                let input = json!({"FunctionName": name, "ReservedConcurrentExecutions": reserved});
                call(cx, "PutFunctionConcurrency", &input).await?;
            }
            None => {
                call(cx, "DeleteFunctionConcurrency", &json!({"FunctionName": name})).await?;
            }
        }
    }
    if changed("RecursiveLoop") {
        let word = request.text("RecursiveLoop").unwrap_or_else(|| "Terminate".to_string());
        call(cx, "PutFunctionRecursionConfig", &json!({"FunctionName": name, "RecursiveLoop": word})).await?;
    }
    if changed("RuntimeManagementConfig") {
        let mut input = json!({"FunctionName": name, "UpdateRuntimeOn": "Auto"});
        for (member, value) in
            request.property("RuntimeManagementConfig").and_then(Value::as_object).into_iter().flatten()
        {
            input[member] = value.clone();
        }
        call(cx, "PutRuntimeManagementConfig", &input).await?;
    }
    Ok(())
}

/// Where the code is: in S3, or as a text in the template.
fn code(request: &ResourceRequest) -> Result<Value, Failure> {
    let code = request.property("Code").cloned().unwrap_or_default();
    let Some(source) = code["ZipFile"].as_str() else {
        let mut input = json!({});
        for name in ["S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"] {
            if let Some(value) = code.get(name) {
                input[name] = plain(value);
            }
        }
        return Ok(input);
    };
    let package = inline::package(&request.text("Runtime").unwrap_or_default(), source);
    Ok(json!({"ZipFile": STANDARD.encode(package.map_err(Failure::internal)?)}))
}

fn is_ours(request: &ResourceRequest, tags: &Value) -> bool {
    tags[STACK_TAGS[1]] == *request.stack_id && tags[STACK_TAGS[2]] == *request.logical_id
}

async fn update_tags(cx: &mut Cx, request: &ResourceRequest, arn: &Value) -> Result<(), Failure> {
    let mut wanted = request.all_tags();
    let current = call(cx, "ListTags", &json!({"Resource": arn})).await?;
    let current = current["Tags"].as_object().cloned().unwrap_or_default();
    let gone: Vec<&String> = current
        .keys()
        .filter(|name| !wanted.contains_key(*name) && !STACK_TAGS.contains(&name.as_str()))
        .collect();
    if !gone.is_empty() {
        call(cx, "UntagResource", &json!({"Resource": arn, "TagKeys": gone})).await?;
    }
    wanted.retain(|name, value| current.get(name).and_then(Value::as_str) != Some(value));
    if !wanted.is_empty() {
        call(cx, "TagResource", &json!({"Resource": arn, "Tags": wanted})).await?;
    }
    Ok(())
}
