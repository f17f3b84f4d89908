//! From a topic to its subscribers.
//!
//! Subscriptions are read once, with their filters, and stay in memory until one changes. All that a message causes
//! happens in the transaction of the operation that brings it: it is in its queues and in the inbox when that has
//! answered, everything else waits in the outbox, in a lane for each subscription.

use std::sync::Arc;

use cloud::inbox;
use cloud::memo::Memo;
use cloud::outbox::{DeadLetter, Delivery, Policy};
use cloud::prelude::*;
use cloud::tap;
use cloud::target::Target;
use serde_json::{Map, Value, json};
use store::keyspace;
use store::layer::table::{self, Cursor, Paging};

use crate::attributes::{SCOPE_DEFAULT, dead_letter_queue};
use crate::error::Error;
use crate::filter::Filter;
use crate::keys::{SubscriptionRow, TopicRow};
use crate::message::for_queue;
use crate::notification::{self, Confirmation, Message, Signed};
use crate::ops::deliver_to_endpoint;
use crate::signature::{self, Signer};
use crate::{delivery_policy, topic};

/// The service principal that calls subscribers.
pub(crate) const PRINCIPAL: &str = "sns.amazonaws.com";
/// Rows that are read at once.
const PAGE: usize = 500;
/// How functions and queues are tried: 100 015 times over 23 days.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>
const MANAGED: Policy = Policy {
    attempts_max: 100_015,
    age_max_millis: 23 * 24 * 3600 * 1000,
    backoff_millis: 1_000,
    backoff_millis_max: 20_000,
};
/// Who sends mails.
const MAIL_FROM: &str = "no-reply@sns.amazonaws.com";
/// Who sends text messages when nobody is named (`AWS.SNS.SMS.SenderID`).
pub(crate) const SMS_FROM: &str = "NOTICE";
/// The subject of mails without one.
const MAIL_SUBJECT: &str = "AWS Notification Message";

/// A subscription that waits for messages.
pub(crate) struct Listener {
    row: SubscriptionRow,
    filter: Option<Filter>,
}

impl Listener {
    /// The listener of a subscription. Its filter policy was checked when it was set; where it cannot be read all the same,
    /// nothing is wanted.
    fn of(row: SubscriptionRow) -> Option<Self> {
        let scope = row.attributes.get("FilterPolicyScope").map_or(SCOPE_DEFAULT, String::as_str);
        match row.attributes.get("FilterPolicy").map(|text| Filter::read(text, scope)).transpose() {
            Ok(filter) => Some(Self { filter: filter.flatten(), row }),
            Err(error) => {
                let failure = cloud::ApiError::into_failure(error);
                tracing::error!(subscription = row.id, %failure, "a stored filter policy cannot be read");
                None
            }
        }
    }
}

/// The listeners of topics, by account, region and name.
#[derive(Default)]
struct Known(Memo<(String, String, String), Arc<Vec<Listener>>>);

/// The confirmed subscriptions of a topic.
async fn listeners(cx: &Cx, topic: &TopicRow) -> Result<Arc<Vec<Listener>>, Error> {
    let known = cx.state::<Known>();
    let key = (topic.account.clone(), topic.region.clone(), topic.name.clone());
    let read_in = match known.0.find(cx.cloud(), &[keyspace::SNS_SUBSCRIPTION], &key) {
        Ok(listeners) => return Ok(listeners),
        Err(generation) => generation,
    };
    let view = cx.snapshot().await?;
    let mut listeners = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let parts = (key.0.as_str(), key.1.as_str(), key.2.as_str());
        let page = table::list::<SubscriptionRow>(&view, parts, &Paging::after(PAGE, after)).await?;
        listeners.extend(page.items.into_iter().filter(|row| !row.pending).filter_map(Listener::of));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let listeners = Arc::new(listeners);
    known.0.keep(read_in, key, listeners.clone());
    Ok(listeners)
}

/// The signatures of one message: one for each text, whoever gets it.
struct Signatures {
    version: String,
    region: String,
    signer: Option<Arc<Signer>>,
    made: Vec<(String, Signed)>,
}

impl Signatures {
    async fn of(&mut self, cx: &mut Cx, message: &Message, text: &str) -> Result<Option<Signed>, Error> {
        // FIFO topics sign nothing.
        if message.sequence.is_some() {
            return Ok(None);
        }
        if let Some((_, signed)) = self.made.iter().find(|(known, _)| known == text) {
            return Ok(Some(signed.clone()));
        }
        let signer = match &self.signer {
            Some(signer) => signer.clone(),
            None => signature::signer(cx).await?,
        };
        let signed = signer.sign(cx, &self.region, &self.version, &notification::canonical(message, text))?;
        self.signer = Some(signer);
        self.made.push((text.to_owned(), signed.clone()));
        Ok(Some(signed))
    }
}

