//! The CloudFormation resource types.
//!
//! `holder.rs` has what roles, users and groups have in common. All act through operations of this service.

mod group;
mod holder;
mod instance_profile;
mod managed_policy;
mod policy;
mod role;
mod user;

use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{ResourceRequest, ResourceType};
use serde_json::{Map, Value};

/// All of them.
pub(crate) const RESOURCES: &[&dyn ResourceType] = &[
    &group::Group,
    &instance_profile::InstanceProfile,
    &managed_policy::ManagedPolicy,
    &policy::Policy,
    &role::Role,
    &user::User,
];

/// Calls an operation of this service as the stack's caller.
async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "iam", operation, input).await
}

/// What is gone already need not be taken away.
fn ignore_missing(answer: Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Err(failure) if failure.code() == "NoSuchEntity" => Ok(()),
        other => other.map(|_| ()),
    }
}

/// What the first try of a repeated creation made is ours.
fn adopt(answer: Result<Value, Failure>, ours: bool) -> Result<(), Failure> {
    match answer {
        Err(failure) if ours && failure.code() == "EntityAlreadyExists" => Ok(()),
        other => other.map(|_| ()),
    }
}

/// The name in the property, or a generated one; and whether a thing that has it already is ours.
fn name(request: &ResourceRequest, property: &str, length_max: usize) -> (String, bool) {
    match request.text(property) {
        Some(name) => (name, request.adopts(property)),
        None => (request.generated_name(length_max), true),
    }
}

/// A policy document as text: templates hold it as JSON or as a string.
fn document(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A list of texts in a property.
fn texts(properties: &Map<String, Value>, name: &str) -> Vec<String> {
    let items = properties.get(name).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(ToString::to_string)).collect()
}

/// A number in a property; templates write it as text, too.
fn number(properties: &Map<String, Value>, name: &str) -> Option<Value> {
    match properties.get(name)? {
        Value::String(text) => text.parse::<i64>().ok().map(Value::from),
        other => Some(other.clone()),
    }
}

/// Puts properties into the input of an operation under the same names.
fn copy(request: &ResourceRequest, names: &[&str], input: &mut Value) {
    for name in names {
        if let Some(value) = request.property(name) {
            input[*name] = value.clone();
        }
    }
}
