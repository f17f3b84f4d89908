//! What a topic is: names, ARNs, policies. Pure, but for looking a topic up.

use cloud::caller::Principal;
use cloud::prelude::*;
use serde_json::{Value, json};
use store::layer::table;

use crate::error::Error;
use crate::keys::TopicRow;
use crate::limits::NAME_CHARS_MAX;

/// The ending of a FIFO topic's name.
pub(crate) const FIFO: &str = ".fifo";

/// Actions that the default policy lists, and that AddPermission takes (recorded: test_topic_add_permission).
pub(crate) const ACTIONS: [&str; 8] = [
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
];

/// Refuses names that SNS does not allow.
pub(crate) fn check_name(name: &str, fifo: bool) -> Result<(), Error> {
    let stem = if fifo { name.strip_suffix(FIFO).unwrap_or("") } else { name };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let good = !stem.is_empty() && name.len() <= NAME_CHARS_MAX && stem.bytes().all(plain);
    if good { Ok(()) } else { Err(Error::invalid("Topic Name")) }
}

/// The topic that an ARN names, or why it names none. `parameter` is what the request calls it.
pub(crate) fn parse(cx: &Cx, parameter: &str, arn: &str) -> Result<Arn, Error> {
    if arn.is_empty() {
        return Err(Error::missing(parameter));
    }
    let parsed: Arn = arn.parse().map_err(|_| {
        let parts = arn.split(':').count();
        Error::invalid(format!("{parameter} Reason: An ARN must have at least 6 elements, not {parts}"))
    })?;
    if parsed.service() != "sns" || parsed.resource().contains([':', '/']) || !is_near(cx, &parsed) {
        return Err(Error::invalid(parameter));
    }
    Ok(parsed)
}

/// Whether a thing is in the region that was asked. Who did not sign asked by the ARN alone.
pub(crate) fn is_near(cx: &Cx, arn: &Arn) -> bool {
    arn.region() == cx.region() || cx.caller().principal == Principal::Anonymous
}

/// What access is decided on. What is no ARN is told after access is decided.
pub(crate) fn resource(arn: &str) -> Resource {
    arn.parse::<Arn>().map_or(Resource::Any, Resource::One)
}

/// The policy of a topic; none for a topic that does not exist, which the operation itself will say.
pub(crate) async fn policy(cx: &mut Cx, arn: &str) -> Result<Option<String>, Error> {
    let Ok(arn) = arn.parse::<Arn>() else { return Ok(None) };
    let row: Option<TopicRow> = cx.get((arn.account(), arn.region(), arn.resource())).await?;
    Ok(row.map(|row| row.policy()))
}

/// The topic with this ARN, in the transaction of a Read or Write operation.
pub(crate) async fn open(cx: &mut Cx, parameter: &str, arn: &str) -> Result<TopicRow, Error> {
    let arn = parse(cx, parameter, arn)?;
    find(cx, &arn).await?.ok_or(Error::NotFound("Topic"))
}

/// The topic with this ARN, if it is there.
pub(crate) async fn find(cx: &mut Cx, arn: &Arn) -> Result<Option<TopicRow>, Error> {
    Ok(table::get(cx.tx(), (arn.account(), arn.region(), arn.resource())).await?)
}

impl TopicRow {
    /// The topic's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sns:{}:{}:{}", self.region, self.account, self.name)
    }

    /// Whether it is a FIFO topic.
    pub(crate) fn is_fifo(&self) -> bool {
        self.name.ends_with(FIFO)
    }

    /// Whether an attribute is `true`.
    pub(crate) fn is_on(&self, attribute: &str) -> bool {
        self.attributes.get(attribute).is_some_and(|value| value == "true")
    }

    /// Its policy: the one that was set, or what every topic has.
    pub(crate) fn policy(&self) -> String {
        match self.attributes.get("Policy") {
            Some(policy) => policy.clone(),
            None => self.default_policy().to_string(),
        }
    }

    /// What every topic has (recorded: test_create_topic_different_attrs). Nothing here gives `AWS:SourceOwner`, so that
    /// it allows nothing by itself.
    pub(crate) fn default_policy(&self) -> Value {
        json!({
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [{
                "Effect": "Allow",
                "Sid": "__default_statement_ID",
                "Principal": {"AWS": "*"},
                "Action": ACTIONS.map(|action| format!("SNS:{action}")),
                "Resource": self.arn(),
                "Condition": {"StringEquals": {"AWS:SourceOwner": self.account}},
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, fifo, good) in [
            ("a-B_1", false, true),
            ("", false, false),
            ("a.fifo", false, false),
            ("a.fifo", true, true),
            (".fifo", true, false),
            ("a", true, false),
            ("a b", false, false),
            (&"a".repeat(256), false, true),
            (&"a".repeat(257), false, false),
        ] {
            assert_eq!(check_name(name, fifo).is_ok(), good, "{name}");
        }
    }
}
