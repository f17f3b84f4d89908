//! Compares a configuration with what the framework knows, before anything is made of it.
//!
//! The framework warns of keys that it does not know and goes on (`configValidationMode: warn`, its default); so do
//! we, with the place and the key that was probably meant. What would make a part of the service vanish silently (an
//! event of an unknown type, a function without code) is a problem in any mode.

mod keys;

use serde_json::Value;

use self::keys::{EVENTS, PLACES};
use crate::model::Service;
use crate::problem::{Errors, Problem};

/// Checks a service. `function_keys` are keys that plugins add to functions. Returns what is worth a warning.
pub(crate) fn check(service: &Service, function_keys: &[&str]) -> Result<Vec<Problem>, Errors> {
    let mut problems = Vec::new();
    name(service, &mut problems);
    functions(service, &mut problems);
    let mut unknown = Vec::new();
    for place in PLACES {
        let more = if place.place == "functions.*" { function_keys } else { &[] };
        let pattern: Vec<&str> = place.place.split('.').filter(|part| !part.is_empty()).collect();
        walk(&service.config, &pattern, &mut Vec::new(), &mut |value, path| {
            let Value::Object(map) = value else { return };
            for key in map.keys() {
                if !place.known.contains(&key.as_str()) && !more.contains(&key.as_str()) {
                    unknown.push(unknown_key(service, path, key, place.known));
                }
            }
        });
    }
    match service.get(&["configValidationMode"]).and_then(Value::as_str) {
        Some("off") => unknown.clear(),
        Some("error") => problems.append(&mut unknown),
        _ => {}
    }
    Errors::none_or(problems)?;
    Ok(unknown)
}

fn name(service: &Service, problems: &mut Vec<Problem>) {
    let name = service.name();
    let good = name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !good {
        let message = format!("the service name \"{name}\" is not valid");
        let help = "it begins with a letter and goes on with letters, digits and hyphens";
        problems.push(service.problem(&["service"], message).help(help));
    }
}

fn functions(service: &Service, problems: &mut Vec<Problem>) {
    for (key, function) in service.functions() {
        let place = ["functions", key.as_str()];
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            let message = format!("the function key \"{key}\" is not valid");
            problems
                .push(service.problem(&place, message).help("use letters, digits, hyphens and underscores"));
        }
        match (function.get("handler"), function.get("image")) {
            (None | Some(Value::Null), None | Some(Value::Null)) => {
                let message =
                    format!("Either \"handler\" or \"image\" property needs to be set on function \"{key}\"");
                problems.push(service.problem(&place, message));
            }
            (Some(Value::String(_)) | None | Some(Value::Null), _) => {}
            (Some(other), _) => {
                let message = format!("\"handler\" must be a text, not {other}");
                problems.push(service.problem(&["functions", key, "handler"], message));
            }
        }
        match function.get("events") {
            None | Some(Value::Null) => {}
            Some(Value::Array(events)) => {
                for (index, event) in events.iter().enumerate() {
                    event_type(service, key, index, event, problems);
                }
            }
            Some(_) => {
                problems.push(service.problem(&["functions", key, "events"], "\"events\" must be a list"));
            }
        }
    }
}

fn event_type(service: &Service, function: &str, index: usize, event: &Value, problems: &mut Vec<Problem>) {
    let index = index.to_string();
    let place = ["functions", function, "events", &index];
    let names: Vec<&str> = match event {
        Value::String(name) => vec![name],
        Value::Object(map) => map.keys().map(String::as_str).collect(),
        _ => {
            problems.push(service.problem(&place, "an event must be an object with one key, its type"));
            return;
        }
    };
    for name in names {
        if EVENTS.contains(&name) {
            continue;
        }
        let place = [&place[..], &[name]].concat();
        let problem = service.problem(&place, format!("the event type \"{name}\" is not known"));
        problems.push(match nearest(name, EVENTS) {
            Some(meant) => problem.help(format!("did you mean \"{meant}\"?")),
            None => problem.help(
                "the framework knows http, httpApi, websocket, schedule, sqs, sns, s3, stream and others",
            ),
        });
    }
}

fn unknown_key(service: &Service, path: &[String], key: &str, known: &[&str]) -> Problem {
    let place: Vec<&str> = path.iter().map(String::as_str).chain([key]).collect();
    let at = if path.is_empty() { "the top level".to_owned() } else { format!("\"{}\"", path.join(".")) };
    let problem = service.problem(&place, format!("\"{key}\" is not known at {at} and has no effect"));
    match nearest(key, known) {
        Some(meant) => problem.help(format!("did you mean \"{meant}\"?")),
        None => problem,
    }
}

