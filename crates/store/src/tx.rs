//! [`Tx`]: the one handle on the store that the rest of the platform uses.

use std::any::Any;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::Error;
use crate::buffer::{Buffer, Collector, Mark, Seen};
use crate::engine::{Snapshot, Store, Txn};
use crate::types::{
    Check, Committed, Durability, Key, Page, Range, Scan, Val, Version, Write, decode_counter, encode_counter,
};

/// A consistent view of the store and, unless it is read-only, the writes to commit with it.
///
/// Reads see the store as of one moment plus the transaction's own writes, except appends: their
/// keys exist from the commit on. A transaction is serializable: if anything it read was changed
/// by another commit in between, [`Tx::commit`] answers [`Error::Conflict`] and it must run again.
/// Dropping a `Tx` discards its writes.
pub struct Tx {
    view: View,
    buffer: Buffer,
    hooks: Vec<Hook>,
    held: Vec<Box<dyn Any + Send + Sync>>,
}

enum View {
    Read(Box<dyn Snapshot>),
    Write(Box<dyn Txn>),
}

type Hook = Box<dyn FnOnce(&Committed) + Send + Sync>;

/// A moment in a transaction to which its writes can be rolled back.
pub struct Savepoint {
    buffer: Mark,
    hooks: usize,
    held: usize,
}

/// Begins a serializable transaction.
pub async fn begin(store: &Arc<dyn Store>) -> Result<Tx, Error> {
    Ok(Tx::writing(store.begin().await?))
}

/// Takes a read-only view. It must be short lived: engines refuse one that is seconds old.
pub async fn snapshot(store: &Arc<dyn Store>) -> Result<Tx, Error> {
    Ok(Tx::read_only(store.snapshot().await?))
}

/// Runs `work` in transactions until one commits without conflict.
///
/// Each conflict means that another commit made progress, so there is no pause between the tries.
pub async fn transact<T, F>(store: &Arc<dyn Store>, mut work: F) -> Result<T, Error>
where
    F: for<'tx> FnMut(&'tx mut Tx) -> BoxFuture<'tx, Result<T, Error>>,
{
    /// Tries before the conflict is given to the caller; more than any healthy load needs.
    const TRIES: usize = 100;
    for _ in 1..TRIES {
        match attempt(store, &mut work).await {
            Err(Error::Conflict | Error::Expired) => tokio::task::yield_now().await,
            other => return other,
        }
    }
    attempt(store, &mut work).await
}

async fn attempt<T, F>(store: &Arc<dyn Store>, work: &mut F) -> Result<T, Error>
where
    F: for<'tx> FnMut(&'tx mut Tx) -> BoxFuture<'tx, Result<T, Error>>,
{
    let mut tx = begin(store).await?;
    let value = work(&mut tx).await?;
    tx.commit().await?;
    Ok(value)
}

impl Tx {
    /// Wraps a snapshot: every write is [`Error::ReadOnly`].
    pub fn read_only(snapshot: Box<dyn Snapshot>) -> Self {
        Self::over(View::Read(snapshot))
    }

    /// Wraps a transaction of an engine.
    pub fn writing(txn: Box<dyn Txn>) -> Self {
        Self::over(View::Write(txn))
    }

    fn over(view: View) -> Self {
        Tx { view, buffer: Buffer::default(), hooks: Vec::new(), held: Vec::new() }
    }

    /// Whether writes are refused.
    pub fn is_read_only(&self) -> bool {
        matches!(self.view, View::Read(_))
    }

    fn view(&self) -> &dyn Snapshot {
        match &self.view {
            View::Read(snapshot) => &**snapshot,
            View::Write(txn) => &**txn,
        }
    }

    /// The value of a key.
    pub async fn get(&self, key: &Key) -> Result<Option<Val>, Error> {
        match self.buffer.look(key) {
            Seen::Value(val) => Ok(Some(val)),
            Seen::Gone => Ok(None),
            Seen::Nothing => self.view().get(key).await,
            Seen::Plus(n) => plus(key, self.view().get(key).await?, n).map(Some),
        }
    }

    /// The values of several keys, in the order of the keys: one round trip where there is one.
    pub async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Val>>, Error> {
        let mut vals = self.view().get_many(keys).await?;
        for (key, val) in keys.iter().zip(&mut vals) {
            match self.buffer.look(key) {
                Seen::Value(pending) => *val = Some(pending),
                Seen::Gone => *val = None,
                Seen::Nothing => {}
                Seen::Plus(n) => *val = Some(plus(key, val.take(), n)?),
            }
        }
        Ok(vals)
    }

