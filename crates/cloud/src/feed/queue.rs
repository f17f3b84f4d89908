//! A feed from a queue.
//!
//! A feed that has nothing to do sleeps: it ends, and `keep` begins it again when the store tells of news from its queue.
//! One that is awake receives until a receive brings less than it could; while the queue has more than that, several
//! receives are under way at the same time, as AWS's pollers are.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt as _;
use serde_json::{Value, json};
use store::{Key, Version};
use tokio::sync::{mpsc, watch};

use super::keep::{Call, End, Open};
use super::scale::Scale;
use super::{BATCH_BYTES_MAX, Batch, Outcome, Record, records};
use crate::caller::Caller;
use crate::client::sqs::{self, Next};
use crate::failure::Failure;

/// Messages of one call of SQS.
const CALL_MAX: usize = 10;
/// Receives that are under way at the same time. They share the syncs of the disk, and pass each other by: a receive looks
/// at some more messages than it takes.
const RECEIVES_MAX: usize = 5;
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
/// What SQS says when a FIFO queue has had its calls of a second, and how long a deletion waits then.
const THROTTLED: &str = "RequestThrottled";
const THROTTLED_MILLIS: i64 = 100;
/// After so long without a message growth begins anew, and the feed sleeps.
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

/// How a wait has ended.
enum Wake {
    /// A message can be received.
    Messages,
    /// The feed has nothing to do, and the bell will ring for it.
    Asleep { key: Key, at_millis: Option<i64> },
    /// The feed shall end.
    Stopped,
}

/// What a receive has brought.
#[derive(Debug)]
enum Brought {
    Nothing,
    Some,
    /// As much as it could: there may be more.
    All,
    Failed(Failure),
}

/// Feeds until the feed shall end or sleep, and until all that is under way is settled.
pub(super) async fn run(open: &Arc<Open>, call: &mut Call) -> End {
    let work = Arc::new(Work { in_flight: watch::Sender::new(0), done: AtomicU64::new(0) });
    let mut scale = Scale::new(open.now());
    let (mut failures, mut empty) = (0, 0);
    // What is written in the queue may not be a message for this feed: it is awake for a while all the same.
    let mut awake_until = call.was_woken().then(|| open.now() + REST_MILLIS);
    let mut news = None;
    let end = loop {
        let began = open.now();
        let brought = match wait(open, &work, (awake_until, &mut news), call).await {
            Ok(Wake::Asleep { key, at_millis }) => break End::Asleep { key, at_millis },
            Ok(Wake::Stopped) => break End::Ended,
            Ok(Wake::Messages) => {
                if open.now() - began > REST_MILLIS {
                    scale.rest(open.now(), work.done.load(Ordering::Relaxed));
                }
                drain(open, &work, &mut scale).await
            }
            Err(failure) => Err(failure),
        };
        call.has_begun();
        match brought {
            Ok(true) => {
                (failures, empty) = (0, 0);
                awake_until = Some(open.now() + REST_MILLIS);
            }
            Ok(false) => {
                failures = 0;
                let millis = (EMPTY_MILLIS << empty.min(8)).min(EMPTY_MILLIS_MAX);
                empty += 1;
                tokio::select! {
                    () = open.stopped() => {}
                    () = open.until(Some(open.now() + millis)) => {}
                }
            }
            Err(failure) => {
                failures += 1;
                if failures == 1 {
                    tracing::warn!(feed = open.feed.id, %failure, "a queue could not be read; trying again");
                }
                open.pause(failures).await;
            }
        }
        if open.is_stopped() {
            break End::Ended;
        }
    };
    let mut in_flight = work.in_flight.subscribe();
    in_flight.wait_for(|count| *count == 0).await.expect("the sender lives in `work`");
    end
}

/// Below which key the store tells of the queue, and what does so.
type News = Option<(Key, watch::Receiver<Version>)>;

