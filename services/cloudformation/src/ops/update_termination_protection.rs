//! UpdateTerminationProtection.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    enable_termination_protection: bool,
    #[shape(len = 1..)]
    stack_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_id: String,
}

pub(crate) struct UpdateTerminationProtection;

impl Operation for UpdateTerminationProtection {
    const NAME: &'static str = "UpdateTerminationProtection";
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
        stack.termination_protection = input.enable_termination_protection;
        table::put(cx.tx(), &stack).await?;
        Ok(Output { stack_id: stack.id() })
    }
}
