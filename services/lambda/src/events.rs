//! Asynchronous invocation: accepted into the outbox, tried again when it fails, then given to a destination or a
//! dead-letter queue.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>. `destinations.rs` says where
//! results may go.

use cloud::outbox::{Delivery, Policy};
use cloud::prelude::*;
use cloud::target::Target;
use serde_json::{Value, json};
use store::layer::table;

use crate::destinations::{self, Parcel};
use crate::error::Error;
use crate::function;
use crate::keys::{EventInvoke, EventRow, FunctionRow};
use crate::limits::{EVENT_AGE_SECONDS_MAX, RETRIES_DEFAULT};
use crate::lineage;
use crate::names::FunctionRef;
use crate::roles;
use crate::runtime::outcome::Outcome;
use crate::time;

/// The wait before the second attempt after an error of the function, and twice that before the third.
const RETRY_MILLIS: i64 = 60_000;
/// Throttles and errors of the platform: "from 1 second after the first attempt to a maximum of 5 minutes".
const POLICY: Policy = Policy {
    // The age alone ends it, and that is seen here, so that the event still gets to its dead-letter queue.
    attempts_max: u32::MAX,
    age_max_millis: 2 * EVENT_AGE_SECONDS_MAX * 1000,
    backoff_millis: 1000,
    backoff_millis_max: 300_000,
};
/// What a dead-letter queue gets of an error's text: "the first 1 KB of the error message".
const ERROR_MESSAGE_BYTES_MAX: usize = 1024;

/// Hands an event to the outbox. The events of a function wait in a line of their own. `request_id` is what the function
/// knows it by.
pub(crate) async fn accept(
    cx: &mut Cx,
    function: &FunctionRef,
    payload: &str,
    request_id: &str,
) -> Result<(), Error> {
    let arn = function.qualified_arn();
    let input = json!({
        "FunctionName": arn.as_str(),
        "RequestId": request_id,
        "Event": payload,
        "AcceptedAt": cx.now().millis(),
        "TraceId": cx.trace_id(),
        "Lineage": lineage::of_event(cx),
    });
    let delivery = Delivery {
        target: Target { service: "lambda".into(), operation: "RunEvent".into(), input },
        principal: roles::SERVICE.into(),
        source_arn: Some(arn.to_string()),
        role: None,
        queue: function.arn().to_string(),
        policy: POLICY,
        region: None,
        dead_letter: None,
        final_refusals: false,
    };
    Ok(cx.send(delivery).await?)
}

/// An accepted event.
pub(crate) struct Accepted<'a> {
    pub(crate) function: &'a FunctionRef,
    pub(crate) request_id: &'a str,
    pub(crate) event: &'a str,
    pub(crate) at_millis: i64,
    pub(crate) settings: EventInvoke,
}

/// Why an event was given up (`requestContext.condition`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    RetriesExhausted,
    EventAgeExceeded,
    ZeroReservedConcurrency,
    /// AWS does not write down its word for a loop that was stopped.
    RecursiveInvocation,
}

impl Condition {
    fn name(self) -> &'static str {
        match self {
            Condition::RetriesExhausted => "RetriesExhausted",
            Condition::EventAgeExceeded => "EventAgeExceeded",
            Condition::ZeroReservedConcurrency => "ZeroReservedConcurrency",
            Condition::RecursiveInvocation => "RecursiveInvocation",
        }
    }
}

/// What an attempt gave.
pub(crate) struct Attempt<'a> {
    pub(crate) version: &'a str,
    pub(crate) outcome: &'a Outcome,
}

/// The settings of asynchronous invocation for a qualifier.
pub(crate) fn settings(row: &FunctionRow, function: &FunctionRef) -> EventInvoke {
    let key = function.qualifier.as_deref().unwrap_or_default();
    row.event_invoke.get(key).cloned().unwrap_or_default()
}

