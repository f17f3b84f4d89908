//! Key conditions: which part of a table or index a query reads.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html>

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::condition::{Comparator, Condition, Node, Operand};
use crate::parser::Parameter;
use crate::path::Path;
use crate::placeholders::Placeholders;
use crate::{Error, Kind, Value};

/// What is asked of one key attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTest {
    /// Equal to the value.
    Equal(Arc<Value>),
    /// Below the value.
    Less(Arc<Value>),
    /// Below the value or equal to it.
    LessOrEqual(Arc<Value>),
    /// Above the value.
    Greater(Arc<Value>),
    /// Above the value or equal to it.
    GreaterOrEqual(Arc<Value>),
    /// Between two values or equal to one of them.
    Between(Arc<Value>, Arc<Value>),
    /// Begins with the value.
    BeginsWith(Arc<Value>),
    /// A comparison of the legacy parameters that no key allows.
    NotIndexable,
}

impl KeyTest {
    /// Whether a value of the sort key passes.
    pub fn holds(&self, value: &Value) -> bool {
        let order = |other: &Value| value.order(other);
        match self {
            Self::Equal(other) => value == &**other,
            Self::Less(other) => order(other) == Some(Ordering::Less),
            Self::LessOrEqual(other) => order(other).is_some_and(Ordering::is_le),
            Self::Greater(other) => order(other) == Some(Ordering::Greater),
            Self::GreaterOrEqual(other) => order(other).is_some_and(Ordering::is_ge),
            Self::Between(low, high) => {
                order(low).is_some_and(Ordering::is_ge) && order(high).is_some_and(Ordering::is_le)
            }
            Self::BeginsWith(prefix) => match (value, &**prefix) {
                (Value::S(text), Value::S(prefix)) => text.starts_with(prefix.as_str()),
                (Value::B(bytes), Value::B(prefix)) => bytes.starts_with(prefix),
                _ => false,
            },
            Self::NotIndexable => false,
        }
    }

    /// The values of the test.
    pub fn values(&self) -> Vec<&Value> {
        match self {
            Self::Equal(value)
            | Self::Less(value)
            | Self::LessOrEqual(value)
            | Self::Greater(value)
            | Self::GreaterOrEqual(value)
            | Self::BeginsWith(value) => vec![value],
            Self::Between(low, high) => vec![low, high],
            Self::NotIndexable => Vec::new(),
        }
    }
}

/// A key attribute of a table or index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAttribute<'a> {
    /// The name.
    pub name: &'a str,
    /// S, N or B.
    pub kind: Kind,
}

/// The tests of a query, one for each attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCondition {
    pub(crate) tests: BTreeMap<String, KeyTest>,
}

/// A query that fits a key schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyQuery {
    /// The value of the partition key.
    pub partition: Arc<Value>,
    /// What is asked of the sort key.
    pub sort: Option<KeyTest>,
}

impl KeyCondition {
    /// Parses a `KeyConditionExpression`, without the rules that only it has: see [`KeyCondition::of`].
    ///
    /// The two steps are apart because DynamoDB looks at the other expressions between them.
    pub fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Condition, Error> {
        Condition::parse(Parameter::KeyCondition, text, placeholders)
    }

    /// Applies the rules for key conditions to a parsed expression.
    pub fn of(condition: &Condition) -> Result<Self, Error> {
        let mut tests = BTreeMap::new();
        collect(&condition.0, &mut tests)?;
        Self::of_tests(tests)
    }

    pub(crate) fn of_tests(tests: BTreeMap<String, KeyTest>) -> Result<Self, Error> {
        match tests.len() {
            1 | 2 => Ok(Self { tests }),
            _ => Err(Error::validation("Conditions can be of length 1 or 2 only")),
        }
    }

    /// The attributes that the condition names.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.tests.keys().map(String::as_str)
    }

    /// Fits the tests to a key schema.
    pub fn fit(
        &self,
        partition: KeyAttribute<'_>,
        sort: Option<KeyAttribute<'_>>,
    ) -> Result<KeyQuery, Error> {
        let unsupported = || Error::validation("Query key condition not supported");
        if sort.is_none() && self.tests.len() > 1 {
            return Err(unsupported());
        }
        let test = self.test(partition)?.ok_or_else(|| missed(partition.name))?;
        let KeyTest::Equal(value) = test else { return Err(unsupported()) };
        let sort = match sort {
            None => None,
            Some(sort) => match self.test(sort)? {
                None if self.tests.len() > 1 => return Err(missed(sort.name)),
                found => found.cloned(),
            },
        };
        Ok(KeyQuery { partition: Arc::clone(value), sort })
    }

    fn test(&self, attribute: KeyAttribute<'_>) -> Result<Option<&KeyTest>, Error> {
        let Some(test) = self.tests.get(attribute.name) else { return Ok(None) };
        if *test == KeyTest::NotIndexable {
            return Err(Error::validation("Attempted conditional constraint is not an indexable operation"));
        }
        if test.values().iter().any(|value| value.kind() != attribute.kind) {
            return Err(Error::parameter("Condition parameter type does not match schema type"));
        }
        Ok(Some(test))
    }
}

