//! ExecuteTransaction.

use std::collections::{BTreeMap, BTreeSet};

use cloud::prelude::*;
use ddbexpr::partiql::{Column, Statement};
use ddbexpr::{Item, KeyAttribute, size};
use serde_json::{Value as Json, json};

use super::transact_get_items::ItemResponse;
use crate::capacity::{Access, ConsumedCapacity, ReturnConsumedCapacity, Units, read_units};
use crate::error::Error;
use crate::item;
use crate::limits::TRANSACT_BYTES_MAX;
use crate::partiql::{Prepared, key_attributes};
use crate::request::{self, ReturnOnFailure};
use crate::table::Table;
use crate::tables;
use crate::tokens::{self, Token};
use crate::transact::{self, Action, Step};
use crate::write;

/// A statement of the transaction.
#[derive(Shape)]
pub(crate) struct ParameterizedStatement {
    #[shape(len = 1..=8192)]
    statement: String,
    #[shape(len = 1..)]
    parameters: Option<Vec<Json>>,
    return_values_on_condition_check_failure: Option<ReturnOnFailure>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=100)]
    transact_statements: Vec<ParameterizedStatement>,
    #[shape(len = 1..=36)]
    client_request_token: Option<String>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
}

#[derive(Shape)]
pub(crate) struct Output {
    responses: Option<Vec<ItemResponse>>,
    consumed_capacity: Option<Vec<ConsumedCapacity>>,
}

pub(crate) struct ExecuteTransaction;

impl Operation for ExecuteTransaction {
    const NAME: &'static str = "ExecuteTransaction";
    const KIND: Kind = Kind::Write;
    /// Policies name what each statement does, so it is asked for when the statements are read.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut prepared = Vec::with_capacity(input.transact_statements.len());
        for (index, one) in input.transact_statements.iter().enumerate() {
            let statement = Prepared::read(cx, &one.statement, one.parameters.as_deref())?;
            check(&statement.statement).map_err(|text| refused(index, text))?;
            prepared.push(statement);
        }
        let reads = prepared.iter().filter(|prepared| prepared.statement.is_read()).count();
        if reads > 0 && reads < prepared.len() {
            return Err(Error::validation(
                "Mixing read and write operations is not supported in ExecuteTransaction.",
            ));
        }
        for prepared in &prepared {
            prepared.permit(cx, Some("ExecuteTransaction")).await?;
        }
        if reads > 0 { read(cx, &input, &prepared).await } else { write(cx, &input, &prepared).await }
    }
}

/// What no statement of a transaction may say.
fn check(statement: &Statement) -> Result<(), &'static str> {
    match statement {
        Statement::Select(select) | Statement::Exists(select) if select.source.index.is_some() => {
            Err("Reads on indices are not supported within transactions.")
        }
        Statement::Update(change) | Statement::Delete(change) if change.returning.is_some() => {
            Err("RETURNING clause is not supported in ExecuteTransaction.")
        }
        _ => Ok(()),
    }
}

fn refused(index: usize, text: &str) -> Error {
    Error::validation(format!("Validation failed in TransactStatements[{index}]: {text}"))
}

/// The attributes of the table's key, and how many they are.
fn keys(table: &Table) -> (KeyAttribute<'_>, Option<KeyAttribute<'_>>, usize) {
    let (partition, sort) = key_attributes(&table.row, &table.row.key);
    (partition, sort, 1 + usize::from(sort.is_some()))
}

async fn read(cx: &mut Cx, input: &Input, prepared: &[Prepared]) -> Result<Output, Error> {
    let mut units: BTreeMap<&str, Units> = BTreeMap::new();
    let mut responses = Vec::with_capacity(prepared.len());
    let (mut seen, mut total) = (BTreeSet::new(), 0);
    for (index, prepared) in prepared.iter().enumerate() {
        let Statement::Select(select) = &*prepared.statement else { continue };
        let table = tables::reading(cx, &prepared.name).await?;
        let (partition, sort, count) = keys(&table);
        let named = select.key(partition, sort).filter(|_| !select.has_more_than_key(count));
        let named = named.ok_or_else(|| {
            refused(
                index,
                "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
            )
        })?;
        let key = item::place_of_key(&table.row, &named)?;
        if !seen.insert((prepared.name.clone(), key.clone())) {
            return Err(Error::validation(transact::TWICE));
        }
        let found = write::get(cx.tx(), &table, &key).await?;
        let bytes = found.as_ref().map_or(0, size::item);
        total += bytes;
        let cost = Units::of_table(read_units(bytes, true)).doubled();
        units.entry(prepared.statement.table()).or_default().add(&cost);
        let shown = found.map(|found| match &select.columns {
            Some(columns) => request::write(&Column::of_item(columns, &found)),
            None => request::write(&found),
        });
        responses.push(ItemResponse { item: shown });
    }
    if total > TRANSACT_BYTES_MAX {
        return Err(Error::validation(crate::error::TOO_MUCH));
    }
    let consumed = tell(input, units.iter().map(|(name, units)| (*name, units)), Access::Read);
    Ok(Output { responses: Some(responses), consumed_capacity: consumed })
}