impl Accepted<'_> {
    /// Whether the event would be too old at a time.
    pub(crate) fn is_too_old(&self, at_millis: i64) -> bool {
        let limit = self.settings.age_seconds.map_or(EVENT_AGE_SECONDS_MAX, i64::from);
        at_millis > self.at_millis + limit * 1000
    }

    /// What follows from an attempt: nothing more, or an error that makes the outbox try again.
    pub(crate) async fn settle(&self, cx: &mut Cx, attempt: &Attempt<'_>) -> Result<(), Error> {
        if !attempt.outcome.failed {
            let count = self.failures(cx).await? + 1;
            if let Some(arn) = &self.settings.on_success {
                let record = self.record(cx, "Success", count, Some(attempt));
                self.deliver(cx, arn, &record, true).await?;
            }
            return self.forget(cx).await;
        }
        let failures = self.count_failure(cx).await?;
        if failures > self.settings.retries.unwrap_or(RETRIES_DEFAULT) {
            return self.give_up(cx, Condition::RetriesExhausted, failures, Some(attempt)).await;
        }
        let wait = RETRY_MILLIS * i64::from(failures);
        if self.is_too_old(cx.now().millis() + wait) {
            return self.give_up(cx, Condition::EventAgeExceeded, failures, Some(attempt)).await;
        }
        let again = Failure::new("FunctionError", 500, "the function failed and is tried again");
        Err(Error::Internal(again.retry_in(wait)))
    }

    /// The event is not tried again: it goes to its destination and to the dead-letter queue.
    pub(crate) async fn give_up(
        &self,
        cx: &mut Cx,
        condition: Condition,
        attempts: i32,
        attempt: Option<&Attempt<'_>>,
    ) -> Result<(), Error> {
        if let Some(arn) = &self.settings.on_failure {
            let record = self.record(cx, condition.name(), attempts, attempt);
            self.deliver(cx, arn, &record, false).await?;
        }
        self.dead_letter(cx, attempt).await?;
        self.forget(cx).await
    }

    /// How often the function has failed with this event.
    pub(crate) async fn failures(&self, cx: &Cx) -> Result<i32, Error> {
        let row = cx.get::<EventRow>(&self.request_id.to_string()).await?;
        Ok(row.map_or(0, |row| row.failures))
    }

    async fn count_failure(&self, cx: &Cx) -> Result<i32, Error> {
        let fresh = EventRow {
            request_id: self.request_id.to_string(),
            failures: 0,
            first_at_millis: cx.now().millis(),
        };
        cx.transact(|tx| {
            let fresh = fresh.clone();
            Box::pin(async move {
                let mut row: EventRow = table::get(tx, &fresh.request_id).await?.unwrap_or(fresh);
                row.failures += 1;
                table::put(tx, &row).await?;
                Ok::<_, Error>(row.failures)
            })
        })
        .await
    }

    async fn forget(&self, cx: &Cx) -> Result<(), Error> {
        let id = self.request_id.to_string();
        if cx.get::<EventRow>(&id).await?.is_none() {
            return Ok(()); // It never failed.
        }
        cx.transact(|tx| {
            let id = id.clone();
            Box::pin(async move {
                table::delete::<EventRow>(tx, &id).await?;
                Ok::<_, Error>(())
            })
        })
        .await
    }

    /// The record that destinations get.
    fn record(&self, cx: &Cx, condition: &str, attempts: i32, attempt: Option<&Attempt<'_>>) -> Value {
        // Both are JSON when they got here; anything else travels as text.
        let parse = |text: &[u8]| {
            serde_json::from_slice(text).unwrap_or_else(|_| json!(String::from_utf8_lossy(text)))
        };
        let qualifier = self.function.qualifier.as_deref().unwrap_or("$LATEST");
        let mut record = json!({
            "version": "1.0",
            "timestamp": time::iso_millis(cx.now().millis()),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": format!("{}:{qualifier}", self.function.arn()),
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": parse(self.event.as_bytes()),
        });
        if let Some(Attempt { version, outcome }) = attempt {
            record["responseContext"] = json!({"statusCode": 200, "executedVersion": version});
            if outcome.failed {
                record["responseContext"]["functionError"] = json!("Unhandled");
            }
            record["responsePayload"] = parse(&outcome.payload);
        }
        record
    }

    async fn deliver(&self, cx: &mut Cx, arn: &str, record: &Value, success: bool) -> Result<(), Error> {
        let parcel = Parcel { function: &self.function.name, arn, record, success };
        match destinations::target(cx, &parcel)? {
            Some(target) => send_result(cx, self.function, arn, target).await,
            None => {
                tracing::warn!(
                    destination = arn,
                    function = self.function.name,
                    "a destination cannot be reached"
                );
                Ok(())
            }
        }
    }

    /// Sends the event itself to the dead-letter queue, if there is one.
    async fn dead_letter(&self, cx: &mut Cx, attempt: Option<&Attempt<'_>>) -> Result<(), Error> {
        let found = function::find(&cx.snapshot().await?, self.function).await?;
        let Some(arn) = found.config.dead_letter_arn else { return Ok(()) };
        let parsed: Arn = arn.parse().map_err(Failure::internal)?;
        let Ok(mut target) = Target::of(&parsed, self.event) else { return Ok(()) };
        let message = attempt.and_then(|attempt| {
            let error: Value = serde_json::from_slice(&attempt.outcome.payload).ok()?;
            error["errorMessage"].as_str().map(str::to_string)
        });
        let text = |value: &str| json!({"DataType": "String", "StringValue": value});
        let mut attributes = json!({
            "RequestID": text(self.request_id),
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        });
        if let Some(mut message) = message.filter(|message| !message.is_empty()) {
            message.truncate(message.floor_char_boundary(ERROR_MESSAGE_BYTES_MAX));
            attributes["ErrorMessage"] = text(&message);
        }
        target.input["MessageAttributes"] = attributes;
        send_result(cx, self.function, &arn, target).await
    }
}

/// Hands a result to the outbox, to be sent by the function's role: whether it arrives has nothing to do with the function
/// any more.
pub(crate) async fn send_result(
    cx: &mut Cx,
    function: &FunctionRef,
    arn: &str,
    target: Target,
) -> Result<(), Error> {
    let found = function::find(&cx.snapshot().await?, function).await?;
    let input = json!({
        "FunctionName": function.qualified_arn().as_str(),
        "Role": found.config.role,
        "Service": target.service,
        "Operation": target.operation,
        "Input": target.input,
    });
    let delivery = Delivery {
        target: Target { service: "lambda".into(), operation: "SendResult".into(), input },
        principal: roles::SERVICE.into(),
        source_arn: Some(function.qualified_arn().to_string()),
        role: None,
        queue: arn.to_string(),
        policy: POLICY,
        region: None,
        dead_letter: None,
        final_refusals: false,
    };
    Ok(cx.send(delivery).await?)
}
