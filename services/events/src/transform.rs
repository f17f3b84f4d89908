//! What a target gets of an event: all, a part, a fixed text, or a template that is filled.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>

use std::collections::BTreeMap;

use inputtemplate::Path;
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
        let filled = inputtemplate::blank(&transformer.template, is_name);
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
    let text = |text: String| Some(Value::String(text));
    inputtemplate::fill(&transformer.template, is_name, |name| match name {
        "aws.events.rule-arn" => text(known.rule.arn()),
        "aws.events.rule-name" => text(known.rule.name.clone()),
        "aws.events.event.ingestion-time" => text(seconds(known.ingestion_millis)),
        "aws.events.event" | "aws.events.event.json" => Some(event.clone()),
        name => values.get(name).copied().flatten().cloned(),
    })
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
    fn wrong_templates_are_refused() {
        let check = |template: &str, path: &str| {
            let paths = [("a".to_owned(), path.to_owned())].into();
            check("t", &TransformerRow { paths, template: template.to_owned() }).is_err()
        };
        assert!(check("{\"a\": <a>", "$.a") && check("<a>", "a"));
        assert!(!check("{\"a\": <a>}", "$.a"));
    }
}
