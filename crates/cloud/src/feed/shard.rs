//! Reads one shard for a feed.

use std::sync::Arc;

use serde_json::{Value, json};
use store::layer::table;
use tokio::sync::mpsc;

use super::checkpoint::{LaneRow, Place, ShardRow};
use super::keep::{self, Open};
use super::lane::{self, Lane, Step};
use super::stream::{Kind, news, stream_arn};
use super::{Batch, Lost, Outcome, records};
use crate::caller::Caller;
use crate::failure::Failure;

/// Records of one call.
const READ_MAX: usize = 1_000;
/// Records, and bytes, that wait in all lanes of a shard before it is read on. A lane that is held up by a failure holds up
/// the others only then.
const WAITING_MAX: usize = 10_000;
const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Before a consumer that was busy is asked again.
const BUSY_MILLIS: i64 = 200;

/// A reader, with what it has read and what is under way.
struct Shard {
    open: Arc<Open>,
    row: ShardRow,
    lanes: Vec<Lane>,
    iterator: Option<String>,
    /// Whether the iterator that the row begins with was used up.
    is_begun: bool,
    /// The last sequence number that was read.
    read: Option<String>,
    /// Records that are older are not wanted: they were there before the feed.
    skip_before_millis: Option<i64>,
    /// Nothing more is there at the moment; nothing more will ever be there.
    is_tip: bool,
    is_end: bool,
    failures: u32,
    read_again_millis: Option<i64>,
}

/// The end of a delivery: the lane, how many records it had, and what became of them.
type Ended = (usize, Batch, Outcome);