/// Waits until a message can be received. A feed that nothing keeps awake does not wait, but sleeps.
async fn wait(
    open: &Open,
    work: &Work,
    (awake_until, news): (Option<i64>, &mut News),
    call: &Call,
) -> Result<Wake, Failure> {
    let mut in_flight = work.in_flight.subscribe();
    loop {
        if let Some((_, news)) = news {
            // Most of it are writes of this feed itself.
            news.mark_unchanged();
        }
        let next = next(open).await?;
        if open.is_stopped() {
            return Ok(Wake::Stopped);
        }
        if is_now(open, &next) {
            return Ok(Wake::Messages);
        }
        let awake_until = awake_until.filter(|until| *until > open.now());
        if awake_until.is_none() && *in_flight.borrow_and_update() == 0 {
            match fall_asleep(open, call, next.news_key).await? {
                Some(asleep) => return Ok(asleep),
                None => continue,
            }
        }
        let changed = match &mut *news {
            Some((key, news)) if *key == next.news_key => news.changed(),
            other => {
                // And it looks once more: something may have come before this.
                let watch = open.cloud.store().watch(next.news_key.clone());
                *other = Some((next.news_key, watch));
                continue;
            }
        };
        tokio::select! {
            () = open.stopped() => return Ok(Wake::Stopped),
            changed = changed => changed.map_err(Failure::internal)?,
            changed = in_flight.changed(), if awake_until.is_none() => changed.map_err(Failure::internal)?,
            () = open.until([next.at_millis, awake_until].into_iter().flatten().min()) => {}
        }
    }
}

/// Lets the bell ring for the feed when something is written below `key`. None when something has come meanwhile.
async fn fall_asleep(open: &Open, call: &Call, key: Key) -> Result<Option<Wake>, Failure> {
    call.listen(open, &key);
    match next(open).await {
        Ok(again) if again.news_key == key && !is_now(open, &again) => {
            Ok(Some(Wake::Asleep { key, at_millis: again.at_millis }))
        }
        other => {
            call.unlisten(open, &key);
            other.map(|_come| None)
        }
    }
}

async fn next(open: &Open) -> Result<Next, Failure> {
    sqs::next(&mut open.cx(), url(open)).await
}

fn is_now(open: &Open, next: &Next) -> bool {
    next.at_millis.is_some_and(|at| at <= open.now())
}

/// The receives of a queue that has messages.
struct Drain {
    under_way: usize,
    /// How many may be under way: none any more once one has brought less than it could.
    allowed: usize,
    /// How many have brought all they could. Each allows for one more.
    full: usize,
    any: bool,
    failed: Option<Failure>,
}

