//! Writes values as YAML, for people to read.

use serde_json::Value;

/// Spaces for each level.
const INDENT: usize = 2;

/// A value as a YAML document.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(value, 0, &mut text),
        Value::Array(items) if !items.is_empty() => block(value, 0, &mut text),
        scalar => {
            text.push_str(&inline(scalar, 0));
            text.push('\n');
        }
    }
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = " ".repeat(depth * INDENT);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                text.push_str(&format!("{indent}{}:", scalar(key)));
                after(value, depth, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                text.push_str(&format!("{indent}-"));
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        // The first key stands beside the dash.
                        let mut inner = String::new();
                        block(item, depth + 1, &mut inner);
                        text.push(' ');
                        text.push_str(inner.trim_start());
                    }
                    _ => after(item, depth, text),
                }
            }
        }
        _ => {}
    }
}

fn after(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            block(value, depth + 1, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(value, depth + 1, text);
        }
        other => {
            text.push(' ');
            text.push_str(&inline(other, depth + 1));
            text.push('\n');
        }
    }
}

fn inline(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        Value::String(text) if is_block(text) => {
            let indent = " ".repeat(depth.max(1) * INDENT);
            let chomp = if text.ends_with('\n') { "" } else { "-" };
            let body = text.strip_suffix('\n').unwrap_or(text);
            let lines: Vec<String> = body
                .split('\n')
                .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
                .collect();
            format!("|{chomp}\n{}", lines.join("\n"))
        }
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Whether a text of several lines can stand as a block: nothing in it would be read otherwise.
fn is_block(text: &str) -> bool {
    let plain =
        text.chars().all(|character| character == '\n' || (character != '\u{7f}' && !character.is_control()));
    text.contains('\n') && plain && !text.starts_with([' ', '\n']) && !text.ends_with("\n\n") && text != "\n"
}

/// A text in one line: bare where YAML reads it back as the same text, in quotes otherwise.
fn scalar(text: &str) -> String {
    let safe = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(
                character,
                '_' | '.' | '/' | '-' | '+' | '$' | '(' | ')' | '=' | ';' | '~' | ' ' | ':' | '@' | '*'
            )
    };
    let bare = !text.is_empty()
        && text.chars().all(safe)
        && text.starts_with(|first: char| {
            first.is_ascii_alphanumeric() || matches!(first, '_' | '/' | '.' | '$' | '(')
        })
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" -")
        && !is_other(text);
    match bare {
        true => text.to_owned(),
        false if text.chars().all(|character| !character.is_control()) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        // JSON's quotes are YAML's double quotes.
        false => Value::String(text.to_owned()).to_string(),
    }
}

/// Whether a bare text would be read as something else: a number, a truth value, a date.
fn is_other(text: &str) -> bool {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    words.contains(&text.to_lowercase().as_str())
        || text.starts_with(|first: char| first.is_ascii_digit() || first == '.')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({
            "service": "s", "list": [1, "two", {"a": {"b": []}, "c": null}, ["x", ["y"]], [], {}],
            "texts": ["", "yes", "1", "1.5", "a: b", "#x", "- x", "it's", "a\"b", "tab\t", "é", "a\nb\n", "a\nb", "\n", " x", "x ",
                "null", "2024-01-01", "*", "&a", "!x", "{a}", "[a]", "%", "@x", "`", "a #b", "arn:aws:x:::y", "a\n\n", "x:", "~", "0x1F", "${a}",
                "multi\n\nline", "a\rb", "=", "<<", "-", "?", "a, b", "key: |", ".5", "on"],
            "number": -1.5, "flag": true, "a b": {"x:y": "z"}, "123": "n", "": "empty",
        });
        let text = write(&value);
        let back =
            cfn::yaml::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).to_json().unwrap();
        assert_eq!(back, value, "{text}");
        for scalar in [json!("x"), json!({}), json!([]), json!(null), json!("a\nb")] {
            assert_eq!(
                cfn::yaml::parse(&write(&scalar)).unwrap().to_json().unwrap(),
                scalar,
                "{}",
                write(&scalar)
            );
        }
    }

    #[test]
    fn it_reads_well() {
        let value = json!({"provider": {"name": "aws", "runtime": "nodejs20.x"}, "functions": {"a": {"events": [{"http": "GET /"}, {"x": [1]}]}}});
        let expected = "provider:\n  name: aws\n  runtime: nodejs20.x\nfunctions:\n  a:\n    events:\n      - http: GET /\n      - x:\n          - 1\n";
        assert_eq!(write(&value), expected);
    }
}
