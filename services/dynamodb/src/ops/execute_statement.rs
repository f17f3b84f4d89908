//! ExecuteStatement.

use cloud::prelude::*;
use ddbexpr::partiql::Statement;
use serde_json::Value as Json;

use crate::capacity::{ConsumedCapacity, ReturnConsumedCapacity};
use crate::error::Error;
use crate::partiql::{self, Outcome, Position, Prepared, Reading};
use crate::request::ReturnOnFailure;
use crate::tables;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=8192)]
    statement: String,
    #[shape(len = 1..)]
    parameters: Option<Vec<Json>>,
    consistent_read: Option<bool>,
    next_token: Option<String>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    #[shape(range = 1..)]
    limit: Option<i32>,
    return_values_on_condition_check_failure: Option<ReturnOnFailure>,
}

#[derive(Shape)]
pub(crate) struct Output {
    items: Option<Vec<Json>>,
    next_token: Option<String>,
    consumed_capacity: Option<ConsumedCapacity>,
    last_evaluated_key: Option<Json>,
}

pub(crate) struct ExecuteStatement;

impl Operation for ExecuteStatement {
    const NAME: &'static str = "ExecuteStatement";
    const KIND: Kind = Kind::Write;
    /// Policies name what the statement does, so it is asked for when the statement is read.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let prepared = Prepared::read(cx, &input.statement, input.parameters.as_deref())?;
        prepared.permit(cx, None).await?;
        let outcome = match &*prepared.statement {
            Statement::Select(select) => {
                let start = input.next_token.as_deref();
                let reading = Reading {
                    select,
                    digest: &prepared.digest,
                    is_consistent: input.consistent_read.unwrap_or(false),
                    limit: input.limit.and_then(|limit| usize::try_from(limit).ok()),
                    start: start.map(|text| Position::read(text, &prepared)).transpose()?,
                };
                let table = tables::reading(cx, &prepared.name).await?;
                reading.run(cx.tx(), &table).await?
            }
            statement => {
                let table = tables::open(cx, &prepared.name).await?;
                let now = cx.now().millis();
                let on_failure = input.return_values_on_condition_check_failure;
                partiql::run(cx.tx(), &table, statement, on_failure, now).await?
            }
        };
        let Outcome { items, units, next, last } = outcome;
        Ok(Output {
            items: Some(items),
            next_token: next.map(|next| next.write()),
            consumed_capacity: units.tell(input.return_consumed_capacity, prepared.statement.table()),
            last_evaluated_key: last,
        })
    }
}
