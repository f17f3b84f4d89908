//! Queue attributes: which there are, what they may be, what they are by default. Pure.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::{Value, json};

use crate::error::Error;
use crate::keys::QueueRow;
use crate::limits::{
    ALLOWED_SOURCES_MAX, DELAY_SECONDS_MAX, MESSAGE_BYTES_MAX, RECEIVE_COUNT_MAX, VISIBILITY_SECONDS_MAX,
    WAIT_SECONDS_MAX,
};

/// What an attribute holds.
#[derive(Clone, Copy)]
enum Kind {
    /// A number in this range, and what it is when nothing was said.
    Number(i64, i64, i64),
    /// `true` or `false`.
    Bool(bool),
    /// One of these texts, the first by default.
    Choice(&'static [&'static str]),
    /// An access policy.
    Policy,
    /// A redrive policy.
    Redrive,
    /// A redrive allow policy.
    RedriveAllow,
    /// A key's id, ARN or alias.
    Key,
}

/// An attribute that can be set.
struct Attribute {
    name: &'static str,
    kind: Kind,
    /// FIFO queues alone have it.
    fifo: bool,
}

const fn any(name: &'static str, kind: Kind) -> Attribute {
    Attribute { name, kind, fifo: false }
}

const fn fifo(name: &'static str, kind: Kind) -> Attribute {
    Attribute { name, kind, fifo: true }
}

/// Source: SetQueueAttributes in the API reference; `MaximumMessageSize` as recorded (replay).
const ATTRIBUTES: [Attribute; 14] = [
    any("DelaySeconds", Kind::Number(0, DELAY_SECONDS_MAX, 0)),
    any("MaximumMessageSize", Kind::Number(1024, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX)),
    any("MessageRetentionPeriod", Kind::Number(60, 1_209_600, 345_600)),
    any("ReceiveMessageWaitTimeSeconds", Kind::Number(0, WAIT_SECONDS_MAX, 0)),
    any("VisibilityTimeout", Kind::Number(0, VISIBILITY_SECONDS_MAX, 30)),
    any("KmsDataKeyReusePeriodSeconds", Kind::Number(60, 86_400, 300)),
    any("SqsManagedSseEnabled", Kind::Bool(true)),
    any("KmsMasterKeyId", Kind::Key),
    any("Policy", Kind::Policy),
    any("RedrivePolicy", Kind::Redrive),
    any("RedriveAllowPolicy", Kind::RedriveAllow),
    fifo("ContentBasedDeduplication", Kind::Bool(false)),
    fifo("DeduplicationScope", Kind::Choice(&["queue", "messageGroup"])),
    fifo("FifoThroughputLimit", Kind::Choice(&["perQueue", "perMessageGroupId"])),
];

/// Attributes that are only read.
const READ_ONLY: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// Whether `name` can be asked for.
pub(crate) fn is_known(name: &str) -> bool {
    name == "All"
        || name == "FifoQueue"
        || READ_ONLY.contains(&name)
        || ATTRIBUTES.iter().any(|attribute| attribute.name == name)
}

/// Reads the attributes of a request: canonical texts, empty for those that are to be taken away.
pub(crate) fn read(
    given: &BTreeMap<String, String>,
    is_fifo: bool,
) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut read = BTreeMap::new();
    for (name, value) in given {
        let Some(attribute) = ATTRIBUTES.iter().find(|attribute| attribute.name == name) else {
            return Err(Error::UnknownAttribute(name.clone()));
        };
        if attribute.fifo && !is_fifo {
            return Err(if name == "ContentBasedDeduplication" {
                let text =
                    "You can specify the ContentBasedDeduplication only when FifoQueue is set to true.";
                Error::InvalidAttribute(text.to_owned())
            } else {
                Error::UnknownAttribute(name.clone())
            });
        }
        read.insert(attribute.name, canonical(attribute, value)?);
    }
    let on = |name: &str| {
        read.get(name).is_some_and(|value| value == "true" || name == "KmsMasterKeyId" && !value.is_empty())
    };
    if on("SqsManagedSseEnabled") && on("KmsMasterKeyId") {
        let text = "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
        return Err(Error::InvalidAttribute(text.to_owned()));
    }
    Ok(read)
}

