//! The engine on a PostgreSQL database, which several nodes may share.
//!
//! All commits of all nodes have one order: each group of batches takes the lock of one row, decides what it has read
//! and checked against what is there then, writes, and commits, all in one flight. So versions and stamps are unique,
//! a reader never sees a later one before an earlier one, and a transaction commits only if all that it has read is
//! still true: the rules of the embedded engines. See `docs/adr/0006-one-order-of-commits-on-postgresql.md` for what else was looked at.
//!
//! Only the portable part of SQL is used: no extension, no function of our own, no LISTEN, no advisory lock.

mod address;
mod commit;
mod fold;
mod group;
mod news;
mod pool;
mod schema;
mod sql;
mod start;
mod tls;
mod view;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;

use self::address::Address;
use self::commit::{Lane, Queue};
use self::fold::Folded;
use self::group::{Intent, Reads};
use self::pool::Pool;
use self::view::{Slot, Transaction, View};
use super::hub::Hub;
use super::{Snapshot, Stats, Store, Txn};
use crate::types::{Batch, Committed, Key, Version};
use crate::{Bell, Error};

/// Connections that commit. With two, one group is on its way while the other's is at the disk.
const LANES: usize = 2;
/// Versions after which the id of a batch is forgotten, see [`Batch::id`].
const IDS_KEPT: i64 = 65_536;
/// How long a close waits for commits that are on their way.
const CLOSE_TIME: Duration = Duration::from_secs(10);

/// How the engine behaves. The defaults are right except for tests.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections for readers at most; commits and watching have three more.
    pub connections_max: usize,
    /// After this a view is ended: it keeps the database from cleaning up.
    pub view_age_max: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options { connections_max: 28, view_age_max: Duration::from_secs(5) }
    }
}

/// Opens the store in the database that a connection string names (`postgres://…`), and makes its tables if need be.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, Error> {
    open_with(url, Options::default()).await
}

/// What a connection string names, without user and password: `host:port/database`.
pub fn describe(url: &str) -> Result<String, Error> {
    Ok(Address::parse(url)?.shown)
}

/// Opens the store with options.
pub async fn open_with(url: &str, options: Options) -> Result<Arc<dyn Store>, Error> {
    let pool = Arc::new(Pool::new(Address::parse(url)?, &options)?);
    let (node, version) = start::start(&pool).await?;
    let shared = Arc::new(Shared {
        pool,
        options,
        node,
        version: AtomicU64::new(version.0),
        hub: Hub::default(),
        queue: Queue::new(),
        views: Mutex::default(),
        lanes: Mutex::default(),
        stopping: Notify::new(),
    });
    let lanes = (0..LANES).map(|_| tokio::spawn(Lane::new(shared.clone()).run()));
    let news = tokio::spawn(news::run(shared.clone(), version));
    let tasks = Mutex::new(lanes.chain([news]).collect());
    Ok(Arc::new(Postgres(Handle { shared, tasks })))
}

struct Postgres(Handle);

