//! Filter policies: which messages a subscription wants. Pure.

use eventpattern::Pattern;
use serde_json::{Map, Value};

use crate::attributes::SCOPE_BODY;
use crate::error::Error;
use crate::limits::{FILTER_COMBINATIONS_MAX, FILTER_KEYS_MAX};
use crate::message::Attributes;

/// The key of alternatives.
const OR: &str = "$or";

/// A filter policy that was read.
#[derive(Debug)]
pub(crate) struct Filter {
    pattern: Pattern,
    on_body: bool,
}

impl Filter {
    /// Reads a filter policy; an empty one filters nothing. Texts recorded: test_sns_filter_policy.
    pub(crate) fn read(text: &str, scope: &str) -> Result<Option<Self>, Error> {
        let invalid = |text: &str| Error::invalid(format!("FilterPolicy: {text}"));
        let value: Value = serde_json::from_str(text).map_err(|_| invalid("failed to parse JSON."))?;
        if value.as_object().is_some_and(Map::is_empty) {
            return Ok(None);
        }
        let pattern = Pattern::of(&value).map_err(|error| invalid(&error.to_string()))?;
        let map = value.as_object().ok_or_else(|| invalid("Filter is not an object"))?;
        let on_body = scope == SCOPE_BODY;
        if !on_body && is_nested(map) {
            return Err(invalid(
                "Filter policy scope MessageAttributes does not support nested filter policy",
            ));
        }
        if keys(map) > FILTER_KEYS_MAX {
            return Err(invalid("Filter policy can not have more than 5 keys"));
        }
        if combinations(map, 1) > FILTER_COMBINATIONS_MAX {
            return Err(invalid("Filter policy is too complex"));
        }
        Ok(Some(Self { pattern, on_body }))
    }

    /// Whether a message is wanted. What is no JSON object or list has no fields that a filter could look at.
    pub(crate) fn wants(&self, message: &str, attributes: &Attributes) -> bool {
        if !self.on_body {
            return self.pattern.matches(&Value::Object(fields(attributes)));
        }
        match serde_json::from_str::<Value>(message) {
            Ok(body @ (Value::Object(_) | Value::Array(_))) => self.pattern.matches(&body),
            _ => false,
        }
    }
}

/// Attributes as filters see them. Binary ones are never looked at.
fn fields(attributes: &Attributes) -> Map<String, Value> {
    let shown = attributes.iter().filter_map(|(name, attribute)| {
        let text = attribute.text.as_ref()?;
        let value = match attribute.data_type.as_str() {
            "String.Array" => serde_json::from_str(text).ok()?,
            "Number" => text.parse::<serde_json::Number>().map(Value::Number).ok()?,
            _ => Value::String(text.clone()),
        };
        Some((name.clone(), value))
    });
    shown.collect()
}

/// The alternatives of a `$or`, if it is one.
fn alternatives<'v>(name: &str, value: &'v Value) -> Option<Vec<&'v Map<String, Value>>> {
    value.as_array().filter(|_| name == OR)?.iter().map(Value::as_object).collect()
}

fn is_nested(map: &Map<String, Value>) -> bool {
    map.iter().any(|(name, value)| match alternatives(name, value) {
        Some(some) => some.into_iter().any(is_nested),
        None => value.is_object(),
    })
}

/// Names at the top, those of all alternatives.
fn keys(map: &Map<String, Value>) -> usize {
    map.iter()
        .map(|(name, value)| alternatives(name, value).map_or(1, |some| some.into_iter().map(keys).sum()))
        .sum()
}

/// Values times depth, multiplied over all keys.
/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
fn combinations(map: &Map<String, Value>, depth: usize) -> usize {
    map.iter().fold(1, |product, (name, value)| {
        let of_key = match (alternatives(name, value), value) {
            (Some(some), _) => {
                some.into_iter().map(|one| combinations(one, depth)).fold(0, usize::saturating_add)
            }
            (None, Value::Object(inner)) => combinations(inner, depth + 1),
            (None, Value::Array(list)) => list.len().saturating_mul(depth),
            (None, _) => 1,
        };
        product.saturating_mul(of_key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::SCOPE_DEFAULT;
    use crate::message::Attribute;

    fn attributes(some: &[(&str, &str, &str)]) -> Attributes {
        let read = some.iter().map(|(name, kind, text)| {
            let attribute =
                Attribute { data_type: (*kind).to_owned(), text: Some((*text).to_owned()), binary: None };
            ((*name).to_owned(), attribute)
        });
        read.collect()
    }

    #[test]
    fn attributes_are_looked_at_by_their_types() {
        let wants = |policy: &str, some: &[(&str, &str, &str)]| {
            Filter::read(policy, SCOPE_DEFAULT).unwrap().unwrap().wants("{}", &attributes(some))
        };
        let price = r#"{"price": [{"numeric": [">", 0, "<=", 100]}]}"#;
        assert!(wants(price, &[("price", "Number", "99")]));
        assert!(!wants(price, &[("price", "Number", "111")]));
        assert!(!wants(price, &[("price", "String", "99")]));
        assert!(!wants(price, &[]));
        assert!(wants(r#"{"a": ["x"]}"#, &[("a", "String.Array", r#"["x", 1]"#)]));
        // As in the developer guide: the value true in a list is not the text.
        assert!(!wants(r#"{"a": ["true"]}"#, &[("a", "String.Array", "[true]")]));
        assert!(wants(r#"{"a": [{"exists": false}]}"#, &[]));
        assert!(wants(r#"{"$or": [{"a": ["x"]}, {"b": ["y"]}]}"#, &[("b", "String", "y")]));
    }

    #[test]
    fn bodies_are_json_or_unwanted() {
        let filter =
            Filter::read(r#"{"object": {"key": [{"prefix": "auto-"}]}}"#, SCOPE_BODY).unwrap().unwrap();
        assert!(filter.wants(r#"{"object": {"key": "auto-test"}}"#, &Attributes::new()));
        assert!(!filter.wants("auto-test", &Attributes::new()));
        assert!(!filter.wants("7", &Attributes::new()));
    }

    #[test]
    fn large_policies_are_refused() {
        let text = |policy: Value, scope| match Filter::read(&policy.to_string(), scope) {
            Err(Error::Invalid(text)) => text,
            other => panic!("{other:?}"),
        };
        let many: Vec<String> = (0..151).map(|n| n.to_string()).collect();
        let complex = "FilterPolicy: Filter policy is too complex";
        assert_eq!(text(serde_json::json!({"k": many}), SCOPE_DEFAULT), complex);
        let half: Vec<String> = (0..80).map(|n| n.to_string()).collect();
        assert_eq!(text(serde_json::json!({"a": {"k": half}}), SCOPE_BODY), complex);
        let nested = text(serde_json::json!({"a": {"k": ["x"]}}), SCOPE_DEFAULT);
        assert_eq!(
            nested,
            "FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy"
        );
        let keys: Map<String, Value> = (0..6).map(|n| (format!("k{n}"), serde_json::json!(["v"]))).collect();
        assert_eq!(
            text(Value::Object(keys), SCOPE_BODY),
            "FilterPolicy: Filter policy can not have more than 5 keys"
        );
    }
}
