//! The writes of a transaction before its commit, and what reads see through them.

use std::collections::BTreeMap;

use crate::Error;
use crate::types::{
    Batch, Check, Durability, Key, Page, Range, Scan, TRANSACTION_BYTES_MAX, Val, Write, check_write,
    decode_counter, encode_counter, next_key, write_bytes,
};

/// Pending writes. Deleted ranges come first, then single keys, then appends; [`Buffer::push`]
/// keeps that order equal to the order of the calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    cleared: Vec<Range>,
    cells: BTreeMap<Key, Cell>,
    appends: Vec<Write>,
    checks: Vec<Check>,
    /// Which of the checks are claims: their failure is a conflict.
    claims: Vec<usize>,
    bytes: usize,
    /// What each change of `cells` has replaced, oldest first, for going back to a savepoint.
    undo: Vec<(Key, Option<Cell>)>,
    pub(crate) durability: Durability,
    pub(crate) id: Option<[u8; 16]>,
}

#[derive(Clone, Debug)]
enum Cell {
    Put(Val),
    Delete,
    Add(i64),
}

/// A place in the history of a buffer.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    cleared: usize,
    appends: usize,
    checks: usize,
    claims: usize,
    bytes: usize,
    undo: usize,
    durability: Durability,
    id: Option<[u8; 16]>,
}

/// What the pending writes say about one key.
pub(crate) enum Seen {
    Value(Val),
    Gone,
    /// The stored counter and this much.
    Plus(i64),
    Nothing,
}

impl Buffer {
    pub(crate) fn is_empty(&self) -> bool {
        self.cleared.is_empty() && self.cells.is_empty() && self.appends.is_empty() && self.checks.is_empty()
    }

    pub(crate) fn push(&mut self, write: Write) -> Result<(), Error> {
        check_write(&write)?;
        self.bytes += write_bytes(&write);
        if self.bytes > TRANSACTION_BYTES_MAX {
            return Err(Error::TooLarge(format!(
                "transaction of {} bytes, the limit is {TRANSACTION_BYTES_MAX}",
                self.bytes
            )));
        }
        match write {
            Write::Put(key, val) => self.set(key, Cell::Put(val)),
            Write::Delete(key) => self.set(key, Cell::Delete),
            Write::DeleteRange(range) => self.clear(range),
            Write::Add(key, n) => self.add(key, n)?,
            append @ Write::Append { .. } => self.appends.push(append),
        }
        Ok(())
    }

    fn set(&mut self, key: Key, cell: Cell) {
        let before = self.cells.insert(key.clone(), cell);
        self.undo.push((key, before));
    }

    fn clear(&mut self, range: Range) {
        if range.is_empty() {
            return;
        }
        let inside = self.cells.extract_if(range.from.clone()..range.to.clone(), |_, _| true);
        self.undo.extend(inside.map(|(key, cell)| (key, Some(cell))));
        self.cleared.push(range);
    }