/// Calls `found` for every value that a pattern leads to.
fn walk(value: &Value, pattern: &[&str], path: &mut Vec<String>, found: &mut dyn FnMut(&Value, &[String])) {
    let Some((first, rest)) = pattern.split_first() else { return found(value, path) };
    let mut step = |key: &str, value: &Value, path: &mut Vec<String>| {
        path.push(key.to_owned());
        walk(value, rest, path, found);
        path.pop();
    };
    match value {
        Value::Object(map) if *first == "*" => map.iter().for_each(|(key, value)| step(key, value, path)),
        Value::Array(items) if *first == "*" => {
            items.iter().enumerate().for_each(|(index, value)| step(&index.to_string(), value, path));
        }
        Value::Object(map) => {
            if let Some(value) = map.get(*first) {
                step(first, value, path);
            }
        }
        _ => {}
    }
}

/// The known word that a word is most likely a slip of.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .iter()
        .map(|known| (distance(&word, &known.to_lowercase()), *known))
        .filter(|(distance, known)| *distance <= 2 && *distance * 3 <= known.len())
        .min()
        .map(|(_, known)| known)
}

/// How many letters must be changed, added or taken away.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, expected) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *expected);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::read;

    fn service(text: &str) -> Service {
        let tree = read::yaml(text, std::path::Path::new("serverless.yml")).unwrap();
        let mut config = tree.value;
        for key in ["functions", "layers"] {
            if config[key].is_null() {
                config[key] = json!({});
            }
        }
        Service {
            config,
            source: tree.source,
            directory: std::env::temp_dir(),
            stage: "dev".to_owned(),
            region: "us-east-1".to_owned(),
        }
    }

    fn warnings(text: &str) -> Vec<String> {
        check(&service(text), &[]).unwrap().iter().map(ToString::to_string).collect()
    }

    fn problems(text: &str) -> Vec<String> {
        check(&service(text), &[]).unwrap_err().0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unknown_keys_are_named_with_their_place_and_what_was_meant() {
        let text = "service: ab\nprovider:\n  name: aws\n  Runtime: nodejs20.x\nfunctions:\n  f:\n    handler: a.b\n    \
                    memorysize: 1\n    events:\n      - http:\n          path: x\n          metod: get\nqrDelete: 1\n";
        assert_eq!(
            warnings(text),
            [
                "serverless.yml:13:1: \"qrDelete\" is not known at the top level and has no effect",
                "serverless.yml:4:3: \"Runtime\" is not known at \"provider\" and has no effect\n  did you mean \"runtime\"?",
                "serverless.yml:8:5: \"memorysize\" is not known at \"functions.f\" and has no effect\n  did you mean \"memorySize\"?",
                "serverless.yml:12:11: \"metod\" is not known at \"functions.f.events.0.http\" and has no effect\n  did you mean \"method\"?",
            ]
        );
        assert!(warnings(&format!("configValidationMode: off\n{text}")).is_empty());
        assert_eq!(problems(&format!("configValidationMode: error\n{text}")).len(), 4);
    }

    #[test]
    fn what_the_framework_knows_is_not_mentioned() {
        let text = "service: ab\nprovider: {name: aws, iam: {role: {Fn::GetAtt: [A, Arn]}}}\nfunctions:\n  f:\n    handler: a.b\n    \
                    events:\n      - sqs: {Fn::GetAtt: [Q, Arn]}\n      - sns: {Ref: T}\n      - alexaSkill\n      - httpApi: '*'\n\
                    custom: {anything: {goes: here}}\nresources: {Resources: {A: {Type: X, Properties: {Any: 1}}}}\n";
        assert_eq!(warnings(text), Vec::<String>::new());
        let plugin_key = "service: ab\nfunctions: {f: {handler: a.b, iamRoleStatements: []}}";
        assert_eq!(warnings(plugin_key).len(), 1);
        assert!(check(&service(plugin_key), &["iamRoleStatements"]).unwrap().is_empty());
    }

    #[test]
    fn what_would_vanish_is_refused_in_any_mode() {
        let text = "configValidationMode: off\nservice: a_b\nfunctions:\n  f:\n    handler: x.y\n    events:\n      - htp: GET /\n      \
                    - 3\n  g:\n    description: none\n  h.i:\n    handler: [1]\n    events: {}\n";
        assert_eq!(
            problems(text),
            [
                "serverless.yml:2:1: the service name \"a_b\" is not valid\n  it begins with a letter and goes on with letters, digits and hyphens",
                "serverless.yml:7:9: the event type \"htp\" is not known\n  did you mean \"http\"?",
                "serverless.yml:8:9: an event must be an object with one key, its type",
                "serverless.yml:9:3: Either \"handler\" or \"image\" property needs to be set on function \"g\"",
                "serverless.yml:11:3: the function key \"h.i\" is not valid\n  use letters, digits, hyphens and underscores",
                "serverless.yml:12:5: \"handler\" must be a text, not [1]",
                "serverless.yml:13:5: \"events\" must be a list",
            ]
        );
    }

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        assert_eq!(nearest("timout", &["timeout", "runtime"]), Some("timeout"));
        assert_eq!(nearest("enviroment", &["environment"]), Some("environment"));
        assert_eq!(nearest("cors", &["name", "role"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