fn invalid(name: &str) -> Error {
    Error::InvalidAttribute(format!("Invalid value for the parameter {name}."))
}

fn canonical(attribute: &Attribute, value: &str) -> Result<String, Error> {
    let name = attribute.name;
    match attribute.kind {
        Kind::Number(min, max, _) => {
            let number: i64 = value.trim().parse().map_err(|_| invalid(name))?;
            if (min..=max).contains(&number) { Ok(number.to_string()) } else { Err(invalid(name)) }
        }
        Kind::Bool(_) => match value.to_ascii_lowercase().as_str() {
            "true" => Ok("true".to_owned()),
            "false" => Ok("false".to_owned()),
            _ => Err(invalid(name)),
        },
        Kind::Choice(choices) => match choices.iter().find(|choice| **choice == value) {
            Some(choice) => Ok((*choice).to_owned()),
            None => Err(invalid(name)),
        },
        Kind::Key => Ok(value.to_owned()),
        Kind::Policy | Kind::Redrive | Kind::RedriveAllow if value.is_empty() => Ok(String::new()),
        Kind::Policy => {
            iampolicy::Policy::parse(value, iampolicy::Kind::Resource).map_err(|_| invalid(name))?;
            Ok(value.to_owned())
        }
        Kind::Redrive => Ok(Redrive::parse(value)?.to_text()),
        Kind::RedriveAllow => Ok(RedriveAllow::parse(value)?.to_text()),
    }
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redrive {
    /// The dead-letter queue.
    pub(crate) target: Arn,
    /// Receives after which a message goes there.
    pub(crate) receives_max: u32,
}

impl Redrive {
    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::value(text, "RedrivePolicy", reason);
        let unread = || wrong("Redrive policy is not a valid JSON map.");
        let value: Value = serde_json::from_str(text).map_err(|_| unread())?;
        let members = value.as_object().ok_or_else(unread)?;
        let Some(count) = members.get("maxReceiveCount") else {
            return Err(wrong("Redrive policy does not contain mandatory attribute: maxReceiveCount."));
        };
        let Some(target) = members.get("deadLetterTargetArn") else {
            return Err(wrong("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."));
        };
        let shown = count.as_str().map_or_else(|| count.to_string(), str::to_owned);
        let number = shown.parse::<i64>().ok().filter(|n| (1..=RECEIVE_COUNT_MAX).contains(n));
        let receives_max = number.and_then(|n| u32::try_from(n).ok()).ok_or_else(|| {
            wrong(&format!(
                "Invalid value for maxReceiveCount: {shown}, valid values are from 1 to {RECEIVE_COUNT_MAX} both inclusive."
            ))
        })?;
        let target =
            target.as_str().and_then(|arn| arn.parse::<Arn>().ok()).filter(|arn| arn.service() == "sqs");
        let target = target.ok_or_else(|| wrong("Invalid value for deadLetterTargetArn."))?;
        Ok(Self { target, receives_max })
    }

    fn to_text(&self) -> String {
        json!({"deadLetterTargetArn": self.target.as_str(), "maxReceiveCount": self.receives_max}).to_string()
    }
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RedriveAllow {
    All,
    None,
    Queues(Vec<String>),
}

impl RedriveAllow {
    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::value(text, "RedriveAllowPolicy", reason);
        let unread =
            || wrong("Amazon SQS can't create the redrive allow policy, as it is not a valid JSON map.");
        let value: Value = serde_json::from_str(text).map_err(|_| unread())?;
        let members = value.as_object().ok_or_else(unread)?;
        let sources = members.get("sourceQueueArns");
        match (members.get("redrivePermission").and_then(Value::as_str), sources) {
            (Some("allowAll"), None) => Ok(Self::All),
            (Some("denyAll"), None) => Ok(Self::None),
            (Some("byQueue"), Some(Value::Array(arns))) => {
                let texts: Option<Vec<String>> =
                    arns.iter().map(|arn| arn.as_str().map(str::to_owned)).collect();
                match texts {
                    Some(texts) if (1..=ALLOWED_SOURCES_MAX).contains(&texts.len()) => {
                        Ok(Self::Queues(texts))
                    }
                    _ => Err(wrong("sourceQueueArns must hold from 1 to 10 ARNs.")),
                }
            }
            (Some("byQueue"), _) => {
                Err(wrong("sourceQueueArns must be given with redrivePermission byQueue."))
            }
            (Some("allowAll" | "denyAll"), Some(_)) => {
                Err(wrong("sourceQueueArns can only be given with redrivePermission byQueue."))
            }
            _ => Err(wrong("redrivePermission must be allowAll, denyAll or byQueue.")),
        }
    }

    fn to_text(&self) -> String {
        match self {
            Self::All => json!({"redrivePermission": "allowAll"}),
            Self::None => json!({"redrivePermission": "denyAll"}),
            Self::Queues(arns) => json!({"redrivePermission": "byQueue", "sourceQueueArns": arns}),
        }
        .to_string()
    }

    fn allows(&self, source: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Queues(arns) => arns.iter().any(|arn| arn == source),
        }
    }
}

