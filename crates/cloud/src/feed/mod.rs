//! Feeds: what reads queues and streams for a consumer, such as a function or a pipe.
//!
//! A feed goes from a source to batches, through a filter, to its [`Consumer`], and then does what follows: messages are
//! deleted, checkpoints are stored, what fails is tried again, split, or given up. It is woken by commits and by times that
//! the source itself names, never by looking again and again: an idle feed of a queue is asleep, and costs a few hundred
//! bytes and no time.
//!
//! * A service that has feeds is a [`Keeper`]: it says which there are. [`keep`] runs them, one node at a time.
//! * `queue` reads SQS and decides how many batches are under way (`scale`). Order in a FIFO queue is kept by the queue: it
//!   gives out nothing of a group while one of its messages is not settled.
//! * `stream` follows the shards of DynamoDB streams and Kinesis, parents before children, each in a task of its own
//!   (`shard`). A shard has one or more lanes (`lane`), which keep the order of records with one key.
//! * `records` gives records the form in which Lambda gives them to functions, `filter` is Lambda's filter criteria.
//!
//! Everything is read as the consumer's own principal, through the door: it needs the permissions that it needs on AWS.
//! A batch is delivered at least once. The outcome of a batch that was under way when its node died is not known, so it
//! is delivered again: messages when their visibility timeout is over, records from the last checkpoint.

mod checkpoint;
mod filter;
mod keep;
mod lane;
mod queue;
mod records;
mod scale;
mod shard;
mod stream;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use shape::Timestamp;
use store::{Key, Tx};

use crate::arn::Arn;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::failure::Failure;

pub use filter::Filter;
pub use keep::keep;

/// A batch as it goes to a function: 6 MB, with room for what stands around the records.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching>
pub const BATCH_BYTES_MAX: usize = 6 * 1024 * 1024 - 4 * 1024;

/// What is read, how, and for whom.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Unique among the feeds of all keepers; checkpoints are kept under it.
    pub id: String,
    /// The principal of the service that delivers, such as `lambda.amazonaws.com`.
    pub service: &'static str,
    /// The account in which it acts.
    pub account: String,
    /// The queue or stream; its region is the one in which the feed acts.
    pub source: Arn,
    /// The ARN of the role that reads, as records of Kinesis name it.
    pub identity: String,
    /// How it is read.
    pub settings: Settings,
}

/// How a source is read. What is not for queues, or not for streams, is not looked at there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Records of a batch at most.
    pub batch_size: usize,
    /// How long a batch is gathered that is not full; 0: not at all.
    pub window_millis: i64,
    /// Which records are wanted. Others count as done.
    pub filter: Filter,
    /// Queues: batches under way at most.
    pub concurrency_max: Option<u32>,
    /// Streams: where to begin.
    pub start: Start,
    /// Streams: batches of a shard under way at most.
    pub lanes: usize,
    /// Streams: a batch that failed is split in two.
    pub bisect: bool,
    /// Streams: older records are given up.
    pub age_max_millis: Option<i64>,
    /// Streams: how often a batch is tried again; without a number until its records are gone from the stream.
    pub retries_max: Option<u32>,
    /// Streams: the length of the windows over which the consumer keeps a state.
    pub tumbling_millis: Option<i64>,
}

/// Where a stream is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest record.
    TrimHorizon,
    /// Behind the newest record.
    Latest,
    /// At the first record of this time or later; for Kinesis.
    At(Timestamp),
}

/// A record of a queue or stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What a partial failure names: the id of a message, the sequence number of a record of a stream.
    pub id: String,
    /// The record as JSON, in the form in which functions get it.
    pub json: String,
    /// When it came into the stream, in milliseconds; for messages when it was sent.
    pub at_millis: i64,
    /// Of a message: its receipt handle. Of a record: what it is ordered by.
    handle: String,
    /// Of a message: the `X-Amzn-Trace-Id` that it carries.
    pub trace: Option<String>,
}

/// What a consumer gets.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The records; none in the last batch of a tumbling window.
    pub records: Vec<Record>,
    /// The shard that they are from; none for queues.
    pub shard: Option<String>,
    /// The tumbling window that they are in, when there are such.
    pub window: Option<Window>,
}

