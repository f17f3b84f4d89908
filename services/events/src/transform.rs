//! What a target gets of an event: all, a part, a fixed text, or a template that is filled.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Error;
use crate::event::seconds;
use crate::keys::{RuleRow, TargetRow, TransformerRow};

/// What templates may ask besides the event.
pub(crate) struct Known<'a> {
    pub(crate) rule: &'a RuleRow,
    pub(crate) ingestion_millis: i64,
}

/// The payload for a target.
pub(crate) fn payload(target: &TargetRow, event: &Value, known: &Known<'_>) -> String {
    if let Some(input) = &target.input {
        return input.clone();
    }
    if let Some(path) = &target.input_path {
        return Path::parse(path).and_then(|path| path.of(event)).unwrap_or(&Value::Null).to_string();
    }
    match &target.transformer {
        Some(transformer) => fill(transformer, event, known),
        None => event.to_string(),
    }
}

/// A path into an event: `$.detail.items[0].name`.
pub(crate) struct Path<'a>(Vec<Step<'a>>);

enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// Reads a path; nothing when it is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(name) = rest.strip_prefix('.') {
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (name, after) = name.split_at(end);
                steps.push(Step::Name(Some(name).filter(|name| !name.is_empty())?));
                rest = after;
            } else {
                let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
                let quoted =
                    ['\'', '"'].iter().find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote));
                steps.push(match quoted {
                    Some(name) => Step::Name(name),
                    None => Step::Index(inner.parse().ok()?),
                });
                rest = after;
            }
        }
        Some(Self(steps))
    }

    /// What is there.
    pub(crate) fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }
}

/// Checks a transformer when it is put.
pub(crate) fn check(target: &str, transformer: &TransformerRow) -> Result<(), Error> {
    for (name, path) in &transformer.paths {
        if name.starts_with("aws.") || Path::parse(path).is_none() {
            return Err(Error::invalid(format!(
                "Invalid InputPathsMap for target {target} : {name}: {path}"
            )));
        }
    }
    // What is an object with all its variables filled must be one.
    if transformer.template.trim_start().starts_with(['{', '[']) {
        let filled =
            replace(&transformer.template, |_, in_text| if in_text { String::new() } else { "0".to_owned() });
        if let Err(error) = serde_json::from_str::<Value>(&filled) {
            return Err(Error::invalid(format!("Invalid InputTemplate for target {target} : {error}")));
        }
    }
    Ok(())
}

fn fill(transformer: &TransformerRow, event: &Value, known: &Known<'_>) -> String {
    let values: BTreeMap<&str, Option<&Value>> = transformer
        .paths
        .iter()
        .map(|(name, path)| (name.as_str(), Path::parse(path).and_then(|path| path.of(event))))
        .collect();
    replace(&transformer.template, |name, in_text| {
        let text = |text: String| Value::String(text);
        let value = match name {
            "aws.events.rule-arn" => Some(text(known.rule.arn())),
            "aws.events.rule-name" => Some(text(known.rule.name.clone())),
            "aws.events.event.ingestion-time" => Some(text(seconds(known.ingestion_millis))),
            "aws.events.event" | "aws.events.event.json" => Some(event.clone()),
            name => values.get(name).copied().flatten().cloned(),
        };
        written(value.as_ref(), in_text)
    })
}

/// A value in a template: inside a text without quotation marks of its own, outside as JSON. What is not in the event
/// leaves an empty text.
fn written(value: Option<&Value>, in_text: bool) -> String {
    let escaped = |text: &str| {
        let quoted = Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    match (value, in_text) {
        (None, true) => String::new(),
        (None, false) => "\"\"".to_owned(),
        (Some(Value::String(text)), true) => escaped(text),
        (Some(value), true) => escaped(&value.to_string()),
        (Some(value), false) => value.to_string(),
    }
}

/// Replaces each `<name>` of a template. `value` is told whether it stands inside quotation marks.
fn replace(template: &str, mut value: impl FnMut(&str, bool) -> String) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut in_text = false;
    let mut rest = template;
    while let Some(letter) = rest.chars().next() {
        let name = rest.strip_prefix('<').and_then(|after| after.split_once('>')).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| is_name(name)) {
            filled.push_str(&value(name, in_text));
            rest = &rest[name.len() + 2..];
            continue;
        }
        let mut length = letter.len_utf8();
        if letter == '\\' {
            // What follows loses its meaning, a quotation mark above all.
            length += rest[length..].chars().next().map_or(0, char::len_utf8);
        } else if letter == '"' {
            in_text = !in_text;
        }
        filled.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    filled
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(paths: &[(&str, &str)], template: &str) -> String {
        let rule = RuleRow {
            account: "1".into(),
            region: "r".into(),
            bus: "default".into(),
            name: "n".into(),
            pattern: None,
            schedule: None,
            state: "ENABLED".into(),
            description: None,
            role_arn: None,
            scheduled_from_millis: 0,
            targets: Vec::new(),
            tags: BTreeMap::new(),
        };
        let paths = paths.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
        let transformer = TransformerRow { paths, template: template.to_owned() };
        check("t", &transformer).unwrap();
        let event = json!({"id": "7", "detail": {"state": "a\"b", "list": [1, {"x": 2}], "n": 5}});
        let target = TargetRow { transformer: Some(transformer), ..TargetRow::default() };
        payload(&target, &event, &Known { rule: &rule, ingestion_millis: 0 })
    }

    #[test]
    fn templates_are_filled() {
        let state = [("state", "$.detail.state"), ("n", "$.detail.n"), ("x", "$.detail.list[1].x")];
        assert_eq!(filled(&state, r#"{"s": <state>, "n": <n>}"#), r#"{"s": "a\"b", "n": 5}"#);
        assert_eq!(filled(&state, r#""<state> has <n>, <x>""#), r#""a\"b has 5, 2""#);
        assert_eq!(filled(&[("d", "$.detail.list")], r#"{"d": <d>}"#), r#"{"d": [1,{"x":2}]}"#);
        assert_eq!(filled(&[], r#"{"a": "<aws.events.rule-name>"}"#), r#"{"a": "n"}"#);
        assert_eq!(filled(&[], "<aws.events.rule-arn>"), "\"arn:aws:events:r:1:rule/n\"");
        assert_eq!(filled(&[("none", "$.none")], r#"{"a": <none>, "b": "<none>"}"#), r#"{"a": "", "b": ""}"#);
        assert_eq!(filled(&[], r#""1 < 2 > \"x\"""#), r#""1 < 2 > \"x\"""#);
    }

    #[test]
    fn paths_lead_into_events() {
        let event = json!({"a": {"b c": [1, 2]}});
        let at = |path: &str| Path::parse(path).map(|path| path.of(&event).cloned());
        assert_eq!(at("$"), Some(Some(event.clone())));
        assert_eq!(at("$.a['b c'][1]"), Some(Some(json!(2))));
        assert_eq!(at("$.x"), Some(None));
        assert!(at("a").is_none() && at("$..a").is_none() && at("$.a[x]").is_none());
    }

    #[test]
    fn wrong_templates_are_refused() {
        let check = |template: &str, path: &str| {
            let paths = [("a".to_owned(), path.to_owned())].into();
            check("t", &TransformerRow { paths, template: template.to_owned() }).is_err()
        };
        assert!(check("{\"a\": <a>", "$.a") && check("<a>", "a"));
        assert!(!check("{\"a\": <a>}", "$.a"));
    }
}
