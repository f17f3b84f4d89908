//! Asynchronous invocation: accepted into the outbox, tried again when it fails, then given to a destination or a
//! dead-letter queue.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use cloud::outbox::{Delivery, Policy};
use cloud::prelude::*;
use cloud::target::Target;
use serde_json::{Value, json};
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::keys::{EventInvoke, EventRow};
use crate::limits::{EVENT_AGE_SECONDS_MAX, RETRIES_DEFAULT};
use crate::names::FunctionRef;
use crate::roles;
use crate::runtime::outcome::Outcome;
use crate::time;

/// The wait before the second attempt; it doubles before the third (AWS: one minute, then two).
const BACKOFF_MILLIS: i64 = 60_000;
/// The outbox calls at most this often: failures of the function are counted here, and throttles are tried until the
/// event is too old.
const CALLS_MAX: u32 = 100;

/// Hands an event to the outbox.
pub(crate) async fn accept(cx: &mut Cx, function: &FunctionRef, payload: &str) -> Result<(), Error> {
    let arn = function.qualified_arn();
    let input = json!({
        "FunctionName": arn.as_str(),
        "RequestId": cx.request_id(),
        "Event": payload,
        "AcceptedAt": cx.now().millis(),
    });
    let delivery = Delivery {
        target: Target { service: "lambda".into(), operation: "RunEvent".into(), input },
        principal: roles::SERVICE.into(),
        source_arn: Some(arn.to_string()),
        policy: Policy {
            attempts_max: CALLS_MAX,
            age_max_millis: EVENT_AGE_SECONDS_MAX * 1000,
            backoff_millis: BACKOFF_MILLIS,
        },
    };
    Ok(cx.send(delivery).await?)
}

/// An event that was tried.
pub(crate) struct Tried<'a> {
    pub(crate) function: &'a FunctionRef,
    pub(crate) request_id: &'a str,
    pub(crate) event: &'a str,
    pub(crate) accepted_at_millis: i64,
    pub(crate) version: &'a str,
    /// None when it was not invoked, being too old.
    pub(crate) outcome: Option<&'a Outcome>,
}

/// The settings for a function with its qualifier.
pub(crate) async fn settings(cx: &Cx, function: &FunctionRef) -> Result<EventInvoke, Error> {
    let row = function::open(&cx.snapshot().await?, function).await?;
    let key = function.qualifier.clone().unwrap_or_default();
    Ok(row.event_invoke.get(&key).cloned().unwrap_or_default())
}

/// Whether an event is too old to be tried.
pub(crate) fn is_too_old(settings: &EventInvoke, accepted_at_millis: i64, now_millis: i64) -> bool {
    let limit = settings.age_seconds.map_or(EVENT_AGE_SECONDS_MAX, i64::from);
    now_millis > accepted_at_millis + limit * 1000
}

/// What follows from an attempt: nothing more, or an error that makes the outbox try again.
pub(crate) async fn settle(cx: &mut Cx, settings: &EventInvoke, tried: &Tried<'_>) -> Result<(), Error> {
    let failed = tried.outcome.is_none_or(|outcome| outcome.failed);
    if !failed {
        if let Some(arn) = &settings.on_success {
            deliver(cx, tried, arn, &record(cx, tried, "Success", 1)).await?;
        }
        return forget(cx, tried.request_id).await;
    }
    let failures = count_failure(cx, tried).await?;
    let retries = settings.retries.unwrap_or(RETRIES_DEFAULT);
    if tried.outcome.is_some() && failures <= retries {
        return Err(Error::Internal(Failure::new(
            "FunctionError",
            500,
            "the function failed and is tried again",
        )));
    }
    let condition = if tried.outcome.is_some() { "RetriesExhausted" } else { "EventAgeExceeded" };
    if let Some(arn) = &settings.on_failure {
        deliver(cx, tried, arn, &record(cx, tried, condition, failures)).await?;
    }
    dead_letter(cx, tried).await?;
    forget(cx, tried.request_id).await
}

async fn count_failure(cx: &Cx, tried: &Tried<'_>) -> Result<i32, Error> {
    let fresh = EventRow {
        request_id: tried.request_id.to_string(),
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

async fn forget(cx: &Cx, request_id: &str) -> Result<(), Error> {
    let id = request_id.to_string();
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
fn record(cx: &Cx, tried: &Tried<'_>, condition: &str, attempts: i32) -> Value {
    // Both are JSON when they got here; anything else travels as text.
    let parse =
        |text: &[u8]| serde_json::from_slice(text).unwrap_or_else(|_| json!(String::from_utf8_lossy(text)));
    let mut record = json!({
        "version": "1.0",
        "timestamp": time::iso_millis(cx.now().millis()),
        "requestContext": {
            "requestId": tried.request_id,
            "functionArn": format!("{}:{}", tried.function.arn(), tried.function.qualifier.as_deref().unwrap_or("$LATEST")),
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": parse(tried.event.as_bytes()),
    });
    if let Some(outcome) = tried.outcome {
        record["responseContext"] = json!({"statusCode": 200, "executedVersion": tried.version});
        if outcome.failed {
            record["responseContext"]["functionError"] = json!("Unhandled");
        }
        record["responsePayload"] = parse(&outcome.payload);
    }
    record
}

/// Sends to a destination as the function's role.
async fn deliver(cx: &mut Cx, tried: &Tried<'_>, arn: &str, record: &Value) -> Result<(), Error> {
    let parsed: Arn = arn.parse().map_err(Failure::internal)?;
    match Target::of(&parsed, &record.to_string()) {
        Ok(target) => send_as_role(cx, tried, target).await,
        Err(error) => {
            tracing::warn!(%error, function = tried.function.name, "a destination cannot be reached");
            Ok(())
        }
    }
}

/// Sends the event itself to the dead-letter queue, if there is one.
async fn dead_letter(cx: &mut Cx, tried: &Tried<'_>) -> Result<(), Error> {
    let found = function::find(&cx.snapshot().await?, tried.function).await?;
    let Some(arn) = found.config.dead_letter_arn else { return Ok(()) };
    let parsed: Arn = arn.parse().map_err(Failure::internal)?;
    let Ok(mut target) = Target::of(&parsed, tried.event) else { return Ok(()) };
    let message = tried.outcome.and_then(|outcome| {
        let error: Value = serde_json::from_slice(&outcome.payload).ok()?;
        error["errorMessage"].as_str().map(str::to_string)
    });
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    let mut attributes = json!({
        "RequestID": text(tried.request_id),
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
    });
    if let Some(message) = message.filter(|message| !message.is_empty()) {
        // The first kilobyte, as AWS: "ErrorMessage (String) - The first 1 KB of the error message".
        attributes["ErrorMessage"] = text(&message.chars().take(1024).collect::<String>());
    }
    target.input["MessageAttributes"] = attributes;
    send_as_role(cx, tried, target).await
}

/// A destination that refuses (no permission, no queue) loses the record, as in AWS; a busy one is tried again.
async fn send_as_role(cx: &mut Cx, tried: &Tried<'_>, target: Target) -> Result<(), Error> {
    let found = function::find(&cx.snapshot().await?, tried.function).await?;
    let function = tried.function;
    let caller = roles::caller(cx.cloud(), &found.config.role, &function.name, &function.region).await?;
    let Some(caller) = caller else { return Ok(()) };
    match cx.call_json(caller, &target.service, &target.operation, &target.input).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.status() >= 500 => Err(failure.into()),
        Err(failure) => {
            tracing::warn!(%failure, function = function.name, "a destination refused an event");
            Ok(())
        }
    }
}
