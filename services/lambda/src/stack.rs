//! The CloudFormation resource types. Each acts through the operations of this service.

use async_trait::async_trait;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use cloud::{ApiError, Failure};
use serde_json::{Map, Value, json};

use crate::names::FunctionRef;
use crate::provisioning;
use crate::shapes::ProvisionedStatus;

mod alias;
mod event_invoke_config;
mod event_source_mapping;
mod function;
mod inline;
mod layer_version;
mod permission;
mod url;
mod version;

/// All types of the service.
pub(crate) const RESOURCES: &[&dyn ResourceType] = &[
    &function::Function,
    &version::FunctionVersion,
    &alias::Alias,
    &permission::Permission,
    &layer_version::LayerVersion,
    &layer_version::LayerVersionPermission,
    &url::Url,
    &event_invoke_config::EventInvokeConfig,
    &event_source_mapping::EventSourceMapping,
];

/// What a thing that is not there is refused with.
const MISSING: &str = "ResourceNotFoundException";

/// Calls an operation of this service as the stack.
async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "lambda", operation, input).await
}

/// Sets the provisioned concurrency that a version or an alias asks for, and waits until its environments are there;
/// takes it back from one that `had` some and asks for none.
async fn provision(
    cx: &mut Cx,
    request: &ResourceRequest,
    qualifier: &str,
    had: bool,
) -> Result<(), Failure> {
    let function = request.text("FunctionName").unwrap_or_default();
    let mut input = json!({"FunctionName": function, "Qualifier": qualifier});
    let config = request.property("ProvisionedConcurrencyConfig");
    let Some(count) = config.map(|config| plain(&config["ProvisionedConcurrentExecutions"])) else {
        if had {
            unless(call(cx, "DeleteProvisionedConcurrencyConfig", &input).await, MISSING)?;
        }
        return Ok(());
    };
    let count = count.as_str().and_then(|count| count.parse::<i32>().ok());
    input["ProvisionedConcurrentExecutions"] = json!(count.ok_or_else(|| {
        Failure::new(
            "ValidationError",
            400,
            "Value of property ProvisionedConcurrentExecutions must be of type Integer",
        )
    })?);
    call(cx, "PutProvisionedConcurrencyConfig", &input).await?;
    let named = FunctionRef::parse(cx, &function, Some(qualifier)).map_err(ApiError::into_failure)?;
    match provisioning::settled(cx, &named).await.map_err(ApiError::into_failure)?.status {
        ProvisionedStatus::Ready => Ok(()),
        _ => Err(Failure::new(
            "NotStabilized",
            400,
            format!(
                "Provisioned Concurrency configuration failed to be applied. Reason: FUNCTION_ERROR_INIT_FAILURE ({})",
                named.qualified_arn()
            ),
        )),
    }
}

/// Copies properties that the operation calls by the same name.
fn copy(request: &ResourceRequest, names: &[&str]) -> Value {
    let mut input = json!({});
    for name in names {
        if let Some(value) = request.property(name) {
            input[*name] = value.clone();
        }
    }
    input
}

/// A property as a number: parameters of stacks are texts.
fn number(request: &ResourceRequest, name: &str) -> Result<Option<i64>, Failure> {
    let Some(text) = request.text(name) else { return Ok(None) };
    let parsed = text.parse::<i64>().map(Some);
    parsed.map_err(|_| {
        Failure::new("ValidationError", 400, format!("Value of property {name} must be of type Integer"))
    })
}

/// A text as CloudFormation makes it of any plain value.
fn plain(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!(value.to_string()),
        Value::Number(value) => json!(value.to_string()),
        other => other.clone(),
    }
}

/// Whether a value still holds an intrinsic function, so that nothing can be said of it yet.
fn is_open(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            map.keys().any(|key| key == "Ref" || key.starts_with("Fn::")) || map.values().any(is_open)
        }
        Value::Array(list) => list.iter().any(is_open),
        _ => false,
    }
}
