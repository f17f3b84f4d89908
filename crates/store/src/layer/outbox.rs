//! Deliveries that must happen although the process may stop at any moment.
//!
//! A row is pushed in the transaction that decides the delivery. Workers lease due rows, deliver,
//! and report: done, again later, or given up. A lease that runs out makes the row due again, so a
//! delivery happens at least once; when the receiver's own change is made in the transaction that
//! calls [`done`], it happens exactly once. Rows belong to lanes that do not hold each other up.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::chunks;
use super::table::{Cursor, Listing, Paging};
use crate::keyspace::{OUTBOX_BODY, OUTBOX_DEAD, OUTBOX_READY};
use crate::tuple::{self, Tuple};
use crate::types::{Key, Scan};
use crate::{Error, Tx};

/// The version byte of a stored row.
const VERSION: u8 = 1;

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The lane it belongs to.
    pub lane: String,
    /// Its id, given at [`push`].
    pub id: String,
    /// When it is due; for a leased one when the lease runs out; for a dead one when it died.
    pub at: i64,
    /// When it was pushed.
    pub created: i64,
    /// How often it was leased.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// What to deliver.
    pub payload: Bytes,
    chunks: u16,
}

#[derive(Serialize, Deserialize)]
struct Row {
    created: i64,
    attempts: u32,
    error: Option<String>,
    chunks: u16,
}

/// Adds a delivery that is due at `at`. The id is unique in its lane.
pub fn push(
    tx: &mut Tx,
    lane: &str,
    id: &str,
    now: i64,
    at: i64,
    payload: impl Into<Bytes>,
) -> Result<(), Error> {
    let chunks = chunks::put(tx, &body(lane, id), &payload.into())?;
    let row = Row { created: now, attempts: 0, error: None, chunks };
    tx.put(ready(lane, at, id), encode(&row)?)
}

/// As [`push`], for a worker that begins as soon as the transaction is committed: the entry is leased to it from the
/// start, without a transaction of its own for that.
pub fn push_leased(
    tx: &mut Tx,
    lane: &str,
    id: &str,
    now: i64,
    lease_until: i64,
    payload: Bytes,
) -> Result<Entry, Error> {
    let chunks = chunks::put(tx, &body(lane, id), &payload)?;
    let entry = Entry {
        lane: lane.to_owned(),
        id: id.to_owned(),
        at: lease_until,
        created: now,
        attempts: 1,
        error: None,
        payload,
        chunks,
    };
    tx.put(ready(lane, lease_until, id), encode(&entry.row())?)?;
    Ok(entry)
}

/// Leases up to `limit` due deliveries until `lease_until`.
pub async fn lease(
    tx: &mut Tx,
    lane: &str,
    now: i64,
    limit: usize,
    lease_until: i64,
) -> Result<Vec<Entry>, Error> {
    let mut range = tuple::range(OUTBOX_READY, &lane);
    // New rows in the range are no reason to run again; the rows taken are claimed one by one.
    tx.dont_conflict(range.clone());
    range.to = tuple::range(OUTBOX_READY, &(lane, now)).to;
    let page = tx.scan(Scan::new(range).limit(limit)).await?;
    let mut entries = read(tx, page.rows).await?;
    for entry in &mut entries {
        let key = ready(lane, entry.at, &entry.id);
        tx.claim(key.clone())?;
        tx.delete(key)?;
        entry.at = lease_until;
        entry.attempts += 1;
        tx.put(ready(lane, entry.at, &entry.id), encode(&entry.row())?)?;
    }
    Ok(entries)
}

/// Keeps a leased entry until `lease_until`. False when its lease was lost to another worker.
pub async fn renew(tx: &mut Tx, entry: &Entry, lease_until: i64) -> Result<bool, Error> {
    if !take_back(tx, entry).await? {
        return Ok(false);
    }
    tx.put(ready(&entry.lane, lease_until, &entry.id), encode(&entry.row())?)?;
    Ok(true)
}

/// Removes a delivered entry. False when its lease was lost to another worker.
pub async fn done(tx: &mut Tx, entry: &Entry) -> Result<bool, Error> {
    if !take_back(tx, entry).await? {
        return Ok(false);
    }
    chunks::delete(tx, &body(&entry.lane, &entry.id), entry.chunks)?;
    Ok(true)
}

/// Makes a leased entry due again at `at`. False when its lease was lost.
pub async fn retry(tx: &mut Tx, entry: &Entry, at: i64, error: &str) -> Result<bool, Error> {
    if !take_back(tx, entry).await? {
        return Ok(false);
    }
    let row = Row { error: Some(error.to_owned()), ..entry.row() };
    tx.put(ready(&entry.lane, at, &entry.id), encode(&row)?)?;
    Ok(true)
}

/// Gives a leased entry up and keeps it among the dead. False when its lease was lost.
pub async fn bury(tx: &mut Tx, entry: &Entry, now: i64, error: &str) -> Result<bool, Error> {
    if !take_back(tx, entry).await? {
        return Ok(false);
    }
    let row = Row { error: Some(error.to_owned()), ..entry.row() };
    tx.put(tuple::key(OUTBOX_DEAD, &(&entry.lane, now, &entry.id)), encode(&row)?)?;
    Ok(true)
}

