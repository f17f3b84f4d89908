//! CloudFormation resource types.

mod policy;
mod subscription;
mod topic;

use cloud::prelude::*;
use serde_json::Value;

pub(crate) use policy::TopicPolicy;
pub(crate) use subscription::Subscription;
pub(crate) use topic::Topic;

/// What a topic or subscription that is not there is refused with.
const MISSING: &str = "NotFound";

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "sns", operation, input).await
}
