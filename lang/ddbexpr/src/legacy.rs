//! The parameters that were there before expressions: `Expected`, `AttributeUpdates`, `KeyConditions`, `QueryFilter`,
//! `ScanFilter`, `ConditionalOperator`.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::condition::{Comparator, Condition, Node, Operand};
use crate::key_condition::{KeyCondition, KeyTest};
use crate::path::Path;
use crate::update::{Action, Expression, Update};
use crate::{Error, Kind, Value, json};

/// An entry of `KeyConditions`, `QueryFilter` or `ScanFilter`.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// `ComparisonOperator`.
    pub operator: String,
    /// `AttributeValueList`.
    pub values: Vec<Json>,
}

/// An entry of `Expected`.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// `Value`.
    pub value: Option<Json>,
    /// `Exists`.
    pub exists: Option<bool>,
    /// `ComparisonOperator`.
    pub operator: Option<String>,
    /// `AttributeValueList`.
    pub values: Option<Vec<Json>>,
}

/// An entry of `AttributeUpdates`.
#[derive(Debug, Clone, Default)]
pub struct AttributeUpdate {
    /// `Action`; PUT if it is absent.
    pub action: Option<String>,
    /// `Value`.
    pub value: Option<Json>,
}

/// A comparison operator, how many values it takes, and of which types.
struct Operator {
    name: &'static str,
    values: std::ops::RangeInclusive<usize>,
    kinds: &'static [Kind],
}

const SCALARS: &[Kind] = &[Kind::S, Kind::N, Kind::B];
const ALL: &[Kind] = &Kind::ALL;
/// DynamoDB takes these for CONTAINS too, beside the scalars.
const CONTAINED: &[Kind] = &[Kind::S, Kind::N, Kind::B, Kind::Bool, Kind::Null];

const OPERATORS: [Operator; 13] = [
    Operator { name: "EQ", values: 1..=1, kinds: ALL },
    Operator { name: "NE", values: 1..=1, kinds: ALL },
    Operator { name: "LE", values: 1..=1, kinds: SCALARS },
    Operator { name: "LT", values: 1..=1, kinds: SCALARS },
    Operator { name: "GE", values: 1..=1, kinds: SCALARS },
    Operator { name: "GT", values: 1..=1, kinds: SCALARS },
    Operator { name: "NOT_NULL", values: 0..=0, kinds: ALL },
    Operator { name: "NULL", values: 0..=0, kinds: ALL },
    Operator { name: "CONTAINS", values: 1..=1, kinds: CONTAINED },
    Operator { name: "NOT_CONTAINS", values: 1..=1, kinds: CONTAINED },
    Operator { name: "BEGINS_WITH", values: 1..=1, kinds: &[Kind::S, Kind::B] },
    Operator { name: "IN", values: 1..=usize::MAX, kinds: SCALARS },
    Operator { name: "BETWEEN", values: 2..=2, kinds: SCALARS },
];

/// The condition of `QueryFilter` or `ScanFilter`. An empty filter lets everything through.
pub fn filter(
    comparisons: &BTreeMap<String, Comparison>,
    conditional_operator: Option<&str>,
) -> Result<Condition, Error> {
    check_operator(conditional_operator, comparisons.len())?;
    let nodes = comparisons.iter().map(|(name, comparison)| {
        let values = read_values(&comparison.values)?;
        check_values(&comparison.operator, &values)?;
        Ok(node(name, &comparison.operator, values))
    });
    Ok(join(nodes.collect::<Result<_, Error>>()?, conditional_operator))
}

/// The condition of `Expected`.
pub fn expected(
    expectations: &BTreeMap<String, Expectation>,
    conditional_operator: Option<&str>,
) -> Result<Condition, Error> {
    check_operator(conditional_operator, expectations.len())?;
    let nodes = expectations.iter().map(|(name, expectation)| expectation_node(name, expectation));
    Ok(join(nodes.collect::<Result<_, Error>>()?, conditional_operator))
}

