//! InvokeWithResponseStream.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::prelude::*;
use serde_json::json;
use tokio::sync::mpsc;
use wire::eventstream;

use super::invoke::{LogType, checked, client_context};
use crate::error::Error;
use crate::limits::REQUEST_BYTES_MAX;
use crate::lineage;
use crate::names::FunctionRef;
use crate::runner::Runner;
use crate::runtime::environment::Invocation;
use crate::runtime::outcome::Outcome;
use crate::runtime::stream::{self, Piece};

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
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
    #[shape(payload, sensitive)]
    payload: Option<Bytes>,
    #[shape(header = "X-Amz-Tenant-Id")]
    tenant_id: Option<String>,
}

#[derive(Shape, PartialEq, Clone, Copy)]
enum InvocationType {
    RequestResponse,
    DryRun,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(status)]
    status_code: i32,
    #[shape(header = "X-Amz-Executed-Version")]
    executed_version: Option<String>,
    #[shape(payload)]
    event_stream: Option<Stream>,
    #[shape(header = "Content-Type")]
    response_stream_content_type: Option<String>,
}

/// Runs a function and answers in events: `PayloadChunk` for what it streams, `InvokeComplete` at the end.
///
/// An error of the function is the `ErrorCode` `Unhandled` of `InvokeComplete`, with the error's JSON as `ErrorDetails`,
/// wherever in the stream it happened. A function that does not stream answers in one chunk.
///
/// Differs from AWS: the bandwidth of large answers is not limited; tenants are refused.
pub(crate) struct InvokeWithResponseStream;

impl Operation for InvokeWithResponseStream {
    const NAME: &'static str = "InvokeWithResponseStream";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> =
        Some(Http::new("POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", 200));
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
        if input.tenant_id.is_some() {
            return Err(Error::unsupported("Invocation for tenants"));
        }
        let payload = checked(input.payload.unwrap_or_default(), REQUEST_BYTES_MAX)?;
        let client_context = client_context(input.client_context.as_deref())?;
        let runner = Runner::of(cx);
        let ready = runner.ready(cx, &function).await?;
        if input.invocation_type == Some(InvocationType::DryRun) {
            return Ok(Output {
                status_code: 204,
                executed_version: None,
                event_stream: None,
                response_stream_content_type: None,
            });
        }
        let trace = lineage::trace(cx, &function, ready.may_loop)?;
        let (shelf, permit) = runner.admit(cx, &ready)?;
        let invocation = Invocation {
            request_id: Arc::clone(cx.shared_request_id()),
            payload,
            invoked_arn: function.qualified_arn().as_str().into(),
            trace,
            client_context,
            identity: String::new(),
            stream: None,
        };
        let with_tail = input.log_type == Some(LogType::Tail);
        let executed_version = Some(shelf.launch.version.clone());
        let caller = cx.caller().clone();
        let record = cx.late_record("lambda", Self::NAME, &caller);
        let pieces = stream::invoke(shelf, invocation, with_tail, Some(permit), Some(record));
        Ok(Output {
            status_code: 200,
            executed_version,
            event_stream: Some(Stream::new(events(pieces, with_tail), None)),
            response_stream_content_type: Some(eventstream::CONTENT_TYPE.to_string()),
        })
    }
}

/// The events of an invocation, as its pieces come.
fn events(
    pieces: mpsc::Receiver<Piece>,
    with_tail: bool,
) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send {
    futures::stream::unfold((pieces, false), move |(mut pieces, mut started)| async move {
        loop {
            let event = match pieces.recv().await? {
                Piece::Start(_content_type) => {
                    started = true;
                    continue;
                }
                Piece::Chunk(bytes) => chunk(&bytes),
                Piece::End(outcome) => {
                    let mut last = Vec::new();
                    if !started && !outcome.failed {
                        last.extend_from_slice(&chunk(&outcome.payload));
                    }
                    last.extend_from_slice(&complete(&outcome, with_tail));
                    last.into()
                }
            };
            return Some((Ok(event), (pieces, started)));
        }
    })
}

fn chunk(bytes: &[u8]) -> Bytes {
    eventstream::event("PayloadChunk", Some("application/octet-stream"), bytes)
}

fn complete(outcome: &Outcome, with_tail: bool) -> Bytes {
    let mut body = json!({});
    if outcome.failed {
        body["ErrorCode"] = json!("Unhandled");
        body["ErrorDetails"] = json!(String::from_utf8_lossy(&outcome.payload));
    }
    if with_tail {
        body["LogResult"] = json!(STANDARD.encode(&outcome.tail));
    }
    eventstream::event("InvokeComplete", Some("application/json"), body.to_string().as_bytes())
}
