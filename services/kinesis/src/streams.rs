//! Finding streams and consumers, and the descriptions kept in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use cloud::access;
use cloud::prelude::*;
use store::layer::table;
use store::{Key, Scan, Tx, Version};

use crate::error::Error;
use crate::keys::{self, ConsumerRow, ShardRow, StreamRow};
use crate::names::{ConsumerName, StreamName};
use crate::resharding::Resharding;
use crate::stream::{Status, Stream};

/// Streams that are kept in memory; more are read anew.
const KEPT_MAX: usize = 1000;

/// The last descriptions that were read, with the version of their row: whoever changes a shard writes the row, too.
#[derive(Default)]
struct Streams(Mutex<HashMap<Key, (Version, Arc<Stream>)>>);

impl Streams {
    fn find(&self, key: &Key, version: Version) -> Option<Arc<Stream>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(known, _)| *known == version).map(|(_, stream)| stream.clone())
    }

    fn keep(&self, key: Key, version: Version, stream: &Arc<Stream>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, (version, stream.clone()));
    }
}

/// The stream in this view, whatever its state; none when there is none.
async fn look(tx: &Tx, kept: &Streams, now: i64, name: &StreamName) -> Result<Option<Arc<Stream>>, Error> {
    let key = table::row_key::<StreamRow>(&(&name.account, &name.region, &name.name));
    let Some((version, row)) = tx.get_versioned(&key).await? else { return Ok(None) };
    let stream = match kept.find(&key, version) {
        Some(stream) => stream,
        None => {
            let row: StreamRow = table::decode(&row)?;
            let shards = shards(tx, &row.id).await?;
            let stream = Arc::new(Stream { row, shards });
            kept.keep(key, version, &stream);
            stream
        }
    };
    Ok(stream.row.status(now).map(|_| stream))
}

/// The shards of a stream, in the order of their numbers.
async fn shards(tx: &Tx, id: &str) -> Result<Vec<ShardRow>, Error> {
    let mut scan = Scan::new(keys::shard_range(id));
    let mut shards = Vec::new();
    loop {
        let page = tx.scan(scan.clone()).await?;
        for (_, row) in &page.rows {
            shards.push(table::decode(row)?);
        }
        match page.next {
            Some(next) => scan = scan.resume(next),
            None => return Ok(shards),
        }
    }
}

/// The stream, in the transaction of a Read or Write operation; none when there is none.
pub(crate) async fn find(cx: &mut Cx, name: &StreamName) -> Result<Option<Arc<Stream>>, Error> {
    let (kept, now) = (cx.state::<Streams>(), cx.now().millis());
    look(cx.tx(), &kept, now, name).await
}

/// As [`find`], for one that must be there.
pub(crate) async fn open(cx: &mut Cx, name: &StreamName) -> Result<Arc<Stream>, Error> {
    find(cx, name).await?.ok_or_else(|| name.missing())
}

/// As [`open`], for records: before a stream is ready, and while it is deleted, it is not there for them.
pub(crate) async fn open_ready(cx: &mut Cx, name: &StreamName) -> Result<Arc<Stream>, Error> {
    let stream = open(cx, name).await?;
    must_be_ready(cx, &stream)?;
    Ok(stream)
}

fn must_be_ready(cx: &Cx, stream: &Stream) -> Result<(), Error> {
    match stream.row.status(cx.now().millis()) {
        Some(Status::Active | Status::Updating) => Ok(()),
        _ => Err(stream.row.named().missing()),
    }
}

/// As [`find`], also for Free operations, which read in a view of their own; for access decisions.
pub(crate) async fn glance(cx: &Cx, name: &StreamName) -> Result<Option<Arc<Stream>>, Error> {
    let (kept, now) = (cx.state::<Streams>(), cx.now().millis());
    match cx.tx_if_any() {
        Some(tx) => look(tx, &kept, now, name).await,
        None => look(&cx.snapshot().await?, &kept, now, name).await,
    }
}

/// The stream in the view `tx`, ready for records.
pub(crate) async fn ready_in(cx: &Cx, tx: &Tx, name: &StreamName) -> Result<Arc<Stream>, Error> {
    let (kept, now) = (cx.state::<Streams>(), cx.now().millis());
    let stream = look(tx, &kept, now, name).await?.ok_or_else(|| name.missing())?;
    must_be_ready(cx, &stream)?;
    Ok(stream)
}

/// Stores the changed row of a stream, with the shards that were made or closed.
pub(crate) async fn reshard(
    cx: &mut Cx,
    mut row: StreamRow,
    resharding: Resharding,
) -> Result<StreamRow, Error> {
    row.next_shard = resharding.next_shard;
    row.open_shards = u32::try_from(i64::from(row.open_shards) + resharding.opened)
        .map_err(|_| Failure::internal("a stream without shards"))?;
    for shard in &resharding.changed {
        table::put(cx.tx(), shard).await?;
    }
    row.wake_readers(cx.tx())?;
    table::put(cx.tx(), &row).await?;
    Ok(row)
}

/// The policy and the tags of what the parameters `StreamName` and `StreamARN` name, for the access decision.
pub(crate) async fn terms(cx: &Cx, name: Option<&str>, arn: Option<&str>) -> Result<Terms, Error> {
    // What names no stream is refused by the operation itself, after access is decided.
    let Ok(name) = StreamName::pick(cx, name, arn, None) else { return Ok(Terms::default()) };
    let stream = glance(cx, &name).await?;
    Ok(stream.map(|stream| terms_of(&stream.row.policy, &stream.row.tags)).unwrap_or_default())
}

/// The policy and the tags of a consumer, for the access decision.
pub(crate) async fn consumer_terms(cx: &Cx, name: &ConsumerName) -> Result<Terms, Error> {
    let row = glance_consumer(cx, name).await?;
    Ok(row.map(|row| terms_of(&row.policy, &row.tags)).unwrap_or_default())
}

fn terms_of(policy: &Option<String>, tags: &BTreeMap<String, String>) -> Terms {
    Terms { policy: policy.clone(), conditions: vec![access::resource_tags(tags)] }
}

/// The consumer with this name, with its stream, in the transaction of a Read or Write operation.
pub(crate) async fn consumer(cx: &mut Cx, name: &ConsumerName) -> Result<(Arc<Stream>, ConsumerRow), Error> {
    let stream = find(cx, &name.stream).await?.ok_or_else(|| name.missing())?;
    let row: Option<ConsumerRow> = table::get(cx.tx(), (&stream.row.id, &name.name)).await?;
    let is_it = |row: &ConsumerRow| row.named().created_at_secs == name.created_at_secs;
    let row = row.filter(is_it).ok_or_else(|| name.missing())?;
    Ok((stream, row))
}

/// The consumer, also for Free operations, which read in a view of their own; for access decisions.
pub(crate) async fn glance_consumer(cx: &Cx, name: &ConsumerName) -> Result<Option<ConsumerRow>, Error> {
    let Some(stream) = glance(cx, &name.stream).await? else { return Ok(None) };
    let row: Option<ConsumerRow> = cx.get((&stream.row.id, &name.name)).await?;
    Ok(row.filter(|row| row.named().created_at_secs == name.created_at_secs))
}