fn missed(name: &str) -> Error {
    Error::validation(format!("Query condition missed key schema element: {name}"))
}

fn collect(node: &Node, tests: &mut BTreeMap<String, KeyTest>) -> Result<(), Error> {
    match node {
        Node::All(parts) => parts.iter().try_for_each(|part| collect(part, tests)),
        Node::Any(_) => Err(invalid_operator("OR")),
        Node::Not(inner) => Err(invalid_operator(match **inner {
            Node::Exists(_) => "attribute_not_exists",
            _ => "NOT",
        })),
        Node::In(..) => Err(invalid_operator("IN")),
        Node::Exists(_) => Err(invalid_operator("attribute_exists")),
        Node::IsType(..) => Err(invalid_operator("attribute_type")),
        Node::Contains(..) => Err(invalid_operator("contains")),
        Node::Compare(Comparator::NotEqual, ..) => Err(invalid_operator("<>")),
        Node::Compare(comparator, left, right) => {
            let (name, first, values) = split([left, right])?;
            let comparator = if first { *comparator } else { comparator.mirrored() };
            let [value] = values.as_slice() else { return Err(no_key()) };
            let test = match comparator {
                Comparator::Less => KeyTest::Less,
                Comparator::LessOrEqual => KeyTest::LessOrEqual,
                Comparator::Greater => KeyTest::Greater,
                Comparator::GreaterOrEqual => KeyTest::GreaterOrEqual,
                _ => KeyTest::Equal,
            };
            insert(tests, name, test(Arc::clone(value)))
        }
        Node::Between(value, low, high) => {
            require_path_first("BETWEEN", value)?;
            let (name, _, values) = split([value, low, high])?;
            let [low, high] = values.as_slice() else { return Err(no_key()) };
            insert(tests, name, KeyTest::Between(Arc::clone(low), Arc::clone(high)))
        }
        Node::BeginsWith(value, prefix) => {
            require_path_first("begins_with", value)?;
            let (name, _, values) = split([value, prefix])?;
            let [prefix] = values.as_slice() else { return Err(no_key()) };
            insert(tests, name, KeyTest::BeginsWith(Arc::clone(prefix)))
        }
    }
}

/// The one attribute among the operands, whether it comes first, and the values.
fn split<'a>(
    operands: impl IntoIterator<Item = &'a Operand>,
) -> Result<(String, bool, Vec<Arc<Value>>), Error> {
    let mut attribute: Option<(&Path, bool)> = None;
    let mut values = Vec::new();
    for (at, operand) in operands.into_iter().enumerate() {
        match operand {
            Operand::Path(_) if attribute.is_some() => {
                return Err(Error::validation(
                    "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
                ));
            }
            Operand::Path(path) if !path.is_attribute() => {
                return Err(Error::validation(
                    "KeyConditionExpressions cannot have conditions on nested attributes",
                ));
            }
            Operand::Path(path) => attribute = Some((path, at == 0)),
            Operand::Value(value) => values.push(Arc::clone(value)),
            Operand::Size(_) => {
                return Err(Error::validation("KeyConditionExpressions cannot contain nested operations"));
            }
        }
    }
    let (path, first) = attribute.ok_or_else(no_key)?;
    Ok((path.head().to_owned(), first, values))
}

fn insert(tests: &mut BTreeMap<String, KeyTest>, name: String, test: KeyTest) -> Result<(), Error> {
    match tests.insert(name, test) {
        Some(_) => Err(Error::validation("KeyConditionExpressions must only contain one condition per key")),
        None => Ok(()),
    }
}

fn require_path_first(operator: &str, operand: &Operand) -> Result<(), Error> {
    match operand {
        Operand::Path(_) => Ok(()),
        _ => Err(Error::validation(format!(
            "Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute as its first operand"
        ))),
    }
}

fn invalid_operator(operator: &str) -> Error {
    Error::validation(format!("Invalid operator used in KeyConditionExpression: {operator}"))
}

fn no_key() -> Error {
    Error::validation("Invalid condition in KeyConditionExpression: No key attribute specified")
}

#[cfg(test)]
mod tests;
