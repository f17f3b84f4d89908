//! BatchExecuteStatement.

use std::collections::BTreeMap;

use cloud::ApiError as _;
use cloud::prelude::*;
use ddbexpr::partiql::Statement;
use serde_json::Value as Json;
use store::Tx;

use crate::capacity::{ConsumedCapacity, ReturnConsumedCapacity, Units};
use crate::error::Error;
use crate::partiql::{self, Outcome, Prepared, Reading, key_attributes};
use crate::request::ReturnOnFailure;
use crate::tables::{self, Tables};

/// A statement of the batch.
#[derive(Clone, Shape)]
pub(crate) struct BatchStatement {
    #[shape(len = 1..=8192)]
    statement: String,
    #[shape(len = 1..)]
    parameters: Option<Vec<Json>>,
    consistent_read: Option<bool>,
    return_values_on_condition_check_failure: Option<ReturnOnFailure>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=25)]
    statements: Vec<BatchStatement>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
}

#[derive(Shape)]
pub(crate) struct Output {
    responses: Option<Vec<StatementResponse>>,
    consumed_capacity: Option<Vec<ConsumedCapacity>>,
}

/// What became of a statement.
#[derive(Default, Shape)]
pub(crate) struct StatementResponse {
    error: Option<StatementError>,
    table_name: Option<String>,
    item: Option<Json>,
}

/// Why a statement failed.
#[derive(Shape)]
pub(crate) struct StatementError {
    code: Option<String>,
    message: Option<String>,
    item: Option<Json>,
}

pub(crate) struct BatchExecuteStatement;

impl Operation for BatchExecuteStatement {
    const NAME: &'static str = "BatchExecuteStatement";
    /// Each statement has a transaction of its own: one that fails leaves the others alone.
    const KIND: Kind = Kind::Free;
    /// Policies name what each statement does, so it is asked for when the statements are read.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let read: Vec<_> = input
            .statements
            .iter()
            .map(|one| Prepared::read(cx, &one.statement, one.parameters.as_deref()))
            .collect();
        let reads = read.iter().flatten().filter(|prepared| prepared.statement.is_read()).count();
        if reads > 0 && reads < read.iter().flatten().count() {
            return Err(Error::validation(
                "Mixing read and write operations is not supported in BatchExecuteStatement.",
            ));
        }
        for prepared in read.iter().flatten() {
            prepared.permit(cx, None).await?;
        }
        let mut units: BTreeMap<String, Units> = BTreeMap::new();
        let mut responses = Vec::with_capacity(read.len());
        for (asked, prepared) in input.statements.iter().zip(read) {
            let answered = match &prepared {
                Ok(prepared) => run(cx, asked, prepared).await,
                Err(_) => Ok(Outcome::default()),
            };
            let table_name = prepared.as_ref().ok().map(|prepared| prepared.statement.table().to_owned());
            responses.push(match prepared.and(answered) {
                Ok(mut outcome) => {
                    if let Some(name) = &table_name {
                        units.entry(name.clone()).or_default().add(&outcome.units);
                    }
                    StatementResponse { error: None, table_name, item: partiql::single(&mut outcome) }
                }
                Err(error) => StatementResponse { error: Some(told(error)?), table_name, item: None },
            });
        }
        let told = units.iter().filter_map(|(name, units)| units.tell(input.return_consumed_capacity, name));
        let consumed: Vec<_> = told.collect();
        Ok(Output {
            responses: Some(responses),
            consumed_capacity: (!consumed.is_empty()).then_some(consumed),
        })
    }
}

/// Runs one statement in its own transaction.
async fn run(cx: &mut Cx, asked: &BatchStatement, prepared: &Prepared) -> Result<Outcome, Error> {
    if let Statement::Select(select) = &*prepared.statement {
        let table = tables::reading(cx, &prepared.name).await?;
        let (partition, sort) = key_attributes(&table.row, &table.row.key);
        let keys = 1 + usize::from(sort.is_some());
        if select.source.index.is_some()
            || select.has_more_than_key(keys)
            || select.key(partition, sort).is_none()
        {
            return Err(Error::validation(
                "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
            ));
        }
        let reading = Reading {
            select,
            digest: &prepared.digest,
            is_consistent: asked.consistent_read.unwrap_or(false),
            limit: None,
            start: None,
        };
        return reading.run(&cx.snapshot().await?, &table).await;
    }
    let (prepared, now) = (prepared.clone(), cx.now().millis());
    let (tables, on_failure) = (cx.state::<Tables>(), asked.return_values_on_condition_check_failure);
    cx.transact(|tx: &mut Tx| {
        let (prepared, tables) = (prepared.clone(), tables.clone());
        Box::pin(async move {
            let table = tables::load_in(tx, &tables, &prepared.name).await?.ok_or(Error::NotFound)?;
            if table.row.is_creating {
                return Err(Error::NotFound);
            }
            partiql::run(tx, &table, &prepared.statement, on_failure, now).await
        })
    })
    .await
}

/// An error as one of the codes of `BatchStatementErrorCodeEnum`; an internal one fails the whole batch.
fn told(error: Error) -> Result<StatementError, Error> {
    let failure = error.into_failure();
    let code = match failure.code() {
        "ConditionalCheckFailedException" => "ConditionalCheckFailed",
        "DuplicateItemException" => "DuplicateItem",
        "ResourceNotFoundException" => "ResourceNotFound",
        "ItemCollectionSizeLimitExceededException" => "ItemCollectionSizeLimitExceeded",
        "ValidationException" => "ValidationError",
        "AccessDeniedException" => "AccessDenied",
        _ => return Err(Error::Internal(failure)),
    };
    Ok(StatementError {
        code: Some(code.to_owned()),
        message: Some(failure.message().to_owned()),
        item: failure.body().json.iter().find(|(name, _)| name == "Item").map(|(_, item)| item.clone()),
    })
}
