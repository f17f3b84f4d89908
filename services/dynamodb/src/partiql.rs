//! PartiQL statements: who may run them, and what they do.
//!
//! A statement is read by `ddbexpr`; here it meets its table. `read.rs` selects, `write.rs` changes one item.

use std::sync::Arc;

use cloud::prelude::*;
use ddbexpr::partiql::Statement;
use ddbexpr::{Item, KeyAttribute};
use serde_json::Value as Json;

use crate::access::{self, Facts};
use crate::capacity::Units;
use crate::error::Error;
use crate::keys;
use crate::table::{KeyNames, TableRow};
use crate::tables::{self, TableName};

mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use read::{Position, Reading};
pub(crate) use write::{run, single};

/// A statement and its table's name.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) statement: Arc<Statement>,
    pub(crate) name: TableName,
    /// Tells statements with their parameters apart.
    pub(crate) digest: String,
}

/// What a statement did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) items: Vec<Json>,
    pub(crate) units: Units,
    /// Where a read goes on, and the key of the last row it looked at.
    pub(crate) next: Option<Position>,
    pub(crate) last: Option<Json>,
}

impl Prepared {
    /// Reads a statement with its parameters.
    pub(crate) fn read(cx: &Cx, text: &str, parameters: Option<&[Json]>) -> Result<Self, Error> {
        let given = parameters.unwrap_or_default();
        let values = given.iter().map(ddbexpr::json::read).collect::<Result<_, _>>()?;
        let statement = Statement::parse(text, values)?;
        let name = TableName::read(cx, statement.table())?;
        let told = Json::from_iter([Json::from(text), given.into()]).to_string();
        Ok(Self { statement: Arc::new(statement), name, digest: keys::digest_hex(told.as_bytes()) })
    }

    /// The action that policies allow or deny.
    fn action(&self) -> &'static str {
        match *self.statement {
            Statement::Select(_) | Statement::Exists(_) => "dynamodb:PartiQLSelect",
            Statement::Insert(_) => "dynamodb:PartiQLInsert",
            Statement::Update(_) => "dynamodb:PartiQLUpdate",
            Statement::Delete(_) => "dynamodb:PartiQLDelete",
        }
    }

    /// Refuses a caller who may not run the statement, by itself or as part of the operation `enclosing`.
    pub(crate) async fn permit(&self, cx: &mut Cx, enclosing: Option<&'static str>) -> Result<(), Error> {
        let resource = match &*self.statement {
            Statement::Select(select) => match &select.source.index {
                Some(index) => self.name.index_arn(index),
                None => self.name.arn(),
            },
            _ => self.name.arn(),
        };
        let policy = tables::policy(cx, self.statement.table()).await?;
        let conditions =
            if access::is_bound(cx) { self.conditions(cx, enclosing).await? } else { Conditions::new() };
        Ok(cx.require_with(self.action(), &resource.into(), policy.as_deref(), &conditions).await?)
    }

    async fn conditions(&self, cx: &Cx, enclosing: Option<&'static str>) -> Result<Conditions, Error> {
        let table = tables::glance(cx, &self.name).await?;
        let mut facts = Facts { enclosing, ..Facts::default() };
        let mut named = None;
        let mut is_full_scan = false;
        if let Some(table) = &table {
            let (partition, sort) = key_attributes(&table.row, &table.row.key);
            named = match &*self.statement {
                Statement::Select(select) | Statement::Exists(select) => {
                    let partitions = select.access(partition, sort);
                    is_full_scan =
                        partitions == ddbexpr::partiql::Access::Scan && select.source.index.is_none();
                    select.key(partition, None)
                }
                Statement::Insert(insert) => Some(insert.item.clone()),
                Statement::Update(change) | Statement::Delete(change) => change.key(partition, sort).ok(),
            };
        }
        let named = named.map(|item: Item| ddbexpr::json::write_item(&item));
        facts.attributes.add_members(named.as_ref());
        facts.keys.extend(named.as_ref());
        match &*self.statement {
            Statement::Select(select) | Statement::Exists(select) => {
                facts.attributes.add(select.attributes().into_iter().flatten());
                facts.attributes.add(select.condition.iter().flat_map(ddbexpr::Condition::attributes));
                facts.select =
                    Some(if select.columns.is_some() { "SPECIFIC_ATTRIBUTES" } else { "ALL_ATTRIBUTES" });
            }
            Statement::Insert(_) => {}
            Statement::Update(change) | Statement::Delete(change) => {
                facts.attributes.add(change.update.attributes());
                facts.attributes.add(change.condition.attributes());
            }
        }
        let mut conditions = facts.conditions(cx, self.statement.table()).await?;
        // IAM knows this key of PartiQLSelect alone, not of Scan.
        conditions.push(("dynamodb:FullTableScan", vec![is_full_scan.to_string()]));
        Ok(conditions)
    }
}

/// Key attributes with their types, for `ddbexpr`.
pub(crate) fn key_attributes<'a>(
    row: &TableRow,
    names: &'a KeyNames,
) -> (KeyAttribute<'a>, Option<KeyAttribute<'a>>) {
    let part = |name: &'a str| KeyAttribute { name, kind: row.kind_of(name).value_kind() };
    (part(&names.hash), names.range.as_deref().map(part))
}
