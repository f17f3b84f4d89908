//! ListStacks.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::StackRow;
use crate::limits::PAGE;
use crate::ops::describe_stacks::cursor;
use crate::shapes::StackSummary;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
    stack_status_filter: Option<Vec<String>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_summaries: Vec<StackSummary>,
    next_token: Option<String>,
}

/// Differs from AWS: stacks are listed by name; a page may hold fewer than it could when a filter leaves stacks out.
pub(crate) struct ListStacks;

impl Operation for ListStacks {
    const NAME: &'static str = "ListStacks";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let tx = cx.snapshot().await?;
        let paging = Paging::after(PAGE, cursor(input.next_token)?);
        let page = table::list::<StackRow>(&tx, (cx.account(), cx.region()), &paging).await?;
        let filter = input.stack_status_filter.unwrap_or_default();
        let wanted =
            |row: &StackRow| filter.is_empty() || filter.iter().any(|one| one == row.status.as_str());
        Ok(Output {
            stack_summaries: page.items.into_iter().filter(wanted).map(StackSummary::of).collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}
