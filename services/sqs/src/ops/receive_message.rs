//! ReceiveMessage.
//!
//! Differs from AWS: a standard queue gives messages out in the order in which they became visible. Messages in flight are
//! counted on each node.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::Cloud;
use cloud::prelude::*;
use store::layer::queue::{Claims, Message as Leased, Request};
use store::layer::table;
use store::{Tx, Version};
use tokio::sync::watch;
use wire::digest::md5_hex;

use crate::error::Error;
use crate::in_flight::InFlight;
use crate::keys::{self, AttemptRow, QueueRow, Stored};
use crate::limits::{ATTEMPT_MILLIS, BATCH_MAX, VISIBILITY_SECONDS_MAX, WAIT_SECONDS_MAX};
use crate::message::{self, Handle, MessageAttribute};
use crate::queue::{self, Address};
use crate::quota::{self, Action};
use crate::send::sequence_text;
use crate::{attributes, redrive};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default, flat, query_name = "AttributeName")]
    attribute_names: Vec<String>,
    #[shape(default, flat, query_name = "MessageSystemAttributeName")]
    message_system_attribute_names: Vec<String>,
    #[shape(default, flat, query_name = "MessageAttributeName")]
    message_attribute_names: Vec<String>,
    max_number_of_messages: Option<i32>,
    visibility_timeout: Option<i32>,
    wait_time_seconds: Option<i32>,
    receive_request_attempt_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat, xml = "Message")]
    messages: Option<Vec<Message>>,
}

#[derive(Shape)]
struct Message {
    message_id: String,
    receipt_handle: String,
    #[shape(name = "MD5OfBody")]
    body_md5: String,
    body: String,
    #[shape(flat, xml = "Attribute", key = "Name", value = "Value")]
    attributes: Option<BTreeMap<String, String>>,
    #[shape(name = "MD5OfMessageAttributes")]
    attributes_md5: Option<String>,
    #[shape(flat, xml = "MessageAttribute", key = "Name", value = "Value")]
    message_attributes: Option<BTreeMap<String, MessageAttribute>>,
}

/// Attributes of a message that a receiver can ask for.
const SYSTEM_ATTRIBUTES: [&str; 10] = [
    "All",
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
];

/// A waiting receiver hears at once of messages that become visible, but not of those that will be: a message sent
/// with a delay, or a visibility timeout made shorter, moves the time at which it has to look again.
const RECHECK_MILLIS: i64 = 1000;

/// Receivers of this process pass each other by these.
#[derive(Default)]
struct Receivers(Claims);

/// A checked request, and where the queue is.
#[derive(Clone)]
struct Want {
    account: String,
    region: String,
    name: String,
    limit: usize,
    wait_seconds: Option<i64>,
    visibility_seconds: Option<i64>,
    system_attributes: Vec<String>,
    attributes: Vec<String>,
    /// Under which name a FIFO queue remembers what it gives.
    attempt: Option<String>,
    /// The call has counted against the queue's quota: a long poll looks more than once.
    is_counted: bool,
}

pub(crate) struct ReceiveMessage;

impl Operation for ReceiveMessage {
    const NAME: &'static str = "ReceiveMessage";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        queue::resource(cx, &input.queue_url)
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        queue::terms(cx, &input.queue_url).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut want = read(cx, &input)?;
        let began = cx.now();
        let mut news: Option<(String, watch::Receiver<Version>)> = None;
        loop {
            let Taken { queue, messages, has_room } = take(cx, &want).await?;
            want.is_counted = true;
            if !messages.is_empty() {
                cx.state::<InFlight>().took(&queue, messages.len());
                return Ok(Output { messages: Some(messages) });
            }
            let wait_seconds =
                want.wait_seconds.unwrap_or_else(|| queue.number("ReceiveMessageWaitTimeSeconds"));
            if !has_room && !queue.is_fifo() && wait_seconds == 0 {
                // "If you use short polling, SQS returns OverLimit; with long polling, no error." (quotas)
                return Err(Error::OverLimit(
                    "Too many messages in flight: delete some of those that were received.".to_owned(),
                ));
            }
            let deadline = began.plus_secs(wait_seconds);
            if cx.now() >= deadline {
                return Ok(Output { messages: None });
            }
            let news = match &mut news {
                Some((id, news)) if *id == queue.id => news,
                other => {
                    // And it looks once more: something may have come before this.
                    let watch = cx.cloud().store().watch(queue.messages().watch_key());
                    *other = Some((queue.id, watch));
                    continue;
                }
            };
            let next = queue.messages().next_visible_at(&cx.snapshot().await?).await?;
            let latest = deadline.min(cx.now().plus_millis(RECHECK_MILLIS));
            let wake = next.map_or(latest, |at| Timestamp::from_millis(at).min(latest));
            tokio::select! {
                // The sender of news ends with the store: then sleep decides.
                _ = news.changed() => {}
                () = cx.sleep_until(wake) => {}
            }
        }
    }
}