impl QueueRow {
    /// A number attribute.
    pub(crate) fn number(&self, name: &str) -> i64 {
        let set = self.attributes.get(name).and_then(|text| text.parse().ok());
        set.unwrap_or_else(|| match ATTRIBUTES.iter().find(|attribute| attribute.name == name) {
            Some(Attribute { kind: Kind::Number(_, _, default), .. }) => *default,
            _ => 0,
        })
    }

    /// How long a message is kept.
    pub(crate) fn retention_millis(&self) -> i64 {
        self.number("MessageRetentionPeriod") * 1000
    }

    /// An attribute as GetQueueAttributes shows it; `None` when it is not shown.
    pub(crate) fn shown(&self, name: &str) -> Option<String> {
        let attribute = ATTRIBUTES.iter().find(|attribute| attribute.name == name)?;
        let has_key = self.attributes.contains_key("KmsMasterKeyId");
        if (attribute.fifo && !self.is_fifo()) || (name == "KmsDataKeyReusePeriodSeconds" && !has_key) {
            return None;
        }
        if let Some(set) = self.attributes.get(name) {
            return Some(set.clone());
        }
        match attribute.kind {
            Kind::Number(_, _, default) => Some(default.to_string()),
            Kind::Bool(default) => Some(default.to_string()),
            Kind::Choice(choices) => Some(choices[0].to_owned()),
            Kind::Policy | Kind::Redrive | Kind::RedriveAllow | Kind::Key => None,
        }
    }

    /// All attributes that GetQueueAttributes shows, but for those that count messages.
    pub(crate) fn all_shown(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = ATTRIBUTES
            .iter()
            .filter_map(|attribute| Some((attribute.name.to_owned(), self.shown(attribute.name)?)))
            .collect();
        all.insert("CreatedTimestamp".into(), (self.created_at_millis / 1000).to_string());
        all.insert("LastModifiedTimestamp".into(), (self.modified_at_millis / 1000).to_string());
        all.insert("QueueArn".into(), self.arn());
        if self.is_fifo() {
            all.insert("FifoQueue".into(), "true".into());
        }
        all
    }

