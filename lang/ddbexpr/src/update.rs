//! Updates: what changes in an item.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>

use std::sync::Arc;

use crate::path::Path;
use crate::projection::Projection;
use crate::{Item, Value, size};

mod apply;
mod parse;

pub(crate) use apply::WRONG_TYPE;

/// Changes whose paths do not overlap.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub(crate) actions: Vec<Action>,
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Set(Path, Expression),
    Remove(Path),
    /// Adds a number, or the members of a set; for the legacy parameter also the elements of a list.
    Add(Path, Arc<Value>),
    /// Takes members out of a set.
    Delete(Path, Arc<Value>),
}

/// A value to be set.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Value(Arc<Value>),
    Path(Path),
    Plus(Box<Expression>, Box<Expression>),
    Minus(Box<Expression>, Box<Expression>),
    IfNotExists(Path, Box<Expression>),
    ListAppend(Box<Expression>, Box<Expression>),
}

impl Action {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

/// What UpdateItem counts for every request besides the values it writes. Measured at the 400 KB limit
/// (`nubo-db/dynamodb-conformance`, item size by surface), documented nowhere.
const REQUEST_BYTES: usize = 3;

/// What UpdateItem counts for each SET or ADD.
const WRITE_BYTES: usize = 19;

/// What UpdateItem counts for each REMOVE or DELETE.
const ERASE_BYTES: usize = 2;

impl Update {
    /// The attributes that change.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().map(|action| action.path().head())
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The parts of an item, before or after, that the update names: `UPDATED_OLD` and `UPDATED_NEW`.
    pub fn touched(&self, item: &Item) -> Item {
        let paths = self.actions.iter().map(|action| action.path().clone()).collect();
        Projection::of(paths).of_item(item)
    }

    /// The size that the single operation UpdateItem holds against the limit: that of the new item, or, if it is
    /// more, that of what the request writes with a cost for each action. Other operations count the item alone.
    pub fn measured_size(&self, new: &Item) -> usize {
        let written: usize = self.actions.iter().map(|action| action.measured_size(new)).sum();
        size::item(new).max(REQUEST_BYTES + written)
    }
}

impl Action {
    fn measured_size(&self, new: &Item) -> usize {
        match self {
            Self::Remove(_) | Self::Delete(..) => ERASE_BYTES,
            Self::Set(path, _) | Self::Add(path, _) => {
                let value = path.find(new).map_or(0, size::value);
                let name = match path.steps().last() {
                    Some(crate::path::Step::Name(name)) => name.len(),
                    _ => 0,
                };
                WRITE_BYTES + name + value
            }
        }
    }
}

#[cfg(test)]
mod tests;