fn read(cx: &Cx, input: &Input) -> Result<Want, Error> {
    let limit = input.max_number_of_messages.unwrap_or(1);
    let limit =
        usize::try_from(limit).ok().filter(|limit| (1..=BATCH_MAX).contains(limit)).ok_or_else(|| {
            Error::value(limit, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
        })?;
    let visibility_seconds = input.visibility_timeout.map(i64::from);
    if let Some(seconds) = visibility_seconds.filter(|s| !(0..=VISIBILITY_SECONDS_MAX).contains(s)) {
        return Err(Error::value(seconds, "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided."));
    }
    let attempt = input.receive_request_attempt_id.clone();
    if let Some(attempt) = &attempt {
        message::check_fifo_id("ReceiveRequestAttemptId", attempt)?;
    }
    let wait_seconds = input.wait_time_seconds.map(i64::from);
    if let Some(seconds) = wait_seconds.filter(|seconds| !(0..=WAIT_SECONDS_MAX).contains(seconds)) {
        return Err(Error::value(seconds, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided."));
    }
    let mut system_attributes = input.attribute_names.clone();
    system_attributes.extend_from_slice(&input.message_system_attribute_names);
    let known = |name: &str| SYSTEM_ATTRIBUTES.contains(&name) || attributes::is_known(name);
    if let Some(unknown) = system_attributes.iter().find(|name| !known(name)) {
        return Err(Error::UnknownAttribute(unknown.clone()));
    }
    let address = Address::parse(&input.queue_url)?;
    Ok(Want {
        account: address.account(cx).to_owned(),
        region: cx.region().to_owned(),
        name: address.name().to_owned(),
        limit,
        wait_seconds,
        visibility_seconds,
        system_attributes,
        attributes: input.message_attribute_names.clone(),
        attempt,
        is_counted: false,
    })
}

/// What a look at the queue has given.
struct Taken {
    queue: QueueRow,
    messages: Vec<Message>,
    /// Whether the queue may give any: not so many are in flight.
    has_room: bool,
}

/// Takes messages in a transaction of its own.
async fn take(cx: &Cx, want: &Want) -> Result<Taken, Error> {
    let (want, cloud, receivers) = (want.clone(), cx.cloud().clone(), cx.state::<Receivers>());
    let now = cx.now().millis();
    cx.transact(move |tx| {
        let (want, cloud, receivers) = (want.clone(), cloud.clone(), receivers.clone());
        Box::pin(async move { want.take(tx, &cloud, &receivers.0, now).await })
    })
    .await
}

impl Want {
    async fn take(&self, tx: &mut Tx, cloud: &Arc<Cloud>, claims: &Claims, now: i64) -> Result<Taken, Error> {
        let queue = keys::find(tx, &self.account, &self.region, &self.name).await?;
        let queue = queue.ok_or(Error::NoSuchQueue)?;
        if let Some(attempt) = self.attempt.as_ref().filter(|_| !queue.is_fifo()) {
            let text = "The request include parameter that is not valid for this queue type.";
            return Err(Error::value(attempt, "ReceiveRequestAttemptId", text));
        }
        if !self.is_counted {
            quota::take(cloud, tx, &queue, Action::Receive, std::iter::empty())?;
        }
        let has_room = cloud.states().get::<InFlight>().has_room(cloud, &queue).await?;
        let messages = match has_room {
            true => self.take_of(&queue, tx, cloud, claims, now).await?,
            false => Vec::new(),
        };
        Ok(Taken { queue, messages, has_room })
    }

    async fn take_of(
        &self,
        queue: &QueueRow,
        tx: &mut Tx,
        cloud: &Arc<Cloud>,
        claims: &Claims,
        now: i64,
    ) -> Result<Vec<Message>, Error> {
        let visibility_seconds = self.visibility_seconds.unwrap_or_else(|| queue.number("VisibilityTimeout"));
        let lease_until = now + visibility_seconds * 1000;
        if let Some(again) = self.again(tx, queue, now, lease_until).await? {
            return again.into_iter().map(|message| self.shown(queue, message)).collect();
        }
        let redrive = queue.redrive();
        // Without its dead-letter queue a message stays where it is, however often it is received.
        let target = match &redrive {
            Some(redrive) => redrive::find(tx, redrive).await?,
            None => None,
        };
        let mut receipt = || cloud.chance().uuid();
        let request = Request {
            now,
            limit: self.limit,
            lease_until,
            sent_since: now - queue.retention_millis(),
            receives_max: redrive.filter(|_| target.is_some()).map(|redrive| redrive.receives_max),
            receipt: &mut receipt,
        };
        let received = queue.messages().receive(tx, claims, request).await?;
        if let Some(target) = &target {
            for message in received.exhausted {
                redrive::bury((tx, cloud), queue, target, message, now).await?;
            }
        }
        self.remember(tx, queue, &received.messages, now).await?;
        received.messages.into_iter().map(|message| self.shown(queue, message)).collect()
    }

    /// What an earlier receive under the same attempt id gave, while nobody has changed any of it. "If a retry occurs
    /// within the deduplication interval, it resets the visibility timeout."
    async fn again(
        &self,
        tx: &mut Tx,
        queue: &QueueRow,
        now: i64,
        lease_until: i64,
    ) -> Result<Option<Vec<Leased>>, Error> {
        let Some(attempt) = &self.attempt else { return Ok(None) };
        let row: Option<AttemptRow> = table::get(tx, (&queue.id, attempt)).await?;
        let Some(row) = row.filter(|row| row.until_millis > now) else { return Ok(None) };
        let messages = queue.messages();
        for (id, receipt) in &row.messages {
            if messages.lease_end(tx, id, receipt).await?.is_none_or(|end| end <= now) {
                return Ok(None);
            }
        }
        let mut found = Vec::with_capacity(row.messages.len());
        for (id, receipt) in &row.messages {
            messages.renew_visibility(tx, id, receipt, now, lease_until).await?;
            found.extend(messages.peek(tx, id).await?);
        }
        Ok(Some(found))
    }

    /// Remembers what a receive gave.
    async fn remember(&self, tx: &mut Tx, queue: &QueueRow, given: &[Leased], now: i64) -> Result<(), Error> {
        let Some(attempt) = self.attempt.as_ref().filter(|_| !given.is_empty()) else { return Ok(()) };
        let pair = |message: &Leased| Some((message.id.clone(), message.receipt.clone()?));
        let row = AttemptRow {
            queue_id: queue.id.clone(),
            attempt: attempt.clone(),
            until_millis: now + ATTEMPT_MILLIS,
            messages: given.iter().filter_map(pair).collect(),
        };
        Ok(table::put(tx, &row).await?)
    }

    fn shown(&self, queue: &QueueRow, leased: Leased) -> Result<Message, Error> {
        let stored = Stored::decode(&leased.body)?;
        let attributes = self.system_attributes(queue, &leased, &stored);
        let wanted = stored.attributes.iter().filter(|(name, _)| message::is_wanted(name, &self.attributes));
        let attributes_md5 = message::attributes_md5(wanted.clone());
        let message_attributes: BTreeMap<_, _> =
            wanted.map(|(name, attribute)| (name.clone(), attribute.shown())).collect();
        let handle = Handle {
            queue_id: queue.id.clone(),
            message_id: leased.id.clone(),
            receipt: leased.receipt.unwrap_or_default(),
        };
        Ok(Message {
            message_id: leased.id,
            receipt_handle: handle.to_text(),
            body_md5: md5_hex(stored.body.as_bytes()),
            body: stored.body,
            attributes: Some(attributes).filter(|attributes| !attributes.is_empty()),
            attributes_md5,
            message_attributes: Some(message_attributes).filter(|attributes| !attributes.is_empty()),
        })
    }

    fn system_attributes(
        &self,
        queue: &QueueRow,
        leased: &Leased,
        stored: &Stored,
    ) -> BTreeMap<String, String> {
        let mut all: BTreeMap<&str, String> = BTreeMap::new();
        all.insert("SenderId", stored.sender_id.clone());
        all.insert("SentTimestamp", leased.sent.to_string());
        all.insert("ApproximateReceiveCount", (stored.earlier_receives + leased.receives).to_string());
        if let Some(at) = leased.first_received {
            all.insert("ApproximateFirstReceiveTimestamp", at.to_string());
        }
        let optional = [
            ("AWSTraceHeader", &stored.trace_header),
            ("MessageGroupId", &stored.group),
            ("MessageDeduplicationId", &stored.deduplication_id),
            ("DeadLetterQueueSourceArn", &stored.dead_letter_source),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                all.insert(name, value.clone());
            }
        }
        if queue.is_fifo() {
            all.insert("SequenceNumber", sequence_text(leased.sequence));
        }
        let wanted = |name: &str| self.system_attributes.iter().any(|asked| asked == "All" || asked == name);
        all.into_iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

#[cfg(test)]
mod tests;
