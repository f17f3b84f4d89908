//! Dynamic references: `{{resolve:service:key}}` inside of evaluated values, replaced when a resource is made.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const OPEN: &str = "{{resolve:";
const CLOSE: &str = "}}";

/// One dynamic reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The whole text, braces included.
    pub text: String,
    /// `ssm`, `ssm-secure` or `secretsmanager`.
    pub service: String,
    /// What follows the service: a name, then maybe `:` and a version.
    pub key: String,
}

/// All dynamic references in `value`, each once.
pub fn find(value: &Value) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    walk(value, &mut found);
    found
}

fn walk(value: &Value, found: &mut BTreeSet<Reference>) {
    match value {
        Value::String(text) => {
            for (_, reference) in references(text) {
                found.insert(reference);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Object(map) => map.values().for_each(|item| walk(item, found)),
        _ => {}
    }
}

/// `value` with each reference replaced by its value in `known` (by the reference's whole text).
pub fn replace(value: &Value, known: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(replace_text(text, known)),
        Value::Array(items) => items.iter().map(|item| replace(item, known)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), replace(item, known))).collect())
        }
        other => other.clone(),
    }
}

fn replace_text(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut done = 0;
    for (at, reference) in references(text) {
        out.push_str(&text[done..at]);
        let end = at + reference.text.len();
        out.push_str(known.get(&reference.text).unwrap_or(&reference.text));
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

/// The references of a text with the places where they begin.
fn references(text: &str) -> Vec<(usize, Reference)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(OPEN).map(|at| at + from) {
        let inside = at + OPEN.len();
        let Some(end) = text[inside..].find(CLOSE).map(|end| end + inside) else {
            break;
        };
        from = end + CLOSE.len();
        if let Some((service, key)) = text[inside..end].split_once(':') {
            let reference = Reference {
                text: text[at..from].to_owned(),
                service: service.to_owned(),
                key: key.to_owned(),
            };
            found.push((at, reference));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_and_replaces_references() {
        let value = json!({"a": ["x{{resolve:ssm:/p/q:3}}y{{resolve:ssm:n}}", 1], "b": "{{resolve:ssm-secure:s}}", "c": "{{resolve:broken"});
        let found: Vec<_> = find(&value).into_iter().map(|r| (r.service, r.key)).collect();
        let expected = [("ssm-secure", "s"), ("ssm", "/p/q:3"), ("ssm", "n")]
            .map(|(service, key)| (service.to_owned(), key.to_owned()));
        assert_eq!(found, expected);
        let known = BTreeMap::from([
            ("{{resolve:ssm:/p/q:3}}".to_owned(), "1".to_owned()),
            ("{{resolve:ssm:n}}".to_owned(), "é".to_owned()),
        ]);
        assert_eq!(
            replace(&value, &known),
            json!({"a": ["x1yé", 1], "b": "{{resolve:ssm-secure:s}}", "c": "{{resolve:broken"})
        );
    }
}