    /// The stored value of a key and the version of the commit that wrote it, for
    /// [`Check::VersionIs`]. It looks past this transaction's own writes.
    pub async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        self.view().get_versioned(key).await
    }

    /// The counter in a key, 0 when there is none.
    pub async fn get_counter(&self, key: &Key) -> Result<i64, Error> {
        match self.get(key).await? {
            Some(val) => decode_counter(key, &val),
            None => Ok(0),
        }
    }

    /// One page of the rows of a range.
    pub async fn scan(&self, scan: Scan) -> Result<Page, Error> {
        if scan.limit == 0 || scan.range.is_empty() {
            return Ok(Page::default());
        }
        if self.buffer.leaves_alone(&scan.range) {
            return self.view().scan(&scan).await;
        }
        let mut rest = scan.clone();
        let mut collector = Collector::new();
        loop {
            rest.limit = collector.wanted(&scan);
            let page = self.view().scan(&rest).await?;
            let covered = rest.covered(&page);
            let merged = self.buffer.merge(page.rows, &covered, &scan)?;
            if collector.take(merged, &scan) {
                return Ok(collector.finish());
            }
            match page.next {
                Some(next) => rest = rest.resume(next),
                None => return Ok(collector.finish()),
            }
        }
    }

    /// Buffers a write.
    pub fn write(&mut self, write: Write) -> Result<(), Error> {
        if self.is_read_only() {
            return Err(Error::ReadOnly);
        }
        self.buffer.push(write)
    }

    /// Sets a key.
    pub fn put(&mut self, key: impl Into<Key>, val: impl Into<Val>) -> Result<(), Error> {
        self.write(Write::Put(key.into(), val.into()))
    }

    /// Removes a key; a missing one is fine.
    pub fn delete(&mut self, key: impl Into<Key>) -> Result<(), Error> {
        self.write(Write::Delete(key.into()))
    }

    /// Removes all keys of a range.
    pub fn delete_range(&mut self, range: Range) -> Result<(), Error> {
        self.write(Write::DeleteRange(range))
    }

    /// Adds to a counter without reading it, so that it never conflicts with other adds.
    pub fn add(&mut self, key: impl Into<Key>, n: i64) -> Result<(), Error> {
        self.write(Write::Add(key.into(), n))
    }

    /// Writes `stream ++ Stamp ++ suffix` at the commit, which chooses the stamp. A later
    /// `delete_range` of the same transaction does not reach it.
    pub fn append(
        &mut self,
        stream: impl Into<Key>,
        suffix: impl Into<Key>,
        val: impl Into<Val>,
    ) -> Result<(), Error> {
        let (stream, suffix, val) = (stream.into(), suffix.into(), val.into());
        self.write(Write::Append { stream, suffix, val })
    }

    /// Adds a precondition on the stored state to the commit; [`Error::CheckFailed`] tells its
    /// index among the checks and claims of this transaction.
    pub fn check(&mut self, check: Check) -> Result<(), Error> {
        if self.is_read_only() {
            return Err(Error::ReadOnly);
        }
        self.buffer.check(check);
        Ok(())
    }

    /// Demands that a stored key still exists at the commit; otherwise that is a conflict. With
    /// [`Tx::dont_conflict`] it lets many takers share a range and collide on single rows only.
    pub fn claim(&mut self, key: impl Into<Key>) -> Result<(), Error> {
        if self.is_read_only() {
            return Err(Error::ReadOnly);
        }
        self.buffer.claim(key.into());
        Ok(())
    }

    /// From now on reads in this range do not count for conflicts.
    pub fn dont_conflict(&mut self, range: Range) {
        if let View::Write(txn) = &mut self.view {
            txn.dont_conflict(range);
        }
    }

    /// How durable the commit must be before it is acknowledged.
    pub fn set_durability(&mut self, durability: Durability) {
        self.buffer.durability = durability;
    }

    /// Makes the commit idempotent: a second commit with the same id does nothing and gets the
    /// first one's answer.
    pub fn set_id(&mut self, id: [u8; 16]) {
        self.buffer.id = Some(id);
    }

    /// Runs `hook` after the commit succeeded, and never otherwise.
    pub fn on_commit(&mut self, hook: impl FnOnce(&Committed) + Send + Sync + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Keeps `guard` until the transaction is committed or dropped.
    pub fn hold(&mut self, guard: impl Any + Send + Sync) {
        self.held.push(Box::new(guard));
    }

    /// Marks this moment for [`Tx::roll_back_to`]. It costs nothing.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint { buffer: self.buffer.mark(), hooks: self.hooks.len(), held: self.held.len() }
    }

    /// Forgets all writes, checks and hooks since the savepoint, which must be one of this transaction. What was read stays read.
    pub fn roll_back_to(&mut self, savepoint: Savepoint) {
        self.buffer.go_back(savepoint.buffer);
        self.hooks.truncate(savepoint.hooks);
        self.held.truncate(savepoint.held);
    }

    /// Commits all writes, or none of them, then runs the hooks. A transaction without writes has
    /// nothing to commit; its reads were consistent anyway.
    pub async fn commit(self) -> Result<Committed, Error> {
        let Tx { view, buffer, hooks, held } = self;
        let committed = match view {
            View::Read(snapshot) => Committed { version: snapshot.version(), stamps: Vec::new() },
            View::Write(txn) if buffer.is_empty() => Committed { version: txn.version(), stamps: Vec::new() },
            View::Write(txn) => {
                let (batch, claims) = buffer.into_batch();
                txn.commit(batch).await.map_err(|error| Buffer::meaning(&claims, error))?
            }
        };
        drop(held);
        for hook in hooks {
            hook(&committed);
        }
        Ok(committed)
    }
}

fn plus(key: &Key, stored: Option<Val>, n: i64) -> Result<Val, Error> {
    let before = stored.map(|val| decode_counter(key, &val)).transpose()?.unwrap_or(0);
    Ok(encode_counter(before.saturating_add(n)))
}
