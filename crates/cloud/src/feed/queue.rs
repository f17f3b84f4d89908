//! A feed from a queue.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::keep::Open;
use super::scale::Scale;
use super::{BATCH_BYTES_MAX, Batch, Outcome, Record, records};
use crate::caller::Caller;
use crate::failure::Failure;

/// Messages of one call of SQS.
const CALL_MAX: usize = 10;
/// A receive that brings nothing although a message was there has met another receiver, or a group that is held up by one
/// of its messages: it looks again after this long, twice as long each time.
const EMPTY_MILLIS: i64 = 5;
const EMPTY_MILLIS_MAX: i64 = 1_000;
/// Between two looks at a consumer that takes nothing.
const CLOSED_MILLIS: i64 = 1_000;
/// Waits before a busy consumer is asked again: at first, and at most.
const BUSY_MILLIS: i64 = 20;
const BUSY_MILLIS_MAX: i64 = 1_000;
/// How often a deletion is tried. What cannot be deleted comes again.
const DELETIONS_MAX: u32 = 4;
/// After so long without a message growth begins anew.
const REST_MILLIS: i64 = 10_000;

/// What is under way.
struct Work {
    in_flight: watch::Sender<u32>,
    done: AtomicU64,
}

/// Counts a batch as under way as long as it lives.
struct Place(Arc<Work>);