/// Brings a message to the subscribers that want it.
pub(crate) async fn publish(cx: &mut Cx, topic: &TopicRow, message: &Message) -> Result<(), Error> {
    let listeners = listeners(cx, topic).await?;
    let cloud = cx.cloud().clone();
    tap::offer(&cloud, cx.tx(), || topic.arn(), || message.heard());
    let mut signatures = Signatures {
        version: topic.attributes.get("SignatureVersion").cloned().unwrap_or_default(),
        region: topic.region.clone(),
        signer: None,
        made: Vec::new(),
    };
    for listener in listeners.iter() {
        let text = message.content.of(&listener.row.protocol);
        if listener.filter.as_ref().is_none_or(|filter| filter.wants(text, &message.attributes)) {
            deliver(cx, topic, &listener.row, message, text, &mut signatures).await?;
        }
    }
    Ok(())
}

async fn deliver(
    cx: &mut Cx,
    topic: &TopicRow,
    row: &SubscriptionRow,
    message: &Message,
    text: &str,
    signatures: &mut Signatures,
) -> Result<(), Error> {
    let raw = row.is_raw();
    let signed = match row.protocol.as_str() {
        "email" | "sms" => None,
        _ if raw => None,
        _ => signatures.of(cx, message, text).await?,
    };
    let unsubscribe = notification::unsubscribe_url(cx.cloud().endpoint(), &row.arn());
    let body = || match raw {
        true => text.to_owned(),
        false => notification::body(message, text, signed.as_ref(), &unsubscribe),
    };
    let delivery = match row.protocol.as_str() {
        "sqs" => to_queue(row, message, body())?,
        "lambda" => {
            let arn: Arn = row.endpoint.parse().map_err(Failure::internal)?;
            let event =
                notification::event(message, text, signed.as_ref(), &row.arn(), &unsubscribe).to_string();
            delivery(row, Target::of(&arn, &event).map_err(Failure::internal)?, event, Map::new(), MANAGED)
        }
        "http" | "https" => {
            let more = if raw { attributes_of(message) } else { Map::new() };
            to_endpoint(topic, row, "Notification", &message.id, body(), more)?
        }
        "sms" => {
            let (to, body) = (&row.endpoint, text.to_owned());
            let draft = inbox::Draft { kind: "sms", from: SMS_FROM, to, subject: None, body };
            return Ok(inbox::put(cx, draft).await?);
        }
        protocol => {
            let subject = message.subject.clone().unwrap_or_else(|| MAIL_SUBJECT.to_owned());
            let text = if protocol == "email" { notification::mail(text, &unsubscribe) } else { body() };
            return send_mail(cx, (topic, row), subject, text).await;
        }
    };
    Ok(cx.hand_over(delivery).await?)
}

/// Puts a mail from a topic to a subscriber into the inbox.
async fn send_mail(
    cx: &mut Cx,
    (topic, row): (&TopicRow, &SubscriptionRow),
    subject: String,
    body: String,
) -> Result<(), Error> {
    let (from, subject) = (from(topic), Some(subject));
    Ok(inbox::put(cx, inbox::Draft { kind: "email", from: &from, to: &row.endpoint, subject, body }).await?)
}

fn from(topic: &TopicRow) -> String {
    match topic.attributes.get("DisplayName") {
        Some(name) => format!("{name} <{MAIL_FROM}>"),
        None => MAIL_FROM.to_owned(),
    }
}

fn attributes_of(message: &Message) -> Map<String, Value> {
    let attributes = for_queue(&message.attributes);
    if attributes.is_empty() {
        return Map::new();
    }
    Map::from_iter([("MessageAttributes".to_owned(), Value::Object(attributes))])
}

/// What a message is in a queue besides its body.
fn queue_members(row: &SubscriptionRow, message: &Message, queue: &str) -> Map<String, Value> {
    let mut more = if row.is_raw() { attributes_of(message) } else { Map::new() };
    if let Some(group) = &message.group {
        more.insert("MessageGroupId".to_owned(), json!(group));
    }
    if let Some(id) = message.deduplication_id.as_ref().filter(|_| queue.ends_with(topic::FIFO)) {
        more.insert("MessageDeduplicationId".to_owned(), json!(id));
    }
    more
}

fn to_queue(row: &SubscriptionRow, message: &Message, body: String) -> Result<Delivery, Failure> {
    let arn: Arn = row.endpoint.parse().map_err(Failure::internal)?;
    let mut target = Target::of(&arn, &body).map_err(Failure::internal)?;
    let more = queue_members(row, message, arn.resource());
    if let Some(input) = target.input.as_object_mut() {
        input.extend(more.clone());
    }
    let mut delivery = delivery(row, target, body, more, MANAGED);
    delivery.region = Some(arn.region().to_owned());
    Ok(delivery)
}