/// Feeds from a shard until its end, or until the feed shall end.
pub(super) async fn run(open: &Arc<Open>, row: ShardRow) {
    let mut shard = Shard::new(open.clone(), row);
    let (sender, mut ends) = mpsc::channel::<Ended>(shard.lanes.len());
    let mut news = news(open);
    while !open.is_stopped() {
        let Some(wake) = shard.work(&sender).await else { return };
        if shard.is_done() {
            shard.row.ended = true;
            shard.save().await;
            return;
        }
        if shard.may_read() {
            if let Some(news) = &mut news {
                news.borrow_and_update();
            }
            shard.read().await;
            continue;
        }
        let told = async {
            match &mut news {
                // Its end means that the cloud is gone.
                Some(news) if !shard.is_end => news.changed().await.is_ok(),
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = open.stopped() => break,
            Some((lane, batch, outcome)) = ends.recv() => if !shard.settle(lane, &batch, outcome).await { return },
            true = told => shard.is_tip = false,
            () = open.until(wake) => {}
        }
    }
    while shard.lanes.iter().any(Lane::is_busy) {
        let Some((lane, batch, outcome)) = ends.recv().await else { return };
        if !shard.settle(lane, &batch, outcome).await {
            return;
        }
    }
}

impl Shard {
    fn new(open: Arc<Open>, row: ShardRow) -> Self {
        let count = open.feed.settings.lanes.max(1);
        // The place behind which nothing is done in all lanes: none when one has not begun.
        let all: Option<Vec<&str>> = row.lanes.iter().map(|lane| lane.after.as_deref()).collect();
        let first = all
            .unwrap_or_default()
            .into_iter()
            .reduce(|one, other| if lane::is_behind(one, other) { other } else { one });
        let read = first.map(str::to_owned);
        let lanes = if row.lanes.len() == count {
            row.lanes.iter().cloned().map(Lane::of).collect()
        } else {
            // Another number of lanes: what the slowest has done is done by all, and the rest is delivered again.
            (0..count).map(|_| Lane::of(LaneRow { after: read.clone(), ..LaneRow::default() })).collect()
        };
        Self {
            open,
            row,
            lanes,
            iterator: None,
            is_begun: false,
            read,
            skip_before_millis: None,
            is_tip: false,
            is_end: false,
            failures: 0,
            read_again_millis: None,
        }
    }

    fn is_done(&self) -> bool {
        self.is_end && self.lanes.iter().all(Lane::is_empty)
    }

    fn may_read(&self) -> bool {
        let is_time = self.read_again_millis.is_none_or(|at| at <= self.open.now());
        !self.is_end
            && !self.is_tip
            && is_time
            && self.lanes.iter().map(Lane::len).sum::<usize>() < WAITING_MAX
            && self.lanes.iter().map(Lane::bytes).sum::<usize>() < WAITING_BYTES_MAX
    }

    /// Lets all lanes do what they can; when to come again. None when another node has taken over.
    async fn work(&mut self, sender: &mpsc::Sender<Ended>) -> Option<Option<i64>> {
        let mut wake = self.read_again_millis.filter(|at| *at > self.open.now());
        for index in 0..self.lanes.len() {
            loop {
                let (now, is_tip) = (self.open.now(), self.is_tip || self.is_end);
                match self.lanes[index].next(&self.open.feed.settings, now, is_tip) {
                    Step::Wait(at) => {
                        wake = [wake, at].into_iter().flatten().min();
                        break;
                    }
                    Step::Deliver(count, window) => {
                        let records = self.lanes[index].head(count);
                        let batch = Batch { records, shard: Some(self.row.shard.clone()), window };
                        self.lanes[index].begin();
                        deliver(&self.open, index, batch, sender.clone());
                        break;
                    }
                    Step::GiveUp(count, condition) => {
                        if !self.give_up(index, count, condition).await {
                            return None;
                        }
                    }
                }
            }
        }
        Some(wake)
    }

    /// Hands over records that are given up, and goes on behind them.
    async fn give_up(&mut self, index: usize, count: usize, condition: &'static str) -> bool {
        let open = self.open.clone();
        let lane = &self.lanes[index];
        let records = lane.head(count);
        let lost = Lost {
            shard: &self.row.shard,
            records: &records,
            condition,
            attempts: lane.failures(),
            detail: lane.detail(),
        };
        let mut failures = 0;
        while let Err(failure) = open.consumer.give_up(&mut open.cx(), &lost).await {
            failures += 1;
            tracing::warn!(feed = open.feed.id, %failure, "records could not be given up; trying again");
            if !open.pause(failures).await {
                return false;
            }
        }
        self.lanes[index].done(count, None, open.now());
        self.save().await
    }

    /// What follows from a delivery. False when another node has taken over.
    async fn settle(&mut self, index: usize, batch: &Batch, outcome: Outcome) -> bool {
        let (now, count) = (self.open.now(), batch.records.len());
        let settings = &self.open.feed.settings;
        let lane = &mut self.lanes[index];
        let result = match outcome {
            Outcome::Busy => {
                lane.busy(now + BUSY_MILLIS);
                return true;
            }
            Outcome::Done { state } => {
                lane.done(count, state, now);
                "OK"
            }
            Outcome::Failed { detail } => {
                lane.failed(settings, 0, count, detail, now);
                "PROBLEM: Function call failed"
            }
            Outcome::Partial { ids, detail } => {
                let place = |id: &String| batch.records.iter().position(|record| record.id == *id);
                let places: Option<Vec<usize>> = ids.iter().map(place).collect();
                // "Lambda uses the lowest sequence number as the checkpoint."
                let good = places.and_then(|places| places.into_iter().min()).unwrap_or(0);
                lane.failed(settings, good, count, detail, now);
                "PROBLEM: Function call failed"
            }
        };
        (self.row.result, self.row.result_at_millis) = (Some(result.to_owned()), now);
        self.save().await
    }

    /// Stores how far the shard is. False when another node has taken over, and then nothing may be done any more.
    async fn save(&mut self) -> bool {
        self.row.lanes = self.lanes.iter().map(|lane| lane.row(self.read.as_deref())).collect();
        let mut failures = 0;
        loop {
            let (row, lease) = (self.row.clone(), self.open.lease.clone());
            let saved = store::transact(self.open.cloud.store(), move |tx| {
                let (row, lease) = (row.clone(), lease.clone());
                Box::pin(async move {
                    let is_ours = lease.guard(tx).await?;
                    if is_ours {
                        table::put(tx, &row).await?;
                    }
                    Ok(is_ours)
                })
            });
            match saved.await {
                Ok(is_ours) => return is_ours,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(feed = self.open.feed.id, %error, "a checkpoint could not be stored; trying again");
                    if !self.open.pause(failures).await {
                        return false;
                    }
                }
            }
        }
    }

    /// Reads on; after a failure later.
    async fn read(&mut self) {
        match self.page().await {
            Ok(()) => (self.failures, self.read_again_millis) = (0, None),
            Err(failure) => {
                self.failures += 1;
                if self.failures == 1 {
                    tracing::warn!(feed = self.open.feed.id, %failure, "a shard could not be read; trying again");
                }
                let is_pace = failure.code() == "ProvisionedThroughputExceededException";
                let wait = if is_pace { BUSY_MILLIS } else { 1_000 << (self.failures - 1).min(6) };
                self.read_again_millis = Some(self.open.now() + wait);
            }
        }
    }

    async fn page(&mut self) -> Result<(), Failure> {
        let kind = Kind::of(&self.open);
        let reader = self.open.consumer.reader(&self.open.cx()).await?;
        let iterator = match self.iterator.take() {
            Some(iterator) => iterator,
            None => self.place().await?,
        };
        let input = json!({"ShardIterator": iterator, "Limit": READ_MAX});
        match self.open.cx().call_json(reader, kind.service(), "GetRecords", &input).await {
            Ok(answer) => self.take(kind, answer),
            // The next call finds its place by the last record.
            Err(failure) if failure.code() == "ExpiredIteratorException" => {}
            Err(failure) if failure.code() == "TrimmedDataAccessException" => self.restart(),
            Err(failure) => {
                self.iterator = Some(iterator);
                return Err(failure);
            }
        }
        Ok(())
    }

    /// The place where reading goes on is gone: it goes on at the oldest record.
    fn restart(&mut self) {
        self.read = None;
        self.is_begun = true;
        self.row.place = Place::Begin;
    }

    fn take(&mut self, kind: Kind, mut answer: Value) {
        let given = answer["Records"].as_array_mut().map(std::mem::take).unwrap_or_default();
        self.is_tip = given.is_empty();
        let (now, count) = (self.open.now(), self.lanes.len() as u64);
        for given in given {
            let read = match kind {
                Kind::DynamoDb => records::change(&self.open.feed, given),
                Kind::Kinesis => records::datum(&self.open.feed, &self.row.shard, &given),
            };
            let record = read.record;
            self.read = Some(record.id.clone());
            let is_old = self.skip_before_millis.is_some_and(|at| record.at_millis < at);
            if read.is_wanted && !is_old {
                let index = usize::try_from(keep::hash(record.handle.as_bytes()) % count).unwrap_or(0);
                self.lanes[index].push(record, now);
            }
        }
        self.iterator = answer["NextShardIterator"].as_str().map(str::to_owned);
        self.is_end = self.iterator.is_none();
    }

    /// An iterator for the place where reading goes on.
    async fn place(&mut self) -> Result<String, Failure> {
        if let Some(read) = &self.read {
            let member = match Kind::of(&self.open) {
                Kind::DynamoDb => "SequenceNumber",
                Kind::Kinesis => "StartingSequenceNumber",
            };
            let input = json!({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", member: read});
            return match iterator(&self.open, &self.row.shard, &input).await {
                // Trimmed, or of a stream that was made again under its old name.
                Err(failure) if is_gone(&failure) => {
                    self.restart();
                    self.oldest().await
                }
                found => found,
            };
        }
        match self.row.place.clone() {
            Place::Begin => self.oldest().await,
            Place::At(millis) => self.since(millis).await,
            Place::Iterator(iterator, _) if !self.is_begun => {
                self.is_begun = true;
                Ok(iterator)
            }
            // The iterator has expired before anything was read.
            Place::Iterator(_, millis) if Kind::of(&self.open) == Kind::Kinesis => self.since(millis).await,
            Place::Iterator(_, millis) => {
                // Records of DynamoDB carry whole seconds.
                self.skip_before_millis = Some(millis - millis.rem_euclid(1000));
                self.oldest().await
            }
        }
    }

    async fn oldest(&self) -> Result<String, Failure> {
        iterator(&self.open, &self.row.shard, &json!({"ShardIteratorType": "TRIM_HORIZON"})).await
    }

    async fn since(&self, millis: i64) -> Result<String, Failure> {
        // Times of this century lose nothing.
        let seconds = millis as f64 / 1000.0;
        let input = json!({"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": seconds});
        iterator(&self.open, &self.row.shard, &input).await
    }
}

fn is_gone(failure: &Failure) -> bool {
    ["TrimmedDataAccessException", "InvalidArgumentException", "ValidationException"]
        .contains(&failure.code())
}

/// An iterator of a shard.
pub(super) async fn iterator(open: &Open, shard: &str, place: &Value) -> Result<String, Failure> {
    let kind = Kind::of(open);
    let reader: Caller = open.consumer.reader(&open.cx()).await?;
    let mut input = place.clone();
    input[kind.arn_member()] = json!(stream_arn(open));
    input["ShardId"] = json!(shard);
    let answer = open.cx().call_json(reader, kind.service(), "GetShardIterator", &input).await?;
    let iterator = answer["ShardIterator"].as_str().map(str::to_owned);
    iterator.ok_or_else(|| Failure::internal("GetShardIterator answered without an iterator"))
}

/// Delivers a batch in a task of its own, which also ends when the feed does not.
fn deliver(open: &Arc<Open>, index: usize, batch: Batch, sender: mpsc::Sender<Ended>) {
    let open = open.clone();
    open.cloud.clone().tasks().spawn(async move {
        let outcome = open.consumer.deliver(&mut open.cx(), &batch).await;
        // Nobody waits for it any more only when another node has taken over.
        sender.send((index, batch, outcome)).await.ok();
    });
}
