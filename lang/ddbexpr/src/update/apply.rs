//! An update applied to an item.
//!
//! Everything is read from the item as it was: all new values are worked out first, then written, and what is
//! removed goes last, from the back, so that the indexes of the request mean the lists as they were.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Action, Expression, Update};
use crate::limits::NESTING_LEVELS_MAX;
use crate::path::{Path, Step, child};
use crate::{Error, Item, Value};

pub(crate) const WRONG_TYPE: &str = "An operand in the update expression has an incorrect data type";
const MISSING: &str = "The provided expression refers to an attribute that does not exist in the item";
const WRONG_PATH: &str = "The document path provided in the update expression is invalid for update";
const NESTING: &str = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

/// What one action does to one place.
enum Change {
    Write(Value),
    Erase,
}

impl Update {
    /// The item after the update. An item that does not exist yet is one that has its key alone.
    pub fn apply(&self, item: &Item) -> Result<Item, Error> {
        let mut writes = Vec::new();
        let mut erased = Vec::new();
        for action in &self.actions {
            match action.change(item)? {
                Some(Change::Write(value)) => writes.push((action.path(), value)),
                Some(Change::Erase) => erased.push(action.path()),
                None => {}
            }
        }
        let mut new = item.clone();
        // Elements beyond the end of a list are appended in the order of their indexes.
        let (appended, replaced): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|(path, _)| appends(path, item));
        for (path, value) in replaced {
            write(&mut new, path, value)?;
        }
        for (path, value) in appended.into_iter().collect::<BTreeMap<_, _>>() {
            write(&mut new, path, value)?;
        }
        erased.sort_unstable();
        for path in erased.into_iter().rev() {
            erase(&mut new, path);
        }
        if self.actions.iter().any(|action| too_deep(&new, action.path().head())) {
            return Err(Error::validation(NESTING));
        }
        Ok(new)
    }
}

fn too_deep(item: &Item, name: &str) -> bool {
    item.get(name).is_some_and(|value| value.levels() > NESTING_LEVELS_MAX)
}

impl Action {
    fn change(&self, item: &Item) -> Result<Option<Change>, Error> {
        let found = self.path().find(item);
        let change = match self {
            Self::Set(path, expression) => {
                let value = expression.value(item)?.into_owned();
                require_parent(path, item)?;
                Some(Change::Write(value))
            }
            Self::Remove(path) => {
                require_parent(path, item)?;
                found.map(|_| Change::Erase)
            }
            Self::Add(path, value) => {
                require_parent(path, item)?;
                let sum = found.map_or_else(|| Ok((**value).clone()), |found| add(found, value))?;
                Some(Change::Write(sum))
            }
            Self::Delete(path, value) => {
                require_parent(path, item)?;
                match found {
                    None => None,
                    Some(found) => Some(without(found, value)?.map_or(Change::Erase, Change::Write)),
                }
            }
        };
        Ok(change)
    }
}

impl Expression {
    /// The value, worked out from the item as it was.
    pub(crate) fn value<'a>(&'a self, item: &'a Item) -> Result<Cow<'a, Value>, Error> {
        match self {
            Self::Value(value) => Ok(Cow::Borrowed(value)),
            Self::Path(path) => path.find(item).map(Cow::Borrowed).ok_or_else(|| Error::validation(MISSING)),
            Self::Plus(left, right) => {
                let (left, right) = (left.number(item)?, right.number(item)?);
                Ok(Cow::Owned(Value::N(left.plus(right)?)))
            }
            Self::Minus(left, right) => {
                let (left, right) = (left.number(item)?, right.number(item)?);
                Ok(Cow::Owned(Value::N(left.minus(right)?)))
            }
            Self::IfNotExists(path, otherwise) => match path.find(item) {
                Some(value) => Ok(Cow::Borrowed(value)),
                None => otherwise.value(item),
            },
            Self::ListAppend(left, right) => {
                let (left, right) = (left.value(item)?, right.value(item)?);
                match (left.into_owned(), right.into_owned()) {
                    (Value::L(mut elements), Value::L(more)) => {
                        elements.extend(more);
                        Ok(Cow::Owned(Value::L(elements)))
                    }
                    _ => Err(Error::validation(WRONG_TYPE)),
                }
            }
        }
    }

