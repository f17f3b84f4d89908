//! Streams that are appended to in commit order and read from a cursor.

use crate::keyspace::Prefix;
use crate::tuple::Pack;
use crate::types::{Key, Range, Scan, Stamp, Val, next_key};
use crate::{Error, Tx};

/// Between the stream's parts and the stamp. No part begins with it and it is not the escape byte,
/// so one stream's entries are never among another's.
const ENTRY: u8 = 0x40;

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream(Key);

/// One entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place; later commits have greater stamps.
    pub stamp: Stamp,
    /// What was appended.
    pub val: Val,
}

impl Stream {
    /// The stream with these parts under a prefix.
    pub fn new(prefix: Prefix, parts: impl Pack) -> Self {
        let mut base = prefix.0.to_vec();
        parts.pack(&mut base);
        base.push(ENTRY);
        Stream(base.into())
    }

    /// Appends an entry; its stamp is in [`crate::Committed::stamps`]. Appends never conflict.
    pub fn append(&self, tx: &mut Tx, val: impl Into<Val>) -> Result<(), Error> {
        tx.append(self.0.clone(), Key::new(), val)
    }

    /// Reads up to `limit` entries behind a place, from the beginning when it is None.
    pub async fn read(&self, tx: &Tx, after: Option<Stamp>, limit: usize) -> Result<Vec<Entry>, Error> {
        let mut range = self.range();
        if let Some(stamp) = after {
            range.from = next_key(&self.key(stamp));
        }
        self.entries(tx, Scan::new(range).limit(limit)).await
    }

    /// Reads up to `limit` entries before a place, from the end when it is None, latest first.
    pub async fn read_back(&self, tx: &Tx, before: Option<Stamp>, limit: usize) -> Result<Vec<Entry>, Error> {
        let mut range = self.range();
        if let Some(stamp) = before {
            range.to = self.key(stamp);
        }
        self.entries(tx, Scan::new(range).limit(limit).reverse(true)).await
    }

    /// Removes all entries up to and including a place.
    pub fn trim(&self, tx: &mut Tx, through: Stamp) -> Result<(), Error> {
        tx.delete_range(Range::new(self.range().from, next_key(&self.key(through))))
    }

    /// Removes all entries.
    pub fn clear(&self, tx: &mut Tx) -> Result<(), Error> {
        tx.delete_range(self.range())
    }

    /// What to give to [`crate::Store::watch`] to hear of new entries.
    pub fn watch_key(&self) -> Key {
        self.0.clone()
    }

    fn range(&self) -> Range {
        Range::prefix(self.0.clone())
    }

    fn key(&self, stamp: Stamp) -> Key {
        [&self.0[..], &stamp.0].concat().into()
    }

    async fn entries(&self, tx: &Tx, scan: Scan) -> Result<Vec<Entry>, Error> {
        let page = tx.scan(scan).await?;
        page.rows
            .into_iter()
            .map(|(key, val)| {
                let stamp = key.get(self.0.len()..).and_then(|bytes| bytes.try_into().ok());
                let damaged = || Error::Corrupt(format!("log entry `{}`", key.escape_ascii()));
                Ok(Entry { stamp: Stamp(stamp.ok_or_else(damaged)?), val })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::TEST_LOG;

    #[test]
    fn streams_with_similar_names_do_not_share_entries() {
        let (short, long) = (Stream::new(TEST_LOG, "a"), Stream::new(TEST_LOG, "a\0b"));
        let entry = long.key(Stamp([0xff; 10]));
        assert!(long.range().contains(&entry) && !short.range().contains(&entry));
        let nested = Stream::new(TEST_LOG, ("a", "b"));
        assert!(!short.range().contains(&nested.key(Stamp([0; 10]))));
    }
}
