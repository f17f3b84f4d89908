//! Conditions: what they are and whether an item meets them.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::path::Path;
use crate::{Item, Kind, Number, Value};

pub(crate) mod check;
mod parse;

/// A condition that is parsed and checked.
#[derive(Debug, Clone)]
pub struct Condition(pub(crate) Node);

impl Condition {
    /// Whether an item meets the condition. An item that does not exist is an empty one.
    pub fn holds(&self, item: &Item) -> bool {
        self.0.holds(item)
    }

    /// The attributes that the condition looks at.
    pub fn attributes(&self) -> BTreeSet<&str> {
        let mut heads = BTreeSet::new();
        self.0.collect_heads(&mut heads);
        heads
    }
}

/// What a comparison compares.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Path(Path),
    Value(Arc<Value>),
    /// `size(…)`.
    Size(Box<Operand>),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition as a tree.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparator, Operand, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Operand),
    IsType(Operand, Kind),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

impl Comparator {
    /// All operators, longer texts first.
    pub(crate) const ALL: [Self; 6] =
        [Self::NotEqual, Self::LessOrEqual, Self::GreaterOrEqual, Self::Less, Self::Greater, Self::Equal];

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether the operator asks for an order.
    pub(crate) fn is_ordering(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    /// The operator with its sides exchanged.
    pub(crate) fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    fn holds(self, left: &Value, right: &Value) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left.order(right) == Some(Ordering::Less),
            Self::LessOrEqual => left.order(right).is_some_and(Ordering::is_le),
            Self::Greater => left.order(right) == Some(Ordering::Greater),
            Self::GreaterOrEqual => left.order(right).is_some_and(Ordering::is_ge),
        }
    }
}

impl Operand {
    /// The value for an item; none where the path leads nowhere or a value has no size.
    fn resolve<'a>(&'a self, item: &'a Item) -> Option<Cow<'a, Value>> {
        match self {
            Self::Path(path) => path.find(item).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(operand) => size(&*operand.resolve(item)?).map(|size| Cow::Owned(Value::N(size))),
        }
    }

    fn head(&self) -> Option<&str> {
        match self {
            Self::Path(path) => Some(path.head()),
            Self::Value(_) => None,
            Self::Size(operand) => operand.head(),
        }
    }
}

/// What the function `size` answers: bytes of a string or byte string, members of everything else that has members.
fn size(value: &Value) -> Option<Number> {
    let size = match value {
        Value::S(text) => text.len(),
        Value::B(bytes) => bytes.len(),
        Value::Ss(set) => set.len(),
        Value::Ns(set) => set.len(),
        Value::Bs(set) => set.len(),
        Value::L(elements) => elements.len(),
        Value::M(entries) => entries.len(),
        Value::N(_) | Value::Bool(_) | Value::Null => return None,
    };
    i64::try_from(size).ok().map(Number::from)
}

impl Node {
    pub(crate) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(item)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(item)),
            Self::Not(part) => !part.holds(item),
            Self::Compare(comparator, left, right) => match (left.resolve(item), right.resolve(item)) {
                (Some(left), Some(right)) => comparator.holds(&left, &right),
                // What does not exist differs from everything.
                _ => *comparator == Comparator::NotEqual,
            },
            Self::Between(value, low, high) => {
                let bounds = (value.resolve(item), low.resolve(item), high.resolve(item));
                let (Some(value), Some(low), Some(high)) = bounds else { return false };
                value.order(&low).is_some_and(Ordering::is_ge)
                    && value.order(&high).is_some_and(Ordering::is_le)
            }
            Self::In(value, list) => value.resolve(item).is_some_and(|value| {
                list.iter().any(|one| one.resolve(item).is_some_and(|one| one == value))
            }),
            Self::Exists(operand) => operand.resolve(item).is_some(),
            Self::IsType(operand, kind) => operand.resolve(item).is_some_and(|value| value.kind() == *kind),
            Self::BeginsWith(value, prefix) => match (value.resolve(item), prefix.resolve(item)) {
                (Some(value), Some(prefix)) => begins_with(&value, &prefix),
                _ => false,
            },
            Self::Contains(value, part) => match (value.resolve(item), part.resolve(item)) {
                (Some(value), Some(part)) => contains(&value, &part),
                _ => false,
            },
        }
    }

    fn collect_heads<'a>(&'a self, heads: &mut BTreeSet<&'a str>) {
        let mut add = |operand: &'a Operand| heads.extend(operand.head());
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect_heads(heads)),
            Self::Not(part) => part.collect_heads(heads),
            Self::Compare(_, one, two) | Self::BeginsWith(one, two) | Self::Contains(one, two) => {
                add(one);
                add(two);
            }
            Self::Between(one, two, three) => {
                add(one);
                add(two);
                add(three);
            }
            Self::In(one, others) => {
                add(one);
                others.iter().for_each(add);
            }
            Self::Exists(one) | Self::IsType(one, _) => add(one),
        }
    }
}

fn begins_with(value: &Value, prefix: &Value) -> bool {
    match (value, prefix) {
        (Value::S(text), Value::S(prefix)) => text.starts_with(prefix.as_str()),
        (Value::B(bytes), Value::B(prefix)) => bytes.starts_with(prefix),
        _ => false,
    }
}

/// A part of a string or byte string, a member of a set, or an element of a list.
fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::S(text), Value::S(part)) => text.contains(part.as_str()),
        (Value::B(bytes), Value::B(part)) => contains_bytes(bytes, part),
        (Value::Ss(set), Value::S(part)) => set.contains(part),
        (Value::Ns(set), Value::N(part)) => set.contains(part),
        (Value::Bs(set), Value::B(part)) => set.contains(part),
        (Value::L(elements), part) => elements.contains(part),
        _ => false,
    }
}

/// Searches in linear time (Knuth, Morris, Pratt), whatever a client sends.
fn contains_bytes(bytes: &[u8], part: &[u8]) -> bool {
    if part.is_empty() {
        return true;
    }
    let mut borders = vec![0; part.len()];
    let mut length = 0;
    for at in 1..part.len() {
        while length > 0 && part[at] != part[length] {
            length = borders[length - 1];
        }
        length += usize::from(part[at] == part[length]);
        borders[at] = length;
    }
    let mut matched = 0;
    for byte in bytes {
        while matched > 0 && *byte != part[matched] {
            matched = borders[matched - 1];
        }
        matched += usize::from(*byte == part[matched]);
        if matched == part.len() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