    /// Marks this moment.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            cleared: self.cleared.len(),
            appends: self.appends.len(),
            checks: self.checks.len(),
            claims: self.claims.len(),
            bytes: self.bytes,
            undo: self.undo.len(),
            durability: self.durability,
            id: self.id,
        }
    }

    /// Goes back to a moment of this buffer's past.
    pub(crate) fn go_back(&mut self, mark: Mark) {
        while self.undo.len() > mark.undo
            && let Some((key, before)) = self.undo.pop()
        {
            match before {
                Some(cell) => self.cells.insert(key, cell),
                None => self.cells.remove(&key),
            };
        }
        self.cleared.truncate(mark.cleared);
        self.appends.truncate(mark.appends);
        self.checks.truncate(mark.checks);
        self.claims.truncate(mark.claims);
        self.bytes = mark.bytes;
        self.durability = mark.durability;
        self.id = mark.id;
    }

    fn add(&mut self, key: Key, n: i64) -> Result<(), Error> {
        let cell = match self.look(&key) {
            Seen::Value(val) => Cell::Put(encode_counter(decode_counter(&key, &val)?.saturating_add(n))),
            Seen::Gone => Cell::Put(encode_counter(n)),
            Seen::Plus(before) => Cell::Add(before.saturating_add(n)),
            Seen::Nothing => Cell::Add(n),
        };
        self.set(key, cell);
        Ok(())
    }

    pub(crate) fn check(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(crate) fn claim(&mut self, key: Key) {
        // What this transaction itself has written nobody can take from it.
        if matches!(self.look(&key), Seen::Value(_)) {
            return;
        }
        self.claims.push(self.checks.len());
        self.checks.push(Check::Exists(key));
    }

    /// What a failed check means to the caller.
    pub(crate) fn meaning(claims: &[usize], error: Error) -> Error {
        match error {
            Error::CheckFailed(index) if claims.contains(&index) => Error::Conflict,
            other => other,
        }
    }

    pub(crate) fn look(&self, key: &Key) -> Seen {
        match self.cells.get(key) {
            Some(Cell::Put(val)) => Seen::Value(val.clone()),
            Some(Cell::Delete) => Seen::Gone,
            Some(Cell::Add(n)) => Seen::Plus(*n),
            None if self.is_cleared(key) => Seen::Gone,
            None => Seen::Nothing,
        }
    }

    fn is_cleared(&self, key: &Key) -> bool {
        self.cleared.iter().any(|range| range.contains(key))
    }

    /// Whether a scan of the range sees the stored rows alone.
    pub(crate) fn leaves_alone(&self, range: &Range) -> bool {
        range.is_empty()
            || (self.cleared.iter().all(|cleared| !cleared.overlaps(range))
                && self.cells.range(range.from.clone()..range.to.clone()).next().is_none())
    }

    /// Stored rows of `covered` as they look through the pending writes, in the scan's direction.
    pub(crate) fn merge(
        &self,
        stored: Vec<(Key, Val)>,
        covered: &Range,
        scan: &Scan,
    ) -> Result<Vec<(Key, Val)>, Error> {
        let mut rows: BTreeMap<Key, Val> =
            stored.into_iter().filter(|(key, _)| !self.is_cleared(key)).collect();
        if !covered.is_empty() {
            for (key, cell) in self.cells.range(covered.from.clone()..covered.to.clone()) {
                match cell {
                    Cell::Put(val) => {
                        rows.insert(key.clone(), val.clone());
                    }
                    Cell::Delete => {
                        rows.remove(key);
                    }
                    Cell::Add(n) if scan.keys_only => {
                        rows.insert(key.clone(), encode_counter(*n));
                    }
                    Cell::Add(n) => {
                        let before = rows.get(key).map(|val| decode_counter(key, val));
                        let sum = before.transpose()?.unwrap_or(0).saturating_add(*n);
                        rows.insert(key.clone(), encode_counter(sum));
                    }
                }
            }
        }
        if scan.keys_only {
            rows.values_mut().for_each(|val| *val = Val::new());
        }
        let mut rows: Vec<_> = rows.into_iter().collect();
        if scan.reverse {
            rows.reverse();
        }
        Ok(rows)
    }

    /// The batch to commit and which of its checks are claims.
    pub(crate) fn into_batch(self) -> (Batch, Vec<usize>) {
        let ranges = self.cleared.into_iter().map(Write::DeleteRange);
        let cells = self.cells.into_iter().map(|(key, cell)| match cell {
            Cell::Put(val) => Write::Put(key, val),
            Cell::Delete => Write::Delete(key),
            Cell::Add(n) => Write::Add(key, n),
        });
        let writes = ranges.chain(cells).chain(self.appends).collect();
        let batch = Batch { checks: self.checks, writes, durability: self.durability, id: self.id };
        (batch, self.claims)
    }
}

/// Collects merged rows until a page is full.
pub(crate) struct Collector {
    page: Page,
    bytes: usize,
}

impl Collector {
    pub(crate) fn new() -> Self {
        Collector { page: Page::default(), bytes: 0 }
    }

    /// How many rows are still wanted.
    pub(crate) fn wanted(&self, scan: &Scan) -> usize {
        scan.limit - self.page.rows.len()
    }

    /// Takes rows in order. True when the page is full and its cursor set.
    pub(crate) fn take(&mut self, rows: Vec<(Key, Val)>, scan: &Scan) -> bool {
        for (key, val) in rows {
            self.bytes += key.len() + val.len();
            let last = key.clone();
            self.page.rows.push((key, val));
            if self.page.rows.len() >= scan.limit || self.bytes >= scan.bytes_max {
                self.page.next = Some(if scan.reverse { last } else { next_key(&last) });
                return true;
            }
        }
        false
    }

    pub(crate) fn finish(self) -> Page {
        self.page
    }
}
