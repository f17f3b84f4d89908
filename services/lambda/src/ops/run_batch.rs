//! RunBatch: runs a function for a batch of an event source mapping. Internal: the feeds call it, it has no address.

use bytes::Bytes;
use cloud::caller::Caller;
use cloud::prelude::*;

use crate::error::Error;
use crate::limits::REQUEST_BYTES_MAX;
use crate::names::FunctionRef;
use crate::runner::Runner;
use crate::runtime::environment::Invocation;
use crate::{lineage, roles};

#[derive(Shape)]
pub(crate) struct Input {
    function_name: String,
    #[shape(sensitive)]
    payload: Bytes,
}

#[derive(Shape)]
pub(crate) struct Output {
    pub(crate) payload: Bytes,
    pub(crate) failed: bool,
    pub(crate) executed_version: String,
}

/// Runs the function once, or answers at once that it cannot now.
pub(crate) struct RunBatch;

impl Operation for RunBatch {
    const NAME: &'static str = "RunBatch";
    const KIND: Kind = Kind::Free;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.payload.len() > REQUEST_BYTES_MAX {
            return Err(Error::payload_too_large(REQUEST_BYTES_MAX));
        }
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        let runner = Runner::of(cx);
        let ready = runner.ready(cx, &function).await?;
        let trace = lineage::trace(cx, &function, ready.may_loop)?;
        let (shelf, permit) = runner.admit(cx, &ready)?;
        let invocation = Invocation {
            request_id: cx.shared_request_id().clone(),
            payload: input.payload,
            invoked_arn: function.qualified_arn().as_str().into(),
            trace,
            client_context: String::new(),
            identity: String::new(),
            stream: None,
        };
        let outcome = shelf.invoke(&invocation, false, Some(permit)).await;
        cx.note_invocation(outcome.noted(0));
        Ok(Output {
            payload: outcome.payload,
            failed: outcome.failed,
            executed_version: shelf.launch.version.clone(),
        })
    }
}

/// Calls the operation as Lambda itself.
pub(crate) async fn call(cx: &mut Cx, function: &str, payload: Bytes) -> Result<Output, Failure> {
    let caller = Caller::service(roles::SERVICE, cx.account(), cx.region(), Some(function));
    let input = Input { function_name: function.to_string(), payload };
    let answer = cx.call(caller, "lambda", "RunBatch", input.into_doc()).await?;
    Output::from_doc(answer).map_err(Failure::internal)
}