/// A tumbling window, as the consumer sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Its first moment, in milliseconds.
    pub start_millis: i64,
    /// The first moment behind it, in milliseconds.
    pub end_millis: i64,
    /// What the consumer answered to the batch before.
    pub state: Value,
    /// Nothing more comes in this window.
    pub is_final: bool,
    /// It ends because its state has become too large.
    pub is_early: bool,
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// All of it is done.
    Done {
        /// The state of the tumbling window from here on.
        state: Option<Value>,
    },
    /// All is done but the records with these ids. For streams, what stands behind the first of them is not done either.
    Partial {
        /// The ids; one that is not in the batch means that all has failed.
        ids: Vec<String>,
        /// What the consumer says of it: goes to [`Consumer::give_up`].
        detail: Value,
    },
    /// Nothing is done.
    Failed {
        /// What the consumer says of it: goes to [`Consumer::give_up`].
        detail: Value,
    },
    /// The consumer could not take it now, and the batch was not looked at: it is tried again and that does not count.
    Busy,
}

/// Records that are given up.
#[derive(Debug)]
pub struct Lost<'a> {
    /// The shard.
    pub shard: &'a str,
    /// The records; none when the end of a tumbling window is given up.
    pub records: &'a [Record],
    /// Why: AWS's word.
    pub condition: &'static str,
    /// How often they were delivered.
    pub attempts: u32,
    /// What the consumer said of the last attempt; null when there was none.
    pub detail: &'a Value,
}

/// Who takes batches.
#[async_trait]
pub trait Consumer: Send + Sync + 'static {
    /// Who reads from the source.
    async fn reader(&self, cx: &Cx) -> Result<Caller, Failure>;

    /// How many batches the consumer can have under way; no number when it has no limit of its own.
    async fn capacity(&self, _cx: &Cx) -> Result<Option<u32>, Failure> {
        Ok(None)
    }

    /// Delivers a batch.
    async fn deliver(&self, cx: &mut Cx, batch: &Batch) -> Outcome;

    /// Takes records of a stream that are given up. They are held until this succeeds.
    async fn give_up(&self, cx: &mut Cx, lost: &Lost<'_>) -> Result<(), Failure>;
}

/// A feed in the list of its keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// [`Feed::id`].
    pub id: String,
    /// Another one means that the feed has changed and begins anew, from its checkpoints.
    pub revision: String,
    /// Whether it shall run.
    pub runs: bool,
    /// Whether the keeper wants to hear when it does, or when it no longer does ([`Keeper::settled`]).
    pub settling: bool,
}

/// A service that has feeds.
#[async_trait]
pub trait Keeper: Send + Sync + 'static {
    /// Its name, in those of leases and logs.
    fn name(&self) -> &'static str;

    /// Below which key a change means that the list has to be read again.
    fn watch_key(&self) -> Key;

    /// All feeds.
    async fn list(&self, cx: &Cx) -> Result<Vec<Listed>, Failure>;

    /// A feed that shall run; none when it is gone since.
    async fn open(&self, cx: &Cx, id: &str) -> Result<Option<(Feed, Arc<dyn Consumer>)>, Failure>;

    /// A feed has become what it was listed as: it runs from where it was to begin, or nothing of it runs any more.
    async fn settled(&self, cx: &Cx, listed: &Listed) -> Result<(), Failure>;
}

/// Forgets how far a feed has read. To be called in the transaction that removes the feed.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), store::Error> {
    checkpoint::forget(tx, id).await
}

/// How the last batch of a stream's feed went, in AWS's words; none as long as there was none.
pub async fn last_result(tx: &Tx, id: &str) -> Result<Option<String>, store::Error> {
    checkpoint::last_result(tx, id).await
}

impl Batch {
    /// The records as a JSON list.
    pub fn json(&self) -> String {
        let bytes: usize = self.records.iter().map(|record| record.json.len() + 1).sum();
        let mut text = String::with_capacity(bytes + 2);
        text.push('[');
        for (index, record) in self.records.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&record.json);
        }
        text.push(']');
        text
    }
}
