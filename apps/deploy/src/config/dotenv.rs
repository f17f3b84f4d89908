//! `.env` files, read as the `dotenv` and `dotenv-expand` packages of npm read them.

use std::collections::BTreeMap;

/// The most replacements in one value: two names that refer to each other must end.
const EXPANSIONS_MAX: usize = 100;

/// Reads a `.env` text. What the environment already has wins over the text, in values and in references.
pub(crate) fn parse(text: &str, environment: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut result: Vec<(String, String)> = Vec::new();
    for (name, raw) in assignments(text) {
        let value = match environment.get(&name) {
            Some(value) if !value.is_empty() && *value != raw => value.clone(),
            _ => expand(&raw, environment, &result),
        }
        .replace("\\$", "$");
        match result.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => result.push((name, value)),
        }
    }
    result
}

/// The assignments of a text, quotes taken off, not expanded.
fn assignments(text: &str) -> Vec<(String, String)> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let Some((name, value)) = name_and_value(line) else { continue };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
        let Some(quote) = quote else {
            let value = value.split('#').next().unwrap_or_default();
            found.push((name, value.trim().to_owned()));
            continue;
        };
        // A quoted value may go over several lines: it is looked for in the text from the quote on.
        let start = value.as_ptr() as usize - text.as_ptr() as usize;
        match closing(&text[start + 1..], quote) {
            Some(length) => {
                let inner = &text[start + 1..start + 1 + length];
                let end = start + 1 + length + 1;
                rest = text[end..].split_once('\n').map_or("", |(_, after)| after);
                let inner = match quote {
                    '"' => inner.replace("\\n", "\n").replace("\\r", "\r"),
                    _ => inner.to_owned(),
                };
                found.push((name, inner));
            }
            None => found.push((name, value.split('#').next().unwrap_or_default().trim().to_owned())),
        }
    }
    found
}

/// The name before `=` (or `: `) and what follows.
fn name_and_value(line: &str) -> Option<(String, &str)> {
    let line = line.trim_start();
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let end = line
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.is_empty() {
        return None;
    }
    let value = match rest.trim_start().strip_prefix('=') {
        Some(value) => value,
        None => rest.strip_prefix(':').filter(|value| value.starts_with([' ', '\t']))?,
    };
    Some((name.to_owned(), value))
}

/// The length of a quoted text up to its closing quote; a backslash keeps a quote from closing.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        if character == quote && !escaped {
            return Some(index);
        }
        escaped = character == '\\' && !escaped;
    }
    None
}

/// Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`.
fn expand(value: &str, environment: &BTreeMap<String, String>, known: &[(String, String)]) -> String {
    let mut result = value.to_owned();
    for _ in 0..EXPANSIONS_MAX {
        let Some((start, end, expression)) = reference(&result) else { break };
        let replacement = evaluate(&expression, environment, known);
        if replacement == result {
            // The value refers to itself and to nothing else.
            break;
        }
        result.replace_range(start..end, &replacement);
    }
    result
}

fn evaluate(expression: &str, environment: &BTreeMap<String, String>, known: &[(String, String)]) -> String {
    let split = [":+", "+", ":-", "-"]
        .iter()
        .filter_map(|sign| expression.find(sign).map(|at| (at, *sign)))
        .min_by_key(|(at, sign)| (*at, std::cmp::Reverse(sign.len())));
    let (name, sign, other) = match split {
        Some((at, sign)) => (&expression[..at], sign, &expression[at + sign.len()..]),
        None => (expression, "", ""),
    };
    let value = environment
        .get(name)
        .cloned()
        .or_else(|| known.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
        .filter(|value| !value.is_empty());
    match (sign, value) {
        (":+" | "+", Some(_)) => other.to_owned(),
        (":+" | "+", None) => String::new(),
        (_, Some(value)) => value,
        (_, None) => other.to_owned(),
    }
}

/// The first reference that no backslash takes the meaning from: where it is and what it says.
fn reference(text: &str) -> Option<(usize, usize, String)> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('$') {
        if at > 0 && bytes[at - 1] == b'\\' {
            continue;
        }
        let rest = &text[at + 1..];
        if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find(['{', '}'])?;
            if inner.as_bytes()[end] == b'}' && end > 0 {
                return Some((at, at + 2 + end + 1, inner[..end].to_owned()));
            }
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end > 0 && !rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Some((at, at + 1 + end, rest[..end].to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, environment: &[(&str, &str)], expected: &[(&str, &str)]) {
        let environment =
            environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let found = parse(text, &environment);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    // The cases follow the rules in the README of dotenv 16 and dotenv-expand 11.
    #[test]
    fn values_lose_quotes_comments_and_spaces() {
        check(
            "A=1\n# no\n\nexport B = two words # note\nC='a # b'\n",
            &[],
            &[("A", "1"), ("B", "two words"), ("C", "a # b")],
        );
        check(
            "A=\"x\\ny\"\nB='x\\ny'\nC=\nD: yes\n",
            &[],
            &[("A", "x\ny"), ("B", "x\\ny"), ("C", ""), ("D", "yes")],
        );
        check("KEY=\"one\ntwo\"\nB=1", &[], &[("KEY", "one\ntwo"), ("B", "1")]);
        check(
            "A={\"json\": true}\r\nB=`back 'tick'`",
            &[],
            &[("A", "{\"json\": true}"), ("B", "back 'tick'")],
        );
        check("not an assignment\nA=\"unclosed", &[], &[("A", "\"unclosed")]);
    }

    #[test]
    fn references_are_replaced_and_the_environment_wins() {
        check(
            "A=1\nB=$A-${A}\nC=${X:-none}\nD=${A:+set}",
            &[],
            &[("A", "1"), ("B", "1-1"), ("C", "none"), ("D", "set")],
        );
        check("A=1\nB=$A", &[("A", "9")], &[("A", "9"), ("B", "9")]);
        check("P=a\\$b", &[], &[("P", "a$b")]);
        check("A=$B\nB=$A", &[], &[("A", ""), ("B", "")]);
    }
}
