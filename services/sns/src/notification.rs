//! What subscribers get: the texts of notifications and confirmations. Pure.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html>

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::keys::SubscriptionRow;
use crate::message::{self, Attributes, Content};

/// A message on its way.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) topic_arn: String,
    pub(crate) subject: Option<String>,
    pub(crate) content: Content,
    pub(crate) attributes: Attributes,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) sequence: Option<String>,
    /// As it is shown: ISO 8601 with milliseconds.
    pub(crate) timestamp: String,
}

impl Message {
    /// What those see who listen in on the topic.
    pub(crate) fn heard(&self) -> serde_json::Value {
        serde_json::json!({
            "MessageId": self.id,
            "Subject": self.subject,
            "Message": self.content.of("default"),
            "MessageGroupId": self.group,
            "MessageDeduplicationId": self.deduplication_id,
            "Timestamp": self.timestamp,
        })
    }
}

/// A signature with what a receiver needs to check it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) version: &'static str,
    pub(crate) signature: String,
    pub(crate) certificate_url: String,
}

/// What is signed of a notification: names and values in turn, a line each.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
pub(crate) fn canonical(message: &Message, text: &str) -> String {
    let mut members = vec![("Message", text), ("MessageId", message.id.as_str())];
    members.extend(message.subject.as_deref().map(|subject| ("Subject", subject)));
    members.extend([
        ("Timestamp", message.timestamp.as_str()),
        ("TopicArn", message.topic_arn.as_str()),
        ("Type", "Notification"),
    ]);
    lines(&members)
}

fn lines(members: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in members {
        text.extend([name, "\n", value, "\n"]);
    }
    text
}

/// Where a subscription is ended by its link. This cloud's own address stands in links, so that whoever gets one can
/// follow it.
pub(crate) fn unsubscribe_url(endpoint: &str, arn: &str) -> String {
    format!("{endpoint}/?Action=Unsubscribe&SubscriptionArn={arn}")
}

/// Where a subscription is confirmed by its link.
pub(crate) fn subscribe_url(endpoint: &str, topic_arn: &str, token: &str) -> String {
    format!("{endpoint}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}")
}

/// The JSON text of a notification, as queues, endpoints and mails get it: members in AWS's order, a line each.
pub(crate) fn body(message: &Message, text: &str, signed: Option<&Signed>, unsubscribe: &str) -> String {
    let mut members: Vec<(&str, Value)> =
        vec![("Type", json!("Notification")), ("MessageId", json!(message.id))];
    members.extend(message.sequence.as_ref().map(|sequence| ("SequenceNumber", json!(sequence))));
    members.push(("TopicArn", json!(message.topic_arn)));
    members.extend(message.subject.as_ref().map(|subject| ("Subject", json!(subject))));
    members.extend([("Message", json!(text)), ("Timestamp", json!(message.timestamp))]);
    members.extend(signed.into_iter().flat_map(signature_members));
    members.push(("UnsubscribeURL", json!(unsubscribe)));
    let mut body = object(&members);
    if !message.attributes.is_empty() {
        let attributes = message::shown(&message.attributes).into_iter();
        let attributes: Vec<String> =
            attributes.map(|(name, value)| format!("    {} : {value}", json!(name))).collect();
        body.truncate(body.len() - 2);
        // Writing to a text does not fail.
        let _ = write!(body, ",\n  \"MessageAttributes\" : {{\n{}\n  }}\n}}", attributes.join(",\n"));
    }
    body
}

fn signature_members(signed: &Signed) -> [(&'static str, Value); 3] {
    [
        ("SignatureVersion", json!(signed.version)),
        ("Signature", json!(signed.signature)),
        ("SigningCertURL", json!(signed.certificate_url)),
    ]
}

fn object(members: &[(&str, Value)]) -> String {
    let lines: Vec<String> = members.iter().map(|(name, value)| format!("  \"{name}\" : {value}")).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

/// The event that a function gets.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>
pub(crate) fn event(
    message: &Message,
    text: &str,
    signed: Option<&Signed>,
    arn: &str,
    unsubscribe: &str,
) -> Value {
    let mut sns = Map::new();
    let mut put = |name: &str, value: Value| sns.insert(name.to_owned(), value);
    put("Type", json!("Notification"));
    put("MessageId", json!(message.id));
    put("TopicArn", json!(message.topic_arn));
    put("Subject", json!(message.subject));
    put("Message", json!(text));
    put("Timestamp", json!(message.timestamp));
    if let Some(signed) = signed {
        put("SignatureVersion", json!(signed.version));
        put("Signature", json!(signed.signature));
        put("SigningCertUrl", json!(signed.certificate_url));
    }
    put("UnsubscribeUrl", json!(unsubscribe));
    put("MessageAttributes", Value::Object(message::shown(&message.attributes)));
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": arn,
        "Sns": sns,
    }]})
}

