//! RunEvent: the attempt of an asynchronous invocation. Internal: the outbox calls it, it has no address.

use cloud::prelude::*;
use serde_json::json;

use crate::error::Error;
use crate::events::{self, Tried};
use crate::names::FunctionRef;
use crate::roles;
use crate::runner::Runner;
use crate::runtime::environment::Invocation;

#[derive(Shape)]
pub(crate) struct Input {
    function_name: String,
    request_id: String,
    #[shape(sensitive)]
    event: String,
    accepted_at: i64,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Runs the function once for an accepted event, and settles what follows.
pub(crate) struct RunEvent;

impl Operation for RunEvent {
    const NAME: &'static str = "RunEvent";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.qualified_arn().into())
    }

    /// Access was decided when the event was accepted; only the outbox, which calls as Lambda, may come here.
    async fn resource_policy(_cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let statement = json!({
            "Effect": "Allow",
            "Principal": {"Service": roles::SERVICE},
            "Action": "lambda:RunEvent",
            "Resource": input.function_name,
        });
        Ok(Some(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        let runner = Runner::of(cx);
        let (ready, settings) =
            match (runner.ready(cx, &function).await, events::settings(cx, &function).await) {
                (Ok(ready), Ok(settings)) => (ready, settings),
                // Deleted since: nothing is left to do.
                (Err(Error::NotFound(_)), _) | (_, Err(Error::NotFound(_))) => return Ok(Output),
                (Err(error), _) | (_, Err(error)) => return Err(error),
            };
        let mut tried = Tried {
            function: &function,
            request_id: &input.request_id,
            event: &input.event,
            accepted_at_millis: input.accepted_at,
            version: "",
            outcome: None,
        };
        if events::is_too_old(&settings, tried.accepted_at_millis, cx.now().millis()) {
            events::settle(cx, &settings, &tried).await?;
            return Ok(Output);
        }
        // Throttled: the outbox tries again, and no retry of the function is used up.
        let (shelf, permit) = runner.admit(cx, &ready)?;
        let invocation = Invocation {
            request_id: input.request_id.clone(),
            payload: input.event.clone().into(),
            invoked_arn: function.qualified_arn().to_string(),
            trace: format!("Root={};Sampled=1", cx.trace_id()),
            client_context: String::new(),
            identity: String::new(),
            stream: None,
        };
        let outcome = shelf.invoke(&invocation, false, Some(permit)).await;
        tried.version = &shelf.launch.version;
        tried.outcome = Some(&outcome);
        events::settle(cx, &settings, &tried).await?;
        Ok(Output)
    }
}
