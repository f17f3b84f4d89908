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

/// What a thing that is there already is refused with, and one that is not.
const PRESENT: &str = "EntityAlreadyExists";
const MISSING: &str = "NoSuchEntity";

/// Calls an operation of this service as the stack's caller.
async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "iam", operation, input).await
}

/// The name in the property, or a generated one; and whether a thing that has it already is ours.
fn name(request: &ResourceRequest, property: &str, length_max: usize) -> (String, bool) {
    match request.text(property) {
        Some(name) => (name, request.adopts(property)),
        None => (request.generated_name(length_max), true),
    }
}

/// A list of texts in a property.
fn texts(properties: &Map<String, Value>, name: &str) -> Vec<String> {
    let items = properties.get(name).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(ToString::to_string)).collect()
}

/// Puts properties into the input of an operation under the same names.
fn copy(request: &ResourceRequest, names: &[&str], input: &mut Value) {
    for name in names {
        if let Some(value) = request.property(name) {
            input[*name] = value.clone();
        }
    }
}
