//! Small builders for CloudFormation JSON, and the JavaScript rules that decide about its values.

use serde_json::{Map, Value, json};

use crate::truth::truthy;

/// `{"Ref": name}`.
pub(super) fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

/// `{"Fn::GetAtt": [name, attribute]}`.
pub(super) fn get_att(name: &str, attribute: &str) -> Value {
    json!({ "Fn::GetAtt": [name, attribute] })
}

/// `{"Fn::Join": [separator, parts]}`.
pub(super) fn join(separator: &str, parts: Vec<Value>) -> Value {
    json!({ "Fn::Join": [separator, parts] })
}

/// `{"Fn::Sub": text}`.
pub(super) fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

/// A resource; properties that are `null` are absent, and so is `DependsOn` when there is nothing to wait for.
pub(super) fn resource(kind: &str, properties: Value, depends_on: Option<Value>) -> Value {
    let mut resource = Map::new();
    resource.insert("Type".to_owned(), json!(kind));
    resource.insert("Properties".to_owned(), present(properties));
    if let Some(depends_on) = depends_on {
        resource.insert("DependsOn".to_owned(), depends_on);
    }
    Value::Object(resource)
}

/// An object without its `null` members (those of nested objects stay).
pub(super) fn present(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.into_iter().filter(|(_, member)| !member.is_null()).collect())
        }
        other => other,
    }
}

/// The URI by which API Gateway invokes a function.
pub(super) fn invocation_uri(function: Value) -> Value {
    join(
        "",
        vec![
            json!("arn:"),
            reference("AWS::Partition"),
            json!(":apigateway:"),
            reference("AWS::Region"),
            json!(":lambda:path/2015-03-31/functions/"),
            function,
            json!("/invocations"),
        ],
    )
}

/// The ARN of what an API may invoke a function for.
pub(super) fn execute_api_arn(api: Value, path: &str) -> Value {
    join(
        "",
        vec![
            json!("arn:"),
            reference("AWS::Partition"),
            json!(":execute-api:"),
            reference("AWS::Region"),
            json!(":"),
            reference("AWS::AccountId"),
            json!(":"),
            api,
            json!(path),
        ],
    )
}

/// `[{"Key": .., "Value": ..}]` of an object.
pub(super) fn key_values(tags: &Map<String, Value>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// A member that is there and not `null`.
pub(super) fn get<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|member| !member.is_null())
}

/// A member that JavaScript's `||` would take: not `null`, `false`, `0` or empty text.
pub(super) fn take<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|member| truthy(member))
}

/// A text member.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// A member of several levels.
pub(super) fn deep<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| get(value, key))
}

/// A list, or the value as a list of one.
pub(super) fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

/// JSON as JavaScript writes it: a whole number has no fraction (`1.0` is written `1`).
pub(super) fn json_text(value: &Value) -> String {
    whole_numbers(value.clone()).to_string()
}

fn whole_numbers(value: Value) -> Value {
    /// Above this a JavaScript number no longer holds every integer; such numbers keep their form.
    const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < INTEGER_MAX => {
                json!(float as i64)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(whole_numbers).collect()),
        Value::Object(map) => map.into_iter().map(|(key, member)| (key, whole_numbers(member))).collect(),
        other => other,
    }
}

/// Merges `source` into `target`: objects member by member, lists place by place, anything else replaces.
pub(super) fn merge(target: &mut Value, source: &Value) {
    match (target, source) {
        (Value::Object(target), Value::Object(source)) => {
            for (key, member) in source {
                match target.get_mut(key) {
                    Some(existing) => merge(existing, member),
                    None => {
                        target.insert(key.clone(), member.clone());
                    }
                }
            }
        }
        (Value::Array(target), Value::Array(source)) => {
            for (index, item) in source.iter().enumerate() {
                match target.get_mut(index) {
                    Some(existing) => merge(existing, item),
                    None => target.push(item.clone()),
                }
            }
        }
        (target, source) => *target = source.clone(),
    }
}

/// Removes every `null` member, at any depth; `null` items of lists stay.
pub(super) fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, member| !member.is_null());
            map.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_goes_into_objects_and_lists() {
        let mut target = json!({"a": {"b": [1, {"c": 2}]}, "d": [1]});
        merge(&mut target, &json!({"a": {"b": [{"x": 0}, {"e": 3}, 4]}, "d": "text"}));
        assert_eq!(target, json!({"a": {"b": [{"x": 0}, {"c": 2, "e": 3}, 4]}, "d": "text"}));
    }

    #[test]
    fn numbers_are_written_as_javascript_does() {
        assert_eq!(
            json_text(&json!({"a": 1.0, "b": [1.5, 2], "c": 1e300})),
            r#"{"a":1,"b":[1.5,2],"c":1e+300}"#
        );
    }
}
