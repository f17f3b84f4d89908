//! Templates of inputs: the language in which EventBridge rules and pipes say what a target gets.
//!
//! A template is a text with names in angle brackets: `{"order": <$.detail.id>}`. [`fill`] replaces them by values that
//! its caller finds; [`Path`] leads into an event. Nothing here fails: what is no name stays as it is.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html>

use serde_json::Value;

/// A path into an event: `$.detail.items[0].name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<'a>(Vec<Step<'a>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// Reads a path; nothing when it is none.
    pub fn parse(text: &'a str) -> Option<Self> {
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
    pub fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }
}

/// A text that may be a path into `event`: what is there, without quotation marks when it is a text, and empty when
/// nothing is; any other text is itself.
pub fn text_of(text: &str, event: &Value) -> String {
    let Some(path) = Path::parse(text).filter(|_| text.starts_with("$.") || text.starts_with("$[")) else {
        return text.to_owned();
    };
    match path.of(event) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// Replaces each `<name>` of a template by what `value` finds. Inside quotation marks a value stands without marks of its
/// own, outside as JSON; what is not found leaves an empty text.
pub fn fill(
    template: &str,
    is_name: impl Fn(&str) -> bool,
    mut value: impl FnMut(&str) -> Option<Value>,
) -> String {
    replace(template, is_name, |name, in_text| written(value(name).as_ref(), in_text))
}

/// The template with `0` or nothing for each name: what is JSON with its values must be JSON so.
pub fn blank(template: &str, is_name: impl Fn(&str) -> bool) -> String {
    replace(template, is_name, |_, in_text| if in_text { String::new() } else { "0".to_owned() })
}

fn replace(
    template: &str,
    is_name: impl Fn(&str) -> bool,
    mut value: impl FnMut(&str, bool) -> String,
) -> String {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_into_events() {
        let event = json!({"a": {"b c": [1, 2]}});
        let at = |path: &str| Path::parse(path).map(|path| path.of(&event).cloned());
        assert_eq!(at("$"), Some(Some(event.clone())));
        assert_eq!(at("$.a['b c'][1]"), Some(Some(json!(2))));
        assert_eq!(at("$.x"), Some(None));
        assert!(at("a").is_none() && at("$..a").is_none() && at("$.a[x]").is_none());
        assert_eq!(text_of("$.a['b c'][0]", &event), "1");
        assert_eq!(text_of("$5 is a price", &event), "$5 is a price");
    }

    #[test]
    fn names_become_values() {
        let fill = |template: &str| {
            super::fill(
                template,
                |name| !name.contains(' '),
                |name| (name == "n").then(|| json!({"x": "\""})),
            )
        };
        assert_eq!(
            fill(r#"{"a": <n>, "b": "<n>", "c": <m>, "d": "<m>"}"#),
            r#"{"a": {"x":"\""}, "b": "{\"x\":\"\\\"\"}", "c": "", "d": ""}"#
        );
        assert_eq!(fill(r#""1 < 2 > \"<n>\"""#), r#""1 < 2 > \"{\"x\":\"\\\"\"}\"""#);
        assert_eq!(blank("{\"a\": <n>, \"b\": \"<n>\"}", |_| true), "{\"a\": 0, \"b\": \"\"}");
    }

    proptest! {
        #[test]
        fn nothing_panics(template in "[<>\"\\\\$.a\\[\\]0-9é]{0,40}") {
            let event = json!({"a": [0, {"a": 1}]});
            fill(&template, |_| true, |name| Path::parse(name)?.of(&event).cloned());
            blank(&template, |_| true);
            text_of(&template, &event);
        }
    }
}
