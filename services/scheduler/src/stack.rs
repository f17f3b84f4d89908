//! CloudFormation resource types.

mod group;
mod schedule;

use cloud::prelude::*;
use serde_json::Value;

pub(crate) use group::ScheduleGroup;
pub(crate) use schedule::Schedule;

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "scheduler", operation, input).await
}

/// What is gone already is what a deletion wants.
fn unless_gone(answer: Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Err(failure) if failure.code() != "ResourceNotFoundException" => Err(failure),
        _ => Ok(()),
    }
}
