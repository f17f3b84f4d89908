//! Stack policies: which resources an update may touch.

use cloud::prelude::*;
use serde_json::Value;

use crate::error::Error;
use crate::source;

/// The longest policy, from the AWS documentation of SetStackPolicy.
pub(crate) const BYTES_MAX: usize = 16_384;

/// The policy that a request gives, checked.
pub(crate) async fn given(
    cx: &mut Cx,
    body: Option<String>,
    url: Option<String>,
) -> Result<Option<String>, Error> {
    let text = match (body, url) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid("You cannot specify both StackPolicyURL and StackPolicyBody"));
        }
        (Some(body), None) => Some(body),
        (None, Some(url)) => Some(source::object(cx, &url, "StackPolicyURL", BYTES_MAX).await?),
        (None, None) => None,
    };
    if let Some(text) = &text {
        check(text)?;
    }
    Ok(text)
}

/// Checks the text of a policy.
pub(crate) fn check(text: &str) -> Result<(), Error> {
    let invalid = || Error::invalid("Error validating stack policy: Invalid stack policy");
    let statements = statements(text).ok_or_else(invalid)?;
    for statement in &statements {
        let Some(members) = statement.as_object() else {
            return Err(invalid());
        };
        let known =
            ["Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"];
        let effect = members.get("Effect").and_then(Value::as_str);
        let fits = members.keys().all(|key| known.contains(&key.as_str()))
            && matches!(effect, Some("Allow" | "Deny"))
            && members.contains_key("Action") != members.contains_key("NotAction")
            && members.contains_key("Resource") != members.contains_key("NotResource")
            && members.get("Principal").is_some_and(is_everybody)
            && members.get("Condition").is_none_or(|condition| condition_parts(condition).is_some());
        if !fits {
            return Err(invalid());
        }
    }
    Ok(())
}

/// Whether `policy` lets an update do `action` (`Update:Modify`) to a resource. What no statement allows is denied.
pub(crate) fn allows(policy: &str, action: &str, logical_id: &str, type_name: &str) -> bool {
    let resource = format!("LogicalResourceId/{logical_id}");
    let mut allowed = false;
    for statement in statements(policy).unwrap_or_default() {
        let applies = matches_list(&statement, "Action", "NotAction", action)
            && matches_list(&statement, "Resource", "NotResource", &resource)
            && holds(statement.get("Condition"), type_name);
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Deny") if applies => return false,
            Some("Allow") if applies => allowed = true,
            _ => {}
        }
    }
    allowed
}

fn statements(text: &str) -> Option<Vec<Value>> {
    let policy: Value = serde_json::from_str(text).ok()?; // not JSON: not a policy
    match policy.get("Statement")? {
        Value::Array(statements) => Some(statements.clone()),
        one @ Value::Object(_) => Some(vec![one.clone()]),
        _ => None,
    }
}

fn is_everybody(principal: &Value) -> bool {
    principal == "*" || principal.get("AWS").is_some_and(|who| who == "*")
}

fn matches_list(statement: &Value, key: &str, not_key: &str, text: &str) -> bool {
    match (statement.get(key), statement.get(not_key)) {
        (Some(patterns), _) => any(patterns, text),
        (None, Some(patterns)) => !any(patterns, text),
        (None, None) => false,
    }
}

fn any(patterns: &Value, text: &str) -> bool {
    texts(patterns).iter().any(|pattern| like(pattern, text))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The types that a condition names: by equality, or by likeness.
fn condition_parts(condition: &Value) -> Option<Vec<(bool, &Value)>> {
    let mut parts = Vec::new();
    for (operator, keys) in condition.as_object()? {
        let is_like = match operator.as_str() {
            "StringEquals" => false,
            "StringLike" => true,
            _ => return None,
        };
        for (key, values) in keys.as_object()? {
            if key != "ResourceType" {
                return None;
            }
            parts.push((is_like, values));
        }
    }
    Some(parts)
}

fn holds(condition: Option<&Value>, type_name: &str) -> bool {
    let parts = condition.map_or_else(|| Some(Vec::new()), condition_parts);
    parts.is_some_and(|parts| {
        parts.into_iter().all(|(is_like, values)| {
            let values = texts(values);
            values.iter().any(|value| if is_like { like(value, type_name) } else { *value == type_name })
        })
    })
}

/// Whether `text` matches a pattern with `*` and `?`.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        if of < pattern.len() && pattern[of] == '*' {
            star = Some((of, at));
            of += 1;
        } else if of < pattern.len() && (pattern[of] == '?' || pattern[of] == text[at]) {
            at += 1;
            of += 1;
        } else if let Some((star_of, star_at)) = star {
            of = star_of + 1;
            at = star_at + 1;
            star = Some((star_of, star_at + 1));
        } else {
            return false;
        }
    }
    pattern[of..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the AWS documentation, "Prevent updates to stack resources".
    const POLICY: &str = r#"{"Statement": [
        {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/ProductionDatabase"},
        {"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"], "Resource": "*",
         "Condition": {"StringLike": {"ResourceType": ["AWS::EC2::*"]}}},
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#;

    #[test]
    fn statements_decide() {
        assert!(check(POLICY).is_ok());
        assert!(!allows(POLICY, "Update:Modify", "ProductionDatabase", "T"));
        assert!(allows(POLICY, "Update:Modify", "Other", "AWS::EC2::Instance"));
        assert!(!allows(POLICY, "Update:Replace", "Other", "AWS::EC2::Instance"));
        assert!(allows(POLICY, "Update:Replace", "Other", "AWS::SQS::Queue"));
        let only = r#"{"Statement": {"Effect": "Allow", "NotAction": "Update:Delete", "Principal": "*", "Resource": "LogicalResourceId/A?"}}"#;
        assert!(allows(only, "Update:Modify", "A1", "T"));
        assert!(!allows(only, "Update:Delete", "A1", "T"));
        assert!(!allows(only, "Update:Modify", "B", "T"));
    }

    #[test]
    fn malformed_policies_are_refused() {
        for text in [
            "",
            "{}",
            r#"{"Statement": [1]}"#,
            r#"{"Statement": {"Effect": "Maybe", "Action": "*", "Principal": "*", "Resource": "*"}}"#,
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"AWS": "x"}, "Resource": "*"}}"#,
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Principal": "*"}}"#,
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Principal": "*", "Resource": "*", "Condition": {"Bool": {}}}}"#,
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
