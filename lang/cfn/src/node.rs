//! A document as a tree whose every value knows where it was written.

use std::fmt;

use serde_json::{Number, Value as Json};

/// The deepest nesting that a document may have. Real templates stay below 30; `serde_json` itself stops at 128.
pub const DEPTH_MAX: usize = 100;

/// The most values that a document may have once its aliases are followed: a text of 1 MB cannot honestly hold more,
/// and a few lines of nested aliases ("billion laughs") must not fill the memory.
pub const NODES_MAX: usize = 500_000;

/// A place in a text. Lines and columns count from 1; 0 means "made, not read".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Span {
    /// The place at `line` and `column`.
    pub fn new(line: usize, column: usize) -> Self {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { line: clip(line), column: clip(column) }
    }

    /// The place with its file's name in front: `serverless.yml:12:5`.
    pub fn in_file(&self, file: &str) -> String {
        format!("{file}:{self}")
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A text that could not be read, or a tree that could not be converted: where and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{span}: {message}")]
pub struct Error {
    /// Where it went wrong.
    pub span: Span,
    /// What went wrong, lowercase, without the place.
    pub message: String,
}

impl Error {
    /// An error at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    /// The error with its file's name in front: `serverless.yml:12:5: …`.
    pub fn in_file(&self, file: &str) -> String {
        format!("{file}:{self}")
    }
}

/// A value with its place and its tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub span: Span,
    /// A local YAML tag without its `!`: `Sub` for `!Sub`. Tags of YAML itself (`!!str`) are already applied.
    pub tag: Option<String>,
    /// The value.
    pub value: Value,
}

/// The kinds of values; JSON's, with maps in the order they were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `~`, `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a finite float.
    Number(Number),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, keys unique.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as it was written (`200:` has the key `200`).
    pub key: String,
    /// Where the key begins.
    pub span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value without a tag.
    pub fn new(span: Span, value: Value) -> Self {
        Self { span, tag: None, value }
    }

    /// A text.
    pub fn text(span: Span, text: impl Into<String>) -> Self {
        Self::new(span, Value::Text(text.into()))
    }

    /// A tree made from JSON; every value gets the one `span`.
    pub fn from_json(span: Span, json: Json) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(flag),
            Json::Number(number) => Value::Number(number),
            Json::String(text) => Value::Text(text),
            Json::Array(items) => {
                Value::List(items.into_iter().map(|item| Self::from_json(span, item)).collect())
            }
            Json::Object(fields) => Value::Map(
                fields
                    .into_iter()
                    .map(|(key, value)| Entry { key, span, value: Self::from_json(span, value) })
                    .collect(),
            ),
        };
        Self::new(span, value)
    }

    /// The tree as JSON; tags become their long form (`!Sub x` is `{"Fn::Sub": "x"}`). An unknown tag is an error.
    pub fn to_json(&self) -> Result<Json, Error> {
        crate::tags::to_json(self)
    }

    /// The text, when this is a text (tagged or not).
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, when this is a map.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value behind `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, when this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.iter().find(|entry| entry.key == key)
    }

    /// Whether this is an untagged null.
    pub fn is_null(&self) -> bool {
        self.tag.is_none() && self.value == Value::Null
    }
}
