//! What a subscription is: protocols, endpoints, ARNs. Pure, but for looking a subscription up.

use cloud::caller::Principal;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{SubscriptionRow, TopicRow};
use crate::limits::ENDPOINT_CHARS_MAX;
use crate::topic::{self, FIFO};

/// What a subscription's ARN is called in a list as long as nobody has confirmed it.
pub(crate) const PENDING: &str = "PendingConfirmation";
/// What Subscribe answers instead of an ARN as long as nobody has confirmed it.
pub(crate) const ANSWER_PENDING: &str = "pending confirmation";

/// Refuses protocols that this cloud has not, and endpoints that do not fit theirs (texts recorded where replay/sns has
/// them: test_subscribe_with_invalid_protocol, test_subscribe_sqs_queue_url).
pub(crate) fn check(topic: &TopicRow, protocol: &str, endpoint: &str) -> Result<(), Error> {
    if endpoint.chars().count() > ENDPOINT_CHARS_MAX {
        return Err(Error::invalid("Endpoint"));
    }
    let arn: Option<Arn> = endpoint.parse().ok();
    let of_service = |service: &str| arn.as_ref().filter(|arn| arn.service() == service);
    match protocol {
        "" => return Err(Error::missing("Protocol")),
        "sqs" => {
            let queue = of_service("sqs").ok_or_else(|| Error::invalid("SQS endpoint ARN"))?;
            if queue.resource().ends_with(FIFO) && !topic.is_fifo() {
                return Err(Error::invalid(
                    "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
                ));
            }
        }
        "lambda" => {
            let function = of_service("lambda").filter(|arn| arn.resource().starts_with("function:"));
            function.ok_or_else(|| Error::invalid("Lambda endpoint ARN"))?;
        }
        "http" | "https" => {
            let fits = endpoint.parse::<http::Uri>().is_ok_and(|uri| {
                uri.scheme_str() == Some(protocol) && uri.host().is_some_and(|host| !host.is_empty())
            });
            if !fits {
                return Err(Error::invalid("Endpoint must match the specified protocol"));
            }
        }
        "email" | "email-json" if !is_address(endpoint) => return Err(Error::invalid("Email address")),
        "email" | "email-json" => {}
        "sms" if !is_phone(endpoint) => {
            return Err(Error::invalid(format!("Invalid SMS endpoint: {endpoint}")));
        }
        "sms" => {}
        "firehose" | "application" => {
            return Err(Error::unsupported("Protocol", &format!("the protocol {protocol}")));
        }
        other => {
            return Err(Error::invalid(format!("Amazon SNS does not support this protocol string: {other}")));
        }
    }
    if topic.is_fifo() && protocol != "sqs" {
        return Err(Error::invalid(format!(
            "Protocol Reason: FIFO topics do not support the protocol {protocol}"
        )));
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && text.chars().all(plain)
    })
}

/// Whether a text is a phone number: E.164, with the signs that people put between digits.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    (4..=15).contains(&digits)
        && rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b' ' | b'.' | b'(' | b')'))
}

/// Whether who subscribes need not be asked again: functions and phones never are, queues when they are the caller's.
pub(crate) fn is_confirmed_at_once(cx: &Cx, protocol: &str, endpoint: &str) -> bool {
    match protocol {
        "sqs" => endpoint.parse::<Arn>().is_ok_and(|arn| arn.account() == cx.account()),
        protocol => matches!(protocol, "lambda" | "sms"),
    }
}

/// The ARN of a subscription's topic and its id (texts recorded: test_unsubscribe_wrong_arn_format).
fn parse(arn: &str) -> Result<(Arn, String), Error> {
    if arn.is_empty() {
        return Err(Error::missing("SubscriptionArn"));
    }
    let parts = arn.split(':').count();
    if parts < 6 {
        return Err(Error::invalid(format!(
            "SubscriptionArn Reason: An ARN must have at least 6 elements, not {parts}"
        )));
    }
    let (topic, id) = arn.rsplit_once(':').unwrap_or_default();
    let topic: Arn = match topic.parse() {
        Ok(topic) if parts == 7 => topic,
        _ => return Err(Error::invalid("SubscriptionId")),
    };
    if topic.service() != "sns" { Err(Error::invalid("SubscriptionArn")) } else { Ok((topic, id.to_owned())) }
}

/// The subscription with this ARN. Only its owner, the topic's owner and those who follow its links may look at it.
pub(crate) async fn open(cx: &mut Cx, arn: &str) -> Result<SubscriptionRow, Error> {
    find(cx, arn).await?.ok_or(Error::NotFound("Subscription"))
}

/// As [`open`], for what may be gone already.
pub(crate) async fn find(cx: &mut Cx, arn: &str) -> Result<Option<SubscriptionRow>, Error> {
    let (topic, id) = parse(arn)?;
    if !topic::is_near(cx, &topic) {
        return Err(Error::invalid("SubscriptionArn"));
    }
    let row: Option<SubscriptionRow> =
        table::get(cx.tx(), (topic.account(), topic.region(), topic.resource(), &id)).await?;
    let caller = cx.account();
    let is_stranger = row.as_ref().is_some_and(|row| row.owner != caller && row.account != caller);
    if is_stranger && cx.caller().principal != Principal::Anonymous {
        return Err(Error::Denied("Not authorized to access this subscription".to_owned()));
    }
    Ok(row)
}

impl SubscriptionRow {
    /// Whether the message alone is delivered.
    pub(crate) fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
    }

    /// An attribute as it counts when Subscribe compares.
    pub(crate) fn effective(&self, name: &str) -> String {
        match (self.attributes.get(name), name) {
            (Some(value), _) => value.clone(),
            (None, "RawMessageDelivery") => "false".to_owned(),
            (None, "FilterPolicyScope") => crate::attributes::SCOPE_DEFAULT.to_owned(),
            (None, _) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_and_addresses() {
        assert!(is_phone("+123123123") && is_phone("+1 (555) 123-4567"));
        assert!(!is_phone("abc") && !is_phone("+12") && !is_phone("+1234567890123456"));
        assert!(is_address("user@example.com"));
        assert!(!is_address("user") && !is_address("a@b@c") && !is_address("a b@c") && !is_address("@x"));
    }
}
