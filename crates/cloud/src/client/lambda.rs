//! Calls to Lambda.

use std::io;
use std::task::{Poll, ready};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use shape::{Doc, Stream};
use wire::eventstream;

use super::{input, member};
use crate::caller::Caller;
use crate::cx::Cx;
use crate::door;
use crate::failure::Failure;
use crate::trace;

/// Largest answer of a synchronous invocation that is held in memory (6 MB, Lambda's own limit, and its frame).
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 64 * 1024;

/// What an invocation answered.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// The function's answer, or its error as JSON.
    pub payload: Bytes,
    /// `Handled` or `Unhandled` when the function failed.
    pub function_error: Option<String>,
}

/// The short way to functions: what Lambda's `Invoke` does with a synchronous invocation, for the services that call a
/// function for each of their requests. It does without the documents that other calls are written into and read from.
#[async_trait]
pub trait Functions: std::fmt::Debug + Send + Sync {
    /// Decides whether the caller of `cx` may invoke the function, and invokes it. `function` is a name or an ARN, with
    /// or without qualifier.
    async fn invoke(&self, cx: &mut Cx, function: &str, payload: Bytes) -> Result<Invoked, Failure>;
}

/// Invokes a function and waits for its answer. `function` is a name or an ARN, with or without qualifier.
pub async fn invoke(cx: &mut Cx, caller: Caller, function: &str, payload: Bytes) -> Result<Invoked, Failure> {
    if let Some((service, entry, functions)) = cx.cloud.registry().functions() {
        let mut child = door::enter_inside(cx, caller, service, entry)?;
        let started = trace::Started::now(&child.cloud);
        let invoked = functions.invoke(&mut child, function, payload).await;
        trace::record(&child, service, entry, &started, invoked.as_ref().err());
        return invoked;
    }
    let members = vec![
        ("FunctionName", Doc::Text(function.to_owned())),
        ("InvocationType", Doc::Text("RequestResponse".to_owned())),
        ("Payload", Doc::Blob(payload)),
    ];
    let document = input(cx, "lambda", "Invoke", members)?;
    let mut output = cx.call(caller, "lambda", "Invoke", document).await?;
    let payload = match member(cx, "lambda", "Invoke", &mut output, "Payload")? {
        Doc::Blob(bytes) => bytes,
        Doc::Stream(stream) => stream.collect(ANSWER_BYTES_MAX).await.map_err(Failure::internal)?,
        _ => Bytes::new(),
    };
    let function_error = match member(cx, "lambda", "Invoke", &mut output, "FunctionError")? {
        Doc::Text(text) => Some(text),
        _ => None,
    };
    Ok(Invoked { payload, function_error })
}

/// Invokes a function by `InvokeWithResponseStream` and passes on its answer as it comes. The answer breaks off with an
/// error where the function fails; a function that does not stream answers in one piece.
pub async fn stream(cx: &mut Cx, caller: Caller, function: &str, payload: Bytes) -> Result<Stream, Failure> {
    const OPERATION: &str = "InvokeWithResponseStream";
    let members = vec![("FunctionName", Doc::Text(function.to_owned())), ("Payload", Doc::Blob(payload))];
    let document = input(cx, "lambda", OPERATION, members)?;
    let mut output = cx.call(caller, "lambda", OPERATION, document).await?;
    let events = match member(cx, "lambda", OPERATION, &mut output, "EventStream")? {
        Doc::Stream(events) => events.take(),
        _ => None,
    };
    let mut events = events.ok_or_else(|| Failure::internal("an invocation that streams has no events"))?;
    let (mut held, mut is_over) = (BytesMut::new(), false);
    let chunks = futures::stream::poll_fn(move |context| {
        while !is_over {
            match next(&mut held) {
                Some(Event::Chunk(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Event::End(failed)) => {
                    is_over = true;
                    return Poll::Ready(failed.map(|error| Err(io::Error::other(error))));
                }
                None => {}
            }
            match ready!(events.poll_next_unpin(context)) {
                Some(Ok(bytes)) => held.extend_from_slice(&bytes),
                Some(Err(error)) => {
                    is_over = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    is_over = true;
                    return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                }
            }
        }
        Poll::Ready(None)
    });
    Ok(Stream::new(chunks, None))
}

/// What an event of `InvokeWithResponseStream` says.
enum Event {
    Chunk(Bytes),
    /// The end, with the error's code when the function failed.
    End(Option<String>),
}

/// Takes the next event out of `held`, once it is whole.
fn next(held: &mut BytesMut) -> Option<Event> {
    let (headers, payload, rest) = eventstream::split(held)?;
    let is_chunk = headers.iter().any(|(name, value)| name == ":event-type" && value == "PayloadChunk");
    let event = match is_chunk {
        true => Event::Chunk(Bytes::copy_from_slice(payload)),
        false => {
            let end: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
            Event::End(end["ErrorCode"].as_str().map(str::to_owned))
        }
    };
    let _taken = held.split_to(held.len() - rest.len());
    Some(event)
}
