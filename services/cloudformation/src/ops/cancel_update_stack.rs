//! CancelUpdateStack.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::stacks;
use crate::status::Status;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9][-a-zA-Z0-9]*")]
    client_request_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Differs from AWS: resources that are being changed at the moment are brought to an end first.
pub(crate) struct CancelUpdateStack;

impl Operation for CancelUpdateStack {
    const NAME: &'static str = "CancelUpdateStack";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        let place = stacks::open_to_change(cx, &tx, &input.stack_name).await?.place();
        let mut stack = stacks::reopen(cx.tx(), &place).await?;
        match &mut stack.operation {
            Some(operation) if stack.status == Status::UpdateInProgress => operation.cancelled = true,
            _ => {
                return Err(Error::invalid("CancelUpdateStack cannot be called from current stack status"));
            }
        }
        stack.token = input.client_request_token;
        stack.reason = Some("User Initiated".to_owned());
        table::put(cx.tx(), &stack).await?;
        Ok(Output {})
    }
}