/// The tests of `KeyConditions`.
pub fn key_conditions(comparisons: &BTreeMap<String, Comparison>) -> Result<KeyCondition, Error> {
    let mut tests = BTreeMap::new();
    for (name, comparison) in comparisons {
        let values = read_values(&comparison.values)?;
        check_values(&comparison.operator, &values)?;
        tests.insert(name.clone(), key_test(&comparison.operator, values));
    }
    KeyCondition::of_tests(tests)
}

/// The changes of `AttributeUpdates`.
pub fn updates(updates: &BTreeMap<String, AttributeUpdate>) -> Result<Update, Error> {
    let actions = updates.iter().map(|(name, update)| {
        let value = update.value.as_ref().map(json::read).transpose()?;
        let path = Path::attribute(name);
        match (update.action.as_deref().unwrap_or("PUT"), value) {
            ("DELETE", None) => Ok(Action::Remove(path)),
            (_, None) => {
                Err(Error::parameter("Only DELETE action is allowed when no attribute value is specified"))
            }
            ("DELETE", Some(value)) if !value.kind().is_set() => Err(Error::parameter(&format!(
                "DELETE action with value is not supported for the type {}",
                value.kind().name()
            ))),
            ("ADD", Some(value)) if !value.kind().is_set() && !matches!(value.kind(), Kind::N | Kind::L) => {
                Err(Error::parameter(&format!(
                    "ADD action is not supported for the type {}",
                    value.kind().name()
                )))
            }
            ("DELETE", Some(value)) => Ok(Action::Delete(path, Arc::new(value))),
            ("ADD", Some(value)) => Ok(Action::Add(path, Arc::new(value))),
            (_, Some(value)) => Ok(Action::Set(path, Expression::Value(Arc::new(value)))),
        }
    });
    Ok(Update { actions: actions.collect::<Result<_, Error>>()? })
}

/// The words that `AttributeUpdates` has for a value of another type, where expressions have others.
pub fn update_error(error: Error) -> Error {
    match error {
        Error::Validation(text) if text == crate::update::WRONG_TYPE => {
            Error::validation("Type mismatch for attribute to update")
        }
        other => other,
    }
}

/// Refuses a `ConditionalOperator` without conditions to join.
pub fn check_operator(conditional_operator: Option<&str>, conditions: usize) -> Result<(), Error> {
    match (conditional_operator, conditions) {
        (None, _) | (Some(_), 2..) => Ok(()),
        (Some(_), 0) => {
            Err(Error::validation("ConditionalOperator cannot be used without Filter or Expected"))
        }
        (Some(_), 1) => Err(Error::validation(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        )),
    }
}

fn join(nodes: Vec<Node>, conditional_operator: Option<&str>) -> Condition {
    Condition(match conditional_operator {
        Some("OR") => Node::Any(nodes),
        _ => Node::All(nodes),
    })
}

fn read_values(values: &[Json]) -> Result<Vec<Value>, Error> {
    values.iter().map(json::read).collect()
}

/// Number, types and order of the values of a comparison.
fn check_values(operator: &str, values: &[Value]) -> Result<(), Error> {
    let known = OPERATORS.iter().find(|known| known.name == operator);
    let Some(known) = known else {
        return Err(Error::parameter(&format!("Unsupported ComparisonOperator: {operator}")));
    };
    if !known.values.contains(&values.len()) {
        return Err(wrong_count(operator));
    }
    require_same_kind(values)?;
    if let Some(value) = values.iter().find(|value| !known.kinds.contains(&value.kind())) {
        let kind = value.kind().name();
        return Err(Error::parameter(&format!(
            "ComparisonOperator {operator} is not valid for {kind} AttributeValue type"
        )));
    }
    require_order(operator, values)
}

fn wrong_count(operator: &str) -> Error {
    Error::parameter(&format!("Invalid number of argument(s) for the {operator} ComparisonOperator"))
}

fn require_same_kind(values: &[Value]) -> Result<(), Error> {
    if values.windows(2).all(|pair| pair[0].kind() == pair[1].kind()) {
        return Ok(());
    }
    Err(Error::parameter("AttributeValues inside AttributeValueList must be of same type"))
}

