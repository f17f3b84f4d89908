//! Calls to Lambda.

use async_trait::async_trait;
use bytes::Bytes;
use shape::Doc;

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
