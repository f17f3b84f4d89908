//! Reading records of a shard, for GetRecords and for subscriptions.

use bytes::{Bytes, BytesMut};
use cloud::prelude::*;
use store::layer::log::Entry;
use store::{Scan, Stamp, Tx};

use crate::error::Error;
use crate::iterator::Place;
use crate::keys::{Part, ShardRow, Stored};
use crate::limits::ROWS_MAX;
use crate::names;
use crate::stream::Stream;

/// Rows that one read of the store brings.
const PAGE_ROWS: usize = 1000;

/// How encryption is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EncryptionType {
    None,
    Kms,
}

impl EncryptionType {
    /// That of what is encrypted or not.
    pub(crate) fn of(is_encrypted: bool) -> Self {
        if is_encrypted { Self::Kms } else { Self::None }
    }
}

/// A record.
#[derive(Debug, Shape)]
pub(crate) struct Record {
    sequence_number: String,
    approximate_arrival_timestamp: Timestamp,
    #[shape(sensitive)]
    data: Bytes,
    partition_key: String,
    encryption_type: Option<EncryptionType>,
}

impl Record {
    fn of(shard: &ShardRow, stamp: Stamp, stored: Stored) -> Self {
        Self {
            sequence_number: shard.sequence(stamp, stored.at_millis).text(),
            approximate_arrival_timestamp: Timestamp::from_millis(stored.at_millis),
            data: stored.data,
            partition_key: stored.partition_key,
            encryption_type: stored.is_encrypted.then_some(EncryptionType::Kms),
        }
    }

    /// Its sequence number.
    pub(crate) fn number(&self) -> &str {
        &self.sequence_number
    }

    /// Bytes that count.
    pub(crate) fn size_bytes(&self) -> usize {
        self.data.len() + self.partition_key.len()
    }
}

/// A range of hashes.
#[derive(Debug, Shape)]
pub(crate) struct HashKeyRange {
    starting_hash_key: String,
    ending_hash_key: String,
}

impl HashKeyRange {
    /// That of a shard.
    pub(crate) fn of(shard: &ShardRow) -> Self {
        Self { starting_hash_key: shard.first_hash.to_string(), ending_hash_key: shard.last_hash.to_string() }
    }
}

/// A shard that came from one that has ended.
#[derive(Debug, Shape)]
pub(crate) struct ChildShard {
    shard_id: String,
    parent_shards: Vec<String>,
    hash_key_range: HashKeyRange,
}

/// The shards that came from `parent`.
pub(crate) fn children(stream: &Stream, parent: u32) -> Vec<ChildShard> {
    let child = |shard: &ShardRow| ChildShard {
        shard_id: names::shard_id(shard.index),
        parent_shards: [shard.parent, shard.adjacent_parent]
            .into_iter()
            .flatten()
            .map(names::shard_id)
            .collect(),
        hash_key_range: HashKeyRange::of(shard),
    };
    stream.children(parent).map(child).collect()
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) records: Vec<Record>,
    /// Where to go on.
    pub(crate) place: Place,
    /// Whether nothing is behind that place.
    pub(crate) is_end: bool,
    pub(crate) bytes: usize,
    /// How old the record before that place is; 0 at the end.
    pub(crate) behind_millis: i64,
}

/// How much may be read at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
}

/// Reads the records of a shard behind a place.
pub(crate) async fn read(
    tx: &Tx,
    stream: &Stream,
    shard: &ShardRow,
    place: Place,
    (most, now): (Most, i64),
) -> Result<Found, Error> {
    let log = stream.row.log(shard.index);
    let since = place.since_millis.max(stream.row.horizon(now));
    let mut reader = Reader {
        shard,
        since,
        most,
        open: None,
        last_at_millis: now,
        rows: 0,
        found: Found { records: Vec::new(), place, is_end: false, bytes: 0, behind_millis: 0 },
    };
    let mut after = place.after;
    loop {
        let limit = PAGE_ROWS.min(most.records.saturating_add(1));
        let page = log.read(tx, after, limit).await?;
        let is_last = is_whole(&page, limit);
        after = page.last().map(|entry| entry.stamp).or(after);
        for entry in page {
            if reader.take(entry)? {
                return Ok(reader.finish(now, false));
            }
        }
        if is_last {
            return Ok(reader.finish(now, true));
        }
        if reader.rows >= ROWS_MAX && reader.open.is_none() {
            return Ok(reader.finish(now, false));
        }
    }
}

/// Whether a page ended because there was no more, and neither for its rows nor for its bytes.
fn is_whole(page: &[Entry], limit: usize) -> bool {
    let bytes: usize = page.iter().map(|entry| entry.val.len()).sum();
    // Keys count, too: half the room is on the safe side.
    page.is_empty() || (page.len() < limit && bytes < Scan::BYTES / 2)
}

/// Puts records together from rows.
struct Reader<'a> {
    shard: &'a ShardRow,
    since: i64,
    most: Most,
    /// A record of which rows are missing: its place, what is there of it, and how many rows follow.
    open: Option<(Stamp, Stored, BytesMut, u16)>,
    last_at_millis: i64,
    rows: usize,
    found: Found,
}

impl Reader<'_> {
    /// Takes a row. True when no more records may be taken; then the row stays where it is.
    fn take(&mut self, entry: Entry) -> Result<bool, Error> {
        self.rows += 1;
        match (Part::decode(&entry.val)?, self.open.take()) {
            (Part::Head(stored, 0), _) => return Ok(self.keep(entry.stamp, entry.stamp, stored)),
            (Part::Head(stored, more), _) => {
                let bytes = BytesMut::from(&stored.data[..]);
                self.open = Some((entry.stamp, stored, bytes, more));
            }
            (Part::More(part), Some((stamp, mut stored, mut bytes, more))) => {
                bytes.extend_from_slice(&part);
                if more > 1 {
                    self.open = Some((stamp, stored, bytes, more - 1));
                } else {
                    stored.data = bytes.freeze();
                    return Ok(self.keep(stamp, entry.stamp, stored));
                }
            }
            // The rest of a record behind whose beginning the place is.
            (Part::More(_), None) => self.found.place.after = Some(entry.stamp),
        }
        Ok(false)
    }

    fn keep(&mut self, first: Stamp, last: Stamp, stored: Stored) -> bool {
        if stored.at_millis >= self.since {
            let record = Record::of(self.shard, first, stored);
            let bytes = self.found.bytes + record.size_bytes();
            let is_full = self.found.records.len() >= self.most.records
                || (bytes > self.most.bytes && !self.found.records.is_empty());
            if is_full {
                return true;
            }
            self.found.bytes = bytes;
            self.last_at_millis = record.approximate_arrival_timestamp.millis();
            self.found.records.push(record);
        } else {
            self.last_at_millis = stored.at_millis;
        }
        self.found.place.after = Some(last);
        false
    }

    fn finish(self, now: i64, is_end: bool) -> Found {
        let behind_millis = if is_end { 0 } else { (now - self.last_at_millis).max(0) };
        Found { is_end, behind_millis, ..self.found }
    }
}