impl Place {
    fn take(work: &Arc<Work>) -> Self {
        work.in_flight.send_modify(|count| *count += 1);
        Self(work.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
        self.0.in_flight.send_modify(|count| *count -= 1);
    }
}

/// Feeds until the feed shall end, and until all that is under way is settled.
pub(super) async fn run(open: &Arc<Open>) {
    let work = Arc::new(Work { in_flight: watch::Sender::new(0), done: AtomicU64::new(0) });
    let mut scale = Scale::new(open.now());
    let (mut failures, mut empty) = (0, 0);
    while !open.is_stopped() {
        let began = open.now();
        let ready = async {
            await_messages(open).await?;
            if open.now() - began > REST_MILLIS {
                scale.rest(open.now(), work.done.load(Ordering::Relaxed));
            }
            Box::pin(room(open, &work, &mut scale)).await
        };
        let ready = tokio::select! {
            () = open.stopped() => break,
            ready = ready => ready,
        };
        // From here on the feed does not end in the middle: messages that were received are delivered.
        let gathered = match ready {
            Ok(()) => Box::pin(gather(open)).await,
            Err(failure) => Err(failure),
        };
        match gathered {
            Ok(records) if records.is_empty() => {
                failures = 0;
                let millis = (EMPTY_MILLIS << empty.min(8)).min(EMPTY_MILLIS_MAX);
                empty += 1;
                tokio::select! {
                    () = open.stopped() => {}
                    () = open.until(Some(open.now() + millis)) => {}
                }
            }
            Ok(records) => {
                (failures, empty) = (0, 0);
                let (open, place) = (open.clone(), Place::take(&work));
                open.cloud.clone().tasks().spawn(async move {
                    deliver(&open, records).await;
                    drop(place);
                });
            }
            Err(failure) => {
                failures += 1;
                if failures == 1 {
                    tracing::warn!(feed = open.feed.id, %failure, "a queue could not be read; trying again");
                }
                open.pause(failures).await;
            }
        }
    }
    let mut in_flight = work.in_flight.subscribe();
    in_flight.wait_for(|count| *count == 0).await.expect("the sender lives in `work`");
}

/// Waits until a message is there, as the platform: an idle feed makes no calls that anybody would see.
async fn await_messages(open: &Open) -> Result<(), Failure> {
    let mut cx = open.cx();
    let caller = cx.caller().clone();
    cx.call_json(caller, "sqs", "AwaitMessages", &json!({"QueueUrl": url(open)})).await.map(|_none| ())
}

/// Waits until one more batch may be under way.
async fn room(open: &Open, work: &Work, scale: &mut Scale) -> Result<(), Failure> {
    let mut in_flight = work.in_flight.subscribe();
    loop {
        let capacity = open.consumer.capacity(&open.cx()).await?;
        let limits = [open.feed.settings.concurrency_max, capacity].into_iter().flatten();
        let limit = limits.min().map_or(scale.limit(), |limit| limit.min(scale.limit()));
        let now = open.now();
        if *in_flight.borrow_and_update() < limit {
            return Ok(());
        }
        scale.full(now, work.done.load(Ordering::Relaxed));
        let next = if limit == 0 { now + CLOSED_MILLIS } else { scale.next_millis().max(now + 1) };
        tokio::select! {
            changed = in_flight.changed() => changed.map_err(Failure::internal)?,
            () = open.until(Some(next)) => {}
        }
    }
}

/// Receives the messages of one batch: once, or again and again in the window.
async fn gather(open: &Open) -> Result<Vec<Record>, Failure> {
    let settings = &open.feed.settings;
    let reader = open.consumer.reader(&open.cx()).await?;
    let mut gathered: Vec<Record> = Vec::new();
    let (mut bytes, mut end_millis) = (0, None);
    loop {
        let wanted = (settings.batch_size - gathered.len()).min(CALL_MAX);
        let received = match receive(open, &reader, wanted).await {
            // What was received before is delivered.
            Err(failure) if !gathered.is_empty() => {
                tracing::warn!(feed = open.feed.id, %failure, "a queue could not be read");
                return Ok(gathered);
            }
            received => received?,
        };
        let is_empty = received.is_empty();
        let (wanted, others): (Vec<_>, Vec<_>) = received.into_iter().partition(|read| read.is_wanted);
        if !others.is_empty() {
            // "Lambda automatically deletes messages that don't meet the filter criteria."
            let others: Vec<Record> = others.into_iter().map(|read| read.record).collect();
            delete(open, &reader, &others).await;
        }
        bytes += wanted.iter().map(|read| read.record.json.len() + 1).sum::<usize>();
        gathered.extend(wanted.into_iter().map(|read| read.record));
        let is_full = gathered.len() >= settings.batch_size || bytes >= BATCH_BYTES_MAX;
        if settings.window_millis == 0 || is_full || open.is_stopped() {
            return Ok(gathered);
        }
        if !is_empty {
            end_millis = end_millis.or((!gathered.is_empty()).then(|| open.now() + settings.window_millis));
            continue;
        }
        let Some(end) = end_millis else { return Ok(gathered) };
        tokio::select! {
            () = open.stopped() => return Ok(gathered),
            () = open.until(Some(end)) => return Ok(gathered),
            waited = await_messages(open) => waited?,
        }
        if open.now() >= end {
            return Ok(gathered);
        }
    }
}

async fn receive(open: &Open, reader: &Caller, limit: usize) -> Result<Vec<records::Read>, Failure> {
    let input = json!({
        "QueueUrl": url(open),
        "MaxNumberOfMessages": limit,
        "MessageSystemAttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
        "WaitTimeSeconds": 0,
    });
    let answer = open.cx().call_json(reader.clone(), "sqs", "ReceiveMessage", &input).await?;
    let messages = answer["Messages"].as_array();
    Ok(messages.into_iter().flatten().map(|message| records::message(&open.feed, message)).collect())
}

/// Delivers a batch, in parts when it is larger than one invocation may be, and settles it.
async fn deliver(open: &Open, records: Vec<Record>) {
    let received_millis = open.now();
    let is_fifo = open.feed.source.resource().ends_with(".fifo");
    for records in parts(records) {
        let batch = Batch { records, shard: None, window: None };
        let is_done = deliver_part(open, &batch, received_millis).await;
        if is_fifo && !is_done {
            // The rest may be of the groups that are held up now; it comes again with them, in order.
            return;
        }
    }
}

/// Cuts a batch where it would become too large. One message alone is never too large.
fn parts(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = 0;
    for record in records {
        bytes += record.json.len() + 1;
        if bytes > BATCH_BYTES_MAX && parts.last().is_some_and(|part: &Vec<Record>| !part.is_empty()) {
            bytes = record.json.len() + 1;
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(record);
        }
    }
    parts
}

/// One delivery, again as long as the consumer is busy and the messages are hidden. Whether all was done.
async fn deliver_part(open: &Open, batch: &Batch, received_millis: i64) -> bool {
    let mut busy = BUSY_MILLIS;
    let mut until = None;
    let failed = loop {
        match open.consumer.deliver(&mut open.cx(), batch).await {
            Outcome::Done { .. } => break Vec::new(),
            Outcome::Partial { ids, .. } => {
                let is_known = |id: &String| batch.records.iter().any(|record| record.id == *id);
                if !ids.iter().all(is_known) {
                    return false;
                }
                break ids;
            }
            // The messages come again when their visibility timeout is over.
            Outcome::Failed { .. } => return false,
            Outcome::Busy => {}
        }
        // "Lambda continues to retry the message until the message's timestamp exceeds your queue's visibility timeout."
        let end = match until {
            Some(end) => end,
            None => *until.insert(received_millis + visibility_millis(open).await),
        };
        if open.now() + busy >= end || open.is_stopped() {
            return false;
        }
        open.until(Some(open.now() + busy)).await;
        busy = (busy * 2).min(BUSY_MILLIS_MAX);
    };
    let (done, left): (Vec<_>, Vec<_>) =
        batch.records.iter().cloned().partition(|record| !failed.contains(&record.id));
    if !done.is_empty() {
        match open.consumer.reader(&open.cx()).await {
            Ok(reader) => delete(open, &reader, &done).await,
            Err(failure) => tracing::warn!(feed = open.feed.id, %failure, "messages could not be deleted"),
        }
    }
    left.is_empty()
}

async fn visibility_millis(open: &Open) -> i64 {
    let asked = async {
        let mut cx = open.cx();
        let reader = open.consumer.reader(&cx).await?;
        let input = json!({"QueueUrl": url(open), "AttributeNames": ["VisibilityTimeout"]});
        cx.call_json(reader, "sqs", "GetQueueAttributes", &input).await
    };
    let seconds = |answer: Value| answer["Attributes"]["VisibilityTimeout"].as_str()?.parse::<i64>().ok();
    // Without an answer the messages are left to the queue at once: they are not lost there.
    asked.await.ok().and_then(seconds).unwrap_or(0) * 1000
}

/// Deletes messages. Those that cannot be deleted come again, which at-least-once allows.
async fn delete(open: &Open, reader: &Caller, records: &[Record]) {
    for records in records.chunks(CALL_MAX) {
        let entries = records
            .iter()
            .enumerate()
            .map(|(index, record)| json!({"Id": index.to_string(), "ReceiptHandle": record.handle}));
        let input = json!({"QueueUrl": url(open), "Entries": entries.collect::<Vec<_>>()});
        let mut tries = 0;
        while let Err(failure) =
            open.cx().call_json(reader.clone(), "sqs", "DeleteMessageBatch", &input).await
        {
            tries += 1;
            if tries == DELETIONS_MAX || failure.status() < 500 {
                tracing::warn!(feed = open.feed.id, %failure, "messages could not be deleted; they come again");
                break;
            }
            open.until(Some(open.now() + (BUSY_MILLIS << tries))).await;
        }
    }
}

/// The queue's URL without a host: SQS takes the account and name from the path.
fn url(open: &Open) -> String {
    format!("/{}/{}", open.feed.source.account(), open.feed.source.resource())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bytes: usize) -> Record {
        let (id, handle) = (String::new(), String::new());
        Record { id, json: "x".repeat(bytes), at_millis: 0, handle, trace: None }
    }

    #[test]
    fn batches_are_cut_where_they_are_too_large() {
        let mega = 1024 * 1024;
        let cut = |sizes: &[usize]| -> Vec<usize> {
            parts(sizes.iter().map(|bytes| record(*bytes)).collect()).iter().map(Vec::len).collect()
        };
        assert_eq!(cut(&[1, 2, 3]), [3]);
        assert_eq!(cut(&[mega; 10]), [5, 5]);
        assert_eq!(cut(&[7 * mega, 1]), [1, 1]);
    }
}
