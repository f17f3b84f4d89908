//! AddPermission and RemovePermission: statements of the topic's policy. Pure.

use serde_json::{Value, json};

use crate::error::Error;
use crate::keys::TopicRow;
use crate::limits::POLICY_BYTES_MAX;
use crate::topic::ACTIONS;

/// The policy with a statement more. The form is as recorded (replay: test_topic_add_multiple_permissions).
pub(crate) fn add(
    topic: &TopicRow,
    label: &str,
    accounts: &[String],
    actions: &[String],
) -> Result<String, Error> {
    if label.is_empty() {
        return Err(Error::missing("Label"));
    }
    if accounts.is_empty() {
        return Err(Error::missing("AWSAccountIds"));
    }
    if actions.is_empty() {
        return Err(Error::missing("ActionNames"));
    }
    if accounts.iter().any(|account| account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Error::invalid("Policy Error: PrincipalNotFound"));
    }
    if actions.iter().any(|action| !ACTIONS.contains(&action.as_str())) {
        return Err(Error::invalid("Policy statement action out of service scope!"));
    }
    let mut document = read(topic);
    let statements = statements(&mut document);
    if statements.iter().any(|statement| statement["Sid"] == label) {
        return Err(Error::invalid("Statement already exists"));
    }
    let principals: Vec<String> =
        accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions: Vec<String> = actions.iter().map(|action| format!("SNS:{action}")).collect();
    statements.push(json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": one_or_all(principals)},
        "Action": one_or_all(actions),
        "Resource": topic.arn(),
    }));
    check(document.to_string())
}

/// The policy without the statement `label`. One that is not there is fine.
pub(crate) fn remove(topic: &TopicRow, label: &str) -> Result<String, Error> {
    if label.is_empty() {
        return Err(Error::missing("Label"));
    }
    let mut document = read(topic);
    statements(&mut document).retain(|statement| statement["Sid"] != label);
    Ok(document.to_string())
}

/// A policy that was given as a whole.
pub(crate) fn check(policy: String) -> Result<String, Error> {
    if policy.len() > POLICY_BYTES_MAX {
        return Err(Error::invalid("Policy Reason: the policy is larger than 30 KB"));
    }
    iampolicy::Policy::parse(&policy, iampolicy::Kind::Resource)
        .map_err(|malformed| Error::invalid(format!("Policy Error: {}", malformed.message)))?;
    Ok(policy)
}

fn one_or_all(mut texts: Vec<String>) -> Value {
    if texts.len() == 1 { Value::String(texts.remove(0)) } else { json!(texts) }
}

fn read(topic: &TopicRow) -> Value {
    // A stored policy was checked when it was set, so it always reads.
    let stored = topic.attributes.get("Policy").and_then(|text| serde_json::from_str(text).ok());
    stored.filter(Value::is_object).unwrap_or_else(|| topic.default_policy())
}

/// The statements of a document, which may hold a single one without a list.
fn statements(document: &mut Value) -> &mut Vec<Value> {
    let statements = &mut document["Statement"];
    if !statements.is_array() {
        *statements = match statements.take() {
            Value::Null => json!([]),
            one => json!([one]),
        };
    }
    statements.as_array_mut().expect("it was made a list above")
}
