//! Calls to Lambda.

use bytes::Bytes;
use shape::Doc;

use super::{input, member};
use crate::caller::Caller;
use crate::cx::Cx;
use crate::failure::Failure;

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

/// Invokes a function and waits for its answer. `function` is a name or an ARN, with or without qualifier.
pub async fn invoke(cx: &mut Cx, caller: Caller, function: &str, payload: Bytes) -> Result<Invoked, Failure> {
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
