//! The recent commits, kept to decide whether a transaction's reads are still true.

use std::collections::VecDeque;

use crate::types::{Key, Range, Version};

/// Commits remembered at most. A transaction lives for milliseconds; at ten thousand commits a
/// second this is most of a second, and a transaction older than that runs again.
const COMMITS_MAX: usize = 8_192;
/// Keys remembered at most, which bounds the memory of the window.
const KEYS_MAX: usize = 65_536;

/// What a transaction has read, as of one version.
#[derive(Debug, Default)]
pub(super) struct ReadSet {
    pub(super) version: Version,
    /// Sorted once reading is over.
    pub(super) keys: Vec<Key>,
    pub(super) ranges: Vec<Range>,
}

impl ReadSet {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.ranges.is_empty()
    }

    fn has(&self, key: &Key) -> bool {
        self.keys.binary_search(key).is_ok() || self.ranges.iter().any(|range| range.contains(key))
    }

    fn touches(&self, written: &Range) -> bool {
        let first = self.keys.partition_point(|key| *key < written.from);
        self.keys.get(first).is_some_and(|key| *key < written.to)
            || self.ranges.iter().any(|range| range.overlaps(written))
    }
}

/// What a commit has written.
#[derive(Clone, Debug, Default)]
pub(super) struct Footprint {
    pub(super) version: Version,
    pub(super) keys: Vec<Key>,
    pub(super) ranges: Vec<Range>,
}

impl Footprint {
    fn size(&self) -> usize {
        self.keys.len() + self.ranges.len()
    }
}

/// The footprints of the last commits, oldest first.
#[derive(Debug)]
pub(super) struct Window {
    /// Commits up to this one are forgotten.
    forgotten: Version,
    recent: VecDeque<Footprint>,
    size: usize,
}

impl Window {
    /// A window that knows nothing up to and including `version`.
    pub(super) fn after(version: Version) -> Self {
        Window { forgotten: version, recent: VecDeque::new(), size: 0 }
    }

    /// Whether a commit after the reads' version changed what they saw, or might have.
    pub(super) fn conflicts(&self, reads: &ReadSet) -> bool {
        if reads.version < self.forgotten {
            return true;
        }
        let newer = self.recent.iter().rev().take_while(|commit| commit.version > reads.version);
        newer.into_iter().any(|commit| {
            commit.keys.iter().any(|key| reads.has(key))
                || commit.ranges.iter().any(|range| reads.touches(range))
        })
    }

    pub(super) fn push(&mut self, commit: Footprint) {
        self.size += commit.size();
        self.recent.push_back(commit);
        while self.recent.len() > COMMITS_MAX || (self.size > KEYS_MAX && self.recent.len() > 1) {
            let Some(oldest) = self.recent.pop_front() else { break };
            self.size -= oldest.size();
            self.forgotten = oldest.version;
        }
    }

    /// Takes back the commits after `version`: their engine transaction was rolled back.
    pub(super) fn take_back(&mut self, version: Version) {
        while let Some(last) = self.recent.pop_back_if(|commit| commit.version > version) {
            self.size -= last.size();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.recent.is_empty()
    }

    /// Gives the memory back when the store is idle: transactions that are open now may conflict.
    pub(super) fn forget_all(&mut self) {
        if let Some(last) = self.recent.back() {
            self.forgotten = last.version;
        }
        self.recent = VecDeque::new();
        self.size = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(version: u64, key: &'static str) -> Footprint {
        Footprint { version: Version(version), keys: vec![key.into()], ranges: vec![] }
    }

    fn read(version: u64, key: &'static str) -> ReadSet {
        ReadSet { version: Version(version), keys: vec![key.into()], ranges: vec![] }
    }

    #[test]
    fn only_later_commits_of_the_same_keys_conflict() {
        let mut window = Window::after(Version(4));
        window.push(commit(5, "a"));
        window.push(commit(6, "b"));
        assert!(window.conflicts(&read(4, "a")));
        assert!(!window.conflicts(&read(5, "a")));
        assert!(window.conflicts(&read(5, "b")));
        assert!(!window.conflicts(&read(4, "c")));
        let range = ReadSet { version: Version(4), keys: vec![], ranges: vec![Range::new("aa", "c")] };
        assert!(window.conflicts(&range));
        window.take_back(Version(5));
        assert!(!window.conflicts(&range));
    }

    #[test]
    fn a_deleted_range_conflicts_with_the_keys_in_it() {
        let mut window = Window::after(Version(0));
        let ranges = vec![Range::new("b", "d")];
        window.push(Footprint { version: Version(1), keys: vec![], ranges });
        assert!(window.conflicts(&read(0, "b")));
        assert!(!window.conflicts(&read(0, "d")));
        assert!(!window.conflicts(&read(0, "a")));
    }

    #[test]
    fn what_is_forgotten_counts_as_a_conflict() {
        let mut window = Window::after(Version(0));
        for version in 1..=COMMITS_MAX as u64 + 10 {
            window.push(commit(version, "a"));
        }
        assert!(window.conflicts(&read(9, "z")));
        assert!(!window.conflicts(&read(10, "z")));
        window.forget_all();
        assert!(window.conflicts(&read(10, "z")));
        assert!(!window.conflicts(&read(COMMITS_MAX as u64 + 10, "z")));
    }
}
