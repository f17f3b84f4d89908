//! The facts about a request that conditions and variables ask for.

use std::borrow::Cow;
use std::collections::HashMap;

/// Answers condition keys. Values are worked out when a policy asks, so a request whose policies have no conditions
/// pays nothing for them.
pub trait Context {
    /// The values of a condition key, or `None` when the request has no such key. `key` is in lower case, the tag in
    /// `aws:principaltag/team` too: condition keys ignore case.
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>>;
}

/// A context from a table.
#[derive(Debug, Clone, Default)]
pub struct Facts(HashMap<String, Vec<String>>);

impl Facts {
    /// No facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key with one value; a key that is there gets one value more.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        self.0.entry(key.to_ascii_lowercase()).or_default().push(value.into());
    }

    /// Sets all values of a key. An empty list is a key that is there, without values.
    pub fn set(&mut self, key: &str, values: Vec<String>) {
        self.0.insert(key.to_ascii_lowercase(), values);
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(&key.to_ascii_lowercase())
    }
}

impl Context for Facts {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        self.0.get(key).map(|values| values.iter().map(|value| Cow::Borrowed(value.as_str())).collect())
    }
}
