//! RunEvent: the attempt of an asynchronous invocation. Internal: the outbox calls it, it has no address.

use std::sync::Arc;

use cloud::prelude::*;

use crate::admission::Permit;
use crate::error::Error;
use crate::events::{self, Accepted, Attempt, Condition};
use crate::names::FunctionRef;
use crate::runner::{Ready, Runner};
use crate::runtime::environment::Invocation;
use crate::runtime::pool::Shelf;
use crate::{function, lineage, roles};

#[derive(Shape)]
pub(crate) struct Input {
    function_name: String,
    request_id: String,
    #[shape(sensitive)]
    event: String,
    accepted_at: i64,
    trace_id: Option<String>,
    lineage: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// How long an event waits for a place before it goes back to the line, with a longer and longer wait. A function with
/// a small reservation would otherwise stand still between the attempts of its events.
const PATIENCE_MILLIS: i64 = 20_000;
/// How long it waits between two looks: at first, and at most.
const LOOK_MILLIS: i64 = 5;
const LOOK_MILLIS_MAX: i64 = 500;

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
        Ok(Some(roles::outbox_policy("lambda:RunEvent", &input.function_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(trace_id) = &input.trace_id {
            cx.join_trace(trace_id, input.lineage.as_deref());
        }
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        match attempt(cx, &function, &input).await {
            // Deleted since: nothing is left to do.
            Ok(()) | Err(Error::NotFound(_)) => Ok(Output),
            Err(error) => Err(error),
        }
    }
}

async fn attempt(cx: &mut Cx, function: &FunctionRef, input: &Input) -> Result<(), Error> {
    let row = function::find(&cx.snapshot().await?, function).await?.row;
    let accepted = Accepted {
        function,
        request_id: &input.request_id,
        event: &input.event,
        at_millis: input.accepted_at,
        settings: events::settings(&row, function),
    };
    let failures = accepted.failures(cx).await?;
    if accepted.is_too_old(cx.now().millis()) {
        return accepted.give_up(cx, Condition::EventAgeExceeded, failures, None).await;
    }
    if row.reserved_concurrency == Some(0) {
        // "New events go to the dead-letter queue or the on-failure destination without any retries."
        return accepted.give_up(cx, Condition::ZeroReservedConcurrency, failures, None).await;
    }
    let trace = match lineage::trace(cx, function, row.may_loop) {
        Err(Error::RecursiveInvocation) => {
            return accepted.give_up(cx, Condition::RecursiveInvocation, failures, None).await;
        }
        trace => trace?,
    };
    let ready = Runner::of(cx).ready(cx, function).await?;
    let (shelf, permit) = admit(cx, &ready).await?;
    let invocation = Invocation {
        request_id: input.request_id.as_str().into(),
        payload: input.event.clone().into(),
        invoked_arn: function.qualified_arn().as_str().into(),
        trace,
        client_context: String::new(),
        identity: String::new(),
        stream: None,
    };
    let outcome = shelf.invoke(&invocation, false, Some(permit)).await;
    cx.note_invocation(outcome.noted(u32::try_from(failures).unwrap_or(0)));
    accepted.settle(cx, &Attempt { version: &shelf.launch.version, outcome: &outcome }).await
}

/// A place for the event: at once, or within a while. No retry of the function is used up by a throttle.
async fn admit(cx: &Cx, ready: &Ready) -> Result<(Arc<Shelf>, Permit), Error> {
    let runner = Runner::of(cx);
    let patient_until = cx.now().plus_millis(PATIENCE_MILLIS);
    let mut look = LOOK_MILLIS;
    loop {
        match runner.admit(cx, ready) {
            Err(Error::TooManyRequests(_)) if cx.now() < patient_until => {}
            admitted => return admitted,
        }
        cx.sleep_until(cx.now().plus_millis(look)).await;
        look = (look * 2).min(LOOK_MILLIS_MAX);
    }
}
