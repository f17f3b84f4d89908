//! What an engine must do, and the engines.

mod embedded;
mod hub;
mod memory;
mod plan;
pub mod postgres;
pub mod sqlite;
mod window;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

pub use memory::open_memory;

use crate::types::{Batch, Committed, Key, Page, Range, Scan, Val, Version};
use crate::{Bell, Error};

/// An engine. Everything is async so that it may sit behind a network; the embedded engines answer
/// reads inline because they take microseconds.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Commits a batch that was made without reading.
    async fn apply(&self, batch: Batch) -> Result<Committed, Error>;

    /// A consistent read view of one moment between this call and its first read. It must be short
    /// lived: a long one keeps old rows from being cleaned up, so engines answer [`Error::Expired`]
    /// after some seconds.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error>;

    /// A serializable transaction.
    async fn begin(&self) -> Result<Box<dyn Txn>, Error>;

    /// The number of this node, which no other that shares the store has or ever had. None where the store belongs
    /// to this process alone.
    fn node(&self) -> Option<i64> {
        None
    }

    /// Tells when a key that begins with `prefix` was written. Edge-triggered, coalesced, may be
    /// spurious, never the source of truth: subscribe, look, wait, look again.
    fn watch(&self, prefix: Key) -> watch::Receiver<Version>;

    /// As [`Store::watch`], for one who waits at thousands of prefixes: `bell` rings with `number` when a key that
    /// begins with `prefix` is written the next time, and then no more.
    fn listen(&self, prefix: Key, bell: &Arc<Bell>, number: u64);

    /// Takes back what [`Store::listen`] asked for.
    fn unlisten(&self, prefix: &Key, bell: &Arc<Bell>, number: u64);

    /// Housekeeping in a bounded slice; call it from a timer.
    async fn maintain(&self) -> Result<Stats, Error>;

    /// Writes a consistent copy of the store into a new file while the store is in use.
    async fn backup(&self, to: &Path) -> Result<Version, Error>;

    /// Finishes all commits and releases the files. Every later call is an error.
    async fn close(&self) -> Result<(), Error>;
}

/// A consistent read view.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// The version of the view; [`Version`] 0 if nothing was read yet.
    fn version(&self) -> Version;

    /// The value of a key and the version of the commit that wrote it.
    async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error>;

    /// One page of the rows of a range. Nothing but its limits ends a page early.
    async fn scan(&self, scan: &Scan) -> Result<Page, Error>;

    /// The value of a key.
    async fn get(&self, key: &Key) -> Result<Option<Val>, Error> {
        Ok(self.get_versioned(key).await?.map(|(_, val)| val))
    }

    /// The values of several keys.
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Val>>, Error> {
        let mut vals = Vec::with_capacity(keys.len());
        for key in keys {
            vals.push(self.get(key).await?);
        }
        Ok(vals)
    }
}

/// A view whose reads are remembered, and the commit that fails if they are no longer true.
/// [`crate::Tx`] buffers the writes.
#[async_trait]
pub trait Txn: Snapshot {
    /// From now on reads in this range do not count for conflicts.
    fn dont_conflict(&mut self, range: Range);

    /// Commits the batch if nothing that was read has changed since.
    async fn commit(self: Box<Self>, batch: Batch) -> Result<Committed, Error>;
}

/// Figures of an engine, for the console and for tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The last commit.
    pub version: Version,
    /// Views that are open now.
    pub snapshots: usize,
    /// Bytes of the main file.
    pub file_bytes: u64,
    /// Bytes of the write-ahead log.
    pub log_bytes: u64,
}
