//! CloudFormation resource types.

mod policy;
mod subscription;
mod topic;

use cloud::prelude::*;
use serde_json::Value;

pub(crate) use policy::TopicPolicy;
pub(crate) use subscription::Subscription;
pub(crate) use topic::Topic;

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "sns", operation, input).await
}

/// What is gone already is what a deletion wants.
fn unless_gone(answer: Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Err(failure) if failure.code() != "NotFound" => Err(failure),
        _ => Ok(()),
    }
}

/// A value as the text of an attribute: documents are written as JSON.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