fn require_order(operator: &str, values: &[Value]) -> Result<(), Error> {
    match values {
        [low, high] if operator == "BETWEEN" && low.order(high).is_some_and(std::cmp::Ordering::is_gt) => {
            Err(Error::validation(
                "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
            ))
        }
        _ => Ok(()),
    }
}

fn expectation_node(name: &str, expectation: &Expectation) -> Result<Node, Error> {
    let refused = |text: String| Err(Error::parameter(&format!("{text} for Attribute: {name}")));
    if expectation.values.is_some() && expectation.value.is_some() {
        return refused("Value and AttributeValueList cannot be used together".to_owned());
    }
    let Some(operator) = &expectation.operator else {
        if expectation.values.is_some() {
            return refused("AttributeValueList can only be used with a ComparisonOperator".to_owned());
        }
        let value = expectation.value.as_ref();
        return match (expectation.exists, value) {
            (Some(false), None) => Ok(node(name, "NULL", Vec::new())),
            (Some(false), Some(_)) => refused("Value cannot be used when Exists is false".to_owned()),
            (exists, None) => {
                let exists = exists.map_or("null", |_| "true");
                refused(format!("Value must be provided when Exists is {exists}"))
            }
            (_, Some(value)) => Ok(node(name, "EQ", vec![json::read(value)?])),
        };
    };
    if expectation.exists.is_some() {
        return refused("Exists and ComparisonOperator cannot be used together".to_owned());
    }
    let values = match (&expectation.values, &expectation.value) {
        (Some(values), _) => read_values(values)?,
        (None, Some(value)) => vec![json::read(value)?],
        (None, None) if matches!(operator.as_str(), "NULL" | "NOT_NULL") => Vec::new(),
        (None, None) => {
            return refused(format!(
                "Value or AttributeValueList must be used with ComparisonOperator: {operator}"
            ));
        }
    };
    check_values(operator, &values)?;
    Ok(node(name, operator, values))
}

/// The condition of a checked comparison.
fn node(name: &str, operator: &str, values: Vec<Value>) -> Node {
    let path = || Operand::Path(Path::attribute(name));
    let mut operands = values.into_iter().map(|value| Operand::Value(Arc::new(value)));
    let mut next = || operands.next().unwrap_or_else(|| Operand::Value(Arc::new(Value::Null)));
    let comparator = match operator {
        "EQ" => Comparator::Equal,
        "NE" => Comparator::NotEqual,
        "LE" => Comparator::LessOrEqual,
        "LT" => Comparator::Less,
        "GE" => Comparator::GreaterOrEqual,
        "GT" => Comparator::Greater,
        "NOT_NULL" => return Node::Exists(path()),
        "NULL" => return Node::Not(Box::new(Node::Exists(path()))),
        "CONTAINS" => return Node::Contains(path(), next()),
        "NOT_CONTAINS" => return Node::Not(Box::new(Node::Contains(path(), next()))),
        "BEGINS_WITH" => return Node::BeginsWith(path(), next()),
        "BETWEEN" => return Node::Between(path(), next(), next()),
        _ => return Node::In(path(), operands.collect()),
    };
    Node::Compare(comparator, path(), next())
}

fn key_test(operator: &str, values: Vec<Value>) -> KeyTest {
    let mut values = values.into_iter().map(Arc::new);
    let mut next = || values.next().unwrap_or_else(|| Arc::new(Value::Null));
    match operator {
        "EQ" => KeyTest::Equal(next()),
        "LE" => KeyTest::LessOrEqual(next()),
        "LT" => KeyTest::Less(next()),
        "GE" => KeyTest::GreaterOrEqual(next()),
        "GT" => KeyTest::Greater(next()),
        "BEGINS_WITH" => KeyTest::BeginsWith(next()),
        "BETWEEN" => KeyTest::Between(next(), next()),
        _ => KeyTest::NotIndexable,
    }
}

#[cfg(test)]
mod tests;
