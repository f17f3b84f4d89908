//! How much a shard takes and gives in a second. It is counted in memory, on each node.
//!
//! AWS counts in whole seconds; here a shard always has what it got back since it was last used, up to one second's
//! worth. So a burst is refused where AWS refuses it, and a steady rate is not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::keys::{Mode, StreamRow};
use crate::limits::{ON_DEMAND_BYTES, ON_DEMAND_RECORDS, READ_BYTES, READS, WRITE_BYTES, WRITE_RECORDS};

/// Shards that are remembered; beyond that those that are at rest are forgotten.
const KEPT_MAX: usize = 10_000;

/// What is left of a second's worth.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at_millis: i64,
}

impl Bucket {
    fn refill(self, worth: f64, now: i64) -> f64 {
        let elapsed = (now - self.at_millis).max(0) as f64 / 1000.0;
        (self.left + elapsed * worth).min(worth)
    }
}

/// Two buckets: one of calls or records, one of bytes.
#[derive(Clone, Copy, Debug)]
struct Pair {
    count: Bucket,
    bytes: Bucket,
    /// Nothing goes before this time.
    closed_until_millis: i64,
}

/// What shards have left.
#[derive(Default)]
pub(crate) struct Throttles {
    writes: Mutex<HashMap<(String, u32), Pair>>,
    reads: Mutex<HashMap<(String, u32), Pair>>,
}

/// Stands for all shards of an on-demand stream together.
const WHOLE: u32 = u32::MAX;

/// What the records of one call may still take.
#[derive(Debug)]
pub(crate) struct Allowance {
    key: (String, u32),
    count: f64,
    bytes: f64,
    taken_count: f64,
    taken_bytes: f64,
}

impl Allowance {
    /// Takes a record. False when there is no room left in this second. The last one may be larger than what is left: a
    /// record of the greatest size must fit.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        if self.count - self.taken_count < 1.0 || self.bytes - self.taken_bytes <= 0.0 {
            return false;
        }
        self.taken_count += 1.0;
        self.taken_bytes += bytes as f64;
        true
    }
}

fn worth(row: &StreamRow) -> (f64, f64) {
    match row.mode {
        Mode::Provisioned => (WRITE_RECORDS, WRITE_BYTES),
        Mode::OnDemand => (ON_DEMAND_RECORDS, ON_DEMAND_BYTES),
    }
}

impl Throttles {
    /// What a shard takes now. Nothing is taken before [`Throttles::count`]: a transaction may be run again.
    pub(crate) fn writing(&self, row: &StreamRow, shard: u32, now: i64) -> Allowance {
        let key = (row.id.clone(), if row.mode == Mode::OnDemand { WHOLE } else { shard });
        let (count, bytes) = worth(row);
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, bytes) = match writes.get(&key) {
            Some(pair) => (pair.count.refill(count, now), pair.bytes.refill(bytes, now)),
            None => (count, bytes),
        };
        Allowance { key, count, bytes, taken_count: 0.0, taken_bytes: 0.0 }
    }

    /// Counts what was taken and committed.
    pub(crate) fn count(&self, row: &StreamRow, allowance: &Allowance, now: i64) {
        let (count, bytes) = worth(row);
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut writes, now);
        let full = |left| Bucket { left, at_millis: now };
        let pair = writes.entry(allowance.key.clone()).or_insert(Pair {
            count: full(count),
            bytes: full(bytes),
            closed_until_millis: 0,
        });
        pair.count = full(pair.count.refill(count, now) - allowance.taken_count);
        pair.bytes = full(pair.bytes.refill(bytes, now) - allowance.taken_bytes);
    }

    /// Begins a GetRecords. False when there were too many, or too large ones, in this second.
    pub(crate) fn begin_read(&self, stream: &str, shard: u32, now: i64) -> bool {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut reads, now);
        let full = |left| Bucket { left, at_millis: now };
        let pair = reads.entry((stream.to_owned(), shard)).or_insert(Pair {
            count: full(READS),
            bytes: full(READ_BYTES),
            closed_until_millis: 0,
        });
        let left = pair.count.refill(READS, now);
        if now < pair.closed_until_millis || left < 1.0 {
            return false;
        }
        pair.count = full(left - 1.0);
        true
    }

    /// Counts the bytes that GetRecords brought. A second's worth or more closes the shard until they are paid: after
    /// 10 MB that is five seconds ("if a call to GetRecords returns 10 MB, subsequent calls made within the next 5
    /// seconds throw an exception").
    pub(crate) fn end_read(&self, stream: &str, shard: u32, bytes: usize, now: i64) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pair) = reads.get_mut(&(stream.to_owned(), shard)) else { return };
        let left = pair.bytes.refill(READ_BYTES, now) - bytes as f64;
        pair.bytes = Bucket { left, at_millis: now };
        if left <= 0.0 {
            let seconds = (READ_BYTES - left) / READ_BYTES;
            pair.closed_until_millis = now + (seconds * 1000.0) as i64;
        }
    }
}