    fn number(&self, item: &Item) -> Result<crate::Number, Error> {
        self.value(item)?.as_number().ok_or_else(|| Error::validation(WRONG_TYPE))
    }
}

/// A number with another added, or a set with more members.
fn add(found: &Value, value: &Value) -> Result<Value, Error> {
    match (found, value) {
        (Value::N(left), Value::N(right)) => Ok(Value::N(left.plus(*right)?)),
        (Value::Ss(left), Value::Ss(right)) => Ok(Value::Ss(left | right)),
        (Value::Ns(left), Value::Ns(right)) => Ok(Value::Ns(left | right)),
        (Value::Bs(left), Value::Bs(right)) => Ok(Value::Bs(left | right)),
        (Value::L(left), Value::L(right)) => Ok(Value::L([left.as_slice(), right].concat())),
        _ => Err(Error::validation(WRONG_TYPE)),
    }
}

/// A set with members taken out; none if it has no members left.
fn without(found: &Value, value: &Value) -> Result<Option<Value>, Error> {
    let rest = match (found, value) {
        (Value::Ss(left), Value::Ss(right)) => {
            Some(left - right).filter(|rest| !rest.is_empty()).map(Value::Ss)
        }
        (Value::Ns(left), Value::Ns(right)) => {
            Some(left - right).filter(|rest| !rest.is_empty()).map(Value::Ns)
        }
        (Value::Bs(left), Value::Bs(right)) => {
            Some(left - right).filter(|rest| !rest.is_empty()).map(Value::Bs)
        }
        _ => return Err(Error::validation(WRONG_TYPE)),
    };
    Ok(rest)
}

/// The value that holds the place of a path: a map for a name, a list for an index. The item itself always is one.
fn require_parent(path: &Path, item: &Item) -> Result<(), Error> {
    let Some((last, steps)) = path.steps().split_last() else { return Err(Error::validation(WRONG_PATH)) };
    let Some((Step::Name(head), between)) = steps.split_first() else { return Ok(()) };
    let parent = item.get(head).and_then(|value| between.iter().try_fold(value, child));
    match (parent, last) {
        (Some(Value::M(_)), Step::Name(_)) | (Some(Value::L(_)), Step::Index(_)) => Ok(()),
        _ => Err(Error::validation(WRONG_PATH)),
    }
}

/// Whether a path is an index behind the end of its list.
fn appends(path: &Path, item: &Item) -> bool {
    matches!(path.steps().last(), Some(Step::Index(_))) && path.find(item).is_none()
}

fn write(item: &mut Item, path: &Path, value: Value) -> Result<(), Error> {
    let wrong = || Error::validation(WRONG_PATH);
    let Some((last, steps)) = path.steps().split_last() else { return Err(wrong()) };
    let Some((Step::Name(head), between)) = steps.split_first() else {
        item.insert(path.head().to_owned(), value);
        return Ok(());
    };
    let parent = item.get_mut(head).and_then(|value| between.iter().try_fold(value, child_mut));
    match (parent, last) {
        (Some(Value::M(entries)), Step::Name(name)) => {
            entries.insert(name.clone(), value);
        }
        (Some(Value::L(elements)), Step::Index(index)) => match elements.get_mut(*index) {
            Some(element) => *element = value,
            None => elements.push(value),
        },
        _ => return Err(wrong()),
    }
    Ok(())
}

fn erase(item: &mut Item, path: &Path) {
    let Some((last, steps)) = path.steps().split_last() else { return };
    let Some((Step::Name(head), between)) = steps.split_first() else {
        item.remove(path.head());
        return;
    };
    let parent = item.get_mut(head).and_then(|value| between.iter().try_fold(value, child_mut));
    match (parent, last) {
        (Some(Value::M(entries)), Step::Name(name)) => {
            entries.remove(name);
        }
        (Some(Value::L(elements)), Step::Index(index)) if *index < elements.len() => {
            elements.remove(*index);
        }
        _ => {}
    }
}

fn child_mut<'a>(value: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match (value, step) {
        (Value::M(entries), Step::Name(name)) => entries.get_mut(name),
        (Value::L(elements), Step::Index(index)) => elements.get_mut(*index),
        _ => None,
    }
}
