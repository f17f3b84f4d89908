//! SendResult: the delivery of an asynchronous invocation's result. Internal: the outbox calls it, it has no address.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::roles;

#[derive(Shape)]
pub(crate) struct Input {
    /// The function, with its qualifier.
    function_name: String,
    role: String,
    service: String,
    operation: String,
    #[shape(sensitive)]
    input: serde_json::Value,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Sends a result or a dead letter as the function's role. A destination that refuses (no permission, no queue) loses
/// it, as in AWS; one that is busy is tried again.
pub(crate) struct SendResult;

impl Operation for SendResult {
    const NAME: &'static str = "SendResult";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.qualified_arn().into())
    }

    async fn resource_policy(_cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        Ok(Some(roles::outbox_policy("lambda:SendResult", &input.function_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        let caller = roles::caller(cx.cloud(), &input.role, &function.name, &function.region).await?;
        let Some(caller) = caller else {
            tracing::warn!(function = function.name, role = input.role, "a result is lost: the role is gone");
            return Ok(Output);
        };
        match cx.call_json(caller, &input.service, &input.operation, &input.input).await {
            Ok(_) => Ok(Output),
            Err(failure) if failure.status() >= 500 || failure.status() == 429 => Err(failure.into()),
            Err(failure) => {
                tracing::warn!(%failure, function = function.name, "a destination refused a result");
                Ok(Output)
            }
        }
    }
}
