//! Groups: batches that are committed together in one transaction of the database.
//!
//! The batches of a group are decided one by one and do not see each other: one that would read or overwrite what an
//! earlier one of the group writes waits for the next group. Adds to the same counter may share a group.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::fold::{Cell, Folded};
use crate::engine::window::Footprint;
use crate::types::{Check, Durability, Key, Range, Version};

/// Batches of one group at most.
const BATCHES_MAX: usize = 256;
/// Bytes of a group after which no further batch joins.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a read of a transaction has found, to be found again at its commit.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// The version of the view.
    pub(super) version: Version,
    /// Keys and the versions of their rows; 0 for those that were not there.
    pub(super) keys: Vec<(Key, u64)>,
    /// Ranges and the number of their rows.
    pub(super) ranges: Vec<(Range, usize)>,
}

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) folded: Folded,
    pub(super) checks: Vec<Check>,
    pub(super) reads: Reads,
    pub(super) id: Option<[u8; 16]>,
    pub(super) durability: Durability,
}

/// What the batches of a group touch.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// True for a counter that is only added to.
    keys: BTreeMap<Key, bool>,
    ranges: Vec<Range>,
    ids: Vec<[u8; 16]>,
    batches: usize,
    bytes: usize,
}

impl Touched {
    pub(super) fn is_full(&self) -> bool {
        self.batches >= BATCHES_MAX || self.bytes >= BYTES_MAX
    }

    /// Takes a batch into the group. False when it must wait for the next one.
    pub(super) fn admit(&mut self, intent: &Intent) -> bool {
        if self.batches > 0 && self.minds(intent) {
            return false;
        }
        self.batches += 1;
        self.bytes += intent.folded.bytes;
        self.ids.extend(intent.id);
        for (key, cell) in &intent.folded.cells {
            self.keys.insert(key.clone(), matches!(cell, Cell::Add(_)));
        }
        self.ranges.extend(intent.folded.cleared.iter().cloned());
        let streams = intent.folded.appends.iter().map(|append| Range::prefix(append.stream.clone()));
        self.ranges.extend(streams);
        true
    }

    fn minds(&self, intent: &Intent) -> bool {
        let Intent { folded, checks, reads, id, .. } = intent;
        id.is_some_and(|id| self.ids.contains(&id))
            || reads.keys.iter().any(|(key, _)| self.writes(key))
            || reads.ranges.iter().any(|(range, _)| self.writes_in(range))
            || checks.iter().any(|check| self.writes(checked(check)))
            || folded.cells.iter().any(|(key, cell)| self.clashes(key, cell))
            || folded.cleared.iter().any(|range| self.writes_in(range))
    }

    fn writes(&self, key: &Key) -> bool {
        self.keys.contains_key(key) || self.ranges.iter().any(|range| range.contains(key))
    }

    fn writes_in(&self, range: &Range) -> bool {
        !range.is_empty()
            && (self.keys.range(range.from.clone()..range.to.clone()).next().is_some()
                || self.ranges.iter().any(|other| other.overlaps(range)))
    }

    fn clashes(&self, key: &Key, cell: &Cell) -> bool {
        match self.keys.get(key) {
            Some(only_added) => !(*only_added && matches!(cell, Cell::Add(_))),
            None => self.ranges.iter().any(|range| range.contains(key)),
        }
    }
}

fn checked(check: &Check) -> &Key {
    match check {
        Check::Absent(key) | Check::Exists(key) | Check::Equals(key, _) | Check::VersionIs(key, _) => key,
    }
}

/// Where a fact stands that is no check: a read. Smaller than that of any check, so that a conflict is told first.
pub(super) const READ: i32 = -1;
/// A batch that was applied before.
pub(super) const APPLIED: i32 = -2;
/// A key that is added to and is no counter; greater than the place of any check.
pub(super) const NO_COUNTER: i32 = i32::MAX;

