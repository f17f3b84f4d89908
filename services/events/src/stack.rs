//! CloudFormation resource types.

mod archive;
mod bus;
mod connection;
mod destination;
mod policy;
mod rule;

use cloud::prelude::*;
use cloud::resource::{ResourceOutcome, ResourceRequest};
use serde_json::{Map, Value, json};

pub(crate) use archive::Archive;
pub(crate) use bus::EventBus;
pub(crate) use connection::Connection;
pub(crate) use destination::ApiDestination;
pub(crate) use policy::EventBusPolicy;
pub(crate) use rule::Rule;

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "events", operation, input).await
}

/// What is gone already is what a deletion wants.
fn unless_gone(answer: Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Err(failure) if failure.code() != "ResourceNotFoundException" => Err(failure),
        _ => Ok(()),
    }
}

/// The properties with these names, as members of an input. Objects whose member is a text become JSON.
fn members(request: &ResourceRequest, names: &[(&str, &str)]) -> Value {
    let mut input = Map::new();
    for (property, member) in names {
        if let Some(value) = request.property(property) {
            let is_document = matches!(*member, "EventPattern" | "Policy");
            let value = match value {
                Value::Object(_) if is_document => json!(value.to_string()),
                value => value.clone(),
            };
            input.insert((*member).to_owned(), value);
        }
    }
    Value::Object(input)
}

/// Gives a bus or rule the tags that are wanted and takes the others.
async fn retag(cx: &mut Cx, arn: &str, wanted: &[Value]) -> Result<(), Failure> {
    let present = call(cx, "ListTagsForResource", &json!({"ResourceARN": arn})).await?;
    let keys = present["Tags"].as_array().into_iter().flatten().map(|tag| tag["Key"].clone());
    let gone: Vec<Value> = keys.filter(|key| !wanted.iter().any(|tag| tag["Key"] == *key)).collect();
    if !gone.is_empty() {
        call(cx, "UntagResource", &json!({"ResourceARN": arn, "TagKeys": gone})).await?;
    }
    if !wanted.is_empty() {
        call(cx, "TagResource", &json!({"ResourceARN": arn, "Tags": wanted})).await?;
    }
    Ok(())
}

fn outcome(id: &str, attributes: &[(&str, Value)]) -> ResourceOutcome {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    ResourceOutcome { physical_id: id.to_owned(), attributes: attributes.collect() }
}
