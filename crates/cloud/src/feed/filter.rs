//! Lambda's filter criteria: which records of a source are wanted.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

use eventpattern::{Error, Pattern};
use serde_json::Value;

/// Patterns of which one must match. None at all: every record is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Vec<Pattern>);

impl Filter {
    /// Reads patterns from their JSON texts.
    pub fn parse(patterns: &[String]) -> Result<Self, Error> {
        patterns.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether every record is wanted.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a record is wanted, in the view of filters.
    pub(super) fn wants(&self, view: &Value) -> bool {
        self.is_open() || self.0.iter().any(|pattern| pattern.matches(view))
    }
}

/// What patterns see where a record carries a text: the JSON in it, when it is an object or a list; else the text itself.
/// So a pattern for JSON does not match a plain text and the other way round, as the table of the page says.
pub(super) fn content(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_pattern_is_enough() {
        let wants = |patterns: &[&str], body: &str| {
            let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
            Filter::parse(&patterns).unwrap().wants(&json!({"body": content(body)}))
        };
        assert!(wants(&[], "anything"));
        assert!(wants(&[r#"{"body":{"a":[1]}}"#, r#"{"body":{"a":[2]}}"#], r#"{"a":2}"#));
        assert!(!wants(&[r#"{"body":{"a":[1]}}"#], r#"{"a":3}"#));
        // The rows of "Filtering for Amazon SQS": plain and JSON do not mix.
        assert!(!wants(&[r#"{"body":{"a":[1]}}"#], "plain"));
        assert!(!wants(&[r#"{"body":["plain"]}"#], r#"{"a":1}"#));
        assert!(wants(&[r#"{"body":["plain"]}"#], "plain"));
        assert!(wants(&[r#"{"body":["12"]}"#], "12"));
    }
}
