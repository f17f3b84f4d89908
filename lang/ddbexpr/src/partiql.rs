//! PartiQL as DynamoDB speaks it: one statement about one table.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html>
//!
//! A statement becomes the things that expressions become: conditions, updates, projections. Which rows its WHERE
//! reaches is told by [`Select::access`] and [`Change::key`], which need the key schema.

use std::collections::BTreeSet;

use crate::key_condition::{KeyAttribute, KeyQuery};
use crate::path::Path;
use crate::{Condition, Error, Item, Update, Value};

mod keys;
mod lexer;
mod lower;
mod parse;
mod value;

pub use keys::Access;

/// A statement with its parameters filled in.
#[derive(Debug, Clone)]
pub enum Statement {
    /// `SELECT`.
    Select(Select),
    /// `INSERT INTO … VALUE …`.
    Insert(Insert),
    /// `UPDATE … SET … REMOVE …`, also in the form that begins with `FROM`.
    Update(Change),
    /// `DELETE FROM …`.
    Delete(Change),
    /// `EXISTS(SELECT …)`, a condition check of a transaction.
    Exists(Select),
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The table.
    pub table: String,
    /// The index, in `"table"."index"`.
    pub index: Option<String>,
}

/// A read.
#[derive(Debug, Clone)]
pub struct Select {
    /// What is read.
    pub source: Source,
    /// What is shown; none for `*`.
    pub columns: Option<Vec<Column>>,
    /// The WHERE clause.
    pub condition: Option<Condition>,
    /// The ORDER BY clause.
    pub order: Vec<Order>,
}

/// A column of a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Where the value is.
    pub path: Path,
    /// The name in the answer: the last name of the path.
    pub name: String,
}

impl Column {
    /// Columns of an item. What does not exist is left out.
    pub fn of_item(columns: &[Self], item: &Item) -> Item {
        let shown = columns.iter().filter_map(|column| {
            let value = column.path.find(item)?;
            Some((column.name.clone(), value.clone()))
        });
        shown.collect()
    }
}

/// One key of ORDER BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The attribute.
    pub name: String,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// A new item.
#[derive(Debug, Clone)]
pub struct Insert {
    /// The table.
    pub table: String,
    /// The item.
    pub item: Item,
}

/// A change or removal of one item.
#[derive(Debug, Clone)]
pub struct Change {
    /// The table.
    pub table: String,
    /// The WHERE clause: the key, and what must be true of the item.
    pub condition: Condition,
    /// What changes; nothing for DELETE.
    pub update: Update,
    /// The RETURNING clause.
    pub returning: Option<Returning>,
}

/// The RETURNING clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returning {
    /// `ALL OLD *`.
    AllOld,
    /// `MODIFIED OLD *`.
    ModifiedOld,
    /// `ALL NEW *`.
    AllNew,
    /// `MODIFIED NEW *`.
    ModifiedNew,
}

impl Statement {
    /// Parses a statement. Each `?` takes the next parameter, and all must be taken.
    pub fn parse(text: &str, parameters: Vec<Value>) -> Result<Self, Error> {
        parse::statement(text, parameters)
    }

    /// The table.
    pub fn table(&self) -> &str {
        match self {
            Self::Select(select) | Self::Exists(select) => &select.source.table,
            Self::Insert(insert) => &insert.table,
            Self::Update(change) | Self::Delete(change) => &change.table,
        }
    }

    /// Whether nothing is written.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Select(_))
    }
}

impl Select {
    /// Whether an item is selected.
    pub fn holds(&self, item: &Item) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(item))
    }

    /// The columns of an item. What does not exist is left out.
    pub fn show(&self, item: Item) -> Item {
        match &self.columns {
            Some(columns) => Column::of_item(columns, &item),
            None => item,
        }
    }

    /// The attributes that are shown; none for all of them.
    pub fn attributes(&self) -> Option<BTreeSet<&str>> {
        let columns = self.columns.as_ref()?;
        Some(columns.iter().map(|column| column.path.head()).collect())
    }

    /// How the WHERE clause reaches the items.
    pub fn access(&self, partition: KeyAttribute<'_>, sort: Option<KeyAttribute<'_>>) -> Access {
        keys::access(self.condition.as_ref(), partition, sort)
    }

    /// The whole key, where the WHERE clause names one item.
    pub fn key(&self, partition: KeyAttribute<'_>, sort: Option<KeyAttribute<'_>>) -> Option<Item> {
        keys::key(self.condition.as_ref()?, partition, sort).ok()
    }

    /// Whether the WHERE clause says more than the key.
    pub fn has_more_than_key(&self, keys: usize) -> bool {
        self.condition.as_ref().is_some_and(|condition| keys::parts(condition) > keys)
    }
}

impl Change {
    /// The key that the WHERE clause names.
    pub fn key(&self, partition: KeyAttribute<'_>, sort: Option<KeyAttribute<'_>>) -> Result<Item, Error> {
        keys::key(&self.condition, partition, sort)
    }

    /// Whether the WHERE clause says more than the key.
    pub fn has_more_than_key(&self, keys: usize) -> bool {
        keys::parts(&self.condition) > keys
    }
}

/// One partition to be read.
pub(crate) type Queries = Vec<KeyQuery>;

#[cfg(test)]
mod tests;
