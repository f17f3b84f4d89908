//! AcceptEvent: what Invoke does with an event, for the services that send some. Internal: it has no address.

use cloud::prelude::*;

use super::invoke::checked;
use crate::error::Error;
use crate::limits::EVENT_BYTES_MAX;
use crate::names::FunctionRef;
use crate::{events, function, policy};

#[derive(Shape)]
pub(crate) struct Input {
    function_name: String,
    #[shape(sensitive)]
    event: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Accepts an event for a function in the transaction of what caused it: the function runs as soon as that is committed.
pub(crate) struct AcceptEvent;

impl Operation for AcceptEvent {
    const NAME: &'static str = "AcceptEvent";
    const KIND: Kind = Kind::Write;
    const ACTION: Option<&'static str> = Some("InvokeFunction");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.qualified_arn().into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        match function::open(cx.tx(), &function).await {
            Ok(row) => Ok(policy::of(&row, &function)),
            // Whether it is there is told only to those who may invoke it.
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        let event = checked(input.event.into(), EVENT_BYTES_MAX)?;
        let event = std::str::from_utf8(&event).map_err(Failure::internal)?;
        function::find(cx.tx(), &function).await?;
        // One call may cause several of them, each with a story of its own.
        let id = cx.new_id();
        events::accept(cx, &function, event, &id).await?;
        Ok(Output)
    }
}
