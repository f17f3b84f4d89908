//! CloudFormation resource types.

mod consumer;
mod policy;
mod stream;

use std::collections::BTreeMap;

use cloud::prelude::*;
use cloud::resource::{ResourceOutcome, ResourceRequest};
use serde_json::{Map, Value, json};

pub(crate) use consumer::StreamConsumer;
pub(crate) use policy::ResourcePolicy;
pub(crate) use stream::StreamResource;

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "kinesis", operation, input).await
}

/// What is gone already is what a deletion wants.
fn unless_gone(answer: Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Err(failure) if failure.code() != "ResourceNotFoundException" => Err(failure),
        _ => Ok(()),
    }
}

/// The stack's tags and the resource's own.
fn tags(request: &ResourceRequest) -> BTreeMap<String, String> {
    let mut tags = request.tags.clone();
    for tag in request.property("Tags").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(value)) = (tag["Key"].as_str(), tag["Value"].as_str()) {
            tags.insert(key.to_owned(), value.to_owned());
        }
    }
    tags
}

/// Gives a stream or consumer the tags that are wanted and takes the others.
async fn retag(cx: &mut Cx, arn: &str, wanted: &BTreeMap<String, String>) -> Result<(), Failure> {
    let present = call(cx, "ListTagsForResource", &json!({"ResourceARN": arn})).await?;
    let keys = present["Tags"].as_array().into_iter().flatten().filter_map(|tag| tag["Key"].as_str());
    let gone: Vec<&str> = keys.filter(|key| !wanted.contains_key(*key)).collect();
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

/// A whole number, also written as text, as templates may.
fn number(properties: &Map<String, Value>, name: &str) -> Option<Value> {
    match properties.get(name)? {
        Value::String(text) => Some(text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))),
        other => Some(other.clone()),
    }
}

/// The least wait between two looks at what is being changed.
const LOOK_MILLIS: i64 = 50;

/// Waits until `is_settled` says so of what `operation` answers.
async fn wait(
    cx: &mut Cx,
    operation: &str,
    input: &Value,
    is_settled: fn(&Value) -> bool,
) -> Result<Value, Failure> {
    loop {
        let answer = call(cx, operation, input).await?;
        if is_settled(&answer) {
            return Ok(answer);
        }
        cx.sleep_until(cx.now().plus_millis(LOOK_MILLIS)).await;
    }
}
