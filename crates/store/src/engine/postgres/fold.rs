//! A batch in its final form: what it leaves, whatever the order of its writes was.

use std::collections::BTreeMap;

use crate::Error;
use crate::types::{Key, Range, Val, Write, check_write, decode_counter, encode_counter, write_bytes};

/// The writes of a batch: first the ranges, then the keys, then the appends.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) cleared: Vec<Range>,
    pub(super) cells: BTreeMap<Key, Cell>,
    pub(super) appends: Vec<Append>,
    /// How many stamps the batch gets.
    pub(super) stamps: u16,
    pub(super) bytes: usize,
}

#[derive(Debug)]
pub(super) enum Cell {
    Put(Val),
    Delete,
    Add(i64),
}

/// A row whose key is made at the commit.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) stream: Key,
    pub(super) index: u16,
    pub(super) suffix: Key,
    pub(super) val: Val,
}

impl Folded {
    pub(super) fn new(writes: &[Write]) -> Result<Self, Error> {
        let mut folded = Folded::default();
        for write in writes {
            check_write(write)?;
            folded.bytes += write_bytes(write);
            folded.push(write)?;
        }
        Ok(folded)
    }

    fn push(&mut self, write: &Write) -> Result<(), Error> {
        match write {
            Write::Put(key, val) => {
                self.cells.insert(key.clone(), Cell::Put(val.clone()));
            }
            Write::Delete(key) => {
                self.cells.insert(key.clone(), Cell::Delete);
            }
            Write::Add(key, n) => self.add(key, *n)?,
            Write::DeleteRange(range) if range.is_empty() => {}
            Write::DeleteRange(range) => self.clear(range)?,
            Write::Append { stream, suffix, val } => {
                let index = self.stamps;
                self.stamps = index.checked_add(1).ok_or_else(too_many)?;
                let (stream, suffix, val) = (stream.clone(), suffix.clone(), val.clone());
                self.appends.push(Append { stream, index, suffix, val });
            }
        }
        Ok(())
    }

    fn add(&mut self, key: &Key, n: i64) -> Result<(), Error> {
        let cell = match self.cells.get(key) {
            Some(Cell::Put(val)) => Cell::Put(encode_counter(decode_counter(key, val)?.saturating_add(n))),
            Some(Cell::Delete) => Cell::Put(encode_counter(n)),
            Some(Cell::Add(before)) => Cell::Add(before.saturating_add(n)),
            None if self.cleared.iter().any(|range| range.contains(key)) => Cell::Put(encode_counter(n)),
            None => Cell::Add(n),
        };
        self.cells.insert(key.clone(), cell);
        Ok(())
    }

    fn clear(&mut self, range: &Range) -> Result<(), Error> {
        self.cells.retain(|key, _| !range.contains(key));
        let all = |append: &Append| {
            let stream = Range::prefix(append.stream.clone());
            (range.from <= stream.from && stream.to <= range.to, stream.overlaps(range))
        };
        if self.appends.iter().map(all).any(|(whole, part)| part && !whole) {
            let text = "a batch deletes a part of a stream that it has appended to";
            return Err(Error::Unavailable(text.into()));
        }
        self.appends.retain(|append| !all(append).0);
        self.cleared.push(range.clone());
        Ok(())
    }
}

fn too_many() -> Error {
    Error::TooLarge(format!("more than {} appends in one commit", u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_takes_what_was_written_before_and_not_what_comes_after() {
        let append = |stream: &'static str| Write::Append {
            stream: stream.into(),
            suffix: "".into(),
            val: "x".into(),
        };
        let folded = Folded::new(&[
            Write::Put("a1".into(), "x".into()),
            Write::Add("an".into(), 4),
            append("alog"),
            append("log"),
            Write::DeleteRange(Range::prefix("a")),
            Write::Add("an".into(), 3),
            Write::Put("a2".into(), "y".into()),
        ])
        .unwrap();
        let keys: Vec<_> = folded.cells.keys().collect();
        assert_eq!(keys, ["a2", "an"]);
        assert!(matches!(&folded.cells[&Key::from("an")], Cell::Put(val) if val[..] == 3i64.to_be_bytes()));
        assert_eq!((folded.stamps, folded.appends.len(), folded.appends[0].index), (2, 1, 1));
        let part = Folded::new(&[append("log"), Write::DeleteRange(Range::new("log5", "log6"))]);
        assert!(part.unwrap_err().to_string().contains("part of a stream"));
    }
}
