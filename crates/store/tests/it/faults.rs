//! An engine that fails by chance, around a real one.

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rand::RngExt;
use rand::rngs::StdRng;
use store::{
    Batch, Bell, Committed, Error, Key, Page, Range, Scan, Snapshot, Stats, Store, Txn, Val, Version,
};
use tokio::sync::watch;

use crate::engines::rng;

/// Of ten commits one conflicts, one meets an expired view; with an id, one is done but not told.
pub struct Faulty {
    inner: Arc<dyn Store>,
    chance: Arc<Mutex<StdRng>>,
}

impl Faulty {
    pub fn new(inner: Arc<dyn Store>, seed: u64) -> Self {
        Faulty { inner, chance: Arc::new(Mutex::new(rng(seed))) }
    }
}

#[async_trait]
impl Store for Faulty {
    async fn apply(&self, batch: Batch) -> Result<Committed, Error> {
        let told = batch.id.is_none() || self.chance.lock().unwrap().random_range(0..10) > 2;
        let committed = self.inner.apply(batch).await?;
        if told { Ok(committed) } else { Err(Error::MaybeCommitted) }
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        self.inner.snapshot().await
    }

    async fn begin(&self) -> Result<Box<dyn Txn>, Error> {
        Ok(Box::new(FaultyTxn { inner: self.inner.begin().await?, chance: self.chance.clone() }))
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
        self.inner.maintain().await
    }

    async fn backup(&self, to: &Path) -> Result<Version, Error> {
        self.inner.backup(to).await
    }

    async fn close(&self) -> Result<(), Error> {
        self.inner.close().await
    }
}

struct FaultyTxn {
    inner: Box<dyn Txn>,
    chance: Arc<Mutex<StdRng>>,
}

#[async_trait]
impl Snapshot for FaultyTxn {
    fn version(&self) -> Version {
        self.inner.version()
    }

    async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        self.inner.get_versioned(key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        self.inner.scan(scan).await
    }
}

#[async_trait]
impl Txn for FaultyTxn {
    fn dont_conflict(&mut self, range: Range) {
        self.inner.dont_conflict(range);
    }

    async fn commit(self: Box<Self>, batch: Batch) -> Result<Committed, Error> {
        let FaultyTxn { inner, chance } = *self;
        let fate = chance.lock().unwrap().random_range(0..10);
        match fate {
            0 => Err(Error::Conflict),
            1 => Err(Error::Expired),
            _ => inner.commit(batch).await,
        }
    }
}
