//! Transactions of the engines that live in this process: optimistic, reads answered inline.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::window::ReadSet;
use super::{Snapshot, Txn};
use crate::Error;
use crate::types::{Batch, Committed, Key, Page, Range, Scan, Val, Version};

/// A read view of an embedded engine.
pub(super) trait View: Send + Sync + 'static {
    fn version(&self) -> Version;
    fn get(&self, key: &Key) -> Result<Option<(Version, Val)>, Error>;
    fn scan(&self, scan: &Scan) -> Result<Page, Error>;
}

/// The place where an embedded engine decides commits, one after the other.
#[async_trait]
pub(super) trait Committer: Send + Sync + 'static {
    async fn commit(&self, intent: Intent) -> Result<Committed, Error>;

    /// Notes that a transaction has begun, for engines that want to know who is on the way. The number names it until
    /// its commit or [`Committer::leave`].
    fn begin(&self) -> Option<u64> {
        None
    }

    /// Notes that a transaction has ended without a commit.
    fn leave(&self, _number: u64) {}
}

/// A transaction that has begun and is neither committed nor given up.
struct Presence {
    committer: Arc<dyn Committer>,
    number: Option<u64>,
}

impl Presence {
    fn new(committer: Arc<dyn Committer>) -> Self {
        Presence { number: committer.begin(), committer }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.committer.leave(number);
        }
    }
}

/// A batch and what it depends on.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) batch: Batch,
    /// None for a batch that was made without reading.
    pub(super) reads: Option<ReadSet>,
    /// As [`Committer::begin`] gave it.
    pub(super) number: Option<u64>,
}

/// A view as the store's users see it.
pub(super) struct EmbeddedSnapshot<V>(pub(super) V);

#[async_trait]
impl<V: View> Snapshot for EmbeddedSnapshot<V> {
    fn version(&self) -> Version {
        self.0.version()
    }

    async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        self.0.get(key)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        self.0.scan(scan)
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Val>>, Error> {
        keys.iter().map(|key| Ok(self.0.get(key)?.map(|(_, val)| val))).collect()
    }
}

/// A view that remembers what was read through it.
pub(super) struct EmbeddedTxn<V> {
    view: V,
    reads: Mutex<ReadSet>,
    loose: Vec<Range>,
    presence: Presence,
}

impl<V: View> EmbeddedTxn<V> {
    pub(super) fn new(view: V, committer: Arc<dyn Committer>) -> Self {
        let presence = Presence::new(committer);
        EmbeddedTxn { view, reads: Mutex::default(), loose: Vec::new(), presence }
    }

    fn reads(&self) -> MutexGuard<'_, ReadSet> {
        // A panic cannot leave a list of keys half written.
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, key: &Key) {
        if !self.loose.iter().any(|range| range.contains(key)) {
            self.reads().keys.push(key.clone());
        }
    }
}

#[async_trait]
impl<V: View> Snapshot for EmbeddedTxn<V> {
    fn version(&self) -> Version {
        self.view.version()
    }

    async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        self.note(key);
        self.view.get(key)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        let page = self.view.scan(scan)?;
        let covered = scan.covered(&page);
        let inside = |range: &Range| range.from <= covered.from && covered.to <= range.to;
        if !self.loose.iter().any(inside) {
            self.reads().ranges.push(covered);
        }
        Ok(page)
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Val>>, Error> {
        let read = |key| {
            self.note(key);
            Ok(self.view.get(key)?.map(|(_, val)| val))
        };
        keys.iter().map(read).collect()
    }
}

#[async_trait]
impl<V: View> Txn for EmbeddedTxn<V> {
    fn dont_conflict(&mut self, range: Range) {
        self.loose.push(range);
    }

    async fn commit(self: Box<Self>, batch: Batch) -> Result<Committed, Error> {
        let EmbeddedTxn { view, reads, presence, .. } = *self;
        let mut reads = reads.into_inner().unwrap_or_else(PoisonError::into_inner);
        reads.version = view.version();
        reads.keys.sort_unstable();
        // The view goes before the wait for the disk, so that waiting commits pin nothing.
        drop(view);
        let reads = (!reads.is_empty()).then_some(reads);
        // It stays until the end: a commit may be given up before it comes into the line.
        presence.committer.commit(Intent { batch, reads, number: presence.number }).await
    }
}