/// A request to an endpoint, by an operation of our own.
fn to_endpoint(
    topic: &TopicRow,
    row: &SubscriptionRow,
    kind: &str,
    message_id: &str,
    body: String,
    more: Map<String, Value>,
) -> Result<Delivery, Failure> {
    let own = row.attributes.get("DeliveryPolicy").map(String::as_str);
    let policy = delivery_policy::effective(topic.attributes.get("DeliveryPolicy").map(String::as_str), own);
    let input = json!({
        "Url": row.endpoint,
        "Body": body,
        "Kind": kind,
        "MessageId": message_id,
        "TopicArn": row.topic_arn(),
        "SubscriptionArn": (!row.pending).then(|| row.arn()),
        "Raw": row.is_raw(),
        "ContentType": policy.content_type,
        "Retries": serde_json::to_string(&policy.retries).map_err(Failure::internal)?,
    });
    let target = Target { service: "sns".to_owned(), operation: deliver_to_endpoint::NAME.to_owned(), input };
    let tries = Policy {
        attempts_max: policy.retries.num_retries + 1,
        // The waits end it, not its age.
        age_max_millis: 24 * 3600 * 1000,
        ..MANAGED
    };
    Ok(delivery(row, target, body, more, tries))
}

/// A delivery for a subscription. What cannot be delivered goes to the subscription's queue for the dead, if it has one,
/// and is dropped otherwise; the trace has it.
fn delivery(
    row: &SubscriptionRow,
    target: Target,
    body: String,
    more: Map<String, Value>,
    policy: Policy,
) -> Delivery {
    let queue = row.attributes.get("RedrivePolicy").and_then(|policy| dead_letter_queue(policy).ok());
    let dead_letter = queue.map(|queue| DeadLetter {
        queue: queue.to_string(),
        body,
        attributes: std::collections::BTreeMap::new(),
        group: None,
        explains: false,
        own_code: false,
        role: None,
        more,
    });
    Delivery {
        target,
        principal: PRINCIPAL.to_owned(),
        source_arn: Some(row.topic_arn()),
        role: None,
        // A subscriber that is slow or away must not hold up the others.
        queue: row.arn(),
        region: None,
        policy,
        dead_letter,
        final_refusals: true,
    }
}

/// Asks the endpoint of a pending subscription to confirm it, or tells one that its subscription has ended.
pub(crate) async fn confirm(
    cx: &mut Cx,
    topic: &TopicRow,
    row: &SubscriptionRow,
    ended: bool,
) -> Result<(), Error> {
    let (id, timestamp) = (cx.new_id(), wire::time::iso8601_millis(cx.now()));
    let endpoint = cx.cloud().endpoint().to_owned();
    let asked = match ended {
        false => Confirmation::of_subscription(row, &endpoint, id, timestamp),
        true => Confirmation::of_end(row, &endpoint, id, timestamp),
    };
    let version = topic.attributes.get("SignatureVersion").map_or("1", String::as_str);
    let signer = signature::signer(cx).await?;
    let signed = signer.sign(cx, &topic.region, version, &asked.canonical())?;
    let body = asked.body(Some(&signed));
    let delivery = match row.protocol.as_str() {
        "http" | "https" => to_endpoint(topic, row, asked.kind, &asked.id, body, Map::new())?,
        "sqs" => {
            let arn: Arn = row.endpoint.parse().map_err(Failure::internal)?;
            let target = Target::of(&arn, &body).map_err(Failure::internal)?;
            let mut delivery = delivery(row, target, body, Map::new(), MANAGED);
            delivery.region = Some(arn.region().to_owned());
            delivery
        }
        "email" | "email-json" => {
            let what = if ended { "Unsubscribe Confirmation" } else { "Subscription Confirmation" };
            let subject = format!("AWS Notification - {what}");
            let text = match row.protocol.as_str() {
                "email" => format!("{}\n\n{}\n", asked.text, asked.subscribe_url),
                _ => body,
            };
            return send_mail(cx, (topic, row), subject, text).await;
        }
        _ => return Ok(()),
    };
    Ok(cx.hand_over(delivery).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rather nothing than what a subscriber did not ask for.
    #[test]
    fn a_policy_that_cannot_be_read_wants_nothing() {
        let listens = |attributes: &[(&str, &str)]| {
            let text = |text: &&str| (*text).to_owned();
            let row = SubscriptionRow {
                account: "a".into(),
                region: "r".into(),
                topic: "t".into(),
                id: "i".into(),
                owner: "a".into(),
                principal: "p".into(),
                protocol: "sqs".into(),
                endpoint: "e".into(),
                created_at_millis: 1,
                token: "x".into(),
                pending: false,
                authenticated: false,
                guarded: false,
                attributes: attributes.iter().map(|(name, value)| (text(name), text(value))).collect(),
            };
            Listener::of(row).map(|listener| listener.filter.is_some())
        };
        let nested = ("FilterPolicy", r#"{"a":{"b":["c"]}}"#);
        assert_eq!(listens(&[]), Some(false));
        assert_eq!(listens(&[("FilterPolicy", r#"{"a":["b"]}"#)]), Some(true));
        assert_eq!(listens(&[nested, ("FilterPolicyScope", "MessageBody")]), Some(true));
        assert_eq!(listens(&[nested]), None);
        assert_eq!(listens(&[("FilterPolicy", "{")]), None);
    }
}
