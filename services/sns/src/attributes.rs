//! Attributes of topics and subscriptions: which there are, and what they may be. Pure.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::Value;

use crate::error::Error;
use crate::keys::TopicRow;
use crate::limits::DISPLAY_NAME_CHARS_MAX;
use crate::{delivery_policy, filter, permission};

/// The content of messages for subscriptions that filter on nothing else.
pub(crate) const SCOPE_DEFAULT: &str = "MessageAttributes";
/// The scope of filters that look at the message itself.
pub(crate) const SCOPE_BODY: &str = "MessageBody";

/// Attributes that only CreateTopic can give.
const CREATION_ONLY: [&str; 1] = ["FifoTopic"];
/// What becomes of each delivery is not written to a log here.
const FEEDBACK: [&str; 3] = ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"];

/// Reads the attributes of CreateTopic.
pub(crate) fn of_new_topic(
    given: BTreeMap<String, String>,
    fifo: bool,
) -> Result<BTreeMap<String, String>, Error> {
    let mut read = BTreeMap::new();
    for (name, value) in given {
        if name == "FifoTopic" {
            boolean(&name, &value)?;
            continue;
        }
        let value = of_topic(&name, value, fifo).map_err(|error| match error {
            Error::Invalid(text) => Error::Invalid(format!("Attributes Reason: {text}")),
            error => error,
        })?;
        if let Some(value) = value {
            read.insert(name, value);
        }
    }
    Ok(read)
}

/// Reads one attribute of SetTopicAttributes; none takes the attribute away.
pub(crate) fn changed(name: &str, value: Option<String>, fifo: bool) -> Result<Option<String>, Error> {
    if CREATION_ONLY.contains(&name) {
        return Err(Error::invalid("AttributeName"));
    }
    of_topic(name, value.unwrap_or_default(), fifo)
}

fn of_topic(name: &str, value: String, fifo: bool) -> Result<Option<String>, Error> {
    let only_fifo = |value: String| if fifo { Ok(Some(value)) } else { Err(Error::invalid(name)) };
    match name {
        "DisplayName" if value.chars().count() > DISPLAY_NAME_CHARS_MAX => Err(Error::invalid(format!(
            "DisplayName Reason: must be at most {DISPLAY_NAME_CHARS_MAX} characters long"
        ))),
        "DisplayName" | "KmsMasterKeyId" => Ok(Some(value).filter(|value| !value.is_empty())),
        "Policy" if value.is_empty() => Ok(None),
        "Policy" => permission::check(value).map(Some),
        "DeliveryPolicy" if value.is_empty() => Ok(None),
        "DeliveryPolicy" => {
            delivery_policy::of_topic(&value)?;
            Ok(Some(value))
        }
        "SignatureVersion" if matches!(value.as_str(), "1" | "2") => Ok(Some(value)),
        "SignatureVersion" => Err(Error::invalid("SignatureVersion")),
        "TracingConfig" if value == "PassThrough" => Ok(Some(value)),
        "TracingConfig" if value == "Active" => Err(Error::unsupported(name, "active tracing")),
        "TracingConfig" => Err(Error::invalid("TracingConfig")),
        "ContentBasedDeduplication" => only_fifo(boolean(name, &value)?),
        "FifoThroughputScope" if matches!(value.as_str(), "Topic" | "MessageGroup") => only_fifo(value),
        "FifoThroughputScope" => Err(Error::invalid(name)),
        // Empty ends archiving, which never began.
        "ArchivePolicy" if value.is_empty() || value == "{}" => Ok(None),
        "ArchivePolicy" => Err(Error::unsupported(name, "archiving of messages")),
        _ if FEEDBACK.iter().any(|ending| name.ends_with(ending)) => {
            Err(Error::unsupported(name, "logging of the status of deliveries"))
        }
        _ => Err(Error::invalid("AttributeName")),
    }
}

fn boolean(name: &str, value: &str) -> Result<String, Error> {
    let value = value.to_ascii_lowercase();
    if matches!(value.as_str(), "true" | "false") {
        return Ok(value);
    }
    Err(Error::invalid(format!("{name} Reason: must be true or false")))
}

/// An attribute of a topic as it counts when CreateTopic compares.
pub(crate) fn effective(topic: &TopicRow, name: &str) -> String {
    if let Some(value) = topic.attributes.get(name) {
        return value.clone();
    }
    match name {
        "Policy" => topic.policy(),
        "SignatureVersion" => "1".to_owned(),
        "TracingConfig" => "PassThrough".to_owned(),
        "ContentBasedDeduplication" => "false".to_owned(),
        "FifoThroughputScope" => "Topic".to_owned(),
        _ => String::new(),
    }
}

