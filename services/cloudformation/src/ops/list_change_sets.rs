//! ListChangeSets.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::ChangeSetRow;
use crate::limits::PAGE;
use crate::ops::describe_change_set::{execution_status, status, status_reason};
use crate::ops::describe_stacks::cursor;
use crate::stacks;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..)]
    stack_name: String,
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    summaries: Vec<ChangeSetSummary>,
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct ChangeSetSummary {
    stack_id: String,
    stack_name: String,
    change_set_id: String,
    change_set_name: String,
    execution_status: String,
    status: String,
    status_reason: Option<String>,
    creation_time: Timestamp,
    description: Option<String>,
    include_nested_stacks: bool,
}

pub(crate) struct ListChangeSets;

impl Operation for ListChangeSets {
    const NAME: &'static str = "ListChangeSets";
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
        let paging = Paging::after(PAGE, cursor(input.next_token)?);
        let page = table::list::<ChangeSetRow>(&tx, &stack.uuid, &paging).await?;
        let rows = page.items.into_iter().filter(|row| !row.executed);
        let summary = |row: ChangeSetRow| ChangeSetSummary {
            stack_id: stack.id(),
            stack_name: stack.name.clone(),
            change_set_id: row.id(&stack),
            execution_status: execution_status(&stack, &row).to_owned(),
            status: status(&row).to_owned(),
            status_reason: status_reason(&row),
            creation_time: Timestamp::from_millis(row.created_at_millis),
            change_set_name: row.name,
            description: row.description,
            include_nested_stacks: false,
        };
        Ok(Output {
            summaries: rows.map(summary).collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}