/// Dropping it ends the tasks.
struct Handle {
    shared: Arc<Shared>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Handle {
    fn stop(&self) {
        self.shared.pool.close();
        self.shared.queue.wake_all();
        self.shared.stopping.notify_one();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the handle, the tasks and the open views share.
struct Shared {
    pool: Arc<Pool>,
    options: Options,
    /// The number of this node.
    node: i64,
    /// The latest commit that this node has heard of.
    version: AtomicU64,
    hub: Hub,
    queue: Queue,
    views: Mutex<Vec<Weak<Slot>>>,
    /// The lanes of this node, whose commits its watchers hear of at once.
    lanes: Mutex<Vec<i64>>,
    /// Wakes the task that watches other nodes at the end.
    stopping: Notify,
}

impl Shared {
    fn saw(&self, version: Version) {
        self.version.fetch_max(version.0, Ordering::AcqRel);
    }

    fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    fn own_lane(&self, id: i64) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    }

    fn own_lanes(&self) -> Vec<i64> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes a view that was pinned.
    fn enter(&self, slot: &Arc<Slot>) {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        // Cleared up as it grows, so that a view costs no search.
        if views.len() == views.capacity() {
            views.retain(|view| view.strong_count() > 0);
        }
        views.push(Arc::downgrade(slot));
    }

    /// Ends the views that are too old and counts the others.
    fn end_old_views(&self) -> usize {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.retain(|view| view.upgrade().is_some_and(|slot| slot.is_open(self)));
        views.len()
    }
}

fn closed() -> Error {
    Error::Unavailable("it is closed".into())
}

/// What an error of the database means to the store's users. The texts name tables and settings, no values.
fn failed(error: &tokio_postgres::Error) -> Error {
    let Some(told) = error.as_db_error() else {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        return Error::Unavailable(format!("the database: {}", cause.unwrap_or_else(|| error.to_string())));
    };
    let message = told.message();
    match *told.code() {
        SqlState::DISK_FULL => Error::Unavailable("the disk of the database is full".into()),
        SqlState::LOCK_NOT_AVAILABLE => {
            Error::Unavailable("another session of the database holds the tables".into())
        }
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => Error::Corrupt(message.to_owned()),
        _ => Error::Unavailable(format!("the database says: {message} ({})", told.code().code())),
    }
}

#[async_trait]
impl Store for Postgres {
    async fn apply(&self, batch: Batch) -> Result<Committed, Error> {
        let folded = Folded::new(&batch.writes)?;
        let Batch { checks, id, durability, .. } = batch;
        let reads = Reads::default();
        commit::commit(&self.0.shared, Intent { folded, checks, reads, id, durability }).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        if self.0.shared.pool.is_closed() {
            return Err(closed());
        }
        // It is pinned by its first read, which saves a round trip.
        Ok(Box::new(View::new(self.0.shared.clone())))
    }

    async fn begin(&self) -> Result<Box<dyn Txn>, Error> {
        if self.0.shared.pool.is_closed() {
            return Err(closed());
        }
        Ok(Box::new(Transaction::new(self.0.shared.clone())))
    }

    fn node(&self) -> Option<i64> {
        Some(self.0.shared.node)
    }

    fn watch(&self, prefix: Key) -> watch::Receiver<Version> {
        self.0.shared.hub.watch(prefix, self.0.shared.version())
    }

    fn listen(&self, prefix: Key, bell: &Arc<Bell>, number: u64) {
        self.0.shared.hub.listen(prefix, bell, number);
    }

    fn unlisten(&self, prefix: &Key, bell: &Arc<Bell>, number: u64) {
        self.0.shared.hub.unlisten(prefix, bell, number);
    }

    async fn maintain(&self) -> Result<Stats, Error> {
        let shared = &self.0.shared;
        let snapshots = shared.end_old_views();
        let lease = shared.pool.lease().await?;
        let client = &lease.get().client;
        let work = async {
            client.execute(sql::OLD_IDS, &[&IDS_KEPT]).await?;
            client.execute(sql::OLD_NEWS, &[]).await?;
            let version: i64 = client.query_one(sql::VERSION, &[]).await?.get(0);
            // A database that cannot tell its size is none the worse.
            let bytes = client.query_one(sql::FILE_BYTES, &[]).await.map_or(0, |row| row.get::<_, i64>(0));
            Ok((Version(version as u64), u64::try_from(bytes).unwrap_or_default()))
        };
        let (version, file_bytes) = work.await.map_err(|error| failed(&error))?;
        shared.saw(version);
        Ok(Stats { version, snapshots, file_bytes, log_bytes: 0 })
    }

    async fn backup(&self, _to: &Path) -> Result<Version, Error> {
        let text = "the store is a PostgreSQL database: back it up with `pg_dump`, and its blobs with it";
        Err(Error::Unavailable(text.into()))
    }

    async fn close(&self) -> Result<(), Error> {
        self.0.stop();
        let tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = tokio::time::timeout(CLOSE_TIME, futures::future::join_all(tasks)).await;
        match ended {
            Ok(ended) if ended.iter().all(Result::is_ok) => Ok(()),
            Ok(_) => Err(Error::Unavailable("a task of the store has panicked".into())),
            Err(_) => Err(Error::Unavailable("commits were still on their way when the store closed".into())),
        }
    }
}