/// Reads the attributes of Subscribe (texts recorded: test_create_subscriptions_with_attributes).
pub(crate) fn of_new_subscription(
    given: BTreeMap<String, String>,
    protocol: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let mut read = BTreeMap::new();
    let scope = given.get("FilterPolicyScope").cloned().unwrap_or_else(|| SCOPE_DEFAULT.to_owned());
    for (name, value) in given {
        let value = of_subscription(&name, value, protocol, &scope).map_err(|error| match error {
            Error::Invalid(text) if text == "AttributeName" => Error::Invalid("Attributes".to_owned()),
            Error::Invalid(text) => Error::Invalid(format!("Attributes Reason: {text}")),
            error => error,
        })?;
        if let Some(value) = value {
            read.insert(name, value);
        }
    }
    Ok(read)
}

/// Reads one attribute of a subscription; none takes the attribute away. `scope` is that of its filters.
pub(crate) fn of_subscription(
    name: &str,
    value: String,
    protocol: &str,
    scope: &str,
) -> Result<Option<String>, Error> {
    let is_http = matches!(protocol, "http" | "https");
    match name {
        "RawMessageDelivery" => {
            let lower = value.to_ascii_lowercase();
            if !matches!(lower.as_str(), "true" | "false") {
                return Err(Error::invalid(format!(
                    "RawMessageDelivery: Invalid value [{value}]. Must be true or false."
                )));
            }
            if lower == "true" && !is_http && protocol != "sqs" {
                return Err(Error::invalid(format!(
                    "RawMessageDelivery: Delivery protocol [{protocol}] does not support raw message delivery."
                )));
            }
            Ok(Some(lower))
        }
        "FilterPolicyScope" if matches!(value.as_str(), SCOPE_DEFAULT | SCOPE_BODY) => Ok(Some(value)),
        "FilterPolicyScope" => Err(Error::invalid(format!(
            "FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
        ))),
        "FilterPolicy" | "RedrivePolicy" | "DeliveryPolicy" if value.is_empty() => Ok(None),
        "FilterPolicy" => {
            if filter::Filter::read(&value, scope)?.is_none() {
                return Ok(None);
            }
            Ok(Some(value))
        }
        "RedrivePolicy" => {
            dead_letter_queue(&value)?;
            Ok(Some(value))
        }
        "DeliveryPolicy" if !is_http => Err(Error::invalid(format!(
            "DeliveryPolicy: Delivery protocol [{protocol}] does not support delivery policies."
        ))),
        "DeliveryPolicy" => {
            delivery_policy::of_subscription(&value)?;
            Ok(Some(value))
        }
        "ReplayPolicy" if value.is_empty() => Ok(None),
        "ReplayPolicy" => Err(Error::unsupported(name, "the replay of messages")),
        "SubscriptionRoleArn" => Err(Error::unsupported(name, "the protocol firehose")),
        _ => Err(Error::invalid("AttributeName")),
    }
}

/// The queue that a redrive policy names (texts recorded: test_validate_set_sub_attributes).
pub(crate) fn dead_letter_queue(policy: &str) -> Result<Arn, Error> {
    let document: Value =
        serde_json::from_str(policy).map_err(|_| Error::invalid("RedrivePolicy: failed to parse JSON."))?;
    let arn = document["deadLetterTargetArn"].as_str().and_then(|text| text.parse::<Arn>().ok());
    arn.filter(|arn| arn.service() == "sqs")
        .ok_or_else(|| Error::invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_done_is_refused() {
        for (name, value) in [
            ("ArchivePolicy", "{\"MessageRetentionPeriod\":\"30\"}"),
            ("TracingConfig", "Active"),
            ("SQSSuccessFeedbackRoleArn", "arn:aws:iam::000000000000:role/r"),
            ("FifoTopic", "false"),
            ("ContentBasedDeduplication", "true"),
            ("Other", "x"),
        ] {
            assert!(changed(name, Some(value.to_owned()), false).is_err(), "{name}");
        }
        assert_eq!(changed("DisplayName", Some("a".to_owned()), false).unwrap().as_deref(), Some("a"));
        assert_eq!(changed("Policy", None, false).unwrap(), None);
    }

    #[test]
    fn raw_delivery_is_for_queues_and_endpoints() {
        let read =
            |protocol| of_subscription("RawMessageDelivery", "TrUe".to_owned(), protocol, SCOPE_DEFAULT);
        assert_eq!(read("sqs").unwrap().as_deref(), Some("true"));
        assert!(read("https").is_ok());
        assert!(read("lambda").is_err() && read("email").is_err());
    }
}
