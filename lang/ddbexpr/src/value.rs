//! The data model: what an attribute can hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::Number;

/// The attributes of an item, and also the entries of a map value.
///
/// DynamoDB promises no order of attributes; ours is the order of their names.
pub type Item = BTreeMap<String, Value>;

/// An attribute value.
///
/// Equality is DynamoDB's: numbers by value, sets without order, documents member by member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    S(String),
    /// A number.
    N(Number),
    /// Bytes.
    B(Vec<u8>),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
    /// A map.
    M(Item),
    /// A list.
    L(Vec<Value>),
    /// A set of strings.
    Ss(BTreeSet<String>),
    /// A set of numbers.
    Ns(BTreeSet<Number>),
    /// A set of byte strings.
    Bs(BTreeSet<Vec<u8>>),
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// String.
    S,
    /// Number.
    N,
    /// Binary.
    B,
    /// Boolean.
    Bool,
    /// Null.
    Null,
    /// Map.
    M,
    /// List.
    L,
    /// String set.
    Ss,
    /// Number set.
    Ns,
    /// Binary set.
    Bs,
}

impl Kind {
    /// Every type, in the order of the model's declaration.
    pub const ALL: [Self; 10] =
        [Self::S, Self::N, Self::B, Self::Ss, Self::Ns, Self::Bs, Self::M, Self::L, Self::Null, Self::Bool];

    /// The name on the wire and in `attribute_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Bool => "BOOL",
            Self::Null => "NULL",
            Self::M => "M",
            Self::L => "L",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
        }
    }

    /// The type of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether this is one of the three set types.
    pub fn is_set(self) -> bool {
        matches!(self, Self::Ss | Self::Ns | Self::Bs)
    }

    /// Whether values of this type have an order, so that `<` and `BETWEEN` can be asked.
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::S | Self::N | Self::B)
    }
}

impl Value {
    /// The type.
    pub fn kind(&self) -> Kind {
        match self {
            Self::S(_) => Kind::S,
            Self::N(_) => Kind::N,
            Self::B(_) => Kind::B,
            Self::Bool(_) => Kind::Bool,
            Self::Null => Kind::Null,
            Self::M(_) => Kind::M,
            Self::L(_) => Kind::L,
            Self::Ss(_) => Kind::Ss,
            Self::Ns(_) => Kind::Ns,
            Self::Bs(_) => Kind::Bs,
        }
    }

    /// The order of two strings, numbers or byte strings; none for other or different types.
    ///
    /// Strings are ordered by their UTF-8 bytes, bytes as unsigned.
    pub fn order(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::S(left), Self::S(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
            (Self::N(left), Self::N(right)) => Some(left.cmp(right)),
            (Self::B(left), Self::B(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// How many levels this value has; a scalar has one.
    pub fn levels(&self) -> usize {
        match self {
            Self::M(entries) => 1 + entries.values().map(Self::levels).max().unwrap_or(0),
            Self::L(elements) => 1 + elements.iter().map(Self::levels).max().unwrap_or(0),
            _ => 1,
        }
    }

    /// A string value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::S(text.into())
    }

    /// The string, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::S(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Self::N(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::N(Number::from(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_names_agree() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::of_name("s"), None);
    }

    #[test]
    fn strings_are_ordered_by_their_bytes() {
        use std::cmp::Ordering::{Greater, Less};
        let order = |left: &str, right: &str| Value::text(left).order(&Value::text(right));
        // U+FF5E sorts before U+1F600 in UTF-8, and after it in UTF-16.
        assert_eq!(order("\u{ff5e}", "\u{1f600}"), Some(Less));
        assert_eq!(order("a", "B"), Some(Greater));
        assert_eq!(Value::text("1").order(&Value::from(1)), None);
        assert_eq!(Value::Null.order(&Value::Null), None);
    }

    #[test]
    fn levels_count_the_value_itself() {
        let nest = |depth: usize| (0..depth).fold(Value::Null, |value, _| Value::L(vec![value]));
        assert_eq!(nest(0).levels(), 1);
        assert_eq!(nest(31).levels(), 32);
        assert_eq!(Value::M(Item::new()).levels(), 1);
    }
}
