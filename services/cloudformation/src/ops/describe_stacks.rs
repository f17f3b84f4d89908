//! DescribeStacks.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::{LIVE, StackRow};
use crate::limits::PAGE;
use crate::shapes::Stack;
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: Option<String>,
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stacks: Vec<Stack>,
    next_token: Option<String>,
}

/// Differs from AWS: stacks are listed by name.
pub(crate) struct DescribeStacks;

impl Operation for DescribeStacks {
    const NAME: &'static str = "DescribeStacks";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stack_name.as_ref().map_or(Resource::Any, |name| stacks::resource(cx, name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        if let Some(name) = &input.stack_name {
            let stack = stacks::open(cx, &tx, name).await?;
            return Ok(Output { stacks: vec![Stack::of(stack)], next_token: None });
        }
        let paging = Paging::after(PAGE, cursor(input.next_token)?);
        let page = table::list_by::<StackRow>(&tx, LIVE, (cx.account(), cx.region()), &paging).await?;
        Ok(Output {
            stacks: page.items.into_iter().map(Stack::of).collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}

/// The place that a token stands for.
pub(crate) fn cursor(token: Option<String>) -> Result<Option<Cursor>, Error> {
    Cursor::of_token(token.as_deref(), || Error::invalid("Invalid NextToken"))
}
