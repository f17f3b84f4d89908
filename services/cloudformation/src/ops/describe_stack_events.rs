//! DescribeStackEvents.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::EventRow;
use crate::limits::PAGE;
use crate::ops::describe_stacks::cursor;
use crate::shapes::StackEvent;
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_events: Vec<StackEvent>,
    next_token: Option<String>,
}

pub(crate) struct DescribeStackEvents;

impl Operation for DescribeStackEvents {
    const NAME: &'static str = "DescribeStackEvents";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        let missing = || Error::invalid(format!("Stack [{}] does not exist", input.stack_name));
        let stack = stacks::find(cx, &tx, &input.stack_name).await?.ok_or_else(missing)?;
        let paging = Paging::after(PAGE, cursor(input.next_token)?).reversed();
        let page = table::list::<EventRow>(&tx, &stack.uuid, &paging).await?;
        Ok(Output {
            stack_events: page.items.into_iter().map(|row| StackEvent::of(&stack, row)).collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}