/// Forgets shards that have been at rest.
fn forget(kept: &mut HashMap<(String, u32), Pair>, now: i64) {
    const REST_MILLIS: i64 = 10_000;
    if kept.len() >= KEPT_MAX {
        kept.retain(|_, pair| now - pair.count.at_millis < REST_MILLIS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mode: &str) -> StreamRow {
        let json = format!(
            r#"{{"account":"a","region":"r","name":"n","id":"i","created_at_millis":1,"change":"Creating",
            "change_until_millis":2,"mode":"{mode}","next_shard":0,"open_shards":0,"retention_hours":24,
            "gone_before_millis":0,"record_kib_max":1024,"encryption":null,"metrics":[],"tags":{{}},"policy":null,
            "resized_at_millis":[],"mode_changed_at_millis":[]}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn write(throttles: &Throttles, row: &StreamRow, records: usize, bytes: usize, now: i64) -> usize {
        let mut allowance = throttles.writing(row, 0, now);
        let taken = (0..records).filter(|_| allowance.take(bytes)).count();
        throttles.count(row, &allowance, now);
        taken
    }

    #[test]
    fn a_shard_takes_a_thousand_records_or_a_mebibyte_in_a_second() {
        let (throttles, row) = (Throttles::default(), row("Provisioned"));
        assert_eq!(write(&throttles, &row, 1500, 10, 0), 1000);
        assert_eq!(write(&throttles, &row, 1500, 10, 500), 500);
        assert_eq!(write(&throttles, &row, 1500, 10, 5_000), 1000);
        assert_eq!(write(&throttles, &row, 5, 1024 * 1024, 10_000), 1);
        assert_eq!(write(&throttles, &row, 5, 1024 * 1024, 10_000), 0);
        assert_eq!(write(&throttles, &row, 3, 512 * 1024, 11_000), 2);
    }

    #[test]
    fn what_was_not_committed_is_not_counted() {
        let (throttles, row) = (Throttles::default(), row("Provisioned"));
        let mut lost = throttles.writing(&row, 0, 0);
        assert!((0..1000).all(|_| lost.take(1)) && !lost.take(1));
        assert_eq!(write(&throttles, &row, 1000, 1, 0), 1000);
    }

    #[test]
    fn on_demand_streams_have_their_quota_for_all_shards() {
        let (throttles, row) = (Throttles::default(), row("OnDemand"));
        assert_eq!(write(&throttles, &row, 5_000, 10, 0), 5_000);
    }

    #[test]
    fn a_shard_gives_five_reads_and_two_mebibytes_in_a_second() {
        let throttles = Throttles::default();
        let reads = |now| (0..7).filter(|_| throttles.begin_read("i", 0, now)).count();
        assert_eq!((reads(0), reads(200), reads(5_000)), (5, 1, 5));
        throttles.end_read("i", 0, 10 * 1024 * 1024, 5_000);
        assert_eq!((reads(9_999), reads(10_000)), (0, 5));
        throttles.end_read("i", 0, 1024, 10_000);
        assert_eq!(reads(11_000), 5);
    }
}
