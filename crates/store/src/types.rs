//! The plain values of the store's interface.

use bytes::Bytes;

use crate::Error;

/// A key: any bytes, at most [`KEY_BYTES_MAX`]. Keys sort bytewise.
pub type Key = Bytes;
/// A value: any bytes, at most [`VALUE_BYTES_MAX`].
pub type Val = Bytes;

/// Longest key. A B-tree keeps its fan-out and PostgreSQL can index keys up to this size.
pub const KEY_BYTES_MAX: usize = 2 * 1024;
/// Largest value. Anything larger is a blob, so that no upload holds up the commit thread.
pub const VALUE_BYTES_MAX: usize = 512 * 1024;
/// Largest transaction, keys and values together. It holds a transaction of DynamoDB of 4 MB with two index entries, a
/// stream record and a history of each item, and still passes through the one order of commits in a moment.
pub const TRANSACTION_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A place in the commit order. Later commits have greater versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// The place of one [`Write::Append`]: commit version and index in the commit, big-endian, so that
/// stamps sort in commit order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub [u8; 10]);

impl Stamp {
    /// Length in bytes.
    pub const LEN: usize = 10;

    /// The stamp of append number `index` of the commit at `version`.
    pub fn new(version: Version, index: u16) -> Self {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&version.0.to_be_bytes());
        bytes[8..].copy_from_slice(&index.to_be_bytes());
        Stamp(bytes)
    }
}

/// The keys from `from` (included) to `to` (excluded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first key of the range.
    pub from: Key,
    /// The first key after the range.
    pub to: Key,
}

impl Range {
    /// The keys from `from` (included) to `to` (excluded).
    pub fn new(from: impl Into<Key>, to: impl Into<Key>) -> Self {
        Range { from: from.into(), to: to.into() }
    }

    /// All keys that begin with these bytes. For tuples use [`crate::tuple::range`].
    pub fn prefix(prefix: impl Into<Key>) -> Self {
        let from = prefix.into();
        let to = successor_of_prefix(&from);
        Range { from, to }
    }

    /// Whether `key` is in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        &self.from[..] <= key && key < &self.to[..]
    }

    /// Whether the two ranges share a key.
    pub fn overlaps(&self, other: &Range) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Whether a key that begins with `prefix` could be in the range: as [`Range::overlaps`] with [`Range::prefix`], without
    /// making that.
    pub(crate) fn reaches(&self, prefix: &[u8]) -> bool {
        prefix < &self.to[..] && (&self.from[..] <= prefix || self.from.starts_with(prefix))
    }

    /// Whether the range holds no key at all.
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }
}

/// The first byte string after everything that begins with `prefix`. A prefix of 0xff bytes alone
/// has none; then a key longer than any allowed one stands for the end of the space.
fn successor_of_prefix(prefix: &[u8]) -> Key {
    match prefix.iter().rposition(|byte| *byte != 0xff) {
        Some(last) => {
            let mut end = prefix[..=last].to_vec();
            end[last] += 1;
            end.into()
        }
        None => vec![0xff; KEY_BYTES_MAX + 1].into(),
    }
}

/// The first key after `key`.
pub(crate) fn next_key(key: &[u8]) -> Key {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next.into()
}

/// A request for one page of rows of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Where to look.
    pub range: Range,
    /// Rows of a page at most.
    pub limit: usize,
    /// A page ends with the row that reaches this many bytes.
    pub bytes_max: usize,
    /// From the end of the range to its start.
    pub reverse: bool,
    /// Leave the values empty.
    pub keys_only: bool,
}

impl Scan {
    /// Rows of a page when the caller names no limit.
    pub const LIMIT: usize = 1000;
    /// Bytes of a page when the caller names no limit: memory of one call stays small.
    pub const BYTES: usize = 4 * 1024 * 1024;

    /// A forward scan of a range with the default limits.
    pub fn new(range: Range) -> Self {
        Scan { range, limit: Self::LIMIT, bytes_max: Self::BYTES, reverse: false, keys_only: false }
    }

    /// A forward scan of all keys that begin with these bytes.
    pub fn prefix(prefix: impl Into<Key>) -> Self {
        Self::new(Range::prefix(prefix))
    }

    /// Sets the number of rows of a page.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Walks from the end to the start when `reverse`.
    pub fn reverse(mut self, reverse: bool) -> Self {
        self.reverse = reverse;
        self
    }

    /// Leaves the values empty.
    pub fn keys_only(mut self) -> Self {
        self.keys_only = true;
        self
    }

    /// The same scan from the cursor of a page on.
    pub fn resume(mut self, next: Key) -> Self {
        if self.reverse {
            self.range.to = next;
        } else {
            self.range.from = next;
        }
        self
    }

    /// The part of the range that a page has really looked at.
    pub(crate) fn covered(&self, page: &Page) -> Range {
        match &page.next {
            None => self.range.clone(),
            Some(next) if self.reverse => Range::new(next.clone(), self.range.to.clone()),
            Some(next) => Range::new(self.range.from.clone(), next.clone()),
        }
    }
}

/// One page of rows, in the order of the scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<(Key, Val)>,
    /// The cursor for [`Scan::resume`] when there may be more: forward the first key not looked at,
    /// backward the last key looked at.
    pub next: Option<Key>,
}

