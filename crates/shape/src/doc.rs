//! The neutral value between wire and types.

use bytes::Bytes;

use crate::stream::Stream;

/// A value of some schema. `Null` stands for every absent member.
#[derive(Clone, Debug, Default)]
pub enum Doc {
    /// Absent, or an explicit null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of either width.
    Int(i64),
    /// A floating point number of either width.
    Float(f64),
    /// Text, also of an enumeration.
    Text(String),
    /// Bytes.
    Blob(Bytes),
    /// An instant.
    Time(Timestamp),
    /// Elements in order.
    List(Vec<Doc>),
    /// Entries in the order in which they came; keys are unique.
    Map(Vec<(String, Doc)>),
    /// One value for each field of the schema's structure, in that order.
    Structure(Vec<Doc>),
    /// The index of the member that is set, and its value.
    Union(usize, Box<Doc>),
    /// Any JSON value.
    Document(serde_json::Value),
    /// Bytes that flow.
    Stream(Stream),
}

impl Doc {
    /// Whether this is [`Doc::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if this is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The structure's member at `index`; `Null` for everything that has none.
    pub fn member(&self, index: usize) -> &Doc {
        match self {
            Self::Structure(members) => members.get(index).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    /// A short name of the kind of value, for error texts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "integer",
            Self::Float(_) => "number",
            Self::Text(_) => "string",
            Self::Blob(_) => "blob",
            Self::Time(_) => "timestamp",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Structure(_) => "structure",
            Self::Union(..) => "union",
            Self::Document(_) => "document",
            Self::Stream(_) => "stream",
        }
    }
}

/// An instant: milliseconds since 1970-01-01T00:00:00Z. AWS's wires carry no finer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since 1970.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by `millis`; stops at the ends of the range.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This instant moved by `secs`; stops at the ends of the range.
    pub const fn plus_secs(self, secs: i64) -> Self {
        self.plus_millis(secs.saturating_mul(1000))
    }

    /// Milliseconds from `earlier` to this instant; negative when it is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
