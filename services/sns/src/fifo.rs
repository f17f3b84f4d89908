//! What FIFO topics remember: which messages came in the last minutes, and how far they have counted.

use cloud::prelude::*;
use store::layer::table;
use wire::digest::sha256_hex;

use crate::error::Error;
use crate::keys::{SeenRow, SequenceRow, TopicRow};
use crate::limits::DEDUPLICATION_MILLIS;
use crate::message::check_fifo_id;

/// What FIFO topics count from, so that their numbers have AWS's twenty digits.
const SEQUENCE_BASE: u128 = 10_000_000_000_000_000_000;
/// From one number to the next.
const SEQUENCE_STEP: u128 = 1000;

/// A sequence number as clients see it.
fn sequence_text(sequence: u64) -> String {
    (SEQUENCE_BASE + u128::from(sequence) * SEQUENCE_STEP).to_string()
}

/// A message's place in its topic.
#[derive(Debug)]
pub(crate) enum Place {
    /// It is new.
    New { deduplication_id: Option<String>, sequence: Option<String> },
    /// It came before, under this id.
    Seen { message_id: String, sequence: String },
}

/// Checks the ids of a message against its topic (texts of SNS, as LocalStack's validated tests have them).
pub(crate) fn check(
    topic: &TopicRow,
    group: Option<&str>,
    deduplication_id: Option<&str>,
) -> Result<(), Error> {
    if let Some(group) = group {
        check_fifo_id("MessageGroupId", group)?;
    }
    if let Some(id) = deduplication_id.filter(|_| topic.is_fifo()) {
        check_fifo_id("MessageDeduplicationId", id)?;
    }
    if !topic.is_fifo() {
        return match deduplication_id {
            Some(_) => Err(Error::invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
            )),
            None => Ok(()),
        };
    }
    if group.is_none() {
        return Err(Error::invalid("The MessageGroupId parameter is required for FIFO topics"));
    }
    if deduplication_id.is_none() && !topic.is_on("ContentBasedDeduplication") {
        return Err(Error::invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        ));
    }
    Ok(())
}

/// Gives a checked message its place, and remembers it.
pub(crate) async fn place(
    cx: &mut Cx,
    topic: &TopicRow,
    message_id: &str,
    message: &str,
    group: Option<&str>,
    deduplication_id: Option<String>,
) -> Result<Place, Error> {
    if !topic.is_fifo() {
        return Ok(Place::New { deduplication_id: None, sequence: None });
    }
    let id = deduplication_id.unwrap_or_else(|| sha256_hex(message.as_bytes()));
    let by_group = topic.attributes.get("FifoThroughputScope").is_some_and(|scope| scope == "MessageGroup");
    // No id holds a space, so the two forms cannot meet.
    let key = if by_group { format!("{} {id}", group.unwrap_or_default()) } else { id.clone() };
    let now = cx.now().millis();
    let seen: Option<SeenRow> = table::get(cx.tx(), (&topic.id, &key)).await?;
    if let Some(seen) = seen.filter(|seen| seen.until_millis > now) {
        return Ok(Place::Seen { message_id: seen.message_id, sequence: sequence_text(seen.sequence) });
    }
    let counted: Option<SequenceRow> = table::get(cx.tx(), &topic.id).await?;
    let sequence = counted.map_or(1, |row| row.next);
    table::put(cx.tx(), &SequenceRow { topic_id: topic.id.clone(), next: sequence + 1 }).await?;
    let row = SeenRow {
        topic_id: topic.id.clone(),
        key,
        until_millis: now + DEDUPLICATION_MILLIS,
        message_id: message_id.to_owned(),
        sequence,
    };
    table::put(cx.tx(), &row).await?;
    Ok(Place::New { deduplication_id: Some(id), sequence: Some(sequence_text(sequence)) })
}