async fn write(cx: &mut Cx, input: &Input, prepared: &[Prepared]) -> Result<Output, Error> {
    let told = |one: &ParameterizedStatement| {
        json!([
            one.statement,
            one.parameters,
            one.return_values_on_condition_check_failure.as_ref().map(ReturnOnFailure::as_str),
        ])
    };
    let told: Vec<Json> = input.transact_statements.iter().map(told).collect();
    let token = match &input.client_request_token {
        Some(token) => match tokens::check(cx, token, &told).await? {
            Token::New(token) => Some(token),
            Token::Repeated(row) => {
                let units = tokens::units(&row);
                let units = units.iter().map(|(name, units)| (name.as_str(), units));
                return Ok(Output { responses: None, consumed_capacity: tell(input, units, Access::Read) });
            }
        },
        None => None,
    };
    let mut actions = Vec::with_capacity(prepared.len());
    for (index, (prepared, asked)) in prepared.iter().zip(&input.transact_statements).enumerate() {
        let table = tables::open(cx, &prepared.name).await?;
        let (item, step, condition) = action(&prepared.statement, &table, index)?;
        actions.push(Action {
            table: prepared.name.clone(),
            table_name: prepared.statement.table().to_owned(),
            item,
            step,
            condition,
            on_failure: asked.return_values_on_condition_check_failure,
        });
    }
    let done = transact::run(cx, &actions).await?;
    if let Some(token) = token {
        tokens::remember(cx, token, &done.sizes).await?;
    }
    let units = done.units.iter().map(|(name, units)| (name.as_str(), units));
    Ok(Output { responses: None, consumed_capacity: tell(input, units, Access::Write) })
}

/// The item or key, what happens to it, and under which condition.
fn action(
    statement: &Statement,
    table: &Table,
    index: usize,
) -> Result<(Item, Step, Option<ddbexpr::Condition>), Error> {
    let (partition, sort, count) = keys(table);
    Ok(match statement {
        Statement::Insert(insert) => (insert.item.clone(), Step::Insert, None),
        Statement::Update(change) => {
            let key = change.key(partition, sort)?;
            (key, Step::Update(change.update.clone()), Some(change.condition.clone()))
        }
        Statement::Delete(change) => {
            // Nothing to delete is no error, unlike a condition that does not hold.
            let condition = change.has_more_than_key(count).then(|| change.condition.clone());
            (change.key(partition, sort)?, Step::Delete, condition)
        }
        Statement::Select(select) | Statement::Exists(select) => {
            let key = select.key(partition, sort).filter(|_| select.has_more_than_key(count));
            let key = key.ok_or_else(|| {
                refused(index, "EXISTS() must contain a single item read with additional condition")
            })?;
            (key, Step::Check, select.condition.clone())
        }
    })
}