/// The group as parameters of the statements. Batches are numbered from 1: number and base make the version.
#[derive(Debug, Default)]
pub(super) struct Params<'g> {
    pub(super) facts: Facts<'g>,
    pub(super) ranges: Ranges<'g>,
    pub(super) ids: (Vec<i32>, Vec<&'g [u8]>, Vec<i32>),
    pub(super) clears: (Vec<i32>, Vec<&'g [u8]>, Vec<&'g [u8]>),
    pub(super) deletes: (Vec<i32>, Vec<&'g [u8]>),
    pub(super) puts: (Vec<i32>, Vec<&'g [u8]>, Vec<&'g [u8]>),
    pub(super) adds: (Vec<i32>, Vec<&'g [u8]>, Vec<i64>),
    pub(super) appends: Appends<'g>,
    pub(super) buffered: bool,
}

#[derive(Debug, Default)]
pub(super) struct Facts<'g> {
    pub(super) batch: Vec<i32>,
    pub(super) place: Vec<i32>,
    pub(super) kind: Vec<i32>,
    pub(super) key: Vec<&'g [u8]>,
    pub(super) version: Vec<i64>,
    pub(super) val: Vec<&'g [u8]>,
}

#[derive(Debug, Default)]
pub(super) struct Ranges<'g> {
    pub(super) batch: Vec<i32>,
    pub(super) from: Vec<&'g [u8]>,
    pub(super) to: Vec<&'g [u8]>,
    pub(super) rows: Vec<i64>,
    pub(super) version: Vec<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Appends<'g> {
    pub(super) batch: Vec<i32>,
    pub(super) stream: Vec<&'g [u8]>,
    pub(super) index: Vec<i32>,
    pub(super) suffix: Vec<&'g [u8]>,
    pub(super) val: Vec<&'g [u8]>,
}

impl<'g> Params<'g> {
    pub(super) fn new(group: impl Iterator<Item = &'g Intent>) -> Self {
        let mut params = Params { buffered: true, ..Params::default() };
        for (number, intent) in (1..).zip(group) {
            params.buffered &= intent.durability == Durability::Buffered;
            params.decide(number, intent);
            params.write(number, &intent.folded);
            if let Some(id) = &intent.id {
                params.ids.0.push(number);
                params.ids.1.push(id);
                params.ids.2.push(i32::from(intent.folded.stamps));
            }
        }
        params
    }

    fn decide(&mut self, number: i32, intent: &'g Intent) {
        for (key, version) in &intent.reads.keys {
            self.facts.push((number, READ, 0), key, *version as i64, &[]);
        }
        for (place, check) in (0..).zip(&intent.checks) {
            let (kind, version, val): (_, _, &[u8]) = match check {
                Check::Absent(_) => (0, 0, &[]),
                Check::Exists(_) => (1, -1, &[]),
                Check::Equals(_, val) => (2, -1, val),
                // No row has this version, as no row was ever written at 0.
                Check::VersionIs(_, Version(0)) => (0, -1, &[]),
                Check::VersionIs(_, version) => (0, version.0 as i64, &[]),
            };
            self.facts.push((number, place, kind), checked(check), version, val);
        }
        for (range, rows) in &intent.reads.ranges {
            self.ranges.batch.push(number);
            self.ranges.from.push(&range.from);
            self.ranges.to.push(&range.to);
            self.ranges.rows.push(*rows as i64);
            self.ranges.version.push(intent.reads.version.0 as i64);
        }
    }

    fn write(&mut self, number: i32, folded: &'g Folded) {
        for range in &folded.cleared {
            self.clears.0.push(number);
            self.clears.1.push(&range.from);
            self.clears.2.push(&range.to);
        }
        for (key, cell) in &folded.cells {
            match cell {
                Cell::Put(val) => {
                    self.puts.0.push(number);
                    self.puts.1.push(key);
                    self.puts.2.push(val);
                }
                Cell::Delete => {
                    self.deletes.0.push(number);
                    self.deletes.1.push(key);
                }
                Cell::Add(n) => {
                    self.adds.0.push(number);
                    self.adds.1.push(key);
                    self.adds.2.push(*n);
                    self.facts.push((number, NO_COUNTER, 3), key, -1, &[]);
                }
            }
        }
        for append in &folded.appends {
            self.appends.batch.push(number);
            self.appends.stream.push(&append.stream);
            self.appends.index.push(i32::from(append.index));
            self.appends.suffix.push(&append.suffix);
            self.appends.val.push(&append.val);
        }
    }
}

impl<'g> Facts<'g> {
    fn push(&mut self, (batch, place, kind): (i32, i32, i32), key: &'g [u8], version: i64, val: &'g [u8]) {
        self.batch.push(batch);
        self.place.push(place);
        self.kind.push(kind);
        self.key.push(key);
        self.version.push(version);
        self.val.push(val);
    }
}

/// What a batch writes, for those who wait for keys. Appended keys stand for themselves by their stream.
pub(super) fn footprint(folded: &Folded, version: Version) -> Footprint {
    let streams = folded.appends.iter().map(|append| append.stream.clone());
    let keys = folded.cells.keys().cloned().chain(streams).collect();
    Footprint { version, keys, ranges: folded.cleared.clone() }
}

/// Bytes of word left for other nodes at most; beyond that they are told that anything may have changed.
const NEWS_BYTES_MAX: usize = 64 * 1024;