impl Drain {
    /// A receive has ended.
    fn note(&mut self, brought: Brought) {
        self.under_way -= 1;
        self.any |= matches!(brought, Brought::Some | Brought::All);
        match brought {
            Brought::All if self.allowed == 0 => {}
            Brought::All => {
                self.full += 1;
                self.allowed = self.full.min(RECEIVES_MAX);
            }
            Brought::Nothing | Brought::Some => self.allowed = 0,
            Brought::Failed(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.allowed = 0;
        self.failed = Some(failure);
    }
}

/// Receives and delivers until a receive brings less than it could; whether any has brought something. What is delivered
/// then is still under way.
async fn drain(open: &Arc<Open>, work: &Arc<Work>, scale: &mut Scale) -> Result<bool, Failure> {
    let (tell, mut told) = mpsc::channel(RECEIVES_MAX);
    let mut drain = Drain { under_way: 0, allowed: 1, full: 0, any: false, failed: None };
    while drain.under_way > 0 || drain.allowed > 0 {
        tokio::select! {
            biased;
            Some(brought) = told.recv() => drain.note(brought),
            () = open.stopped(), if drain.allowed > 0 => drain.allowed = 0,
            ready = room(open, work, scale), if drain.under_way < drain.allowed => match ready {
                Ok(()) => {
                    drain.under_way += 1;
                    open.cloud.tasks().spawn(turn(open.clone(), Place::take(work), tell.clone()));
                }
                Err(failure) => drain.fail(failure),
            },
        }
    }
    match drain.failed {
        None => Ok(drain.any),
        Some(failure) => Err(failure),
    }
}

/// One receive, and what becomes of its messages.
async fn turn(open: Arc<Open>, place: Place, tell: mpsc::Sender<Brought>) {
    let gathered = AssertUnwindSafe(gather(&open)).catch_unwind().await;
    let gathered = gathered.unwrap_or_else(|_| Err(Failure::internal("a receive panicked")));
    let (brought, records) = match gathered {
        Ok(Gathered { records, is_all: true, .. }) => (Brought::All, records),
        Ok(Gathered { records, any: true, .. }) => (Brought::Some, records),
        Ok(_) => (Brought::Nothing, Vec::new()),
        // So many calls of a FIFO queue are too many in this second.
        Err(failure) if failure.code() == THROTTLED => (Brought::Nothing, Vec::new()),
        Err(failure) => (Brought::Failed(failure), Vec::new()),
    };
    // Who began the turn waits for this, unless the cloud stops.
    tell.send(brought).await.ok();
    if !records.is_empty() {
        deliver(&open, records).await;
    }
    drop(place);
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

/// The messages of one batch.
#[derive(Default)]
struct Gathered {
    /// Those that are wanted.
    records: Vec<Record>,
    /// Whether there were any at all.
    any: bool,
    /// Whether they are as many as were asked for.
    is_all: bool,
}

/// Receives the messages of one batch: once, or again and again in the window.
async fn gather(open: &Open) -> Result<Gathered, Failure> {
    let settings = &open.feed.settings;
    let reader = open.consumer.reader(&open.cx()).await?;
    let mut gathered = Gathered::default();
    let (mut bytes, mut end_millis) = (0, None);
    loop {
        let limit = (settings.batch_size - gathered.records.len()).min(CALL_MAX);
        let received = match receive(open, &reader, limit).await {
            // What was received before is delivered.
            Err(failure) if !gathered.records.is_empty() => {
                tracing::warn!(feed = open.feed.id, %failure, "a queue could not be read");
                return Ok(gathered);
            }
            received => received?,
        };
        let is_empty = received.is_empty();
        gathered.any |= !is_empty;
        gathered.is_all = received.len() == limit;
        let (wanted, others): (Vec<_>, Vec<_>) = received.into_iter().partition(|read| read.is_wanted);
        if !others.is_empty() {
            // "Lambda automatically deletes messages that don't meet the filter criteria."
            let others: Vec<Record> = others.into_iter().map(|read| read.record).collect();
            delete(open, &reader, &others).await;
        }
        bytes += wanted.iter().map(|read| read.record.json.len() + 1).sum::<usize>();
        gathered.records.extend(wanted.into_iter().map(|read| read.record));
        let is_full = gathered.records.len() >= settings.batch_size || bytes >= BATCH_BYTES_MAX;
        if settings.window_millis == 0 || is_full || open.is_stopped() {
            return Ok(gathered);
        }
        if !is_empty {
            let end = open.now() + settings.window_millis;
            end_millis = end_millis.or((!gathered.records.is_empty()).then_some(end));
            continue;
        }
        let Some(end) = end_millis else { return Ok(gathered) };
        if !await_more(open, end).await? {
            return Ok(gathered);
        }
    }
}

/// Waits until one more message can be received; false when it is `end` before.
async fn await_more(open: &Open, end: i64) -> Result<bool, Failure> {
    let mut news = None;
    loop {
        let next = next(open).await?;
        if open.is_stopped() || open.now() >= end {
            return Ok(false);
        }
        if is_now(open, &next) {
            return Ok(true);
        }
        let Some(news) = &mut news else {
            // And it looks once more: something may have come before this.
            news = Some(open.cloud.store().watch(next.news_key));
            continue;
        };
        tokio::select! {
            () = open.stopped() => {}
            changed = news.changed() => changed.map_err(Failure::internal)?,
            () = open.until(Some(next.at_millis.map_or(end, |at| at.min(end)))) => {}
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
            if failure.code() == THROTTLED {
                open.until(Some(open.now() + THROTTLED_MILLIS)).await;
                continue;
            }
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
