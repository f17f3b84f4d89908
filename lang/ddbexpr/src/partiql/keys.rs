//! Which rows a WHERE clause reaches.

use std::sync::Arc;

use super::Queries;
use crate::condition::{Comparator, Condition, Node, Operand};
use crate::key_condition::{KeyAttribute, KeyQuery, KeyTest};
use crate::path::Path;
use crate::{Error, Item, Value};

/// How the rows of a read are found. The whole condition is still to be asked about each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// One partition, or several by IN on the partition key.
    Queries(Vec<KeyQuery>),
    /// Everything.
    Scan,
}

/// How a condition reaches the rows of a table or index.
pub(super) fn access(
    condition: Option<&Condition>,
    partition: KeyAttribute<'_>,
    sort: Option<KeyAttribute<'_>>,
) -> Access {
    let Some(condition) = condition else { return Access::Scan };
    let parts = conjuncts(&condition.0);
    let Some(partitions) = parts.iter().find_map(|part| partitions(part, partition)) else {
        return Access::Scan;
    };
    let test = sort.and_then(|sort| parts.iter().find_map(|part| sort_test(part, sort)));
    let mut queries = Queries::new();
    for partition in partitions {
        // One value may be named twice in IN, and its rows come once.
        if !queries.iter().any(|query| query.partition == partition) {
            queries.push(KeyQuery { partition, sort: test.clone() });
        }
    }
    Access::Queries(queries)
}

/// The one key that a condition names with equalities on all key attributes.
pub(super) fn key(
    condition: &Condition,
    partition: KeyAttribute<'_>,
    sort: Option<KeyAttribute<'_>>,
) -> Result<Item, Error> {
    let parts = conjuncts(&condition.0);
    let mut key = Item::new();
    for attribute in std::iter::once(partition).chain(sort) {
        let mut values = parts.iter().filter_map(|part| equal_to(part, attribute.name));
        let missing =
            || Error::validation("Where clause does not contain a mandatory equality on all key attributes");
        let value = values.next().ok_or_else(missing)?;
        if values.next().is_some() {
            let name = attribute.name;
            return Err(Error::validation(format!(
                "Multiple conditions on same key {name}. Only single item Update/Insert/Delete are supported"
            )));
        }
        if value.kind() != attribute.kind {
            let name = attribute.name;
            return Err(Error::validation(format!(
                "Key attribute's data type should match its data type in table's schema: Key {name}"
            )));
        }
        key.insert(attribute.name.to_owned(), (**value).clone());
    }
    Ok(key)
}

/// How many conditions are joined by AND.
pub(super) fn parts(condition: &Condition) -> usize {
    conjuncts(&condition.0).len()
}

/// The conditions of which all must hold.
fn conjuncts(node: &Node) -> Vec<&Node> {
    match node {
        Node::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

fn is_attribute(operand: &Operand, name: &str) -> bool {
    matches!(operand, Operand::Path(path) if *path == Path::attribute(name))
}

fn constant(operand: &Operand) -> Option<&Arc<Value>> {
    match operand {
        Operand::Value(value) => Some(value),
        _ => None,
    }
}

/// The value that an attribute must equal.
fn equal_to<'a>(node: &'a Node, name: &str) -> Option<&'a Arc<Value>> {
    match node {
        Node::Compare(Comparator::Equal, left, right) if is_attribute(left, name) => constant(right),
        Node::Compare(Comparator::Equal, left, right) if is_attribute(right, name) => constant(left),
        _ => None,
    }
}

fn partitions(node: &Node, key: KeyAttribute<'_>) -> Option<Vec<Arc<Value>>> {
    let values: Vec<_> = match node {
        Node::In(operand, list) if is_attribute(operand, key.name) => {
            list.iter().map(|one| constant(one).cloned()).collect::<Option<_>>()?
        }
        other => vec![Arc::clone(equal_to(other, key.name)?)],
    };
    values.iter().all(|value| value.kind() == key.kind).then_some(values)
}

fn sort_test(node: &Node, key: KeyAttribute<'_>) -> Option<KeyTest> {
    let test = match node {
        Node::Compare(comparator, left, right) => {
            let (comparator, value) = if is_attribute(left, key.name) {
                (*comparator, constant(right)?)
            } else if is_attribute(right, key.name) {
                (comparator.mirrored(), constant(left)?)
            } else {
                return None;
            };
            let value = Arc::clone(value);
            match comparator {
                Comparator::Equal => KeyTest::Equal(value),
                Comparator::Less => KeyTest::Less(value),
                Comparator::LessOrEqual => KeyTest::LessOrEqual(value),
                Comparator::Greater => KeyTest::Greater(value),
                Comparator::GreaterOrEqual => KeyTest::GreaterOrEqual(value),
                Comparator::NotEqual => return None,
            }
        }
        Node::Between(value, low, high) if is_attribute(value, key.name) => {
            KeyTest::Between(Arc::clone(constant(low)?), Arc::clone(constant(high)?))
        }
        Node::BeginsWith(value, prefix) if is_attribute(value, key.name) => {
            KeyTest::BeginsWith(Arc::clone(constant(prefix)?))
        }
        _ => return None,
    };
    test.values().iter().all(|value| value.kind() == key.kind).then_some(test)
}
