//! What may stand at a leaf of a pattern.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::network::Network;
use crate::wildcard::Wildcard;

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Matcher {
    /// This value. Numbers are compared as they are written: 300 is not 300.0.
    Equals(Value),
    /// This text, in any case.
    EqualsIgnoreCase(String),
    /// Texts that begin so.
    Prefix(Affix),
    /// Texts that end so.
    Suffix(Affix),
    /// Texts of this form.
    Wildcard(Wildcard),
    /// Numbers within bounds.
    Numeric(Range),
    /// Addresses in a network.
    Cidr(Network),
    /// Any value.
    Present,
    /// No value at all; it is looked for by the path, not in the value.
    Absent,
    /// Any value but those of which one of these holds.
    AnythingBut(Vec<Matcher>),
}

/// The beginning or the end of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affix {
    pub(crate) text: String,
    pub(crate) ignore_case: bool,
}

/// Numbers between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) low: Option<Bound>,
    pub(crate) high: Option<Bound>,
}

/// One bound of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bound {
    pub(crate) value: f64,
    pub(crate) inclusive: bool,
}

impl Matcher {
    /// Whether a leaf of an event is what may stand there.
    pub(crate) fn matches(&self, leaf: &Value) -> bool {
        let text = leaf.as_str();
        match self {
            Self::Equals(Value::Number(number)) => leaf.as_number().is_some_and(|leaf| same(leaf, number)),
            Self::Equals(value) => leaf == value,
            Self::EqualsIgnoreCase(wanted) => text.is_some_and(|text| lower(text) == lower(wanted)),
            Self::Prefix(affix) => text.is_some_and(|text| affix.begins(text)),
            Self::Suffix(affix) => text.is_some_and(|text| affix.ends(text)),
            Self::Wildcard(wildcard) => text.is_some_and(|text| wildcard.matches(text)),
            Self::Numeric(range) => leaf.as_f64().is_some_and(|number| range.holds(number)),
            Self::Cidr(network) => text.is_some_and(|text| network.holds(text)),
            Self::Present => true,
            Self::Absent => false,
            Self::AnythingBut(others) => !others.iter().any(|other| other.matches(leaf)),
        }
    }
}

/// Whether two numbers are written the same way.
fn same(left: &Number, right: &Number) -> bool {
    left == right
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

impl Affix {
    fn begins(&self, text: &str) -> bool {
        match self.ignore_case {
            true => lower(text).starts_with(&lower(&self.text)),
            false => text.starts_with(&self.text),
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self.ignore_case {
            true => lower(text).ends_with(&lower(&self.text)),
            false => text.ends_with(&self.text),
        }
    }
}

impl Range {
    fn holds(&self, number: f64) -> bool {
        let above = |bound: Bound| match number.partial_cmp(&bound.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => bound.inclusive,
            _ => false,
        };
        let below = |bound: Bound| match number.partial_cmp(&bound.value) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => bound.inclusive,
            _ => false,
        };
        self.low.is_none_or(above) && self.high.is_none_or(below)
    }
}