/// A message that asks to confirm a subscription, or the end of one.
#[derive(Debug)]
pub(crate) struct Confirmation {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) topic_arn: String,
    pub(crate) text: String,
    pub(crate) subscribe_url: String,
    pub(crate) timestamp: String,
}

impl Confirmation {
    /// The question to confirm `row`.
    pub(crate) fn of_subscription(
        row: &SubscriptionRow,
        endpoint: &str,
        id: String,
        timestamp: String,
    ) -> Self {
        let topic_arn = row.topic_arn();
        Self {
            kind: "SubscriptionConfirmation",
            id,
            token: row.token.clone(),
            text: format!(
                "You have chosen to subscribe to the topic {topic_arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message."
            ),
            subscribe_url: subscribe_url(endpoint, &topic_arn, &row.token),
            topic_arn,
            timestamp,
        }
    }

    /// The word that `row` has ended.
    pub(crate) fn of_end(row: &SubscriptionRow, endpoint: &str, id: String, timestamp: String) -> Self {
        let text = format!(
            "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.",
            row.arn()
        );
        Self { kind: "UnsubscribeConfirmation", text, ..Self::of_subscription(row, endpoint, id, timestamp) }
    }

    /// What is signed of it.
    pub(crate) fn canonical(&self) -> String {
        lines(&[
            ("Message", &self.text),
            ("MessageId", &self.id),
            ("SubscribeURL", &self.subscribe_url),
            ("Timestamp", &self.timestamp),
            ("Token", &self.token),
            ("TopicArn", &self.topic_arn),
            ("Type", self.kind),
        ])
    }

    /// Its JSON text.
    pub(crate) fn body(&self, signed: Option<&Signed>) -> String {
        let mut members = vec![
            ("Type", json!(self.kind)),
            ("MessageId", json!(self.id)),
            ("Token", json!(self.token)),
            ("TopicArn", json!(self.topic_arn)),
            ("Message", json!(self.text)),
            ("SubscribeURL", json!(self.subscribe_url)),
            ("Timestamp", json!(self.timestamp)),
        ];
        members.extend(signed.into_iter().flat_map(signature_members));
        object(&members)
    }
}

/// A mail with a message, as the protocol `email` sends it: the text, and how to end the subscription.
pub(crate) fn mail(text: &str, unsubscribe: &str) -> String {
    format!("{text}\n\n--\nTo get no more messages of this topic, follow this link:\n{unsubscribe}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let attribute =
            message::Attribute { data_type: "Number".to_owned(), text: Some("1".to_owned()), binary: None };
        Message {
            id: "m".to_owned(),
            topic_arn: "arn:aws:sns:us-east-1:000000000000:t".to_owned(),
            subject: Some("s".to_owned()),
            content: Content::One("hi".to_owned()),
            attributes: [("a".to_owned(), attribute)].into(),
            group: None,
            deduplication_id: None,
            sequence: None,
            timestamp: "2026-01-01T00:00:00.000Z".to_owned(),
        }
    }

    /// The order of members is that of the examples in the developer guide.
    #[test]
    fn members_stand_in_their_order() {
        let signed = Signed { version: "1", signature: "x".to_owned(), certificate_url: "c".to_owned() };
        let text = body(&message(), "hi", Some(&signed), "u");
        assert!(text.starts_with("{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"m\",\n"), "{text}");
        let read: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read.keys().map(String::as_str).collect::<Vec<_>>(),
            [
                "Type",
                "MessageId",
                "TopicArn",
                "Subject",
                "Message",
                "Timestamp",
                "SignatureVersion",
                "Signature",
                "SigningCertURL",
                "UnsubscribeURL",
                "MessageAttributes"
            ]
        );
        assert_eq!(read["MessageAttributes"], json!({"a": {"Type": "Number", "Value": "1"}}));
    }

    #[test]
    fn what_is_signed() {
        let text = canonical(&message(), "hi");
        let expected = "Message\nhi\nMessageId\nm\nSubject\ns\nTimestamp\n2026-01-01T00:00:00.000Z\nTopicArn\n\
            arn:aws:sns:us-east-1:000000000000:t\nType\nNotification\n";
        assert_eq!(text, expected);
    }
}
