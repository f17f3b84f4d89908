//! A feed from a stream: which shards are read, and in which order.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use serde_json::{Value, json};
use store::Version;
use store::layer::table;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::checkpoint::{self, LaneRow, Place, ShardRow};
use super::keep::Open;
use super::{Start, shard};
use crate::client;
use crate::failure::Failure;

/// Shards of one answer of DescribeStream.
const SHARDS_MAX: usize = 100;

/// The kinds of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    DynamoDb,
    Kinesis,
}

impl Kind {
    pub(super) fn of(open: &Open) -> Self {
        if open.feed.source.service() == "kinesis" { Self::Kinesis } else { Self::DynamoDb }
    }

    /// The service that has the operations.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodbstreams",
            Self::Kinesis => "kinesis",
        }
    }

    /// The member that names the stream.
    pub(super) fn arn_member(self) -> &'static str {
        match self {
            Self::DynamoDb => "StreamArn",
            Self::Kinesis => "StreamARN",
        }
    }
}

/// The stream's ARN; a registered consumer of Kinesis is read as its stream.
pub(super) fn stream_arn(open: &Open) -> String {
    let arn = open.feed.source.as_str();
    let is_consumer = Kind::of(open) == Kind::Kinesis;
    let stream = is_consumer.then(|| arn.split_once("/consumer/")).flatten();
    stream.map_or(arn, |(stream, _)| stream).to_owned()
}

/// Tells of new records.
pub(super) fn news(open: &Open) -> Option<watch::Receiver<Version>> {
    match Kind::of(open) {
        Kind::DynamoDb => client::dynamodb_streams::news(&open.cloud, &stream_arn(open)),
        Kind::Kinesis => client::kinesis::news(&open.cloud, &stream_arn(open)),
    }
}

/// A shard as DescribeStream tells it.
struct Shard {
    id: String,
    parents: Vec<String>,
    is_closed: bool,
}

/// Stores where the feed begins, unless it has begun before; false when it shall end.
pub(super) async fn begin(open: &Arc<Open>) -> bool {
    let mut failures = 0;
    loop {
        match try_begin(open).await {
            Ok(()) => return true,
            Err(failure) => {
                failures += 1;
                tell(open, failures, &failure);
                if !open.pause(failures).await {
                    return false;
                }
            }
        }
    }
}

/// Of several failures one after the other only the first is told.
fn tell(open: &Open, failures: u32, failure: &Failure) {
    if failures == 1 {
        tracing::warn!(feed = open.feed.id, %failure, "a stream could not be read; trying again");
    }
}

async fn try_begin(open: &Open) -> Result<(), Failure> {
    if !rows(open).await?.is_empty() {
        return Ok(());
    }
    let mut begun = Vec::new();
    for shard in describe(open).await? {
        let mut row = row(open, shard.id.clone());
        match open.feed.settings.start {
            Start::TrimHorizon => {}
            Start::At(time) => row.place = Place::At(time.millis()),
            Start::Latest if shard.is_closed => row.ended = true,
            Start::Latest => {
                let iterator =
                    shard::iterator(open, &shard.id, &json!({"ShardIteratorType": "LATEST"})).await?;
                row.place = Place::Iterator(iterator, open.now());
            }
        }
        begun.push(row);
    }
    let lease = open.lease.clone();
    let put = store::transact(open.cloud.store(), move |tx| {
        let (begun, lease) = (begun.clone(), lease.clone());
        Box::pin(async move {
            if lease.guard(tx).await? {
                for row in &begun {
                    table::put(tx, row).await?;
                }
            }
            Ok(())
        })
    });
    Ok(put.await?)
}

fn row(open: &Open, shard: String) -> ShardRow {
    ShardRow {
        feed: open.feed.id.clone(),
        shard,
        place: Place::Begin,
        lanes: Vec::<LaneRow>::new(),
        ended: false,
        result: None,
        result_at_millis: 0,
    }
}

async fn rows(open: &Open) -> Result<Vec<ShardRow>, Failure> {
    let tx = store::snapshot(open.cloud.store()).await?;
    Ok(checkpoint::all(&tx, &open.feed.id).await?)
}

