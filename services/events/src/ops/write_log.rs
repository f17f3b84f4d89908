//! WriteLog: leaves an event in a log group. It has no place in the API: the outbox calls it.

use cloud::prelude::*;
use serde_json::json;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    group: String,
    stream: String,
    time_millis: i64,
    message: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Writes one line, in a stream of its own, as the caller: a policy of the group's account must allow it.
pub(crate) struct WriteLog;

impl Operation for WriteLog {
    const NAME: &'static str = "WriteLog";
    const KIND: Kind = Kind::Free;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let caller = cx.caller().clone();
        let stream = json!({"logGroupName": input.group, "logStreamName": input.stream});
        match cx.call_json(caller.clone(), "logs", "CreateLogStream", &stream).await {
            // An attempt before this one has made it.
            Err(failure) if failure.code() == "ResourceAlreadyExistsException" => {}
            made => {
                made?;
            }
        }
        let event = json!({"timestamp": input.time_millis, "message": input.message});
        let events = json!({
            "logGroupName": input.group, "logStreamName": input.stream, "logEvents": [event],
        });
        cx.call_json(caller, "logs", "PutLogEvents", &events).await?;
        Ok(Output)
    }
}
