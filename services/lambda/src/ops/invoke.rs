//! Invoke.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::prelude::*;

use crate::error::Error;
use crate::events;
use crate::limits::{EVENT_BYTES_MAX, REQUEST_BYTES_MAX};
use crate::lineage;
use crate::names::FunctionRef;
use crate::runner::Runner;
use crate::runtime::environment::Invocation;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(header = "X-Amz-Invocation-Type")]
    invocation_type: Option<InvocationType>,
    #[shape(header = "X-Amz-Log-Type")]
    log_type: Option<LogType>,
    #[shape(header = "X-Amz-Client-Context")]
    client_context: Option<String>,
    #[shape(header = "X-Amz-Durable-Execution-Name")]
    durable_execution_name: Option<String>,
    #[shape(payload, sensitive)]
    payload: Option<Bytes>,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
    #[shape(header = "X-Amz-Tenant-Id")]
    tenant_id: Option<String>,
}

#[derive(Shape, PartialEq, Clone, Copy)]
enum InvocationType {
    Event,
    RequestResponse,
    DryRun,
}

#[derive(Shape, PartialEq)]
pub(super) enum LogType {
    None,
    Tail,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(status)]
    status_code: i32,
    #[shape(header = "X-Amz-Function-Error")]
    function_error: Option<String>,
    #[shape(header = "X-Amz-Log-Result")]
    log_result: Option<String>,
    #[shape(payload, sensitive)]
    payload: Option<Bytes>,
    #[shape(header = "X-Amz-Executed-Version")]
    executed_version: Option<String>,
}

/// Runs a function and answers what it answered, or accepts an event for it.
///
/// Differs from AWS: durable executions and tenants are refused.
pub(crate) struct Invoke;

impl Operation for Invoke {
    const NAME: &'static str = "Invoke";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> =
        Some(Http::new("POST", "/2015-03-31/functions/{FunctionName}/invocations", 200));
    const ACTION: Option<&'static str> = Some("InvokeFunction");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.qualified_arn().into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        match Runner::of(cx).policy(cx, &function).await {
            Ok(policy) => Ok(policy),
            // Whether it is there is told only to those who may invoke it.
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        if input.durable_execution_name.is_some() || input.tenant_id.is_some() {
            return Err(Error::unsupported("Invocation of durable executions or for tenants"));
        }
        let kind = input.invocation_type.unwrap_or(InvocationType::RequestResponse);
        let limit = if kind == InvocationType::Event { EVENT_BYTES_MAX } else { REQUEST_BYTES_MAX };
        let payload = checked(input.payload.unwrap_or_default(), limit)?;
        let runner = Runner::of(cx);
        let ready = runner.ready(cx, &function).await?;
        match kind {
            InvocationType::DryRun => return Ok(Output::empty(204)),
            InvocationType::Event => {
                let event = std::str::from_utf8(&payload).map_err(|_| not_json("invalid UTF-8"))?;
                let id = Arc::clone(cx.shared_request_id());
                events::accept(cx, &function, event, &id).await?;
                return Ok(Output::empty(202));
            }
            InvocationType::RequestResponse => {}
        }
        let trace = lineage::trace(cx, &function, ready.may_loop)?;
        let (shelf, permit) = runner.admit(cx, &ready)?;
        let invocation = Invocation {
            request_id: Arc::clone(cx.shared_request_id()),
            payload,
            invoked_arn: function.qualified_arn().as_str().into(),
            trace,
            client_context: client_context(input.client_context.as_deref())?,
            identity: String::new(),
            stream: None,
        };
        let with_tail = input.log_type == Some(LogType::Tail);
        let outcome = shelf.invoke(&invocation, with_tail, Some(permit)).await;
        cx.note_invocation(outcome.noted(0));
        Ok(Output {
            status_code: 200,
            function_error: outcome.failed.then(|| "Unhandled".to_string()),
            log_result: with_tail.then(|| STANDARD.encode(&outcome.tail)),
            payload: Some(outcome.payload),
            executed_version: Some(shelf.launch.version.clone()),
        })
    }
}

impl Output {
    fn empty(status_code: i32) -> Output {
        Output { status_code, function_error: None, log_result: None, payload: None, executed_version: None }
    }
}

/// The payload within its limit and as JSON; nothing is an empty object.
pub(super) fn checked(payload: Bytes, limit: usize) -> Result<Bytes, Error> {
    if payload.len() > limit {
        return Err(Error::payload_too_large(limit));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => Err(not_json(&error.to_string())),
    }
}

fn not_json(why: &str) -> Error {
    Error::InvalidRequestContent(format!(
        "Could not parse request body into json: Could not parse payload into json: {why}"
    ))
}

/// The client context as JSON on one line; it comes in base64.
pub(super) fn client_context(text: Option<&str>) -> Result<String, Error> {
    let Some(text) = text else { return Ok(String::new()) };
    let bad = || {
        Error::InvalidRequestContent("Client context must be a valid Base64-encoded JSON object.".to_string())
    };
    let bytes = STANDARD.decode(text).map_err(|_| bad())?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    if !value.is_object() {
        return Err(bad());
    }
    Ok(value.to_string())
}
