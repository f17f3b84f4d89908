//! ListTables.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::limits::LIST_TABLES_MAX;
use crate::table::TableRow;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    exclusive_start_table_name: Option<String>,
    #[shape(range = 1..=100)]
    limit: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_names: Vec<String>,
    last_evaluated_table_name: Option<String>,
}

pub(crate) struct ListTables;

impl Operation for ListTables {
    const NAME: &'static str = "ListTables";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("dynamodb", "table/*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIST_TABLES_MAX);
        let after = input.exclusive_start_table_name.as_ref().map(Cursor::behind);
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let parts = (account.as_str(), region.as_str());
        let listing = table::list::<TableRow>(cx.tx(), parts, &Paging::after(limit, after)).await?;
        let table_names: Vec<String> = listing.items.into_iter().map(|row| row.name).collect();
        Ok(Output { last_evaluated_table_name: listing.next.and(table_names.last().cloned()), table_names })
    }
}