async fn describe(open: &Open) -> Result<Vec<Shard>, Failure> {
    let (kind, arn) = (Kind::of(open), stream_arn(open));
    let reader = open.consumer.reader(&open.cx()).await?;
    let mut shards: Vec<Shard> = Vec::new();
    loop {
        let mut input = json!({kind.arn_member(): arn, "Limit": SHARDS_MAX});
        if let Some(last) = shards.last() {
            input["ExclusiveStartShardId"] = json!(last.id);
        }
        let answer = open.cx().call_json(reader.clone(), kind.service(), "DescribeStream", &input).await?;
        let description = &answer["StreamDescription"];
        let page = description["Shards"].as_array().cloned().unwrap_or_default();
        let is_last = page.is_empty()
            || !(description["HasMoreShards"] == true || description["LastEvaluatedShardId"].is_string());
        shards.extend(page.iter().map(read_shard));
        if is_last {
            return Ok(shards);
        }
    }
}

fn read_shard(shard: &Value) -> Shard {
    let parents = ["ParentShardId", "AdjacentParentShardId"];
    Shard {
        id: shard["ShardId"].as_str().unwrap_or_default().to_owned(),
        parents: parents.iter().filter_map(|name| shard[*name].as_str().map(str::to_owned)).collect(),
        is_closed: shard["SequenceNumberRange"]["EndingSequenceNumber"].is_string(),
    }
}

/// Feeds until the feed shall end, and until all that is under way is settled.
pub(super) async fn run(open: &Arc<Open>) {
    let mut running: HashSet<String> = HashSet::new();
    let mut tasks: JoinSet<(String, bool)> = JoinSet::new();
    let mut failures = 0;
    while !open.is_stopped() {
        match due(open).await {
            Ok(due) => {
                failures = 0;
                for row in due {
                    let (open, id) = (open.clone(), row.shard.clone());
                    if !running.insert(id.clone()) {
                        continue;
                    }
                    tasks.spawn(async move {
                        let work = AssertUnwindSafe(shard::run(&open, row)).catch_unwind().await;
                        (id, work.is_ok())
                    });
                }
            }
            Err(failure) => {
                failures += 1;
                tell(open, failures, &failure);
                open.pause(failures).await;
                continue;
            }
        }
        tokio::select! {
            () = open.stopped() => break,
            Some(ended) = tasks.join_next() => {
                let Ok((id, is_fine)) = ended else { break };
                running.remove(&id);
                if !is_fine {
                    tracing::error!(feed = open.feed.id, shard = id, "a shard's reader panicked; it goes on in a moment");
                    open.pause(1).await;
                }
            }
            // A stream without shards: it has some when it is asked again.
            else => { open.pause(1).await; }
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// The shards that can be read now: not at their end, and behind parents that are. What is known of shards that are gone
/// is forgotten.
async fn due(open: &Open) -> Result<Vec<ShardRow>, Failure> {
    let shards = describe(open).await?;
    let mut known: HashMap<String, ShardRow> =
        rows(open).await?.into_iter().map(|row| (row.shard.clone(), row)).collect();
    let listed: HashSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
    let is_over = |known: &HashMap<String, ShardRow>, parent: &String| {
        !listed.contains(parent.as_str()) || known.get(parent).is_some_and(|row| row.ended)
    };
    let ready: Vec<&Shard> = shards
        .iter()
        .filter(|shard| shard.parents.iter().all(|parent| is_over(&known, parent)))
        .filter(|shard| known.get(&shard.id).is_none_or(|row| !row.ended))
        .collect();
    let gone: Vec<String> = known.keys().filter(|id| !listed.contains(id.as_str())).cloned().collect();
    if !gone.is_empty() {
        forget(open, gone).await?;
    }
    Ok(ready
        .into_iter()
        .map(|shard| known.remove(&shard.id).unwrap_or_else(|| row(open, shard.id.clone())))
        .collect())
}

async fn forget(open: &Open, gone: Vec<String>) -> Result<(), Failure> {
    let (feed, lease) = (open.feed.id.clone(), open.lease.clone());
    let forget = store::transact(open.cloud.store(), move |tx| {
        let (feed, lease, gone) = (feed.clone(), lease.clone(), gone.clone());
        Box::pin(async move {
            if lease.guard(tx).await? {
                for shard in &gone {
                    table::delete::<ShardRow>(tx, (&feed, shard)).await?;
                }
            }
            Ok(())
        })
    });
    Ok(forget.await?)
}
