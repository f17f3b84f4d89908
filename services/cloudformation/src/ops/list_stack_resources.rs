//! ListStackResources.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::ResourceRow;
use crate::limits::PAGE;
use crate::ops::describe_stacks::cursor;
use crate::shapes::{StackResourceSummary, is_shown};
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_resource_summaries: Vec<StackResourceSummary>,
    next_token: Option<String>,
}

pub(crate) struct ListStackResources;

impl Operation for ListStackResources {
    const NAME: &'static str = "ListStackResources";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        let stack = stacks::open(cx, &tx, &input.stack_name).await?;
        let paging = Paging::after(PAGE, cursor(input.next_token)?);
        let page = table::list::<ResourceRow>(&tx, &stack.uuid, &paging).await?;
        Ok(Output {
            stack_resource_summaries: page
                .items
                .into_iter()
                .filter(is_shown)
                .map(StackResourceSummary::of)
                .collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}
