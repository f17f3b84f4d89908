//! A store that counts its calls: those that are under way, so that a test can wait until its cloud has come to rest, and all
//! that there ever were, so that it can see that nothing is asked for.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use store::{
    Batch, Bell, Committed, Error, Key, Page, Range, Scan, Snapshot, Stats, Store, Txn, Val, Version,
};
use tokio::sync::watch;

/// The calls of a store.
#[derive(Clone, Debug)]
pub(crate) struct Calls(Arc<watch::Sender<Counts>>);

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    under_way: usize,
    begun: usize,
}

impl Default for Calls {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Counts::default())))
    }
}

impl Calls {
    /// Whether none is under way.
    pub(crate) fn is_none(&self) -> bool {
        self.0.borrow().under_way == 0
    }

    /// How many there were.
    pub(crate) fn begun(&self) -> usize {
        self.0.borrow().begun
    }

    /// Returns once none is under way.
    pub(crate) async fn none(&self) {
        self.0.subscribe().wait_for(|calls| calls.under_way == 0).await.expect("the sender lives in self");
    }

    fn begin(&self) -> Call<'_> {
        self.0.send_modify(|calls| {
            calls.under_way += 1;
            calls.begun += 1;
        });
        Call(self)
    }
}

struct Call<'c>(&'c Calls);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|calls| calls.under_way -= 1);
    }
}

/// The store.
pub(crate) struct Counted {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) calls: Calls,
    /// The number among several nodes, instead of the engine's own.
    pub(crate) node: Option<i64>,
}

#[async_trait]
impl Store for Counted {
    async fn apply(&self, batch: Batch) -> Result<Committed, Error> {
        let _call = self.calls.begin();
        self.inner.apply(batch).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        let _call = self.calls.begin();
        let inner = self.inner.snapshot().await?;
        Ok(Box::new(View { inner, calls: self.calls.clone() }))
    }

    async fn begin(&self) -> Result<Box<dyn Txn>, Error> {
        let _call = self.calls.begin();
        let inner = self.inner.begin().await?;
        Ok(Box::new(View { inner, calls: self.calls.clone() }))
    }

    fn node(&self) -> Option<i64> {
        self.node.or_else(|| self.inner.node())
    }

    fn watch(&self, prefix: Key) -> watch::Receiver<Version> {
        self.inner.watch(prefix)
    }

    fn listen(&self, prefix: Key, bell: &Arc<Bell>, number: u64) {
        self.inner.listen(prefix, bell, number);
    }

    fn unlisten(&self, prefix: &Key, bell: &Arc<Bell>, number: u64) {
        self.inner.unlisten(prefix, bell, number);
    }

    async fn maintain(&self) -> Result<Stats, Error> {
        let _call = self.calls.begin();
        self.inner.maintain().await
    }

    async fn backup(&self, to: &Path) -> Result<Version, Error> {
        self.inner.backup(to).await
    }

    async fn close(&self) -> Result<(), Error> {
        self.inner.close().await
    }
}

/// A snapshot or a transaction.
struct View<S: ?Sized> {
    calls: Calls,
    inner: Box<S>,
}

#[async_trait]
impl<S: Snapshot + ?Sized> Snapshot for View<S> {
    fn version(&self) -> Version {
        self.inner.version()
    }

    async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        let _call = self.calls.begin();
        self.inner.get_versioned(key).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Val>, Error> {
        let _call = self.calls.begin();
        self.inner.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Val>>, Error> {
        let _call = self.calls.begin();
        self.inner.get_many(keys).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        let _call = self.calls.begin();
        self.inner.scan(scan).await
    }
}

#[async_trait]
impl Txn for View<dyn Txn> {
    fn dont_conflict(&mut self, range: Range) {
        self.inner.dont_conflict(range);
    }

    async fn commit(self: Box<Self>, batch: Batch) -> Result<Committed, Error> {
        let View { calls, inner } = *self;
        let _call = calls.begin();
        inner.commit(batch).await
    }
}
