//! Admitting a message to a queue: the rules that SendMessage and SendMessageBatch share.

use std::collections::BTreeMap;

use cloud::prelude::*;
use cloud::tap;
use store::layer::queue::NewMessage;
use store::layer::table;
use wire::digest::{md5_hex, sha256_hex};

use crate::error::Error;
use crate::keys::{QueueRow, SeenRow, Stored};
use crate::limits::{DEDUPLICATION_MILLIS, DELAY_SECONDS_MAX};
use crate::message::{self, Attributes, MessageAttribute};

/// A message as a request has it.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) body: String,
    pub(crate) delay_seconds: Option<i32>,
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) system_attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) group: Option<String>,
}

/// A message that fits its queue.
#[derive(Debug)]
pub(crate) struct Admitted {
    body: String,
    delay_seconds: i64,
    attributes: Attributes,
    system_attributes: Attributes,
    deduplication_id: Option<String>,
    group: Option<String>,
}

/// What a sender hears.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) message_id: String,
    pub(crate) body_md5: String,
    pub(crate) attributes_md5: Option<String>,
    pub(crate) system_attributes_md5: Option<String>,
    pub(crate) sequence_number: Option<String>,
}

/// What FIFO queues count from, so that their numbers have AWS's twenty digits.
const SEQUENCE_BASE: u128 = 18_849_496_460_467_696_128;

/// A sequence number as clients see it.
pub(crate) fn sequence_text(sequence: u64) -> String {
    (SEQUENCE_BASE + u128::from(sequence) * 256).to_string()
}

/// Checks a message against its queue's rules.
pub(crate) fn admit(queue: &QueueRow, draft: Draft) -> Result<Admitted, Error> {
    if draft.body.is_empty() {
        return Err(Error::Missing("MessageBody"));
    }
    if let Some(text) = message::first_bad_character(&draft.body) {
        return Err(Error::InvalidMessageContents(text));
    }
    let delay_seconds = delay(queue, draft.delay_seconds)?;
    let (group, deduplication_id) = fifo_ids(queue, &draft)?;
    let attributes = message::read_attributes(draft.attributes)?;
    let system_attributes = message::read_system_attributes(draft.system_attributes)?;
    let admitted =
        Admitted { body: draft.body, delay_seconds, attributes, system_attributes, deduplication_id, group };
    let size_max = queue.number("MaximumMessageSize");
    if admitted.size_bytes() > size_max {
        return Err(Error::Invalid(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {size_max} bytes."
        )));
    }
    Ok(admitted)
}

fn delay(queue: &QueueRow, given: Option<i32>) -> Result<i64, Error> {
    let Some(seconds) = given.map(i64::from) else { return Ok(queue.number("DelaySeconds")) };
    if !(0..=DELAY_SECONDS_MAX).contains(&seconds) {
        return Err(Error::value(seconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900."));
    }
    if queue.is_fifo() {
        if seconds > 0 {
            return Err(wrong_queue_type(seconds, "DelaySeconds"));
        }
        return Ok(queue.number("DelaySeconds"));
    }
    Ok(seconds)
}

fn wrong_queue_type(value: impl std::fmt::Display, parameter: &str) -> Error {
    Error::value(value, parameter, "The request include parameter that is not valid for this queue type.")
}

/// The group and the deduplication id. On a standard queue a group only says whose message it is (fair queues).
fn fifo_ids(queue: &QueueRow, draft: &Draft) -> Result<(Option<String>, Option<String>), Error> {
    if let Some(group) = &draft.group {
        message::check_fifo_id("MessageGroupId", group)?;
    }
    if !queue.is_fifo() {
        return match &draft.deduplication_id {
            Some(id) => Err(wrong_queue_type(id, "MessageDeduplicationId")),
            None => Ok((draft.group.clone(), None)),
        };
    }
    if draft.group.is_none() {
        return Err(Error::Missing("MessageGroupId"));
    }
    let id = match &draft.deduplication_id {
        Some(id) => {
            message::check_fifo_id("MessageDeduplicationId", id)?;
            id.clone()
        }
        None if queue.shown("ContentBasedDeduplication").as_deref() == Some("true") => {
            sha256_hex(draft.body.as_bytes())
        }
        None => {
            let text = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
            return Err(Error::Invalid(text.to_owned()));
        }
    };
    Ok((draft.group.clone(), Some(id)))
}

impl Admitted {
    /// Bytes that count against the limits. System attributes do not (API reference of SendMessage).
    pub(crate) fn size_bytes(&self) -> i64 {
        i64::try_from(self.body.len())
            .unwrap_or(i64::MAX)
            .saturating_add(message::size_bytes(&self.attributes))
    }

    /// Puts the message in its queue, unless a FIFO queue has seen it already.
    pub(crate) async fn push(self, cx: &mut Cx, queue: &QueueRow) -> Result<Sent, Error> {
        let now = cx.now().millis();
        let mut sent = Sent {
            message_id: cx.new_timely_id(),
            body_md5: md5_hex(self.body.as_bytes()),
            attributes_md5: message::attributes_md5(&self.attributes),
            system_attributes_md5: message::attributes_md5(&self.system_attributes),
            sequence_number: None,
        };
        let seen_key = self.seen_key(queue);
        if let Some(key) = &seen_key {
            let seen: Option<SeenRow> = table::get(cx.tx(), (&queue.id, key)).await?;
            if let Some(seen) = seen.filter(|seen| seen.until_millis > now) {
                sent.message_id = seen.message_id;
                sent.sequence_number = Some(sequence_text(seen.sequence));
                return Ok(sent);
            }
        }
        // "When both header instrumentations are set, the message system attribute overrides the HTTP trace header."
        // <https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html>
        let trace_header =
            self.system_attributes.get("AWSTraceHeader").and_then(|header| header.text.as_deref());
        let stored = Stored {
            sender_id: cx.caller().user_id(),
            trace_header: trace_header.or(cx.trace_header()).map(str::to_owned),
            body: self.body,
            attributes: self.attributes,
            group: self.group,
            deduplication_id: self.deduplication_id,
            earlier_receives: 0,
            dead_letter_source: None,
        };
        let new = NewMessage {
            id: sent.message_id.clone(),
            body: stored.encode()?,
            now,
            visible_at: now + self.delay_seconds * 1000,
            group: stored.group.clone().filter(|_| queue.is_fifo()),
        };
        let sequence = queue.messages().push(cx.tx(), new).await?;
        let cloud = cx.cloud().clone();
        tap::offer(&cloud, cx.tx(), || queue.arn(), || stored.heard(&sent.message_id));
        if let Some(key) = seen_key {
            let row = SeenRow {
                queue_id: queue.id.clone(),
                key,
                until_millis: now + DEDUPLICATION_MILLIS,
                message_id: sent.message_id.clone(),
                sequence,
            };
            table::put(cx.tx(), &row).await?;
            sent.sequence_number = Some(sequence_text(sequence));
        }
        Ok(sent)
    }

    /// Under which name a FIFO queue remembers the message.
    fn seen_key(&self, queue: &QueueRow) -> Option<String> {
        let id = self.deduplication_id.as_deref()?;
        let by_group = queue.shown("DeduplicationScope").as_deref() == Some("messageGroup");
        // No id holds a space, so the two forms cannot meet.
        Some(if by_group {
            format!("{} {id}", self.group.as_deref().unwrap_or_default())
        } else {
            id.to_owned()
        })
    }
}