    /// The first of `wanted` that this queue has otherwise.
    pub(crate) fn first_difference(&self, wanted: &BTreeMap<&'static str, String>) -> Option<&'static str> {
        let differs =
            |(name, value): &(&&'static str, &String)| self.shown(name).unwrap_or_default() != **value;
        wanted.iter().find(differs).map(|(name, _)| *name)
    }

    /// Sets what [`read`] gave.
    pub(crate) fn set(&mut self, attributes: BTreeMap<&'static str, String>) {
        for (name, value) in attributes {
            if value.is_empty() {
                self.attributes.remove(name);
            } else {
                if name == "KmsMasterKeyId" {
                    self.attributes.insert("SqsManagedSseEnabled".into(), "false".into());
                } else if name == "SqsManagedSseEnabled" && value == "true" {
                    self.attributes.remove("KmsMasterKeyId");
                }
                self.attributes.insert(name.to_owned(), value);
            }
        }
    }

    /// Refuses a limit for each group on a queue that does not tell messages apart by their groups. "The perMessageGroupId
    /// value is allowed only when the value for DeduplicationScope is messageGroup" (API reference, SetQueueAttributes). The
    /// text has the form of other wrong attributes; AWS's own stands nowhere.
    pub(crate) fn check_throughput(&self) -> Result<(), Error> {
        let is = |name: &str, value: &str| self.shown(name).as_deref() == Some(value);
        if !is("FifoThroughputLimit", "perMessageGroupId") || is("DeduplicationScope", "messageGroup") {
            return Ok(());
        }
        let text = "Invalid value for the parameter FifoThroughputLimit. Reason: The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.";
        Err(Error::InvalidAttribute(text.to_owned()))
    }

    /// The redrive policy.
    pub(crate) fn redrive(&self) -> Option<Redrive> {
        let text = self.attributes.get("RedrivePolicy")?;
        Redrive::parse(text).ok() // stored texts were read once: an unreadable one is none
    }

    /// Whether the queue `source` may use this one as its dead-letter queue.
    pub(crate) fn takes_dead_letters_of(&self, source: &str) -> bool {
        let policy =
            self.attributes.get("RedriveAllowPolicy").and_then(|text| RedriveAllow::parse(text).ok());
        policy.is_none_or(|policy| policy.allows(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(name: &str, value: &str, fifo: bool) -> Result<String, String> {
        let given = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        match read(&given, fifo) {
            Ok(mut all) => Ok(all.pop_first().unwrap().1),
            Err(error) => Err(cloud::ApiError::into_failure(error).message().to_owned()),
        }
    }

    #[test]
    fn numbers_and_choices() {
        assert_eq!(read_one("DelaySeconds", "900", false).unwrap(), "900");
        let wrong = Err("Invalid value for the parameter DelaySeconds.".to_owned());
        for value in ["901", "-1", "x", ""] {
            assert_eq!(read_one("DelaySeconds", value, false), wrong);
        }
        assert_eq!(read_one("ContentBasedDeduplication", "True", true).unwrap(), "true");
        assert_eq!(
            read_one("ContentBasedDeduplication", "true", false),
            Err("You can specify the ContentBasedDeduplication only when FifoQueue is set to true.".into())
        );
        assert_eq!(
            read_one("DeduplicationScope", "x", true),
            Err("Invalid value for the parameter DeduplicationScope.".into())
        );
        // Recorded: test_set_unsupported_attribute_standard.
        assert_eq!(read_one("FifoQueue", "true", false), Err("Unknown Attribute FifoQueue.".into()));
        assert_eq!(read_one("QueueArn", "x", false), Err("Unknown Attribute QueueArn.".into()));
    }

    #[test]
    fn policies() {
        let redrive = r#"{"maxReceiveCount": "42", "deadLetterTargetArn": "arn:aws:sqs:r:000000000000:d"}"#;
        let canonical = r#"{"deadLetterTargetArn":"arn:aws:sqs:r:000000000000:d","maxReceiveCount":42}"#;
        assert_eq!(read_one("RedrivePolicy", redrive, false).unwrap(), canonical);
        assert_eq!(read_one("RedrivePolicy", "", false).unwrap(), "");
        for (text, reason) in [
            ("x", "Redrive policy is not a valid JSON map."),
            ("[]", "Redrive policy is not a valid JSON map."),
            ("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
            (
                r#"{"maxReceiveCount":1}"#,
                "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
            ),
            (
                r#"{"maxReceiveCount":0,"deadLetterTargetArn":"arn:aws:sqs:r:000000000000:d"}"#,
                "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
            ),
            (r#"{"maxReceiveCount":1,"deadLetterTargetArn":"d"}"#, "Invalid value for deadLetterTargetArn."),
        ] {
            let message = format!("Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}");
            assert_eq!(read_one("RedrivePolicy", text, false), Err(message));
        }
        assert_eq!(read_one("Policy", "{", false), Err("Invalid value for the parameter Policy.".into()));
        assert!(read_one("RedriveAllowPolicy", r#"{"redrivePermission":"denyAll"}"#, false).is_ok());
        for text in [r#"{"redrivePermission":"byQueue"}"#, r#"{"redrivePermission":"x"}"#, "1"] {
            assert!(read_one("RedriveAllowPolicy", text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn one_encryption_at_a_time() {
        let both = BTreeMap::from([
            ("SqsManagedSseEnabled".to_owned(), "true".to_owned()),
            ("KmsMasterKeyId".to_owned(), "alias/aws/sqs".to_owned()),
        ]);
        assert!(read(&both, false).is_err());
    }
}