fn tell<'a>(
    input: &Input,
    units: impl Iterator<Item = (&'a str, &'a Units)>,
    access: Access,
) -> Option<Vec<ConsumedCapacity>> {
    let told: Vec<_> = units
        .filter_map(|(name, units)| units.tell_split(input.return_consumed_capacity, name, access))
        .collect();
    (!told.is_empty()).then_some(told)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{error, item, ok, table, world};

    async fn things() -> World {
        let world = world().await;
        table(&world, "things", json!({})).await;
        for (p, n) in [("a", "1"), ("b", "2")] {
            let there = item(p, 1, json!({"n": {"N": n}}));
            ok(&world, "PutItem", json!({"TableName": "things", "Item": there})).await;
        }
        world
    }

    fn statements(texts: &[&str]) -> Value {
        let statements: Vec<Value> = texts.iter().map(|text| json!({"Statement": text})).collect();
        json!({"TransactStatements": statements, "ReturnConsumedCapacity": "TOTAL"})
    }

    async fn all(world: &World) -> Value {
        ok(world, "ExecuteStatement", json!({"Statement": "SELECT p, n FROM things"})).await["Items"].clone()
    }

    #[tokio::test]
    async fn writes_happen_together() {
        let world = things().await;
        let texts = [
            "INSERT INTO things VALUE {'p': 'c', 's': 1}",
            "UPDATE things SET n = n + 10 WHERE p = 'a' AND s = 1 AND n = 1",
            "DELETE FROM things WHERE p = 'nothing' AND s = 1",
            "EXISTS(SELECT * FROM things WHERE p = 'b' AND s = 1 AND n = 2)",
        ];
        let done = ok(&world, "ExecuteTransaction", statements(&texts)).await;
        let capacity = json!([{"TableName": "things", "CapacityUnits": 8, "WriteCapacityUnits": 8}]);
        assert_eq!(done, json!({"ConsumedCapacity": capacity}));
        let mut found = all(&world).await;
        found.as_array_mut().unwrap().sort_by_key(|item| item["p"]["S"].to_string());
        let wanted = json!([
            {"p": {"S": "a"}, "n": {"N": "11"}}, {"p": {"S": "b"}, "n": {"N": "2"}}, {"p": {"S": "c"}},
        ]);
        assert_eq!(found, wanted);
    }

    #[tokio::test]
    async fn one_that_fails_cancels_all() {
        let world = things().await;
        let before = all(&world).await;
        let texts = [
            "DELETE FROM things WHERE p = 'a' AND s = 1",
            "INSERT INTO things VALUE {'p': 'b', 's': 1}",
            "UPDATE things SET n = 1 WHERE p = 'z' AND s = 1",
            "EXISTS(SELECT * FROM things WHERE p = 'c' AND s = 1 AND n = 2)",
        ];
        let (code, text) = error(&world, "ExecuteTransaction", statements(&texts)).await;
        assert_eq!(code, "TransactionCanceledException");
        let reasons = "[None, DuplicateItem, ConditionalCheckFailed, ConditionalCheckFailed]";
        assert!(text.ends_with(reasons), "{text}");
        assert_eq!(all(&world).await, before);
    }

    #[tokio::test]
    async fn items_are_read_together() {
        let world = things().await;
        let texts = [
            "SELECT n AS x, p FROM things WHERE p = 'b' AND s = 1",
            "SELECT * FROM things WHERE s = 2 AND p = 'b'",
        ];
        let done = ok(&world, "ExecuteTransaction", statements(&texts[1..])).await;
        assert_eq!(done["Responses"], json!([{}]));
        let texts = ["SELECT n, p FROM things WHERE p = 'b' AND s = 1", texts[1]];
        let done = ok(&world, "ExecuteTransaction", statements(&texts)).await;
        assert_eq!(done["Responses"], json!([{"Item": {"n": {"N": "2"}, "p": {"S": "b"}}}, {}]));
        let capacity = json!([{"TableName": "things", "CapacityUnits": 4, "ReadCapacityUnits": 4}]);
        assert_eq!(done["ConsumedCapacity"], capacity);
    }

    #[tokio::test]
    async fn a_repetition_does_nothing_again() {
        let world = things().await;
        let mut input = statements(&["UPDATE things SET n = n + 1 WHERE p = 'a' AND s = 1"]);
        input["ClientRequestToken"] = json!("t");
        let first = ok(&world, "ExecuteTransaction", input.clone()).await;
        assert_eq!(first["ConsumedCapacity"][0]["WriteCapacityUnits"], 2);
        let second = ok(&world, "ExecuteTransaction", input.clone()).await;
        assert_eq!(second["ConsumedCapacity"][0]["ReadCapacityUnits"], 2);
        let one = json!({"Statement": "SELECT n FROM things WHERE p = 'a'"});
        assert_eq!(ok(&world, "ExecuteStatement", one).await["Items"], json!([{"n": {"N": "2"}}]));
        input["TransactStatements"] =
            statements(&["DELETE FROM things WHERE p = 'a' AND s = 1"])["TransactStatements"].clone();
        let code = error(&world, "ExecuteTransaction", input).await.0;
        assert_eq!(code, "IdempotentParameterMismatchException");
    }

    #[tokio::test]
    async fn wrong_requests() {
        let world = things().await;
        let key =
            "Select statements within ExecuteTransaction must specify the primary key in the where clause.";
        let first = |text: &str| format!("Validation failed in TransactStatements[0]: {text}");
        for (texts, wanted) in [
            (
                vec!["DELETE FROM things WHERE p = 'a' AND s = 1 RETURNING ALL OLD *"],
                first("RETURNING clause is not supported in ExecuteTransaction."),
            ),
            (
                vec!["SELECT * FROM \"things\".\"by-n\" WHERE p = 'a'"],
                first("Reads on indices are not supported within transactions."),
            ),
            (vec!["SELECT * FROM things WHERE p = 'a'"], first(key)),
            (vec!["SELECT * FROM things WHERE p = 'a' AND s = 1 AND n = 1"], first(key)),
            (
                vec!["EXISTS(SELECT * FROM things WHERE p = 'a' AND s = 1)"],
                first("EXISTS() must contain a single item read with additional condition"),
            ),
            (
                vec![
                    "SELECT * FROM things WHERE p = 'a' AND s = 1",
                    "DELETE FROM things WHERE p = 'b' AND s = 1",
                ],
                "Mixing read and write operations is not supported in ExecuteTransaction.".to_owned(),
            ),
            (
                vec![
                    "DELETE FROM things WHERE p = 'b' AND s = 1",
                    "UPDATE things SET n = 1 WHERE p = 'b' AND s = 1",
                ],
                "Transaction request cannot include multiple operations on one item".to_owned(),
            ),
        ] {
            let (code, text) = error(&world, "ExecuteTransaction", statements(&texts)).await;
            assert_eq!((code.as_str(), text), ("ValidationException", wanted), "{texts:?}");
        }
        let code =
            error(&world, "ExecuteTransaction", statements(&["DELETE FROM nothing WHERE p = 'a'"])).await.0;
        assert_eq!(code, "ResourceNotFoundException");
    }
}
