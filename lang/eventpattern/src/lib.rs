//! Event patterns: the language in which EventBridge rules, SNS filter policies, pipes and event source mappings say
//! which events they want.
//!
//! A pattern is a JSON object in the shape of the events. At its leaves stand lists of what a value may be: plain
//! values and matchers such as `{"prefix": "a"}`. All fields must match, one of each list is enough, and `$or` takes
//! lists of alternatives. It is parsed once ([`Pattern::parse`]) and then asked about events ([`Pattern::matches`]).
//!
//! * `parse` reads patterns and words their errors, `matcher` holds what stands at leaves;
//! * `wildcard` and `network` are two of the matchers.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>

mod matcher;
mod network;
mod parse;
mod wildcard;

use std::fmt;

use serde_json::Value;

use crate::matcher::Matcher;

/// A pattern that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    root: Object,
}

/// What must hold of one object.
#[derive(Debug, Clone, PartialEq, Default)]
struct Object {
    fields: Vec<(String, Field)>,
    /// Each list is a `$or`: one of its objects must hold.
    alternatives: Vec<Vec<Object>>,
}

/// What must hold of one field.
#[derive(Debug, Clone, PartialEq)]
enum Field {
    Object(Object),
    /// One of them must hold. The path from the root of the event tells whether the field is missing.
    Leaf {
        path: Vec<String>,
        matchers: Vec<Matcher>,
    },
}

/// Why a text is no pattern: AWS's own words, which services put behind words of theirs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

/// How large a pattern is, for services that limit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Fields with a list.
    pub leaves: usize,
    /// The product of the lengths of the lists of each combination of alternatives.
    pub combinations: usize,
}

impl Pattern {
    /// Reads a pattern from its JSON text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text).map_err(|error| Error::new(format_args!("{error}")))?;
        Self::of(&value)
    }

    /// Reads a pattern that is JSON already.
    pub fn of(value: &Value) -> Result<Self, Error> {
        parse::pattern(value)
    }

    /// Whether an event is one of those that are wanted.
    pub fn matches(&self, event: &Value) -> bool {
        self.root.matches(Some(event), event)
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        self.root.size()
    }
}

impl Object {
    /// `value` is what stands here in the event; nothing where a parent is missing.
    fn matches(&self, value: Option<&Value>, event: &Value) -> bool {
        // The fields of an object in a list belong together: one element must have them all.
        if let Some(Value::Array(elements)) = value {
            return elements.iter().any(|element| self.matches(Some(element), event));
        }
        let object = value.and_then(Value::as_object);
        let child = |name: &str| object.and_then(|object| object.get(name));
        self.fields.iter().all(|(name, field)| field.matches(child(name), event))
            && self.alternatives.iter().all(|some| some.iter().any(|one| one.matches(value, event)))
    }

    fn size(&self) -> Size {
        let mut size = Size { leaves: 0, combinations: 1 };
        for (_, field) in &self.fields {
            let of_field = match field {
                Field::Object(object) => object.size(),
                Field::Leaf { matchers, .. } => Size { leaves: 1, combinations: matchers.len() },
            };
            size.leaves += of_field.leaves;
            size.combinations = size.combinations.saturating_mul(of_field.combinations);
        }
        for alternatives in &self.alternatives {
            let sizes = alternatives.iter().map(Object::size);
            let (leaves, combinations) = sizes.fold((0, 0_usize), |(leaves, combinations), size| {
                (leaves + size.leaves, combinations.saturating_add(size.combinations))
            });
            size.leaves += leaves;
            size.combinations = size.combinations.saturating_mul(combinations);
        }
        size
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>, event: &Value) -> bool {
        match self {
            Self::Object(object) => object.matches(value, event),
            Self::Leaf { path, matchers } => matchers.iter().any(|matcher| match matcher {
                Matcher::Absent => !is_present(event, path),
                matcher => any_leaf(value, &|leaf| matcher.matches(leaf)),
            }),
        }
    }
}

/// Whether one of the values of a field is as asked: a list stands for its elements.
fn any_leaf(value: Option<&Value>, is: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        None | Some(Value::Object(_)) => false,
        Some(Value::Array(elements)) => elements.iter().any(|element| any_leaf(Some(element), is)),
        Some(leaf) => is(leaf),
    }
}

/// Whether there is a leaf at a path, in any element of the lists on the way.
fn is_present(value: &Value, path: &[String]) -> bool {
    match (value, path) {
        (Value::Array(elements), path) => elements.iter().any(|element| is_present(element, path)),
        (Value::Object(object), [name, rest @ ..]) => {
            object.get(name).is_some_and(|value| is_present(value, rest))
        }
        (Value::Object(_), []) => false,
        (_, path) => path.is_empty(),
    }
}

#[cfg(test)]
mod tests;
