//! CloudFormation resource types.

mod archive;
mod bus;
mod connection;
mod destination;
mod policy;
mod rule;

use std::collections::BTreeMap;

use cloud::prelude::*;
use cloud::resource::{self, ResourceRequest};
use serde_json::{Map, Value, json};

pub(crate) use archive::Archive;
pub(crate) use bus::EventBus;
pub(crate) use connection::Connection;
pub(crate) use destination::ApiDestination;
pub(crate) use policy::EventBusPolicy;
pub(crate) use rule::Rule;

/// What a thing that is there already is refused with, and one that is not.
const PRESENT: &str = "ResourceAlreadyExistsException";
const MISSING: &str = "ResourceNotFoundException";

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "events", operation, input).await
}

/// The properties with these names, as members of an input.
fn members(request: &ResourceRequest, names: &[(&str, &str)]) -> Value {
    let mut input = Map::new();
    for (property, member) in names {
        if let Some(value) = request.property(property) {
            let is_document = matches!(*member, "EventPattern" | "Policy");
            let value = if is_document { json!(resource::document(value)) } else { value.clone() };
            input.insert((*member).to_owned(), value);
        }
    }
    Value::Object(input)
}

/// Gives a bus or rule the tags that are wanted and takes the others.
async fn retag(cx: &mut Cx, arn: &str, wanted: &BTreeMap<String, String>) -> Result<(), Failure> {
    let present = call(cx, "ListTagsForResource", &json!({"ResourceARN": arn})).await?;
    let gone = resource::tags_gone(&present["Tags"], wanted);
    if !gone.is_empty() {
        call(cx, "UntagResource", &json!({"ResourceARN": arn, "TagKeys": gone})).await?;
    }
    if !wanted.is_empty() {
        call(cx, "TagResource", &json!({"ResourceARN": arn, "Tags": resource::tag_list(wanted)})).await?;
    }
    Ok(())
}
