//! serverless-pseudo-parameters: `#{AWS::Region}` in any text of the template becomes `Fn::Sub`.

use serde_json::{Value, json};

use crate::model::Service;

/// Replaces the references in all of the template.
pub(super) fn apply(service: &Service, template: &mut Value) {
    let any = service.get(&["custom", "pseudoParameters", "allowReferences"]) != Some(&Value::Bool(false));
    if let Value::Object(sections) = template {
        for section in sections.values_mut() {
            walk(section, any, false);
        }
    }
}

fn walk(value: &mut Value, any: bool, in_sub: bool) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| walk(value, any, key == "Fn::Sub")),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, any, false)),
        Value::String(text) => {
            let (replaced, found) = replace(text, any);
            if found && !in_sub {
                *value = json!({"Fn::Sub": replaced});
            } else if replaced != *text {
                *text = replaced;
            }
        }
        _ => {}
    }
}

/// `#{name}` becomes `${name}`, `#@{name}` becomes `#{name}`. Whether there was one of the first kind.
fn replace(text: &str, any: bool) -> (String, bool) {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(start) = rest.find('#') {
        result.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let (escaped, inner) = match after.strip_prefix('@') {
            Some(inner) => (true, inner.strip_prefix('{')),
            None => (false, after.strip_prefix('{')),
        };
        let name = inner.and_then(|inner| inner.split_once('}')).filter(|(name, _)| !name.is_empty());
        match name {
            Some((name, tail)) if escaped => {
                result.push_str(&format!("#{{{name}}}"));
                rest = tail;
            }
            Some((name, tail)) if any || name.starts_with("AWS::") => {
                result.push_str(&format!("${{{name}}}"));
                found = true;
                rest = tail;
            }
            _ => {
                result.push('#');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    (result, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_substitutions() {
        assert_eq!(
            replace("arn:#{AWS::Region}:#{Table}", true),
            ("arn:${AWS::Region}:${Table}".to_owned(), true)
        );
        assert_eq!(replace("a #{Table} # #{}", false), ("a #{Table} # #{}".to_owned(), false));
        assert_eq!(replace("#@{AWS::Region}", true), ("#{AWS::Region}".to_owned(), false));
        let mut value = json!({"a": ["x#{AWS::AccountId}"], "b": {"Fn::Sub": "#{AWS::Region}"}, "c": 1});
        walk(&mut value, true, false);
        let expected =
            json!({"a": [{"Fn::Sub": "x${AWS::AccountId}"}], "b": {"Fn::Sub": "${AWS::Region}"}, "c": 1});
        assert_eq!(value, expected);
    }
}