/// Footprints as bytes: for each key or bound its length in two bytes and itself; a bound has the length's top bit.
pub(super) fn encode_news<'g>(folded: impl Iterator<Item = &'g Folded>) -> Vec<u8> {
    /// Marks the two bounds of a range. Keys are shorter than this.
    const BOUND: u16 = 0x8000;
    let mut out = Vec::new();
    let mut push = |mark: u16, bytes: &Bytes| {
        let length = u16::try_from(bytes.len()).unwrap_or(BOUND - 1).min(BOUND - 1);
        out.extend_from_slice(&(mark | length).to_be_bytes());
        out.extend_from_slice(&bytes[..usize::from(length)]);
    };
    for one in folded {
        let Footprint { keys, ranges, .. } = footprint(one, Version(0));
        keys.iter().for_each(|key| push(0, key));
        for range in &ranges {
            push(BOUND, &range.from);
            push(BOUND, &range.to);
        }
    }
    if out.len() > NEWS_BYTES_MAX { Vec::new() } else { out }
}

/// Reads [`encode_news`]. None when anything may have changed.
pub(super) fn decode_news(bytes: &[u8], version: Version) -> Option<Footprint> {
    let mut footprint = Footprint { version, ..Footprint::default() };
    let (mut rest, mut lower) = (bytes, None);
    if rest.is_empty() {
        return None;
    }
    while let Some((head, tail)) = rest.split_first_chunk::<2>() {
        let word = u16::from_be_bytes(*head);
        let (key, tail) = tail.split_at_checked(usize::from(word & 0x7fff))?;
        let key = Key::copy_from_slice(key);
        rest = tail;
        if word & 0x8000 == 0 {
            footprint.keys.push(key);
        } else {
            match lower.take() {
                None => lower = Some(key),
                Some(from) => footprint.ranges.push(Range::new(from, key)),
            }
        }
    }
    Some(footprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Write;

    fn intent(reads: &[&str], writes: Vec<Write>) -> Intent {
        let keys = reads.iter().map(|key| (Key::from(key.to_string()), 0)).collect();
        Intent {
            folded: Folded::new(&writes).unwrap(),
            checks: Vec::new(),
            reads: Reads { keys, ..Reads::default() },
            id: None,
            durability: Durability::Synced,
        }
    }

    fn put(key: &'static str) -> Write {
        Write::Put(key.into(), "x".into())
    }

    #[test]
    fn batches_that_depend_on_each_other_do_not_share_a_group() {
        let append = || Write::Append { stream: "log".into(), suffix: "".into(), val: "x".into() };
        for (one, two, together) in [
            (intent(&[], vec![put("a")]), intent(&["b"], vec![put("c")]), true),
            (intent(&[], vec![put("a")]), intent(&["a"], vec![put("c")]), false),
            (intent(&["a"], vec![put("c")]), intent(&[], vec![put("a")]), true),
            (intent(&[], vec![put("a")]), intent(&[], vec![put("a")]), false),
            (
                intent(&[], vec![Write::Add("n".into(), 1)]),
                intent(&[], vec![Write::Add("n".into(), 1)]),
                true,
            ),
            (intent(&[], vec![Write::Add("n".into(), 1)]), intent(&[], vec![put("n")]), false),
            (intent(&[], vec![append()]), intent(&[], vec![append()]), true),
            (intent(&[], vec![append()]), intent(&["log7"], vec![put("c")]), false),
            (intent(&[], vec![append()]), intent(&[], vec![Write::DeleteRange(Range::prefix("log"))]), false),
            (intent(&[], vec![Write::DeleteRange(Range::prefix("a"))]), intent(&[], vec![put("ab")]), false),
        ] {
            let mut touched = Touched::default();
            assert!(touched.admit(&one));
            assert_eq!(touched.admit(&two), together, "{one:?} {two:?}");
        }
    }

    #[test]
    fn news_come_back() {
        let folded = intent(&[], vec![put("a"), Write::DeleteRange(Range::new("b", "c")), put("b1")]).folded;
        let news = encode_news([&folded].into_iter());
        let footprint = decode_news(&news, Version(7)).unwrap();
        assert_eq!(footprint.keys, ["a", "b1"]);
        assert_eq!((footprint.ranges, footprint.version), (vec![Range::new("b", "c")], Version(7)));
        assert!(decode_news(b"", Version(7)).is_none() && decode_news(b"\0\x05ab", Version(7)).is_none());
        let large: Vec<_> = (0..100).map(|n| Write::Delete(vec![n; 2000].into())).collect();
        assert_eq!(encode_news([&intent(&[], large).folded].into_iter()), b"", "too much to tell");
    }
}
