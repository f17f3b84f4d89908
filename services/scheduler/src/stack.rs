//! CloudFormation resource types.

mod group;
mod schedule;

use cloud::prelude::*;
use serde_json::Value;

pub(crate) use group::ScheduleGroup;
pub(crate) use schedule::Schedule;

/// What a thing that is there already is refused with, and one that is not.
const PRESENT: &str = "ConflictException";
const MISSING: &str = "ResourceNotFoundException";

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "scheduler", operation, input).await
}