/// Lists the dead of a lane, oldest first.
pub async fn dead(tx: &Tx, lane: &str, paging: &Paging) -> Result<Listing<Entry>, Error> {
    let base = tuple::key(OUTBOX_DEAD, &lane);
    let mut range = tuple::range_of(base.clone());
    if let Some(after) = &paging.after {
        range.from = range.from.max([&base[..], after.bytes(), &[0xff]].concat().into());
    }
    let page = tx.scan(Scan::new(range).limit(paging.limit)).await?;
    let next = page.next.and_then(|_| {
        let (last, _) = page.rows.last()?;
        Some(Cursor::behind(Tuple(last.slice(base.len()..))))
    });
    Ok(Listing { items: read(tx, page.rows).await?, next })
}

/// Makes a dead entry due at `at`, with its attempts counted anew. False when it is not there.
pub async fn revive(tx: &mut Tx, entry: &Entry, at: i64) -> Result<bool, Error> {
    if !exhume(tx, entry).await? {
        return Ok(false);
    }
    let row = Row { attempts: 0, ..entry.row() };
    tx.put(ready(&entry.lane, at, &entry.id), encode(&row)?)?;
    Ok(true)
}

/// Removes a dead entry. False when it is not there.
pub async fn forget(tx: &mut Tx, entry: &Entry) -> Result<bool, Error> {
    if !exhume(tx, entry).await? {
        return Ok(false);
    }
    chunks::delete(tx, &body(&entry.lane, &entry.id), entry.chunks)?;
    Ok(true)
}

/// When the next entry of a lane is due, leases included.
pub async fn next_at(tx: &Tx, lane: &str) -> Result<Option<i64>, Error> {
    let range = tuple::range(OUTBOX_READY, &lane);
    let page = tx.scan(Scan::new(range).limit(1).keys_only()).await?;
    page.rows.first().map(|(key, _)| Ok(read_key(key)?.1)).transpose()
}

/// The lanes that have entries, from the one behind `after` on.
pub async fn lanes(tx: &Tx, after: Option<&str>, limit: usize) -> Result<Vec<String>, Error> {
    let mut lanes = Vec::new();
    let mut range = tuple::range(OUTBOX_READY, &());
    if let Some(after) = after {
        range.from = tuple::range(OUTBOX_READY, &after).to;
    }
    while lanes.len() < limit {
        let page = tx.scan(Scan::new(range.clone()).limit(1).keys_only()).await?;
        let Some((key, _)) = page.rows.first() else { break };
        let lane = read_key(key)?.0;
        range.from = tuple::range(OUTBOX_READY, &lane).to;
        lanes.push(lane);
    }
    Ok(lanes)
}

/// What to give to [`crate::Store::watch`] to hear of new entries of a lane.
pub fn watch_key(lane: &str) -> Key {
    tuple::key(OUTBOX_READY, &lane)
}

impl Entry {
    fn row(&self) -> Row {
        let Entry { created, attempts, error, chunks, .. } = self;
        Row { created: *created, attempts: *attempts, error: error.clone(), chunks: *chunks }
    }
}

/// Removes the row of a lease that is still this one.
async fn take_back(tx: &mut Tx, entry: &Entry) -> Result<bool, Error> {
    let key = ready(&entry.lane, entry.at, &entry.id);
    let Some(val) = tx.get(&key).await? else { return Ok(false) };
    if decode(&val)?.attempts != entry.attempts {
        return Ok(false);
    }
    tx.delete(key)?;
    Ok(true)
}

async fn exhume(tx: &mut Tx, entry: &Entry) -> Result<bool, Error> {
    let key = tuple::key(OUTBOX_DEAD, &(&entry.lane, entry.at, &entry.id));
    let found = tx.get(&key).await?.is_some();
    if found {
        tx.delete(key)?;
    }
    Ok(found)
}

async fn read(tx: &Tx, rows: Vec<(Key, Bytes)>) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::with_capacity(rows.len());
    for (key, val) in rows {
        let (lane, at, id) = read_key(&key)?;
        let Row { created, attempts, error, chunks } = decode(&val)?;
        let payload = Bytes::new();
        entries.push(Entry { lane, id, at, created, attempts, error, payload, chunks });
    }
    let bodies: Vec<_> = entries.iter().map(|entry| (body(&entry.lane, &entry.id), entry.chunks)).collect();
    for (entry, payload) in entries.iter_mut().zip(chunks::get(tx, &bodies).await?) {
        entry.payload = payload;
    }
    Ok(entries)
}

fn read_key(key: &[u8]) -> Result<(String, i64, String), Error> {
    tuple::unpack_key(key)
}

fn ready(lane: &str, at: i64, id: &str) -> Key {
    tuple::key(OUTBOX_READY, &(lane, at, id))
}

fn body(lane: &str, id: &str) -> Key {
    tuple::key(OUTBOX_BODY, &(lane, id))
}

fn encode(row: &Row) -> Result<Vec<u8>, Error> {
    let mut out = vec![VERSION];
    serde_json::to_writer(&mut out, row).map_err(|error| Error::Corrupt(format!("outbox row: {error}")))?;
    Ok(out)
}

fn decode(val: &[u8]) -> Result<Row, Error> {
    match val.split_first() {
        Some((&VERSION, json)) => {
            serde_json::from_slice(json).map_err(|error| Error::Corrupt(format!("outbox row: {error}")))
        }
        _ => Err(Error::Corrupt("outbox row of an unknown version".into())),
    }
}
