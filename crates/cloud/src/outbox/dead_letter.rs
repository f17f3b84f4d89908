//! What becomes of a delivery that is given up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Delivery, Policy};
use crate::arn::Arn;
use crate::failure::Failure;
use crate::target::{Target, Undeliverable};

/// How a dead letter itself is delivered: a queue that cannot be reached for days has lost it.
const POLICY: Policy = Policy {
    attempts_max: 1_000,
    age_max_millis: 4 * 24 * 3600 * 1000,
    backoff_millis: 1_000,
    backoff_millis_max: 15 * 60 * 1000,
};

/// The message that a queue gets instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The queue's ARN.
    pub queue: String,
    /// The message's body.
    pub body: String,
    /// The message's attributes, all texts.
    pub attributes: BTreeMap<String, String>,
    /// The message's group, when the queue is a FIFO queue.
    pub group: Option<String>,
    /// Whether attributes say why, with the names that EventBridge has for them.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
    pub explains: bool,
    /// Whether `ERROR_CODE` is the code of the error itself instead of EventBridge's word for it.
    #[serde(default)]
    pub own_code: bool,
    /// The role as which the message is sent.
    #[serde(default)]
    pub role: Option<String>,
    /// More members of the message, as SQS takes them, such as attributes that are no texts.
    #[serde(default)]
    pub more: Map<String, Value>,
}

/// Why a delivery was given up.
pub(super) struct End<'a> {
    pub(super) failure: &'a Failure,
    /// Attempts after the first.
    pub(super) retries: u32,
    /// Whether its age ended it, and not the number of attempts; nothing when it was refused for good.
    pub(super) exhausted: Option<Exhausted>,
}

/// The limit that a delivery came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Exhausted {
    Attempts,
    Age,
}

impl DeadLetter {
    /// The delivery of the letter, by the one who could not deliver the other thing.
    pub(super) fn delivery(&self, failed: &Delivery, end: &End<'_>) -> Result<Delivery, Undeliverable> {
        let arn: Arn = self.queue.parse().map_err(|_| Undeliverable(self.queue.clone()))?;
        let mut target = Target::of(&arn, &self.body)?;
        let mut attributes = self.attributes.clone();
        if self.explains {
            let code = if self.own_code { end.failure.code() } else { error_code(end.failure) };
            attributes.insert("ERROR_CODE".to_owned(), code.to_owned());
            attributes.insert("ERROR_MESSAGE".to_owned(), end.failure.message().to_owned());
            attributes.insert("RETRY_ATTEMPTS".to_owned(), end.retries.to_string());
            let condition = end.exhausted.map(|exhausted| match exhausted {
                Exhausted::Attempts => "MaximumRetryAttempts",
                Exhausted::Age => "MaximumEventAgeInSeconds",
            });
            if let Some(condition) = condition {
                attributes.insert("EXHAUSTED_RETRY_CONDITION".to_owned(), condition.to_owned());
            }
        }
        let attributes: serde_json::Map<String, Value> = attributes
            .into_iter()
            // SQS takes no empty values.
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, json!({"DataType": "String", "StringValue": value})))
            .collect();
        target.input["MessageAttributes"] = Value::Object(attributes);
        if let Some(group) = &self.group {
            target.input["MessageGroupId"] = json!(group);
        }
        if let Some(input) = target.input.as_object_mut() {
            input.extend(self.more.clone());
        }
        Ok(Delivery {
            target,
            principal: failed.principal.clone(),
            source_arn: failed.source_arn.clone(),
            role: self.role.clone(),
            queue: String::new(),
            region: Some(arn.region().to_owned()),
            policy: POLICY,
            dead_letter: None,
            final_refusals: true,
        })
    }
}

/// Whether no repetition can change a refusal: the caller may not, the thing is not there, or the call itself is wrong.
pub(super) fn is_final(failure: &Failure) -> bool {
    let waits = ["Throttl", "TooManyRequests", "LimitExceeded", "Conflict", "OverLimit"];
    (400..500).contains(&failure.status())
        && failure.status() != 429
        && !waits.iter().any(|word| failure.code().contains(word))
}

/// EventBridge's word for a failure.
fn error_code(failure: &Failure) -> &'static str {
    let code = failure.code();
    match failure.status() {
        _ if code.contains("AccessDenied") || code.contains("Authorization") => "NO_PERMISSIONS",
        404 => "NO_RESOURCE",
        _ if code.contains("NotFound") || code.contains("DoesNotExist") || code.contains("NonExistent") => {
            "NO_RESOURCE"
        }
        429 => "THROTTLING",
        _ if code.contains("Throttl") || code.contains("TooMany") => "THROTTLING",
        400..500 => "SDK_CLIENT_ERROR",
        _ => "INTERNAL_ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_says_why() {
        let letter = DeadLetter {
            queue: "arn:aws:sqs:us-east-1:000000000000:dead".to_owned(),
            body: "{}".to_owned(),
            attributes: [("RULE_ARN".to_owned(), "r".to_owned())].into(),
            group: None,
            explains: true,
            own_code: false,
            role: None,
            more: Map::new(),
        };
        let failed = letter_of(&letter, &Failure::new("AccessDenied", 403, "no"), None);
        let attributes = &failed.target.input["MessageAttributes"];
        assert_eq!(attributes["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS");
        assert_eq!(attributes["RULE_ARN"]["StringValue"], "r");
        assert!(attributes.get("EXHAUSTED_RETRY_CONDITION").is_none());
        let late = letter_of(&letter, &Failure::new("X", 503, "busy"), Some(Exhausted::Age));
        let attributes = &late.target.input["MessageAttributes"];
        assert_eq!(attributes["EXHAUSTED_RETRY_CONDITION"]["StringValue"], "MaximumEventAgeInSeconds");
        assert_eq!(attributes["RETRY_ATTEMPTS"]["StringValue"], "3");
    }

    fn letter_of(letter: &DeadLetter, failure: &Failure, exhausted: Option<Exhausted>) -> Delivery {
        let target = Target { service: "x".to_owned(), operation: "Y".to_owned(), input: json!({}) };
        let failed = Delivery {
            target,
            principal: "events.amazonaws.com".to_owned(),
            source_arn: None,
            role: None,
            queue: String::new(),
            region: None,
            policy: POLICY,
            dead_letter: Some(letter.clone()),
            final_refusals: true,
        };
        letter.delivery(&failed, &End { failure, retries: 3, exhausted }).unwrap()
    }

    #[test]
    fn some_refusals_are_final() {
        for (code, status, expected) in [
            ("AccessDeniedException", 400, true),
            ("ResourceNotFoundException", 404, true),
            ("TooManyRequestsException", 429, false),
            ("ThrottlingException", 400, false),
            ("InternalFailure", 500, false),
        ] {
            assert_eq!(is_final(&Failure::new(code, status, "")), expected, "{code}");
        }
    }
}
