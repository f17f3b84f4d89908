//! GetStackPolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_policy_body: Option<String>,
}

pub(crate) struct GetStackPolicy;

impl Operation for GetStackPolicy {
    const NAME: &'static str = "GetStackPolicy";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        let stack = stacks::open_to_change(cx, &tx, &input.stack_name).await?;
        Ok(Output { stack_policy_body: stack.policy })
    }
}
