//! AddPermission and RemovePermission: statements of the queue's policy. Pure.

use serde_json::{Value, json};

use crate::batch::is_label;
use crate::error::Error;

/// Actions that a queue's owner can share (API reference of AddPermission).
const ACTIONS: [&str; 9] = [
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
];
/// Statements that AddPermission makes (API reference: seven).
const STATEMENTS_MAX: usize = 7;

/// `policy` with a statement more. The form is as recorded (replay: test_sqs_permission_lifecycle).
pub(crate) fn add(
    policy: Option<&str>,
    arn: &str,
    label: &str,
    accounts: &[String],
    actions: &[String],
) -> Result<String, Error> {
    if !is_label(label) {
        let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.";
        return Err(Error::value(label, "Label", reason));
    }
    if accounts.is_empty() {
        return Err(Error::Missing("AWSAccountIds"));
    }
    if actions.is_empty() {
        return Err(Error::Missing("Actions"));
    }
    for account in accounts {
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::value(format!("[{account}]"), "PrincipalId", "Unable to verify."));
        }
    }
    for action in actions {
        if !ACTIONS.contains(&action.as_str()) {
            let reason = "Only the queue owner is allowed to invoke this action.";
            return Err(Error::value(format!("SQS:{action}"), "ActionName", reason));
        }
    }
    let mut document = read(policy, arn);
    let statements = statements(&mut document);
    if statements.iter().any(|statement| statement["Sid"] == label) {
        return Err(Error::value(label, "Label", "Already exists."));
    }
    if statements.len() >= STATEMENTS_MAX {
        return Err(Error::Invalid(format!(
            "{STATEMENTS_MAX} statements are the most that a policy of permissions can hold."
        )));
    }
    let principals: Vec<String> =
        accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions: Vec<String> = actions.iter().map(|action| format!("SQS:{action}")).collect();
    statements.push(json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": one_or_all(principals)},
        "Action": one_or_all(actions),
        "Resource": arn,
    }));
    Ok(document.to_string())
}

/// `policy` without the statement `label`; `None` when nothing is left.
pub(crate) fn remove(policy: Option<&str>, arn: &str, label: &str) -> Result<Option<String>, Error> {
    let mut document = read(policy, arn);
    let statements = statements(&mut document);
    let before = statements.len();
    statements.retain(|statement| statement["Sid"] != label);
    if statements.len() == before {
        return Err(Error::value(label, "Label", "can't find label."));
    }
    Ok((!statements.is_empty()).then(|| document.to_string()))
}

fn one_or_all(mut texts: Vec<String>) -> Value {
    if texts.len() == 1 { Value::String(texts.remove(0)) } else { json!(texts) }
}

fn read(policy: Option<&str>, arn: &str) -> Value {
    // A stored policy was checked when it was set, so it always reads.
    let stored = policy.and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(Value::is_object);
    stored.unwrap_or_else(
        || json!({"Version": "2008-10-17", "Id": format!("{arn}/SQSDefaultPolicy"), "Statement": []}),
    )
}

/// The statements as a list; a policy may also have a single one bare.
fn statements(document: &mut Value) -> &mut Vec<Value> {
    let slot = &mut document["Statement"];
    if !slot.is_array() {
        let single = slot.take();
        *slot = if single.is_null() { json!([]) } else { json!([single]) };
    }
    slot.as_array_mut().expect("it was made a list just now")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:sqs:us-east-1:111111111111:q";

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn statements_come_and_go() {
        let two = texts(&["668614515564", "111111111111"]);
        let policy = add(None, ARN, "l", &two, &texts(&["ReceiveMessage"])).unwrap();
        let value: Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(
            value,
            json!({
                "Version": "2008-10-17",
                "Id": format!("{ARN}/SQSDefaultPolicy"),
                "Statement": [{
                    "Sid": "l",
                    "Effect": "Allow",
                    "Principal": {"AWS": ["arn:aws:iam::668614515564:root", "arn:aws:iam::111111111111:root"]},
                    "Action": "SQS:ReceiveMessage",
                    "Resource": ARN,
                }],
            })
        );
        let again = add(Some(&policy), ARN, "l", &two, &texts(&["*"])).unwrap_err();
        assert!(matches!(again, Error::Invalid(text) if text.ends_with("Reason: Already exists.")));
        let more = add(Some(&policy), ARN, "m", &two[..1], &texts(&["*"])).unwrap();
        let less = remove(Some(&more), ARN, "l").unwrap().unwrap();
        assert_eq!(remove(Some(&less), ARN, "m").unwrap(), None);
        assert!(remove(Some(&less), ARN, "l").is_err());
    }

    #[test]
    fn wrong_parts_are_refused() {
        let one = texts(&["111111111111"]);
        assert!(add(None, ARN, "a b", &one, &texts(&["*"])).is_err());
        assert!(add(None, ARN, "a", &texts(&["x"]), &texts(&["*"])).is_err());
        assert!(add(None, ARN, "a", &one, &texts(&["DeleteQueue"])).is_err());
        assert!(add(None, ARN, "a", &[], &texts(&["*"])).is_err());
        assert!(add(None, ARN, "a", &one, &[]).is_err());
    }
}