/// A precondition, decided atomically with the writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// There is no such key.
    Absent(Key),
    /// There is such a key.
    Exists(Key),
    /// The key has exactly this value.
    Equals(Key, Val),
    /// The key was last written at this version, as told by `get_versioned`.
    VersionIs(Key, Version),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Sets a key.
    Put(Key, Val),
    /// Removes a key; a missing one is fine.
    Delete(Key),
    /// Removes all keys of a range.
    DeleteRange(Range),
    /// Adds to a counter: eight bytes big-endian, two's complement, absent is 0, saturating.
    /// Adds never conflict with each other.
    Add(Key, i64),
    /// Writes the key `stream ++ Stamp ++ suffix`, where the commit chooses the stamp.
    Append {
        /// The beginning of the key.
        stream: Key,
        /// The end of the key.
        suffix: Key,
        /// The value.
        val: Val,
    },
}

/// Changes that happen together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// All must hold.
    pub checks: Vec<Check>,
    /// Applied in order.
    pub writes: Vec<Write>,
    /// When the commit may be acknowledged.
    pub durability: Durability,
    /// Applying two batches with the same id does the first alone, and answers both alike.
    pub id: Option<[u8; 16]>,
}

/// When a commit is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// After it reached the disk.
    #[default]
    Synced,
    /// After the operating system has it; a power loss may take the last second. It may be lost,
    /// never torn, and never while an earlier or later `Synced` commit that saw it survives. For log lines and metrics alone.
    Buffered,
}

/// The answer to a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The commit's place.
    pub version: Version,
    /// One for each [`Write::Append`], in order.
    pub stamps: Vec<Stamp>,
}

/// Refuses keys and values over their limit.
pub(crate) fn check_write(write: &Write) -> Result<(), Error> {
    match write {
        Write::Put(key, val) => check_key(key.len()).and_then(|()| check_value(val)),
        Write::Delete(key) | Write::Add(key, _) => check_key(key.len()),
        Write::DeleteRange(_) => Ok(()),
        Write::Append { stream, suffix, val } => {
            check_key(stream.len() + Stamp::LEN + suffix.len()).and_then(|()| check_value(val))
        }
    }
}

fn check_key(len: usize) -> Result<(), Error> {
    if len > KEY_BYTES_MAX {
        return Err(Error::TooLarge(format!("key of {len} bytes, the limit is {KEY_BYTES_MAX}")));
    }
    Ok(())
}

fn check_value(val: &Val) -> Result<(), Error> {
    if val.len() > VALUE_BYTES_MAX {
        let len = val.len();
        return Err(Error::TooLarge(format!("value of {len} bytes, the limit is {VALUE_BYTES_MAX}")));
    }
    Ok(())
}

/// Bytes that a write adds to a transaction.
pub(crate) fn write_bytes(write: &Write) -> usize {
    match write {
        Write::Put(key, val) => key.len() + val.len(),
        Write::Delete(key) => key.len(),
        Write::Add(key, _) => key.len() + 8,
        Write::DeleteRange(range) => range.from.len() + range.to.len(),
        Write::Append { stream, suffix, val } => stream.len() + suffix.len() + val.len(),
    }
}

/// A counter's value.
pub(crate) fn decode_counter(key: &[u8], val: &[u8]) -> Result<i64, Error> {
    match <[u8; 8]>::try_from(val) {
        Ok(bytes) => Ok(i64::from_be_bytes(bytes)),
        Err(_) => Err(Error::Corrupt(format!(
            "key `{}` is not a counter, it has {} bytes",
            key.escape_ascii(),
            val.len()
        ))),
    }
}

/// A counter's bytes.
pub(crate) fn encode_counter(value: i64) -> Val {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_range_holds_all_that_begins_with_it_and_nothing_else() {
        let range = Range::prefix(&b"ab"[..]);
        assert!(range.contains(b"ab") && range.contains(b"ab\xff\xff"));
        assert!(!range.contains(b"ac") && !range.contains(b"a"));
        let carry = Range::prefix(&b"a\xff"[..]);
        assert!(carry.contains(b"a\xff\x01") && !carry.contains(b"b"));
        assert!(Range::prefix(&b"\xff"[..]).contains(&[0xff; KEY_BYTES_MAX]));
        assert!(Range::prefix(&b""[..]).contains(&[0xff; KEY_BYTES_MAX]));
    }

    #[test]
    fn a_range_reaches_what_it_overlaps() {
        let keys: [&[u8]; 9] = [b"", b"a", b"a\0", b"ab", b"abc", b"ab\xff", b"ac", b"b", b"\xff"];
        for from in keys {
            for to in keys.into_iter().filter(|to| from < *to) {
                let range = Range::new(from, to);
                for prefix in keys {
                    let expected = Range::prefix(prefix).overlaps(&range);
                    assert_eq!(range.reaches(prefix), expected, "{range:?} and {prefix:?}");
                }
            }
        }
    }

    #[test]
    fn stamps_sort_in_commit_order() {
        let mut stamps =
            [Stamp::new(Version(256), 0), Stamp::new(Version(1), 300), Stamp::new(Version(1), 2)];
        stamps.sort();
        assert_eq!(stamps[0], Stamp::new(Version(1), 2));
        assert_eq!(stamps[2], Stamp::new(Version(256), 0));
    }
}
