//! CloudFormation resource types.

mod consumer;
mod policy;
mod stream;

use std::collections::BTreeMap;

use cloud::prelude::*;
use cloud::resource;
use serde_json::{Value, json};

pub(crate) use consumer::StreamConsumer;
pub(crate) use policy::ResourcePolicy;
pub(crate) use stream::StreamResource;

/// What a thing that is there already, or is at work, is refused with, and one that is not there.
const PRESENT: &str = "ResourceInUseException";
const MISSING: &str = "ResourceNotFoundException";

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "kinesis", operation, input).await
}

/// Gives a stream or consumer the tags that are wanted and takes the others.
async fn retag(cx: &mut Cx, arn: &str, wanted: &BTreeMap<String, String>) -> Result<(), Failure> {
    let present = call(cx, "ListTagsForResource", &json!({"ResourceARN": arn})).await?;
    let gone = resource::tags_gone(&present["Tags"], wanted);
    if !gone.is_empty() {
        call(cx, "UntagResource", &json!({"ResourceARN": arn, "TagKeys": gone})).await?;
    }
    if !wanted.is_empty() {
        call(cx, "TagResource", &json!({"ResourceARN": arn, "Tags": wanted})).await?;
    }
    Ok(())
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
