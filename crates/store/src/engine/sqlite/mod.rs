//! The engine on one SQLite file.
//!
//! One thread writes. It takes the waiting commits, and those that are about to come ([`line`]), decides each against the
//! window of recent ones, applies those that hold in one SQLite transaction and syncs the disk once for all of them.
//! Reads go through a pool of connections, each pinned to a WAL snapshot for the life of a view,
//! which is limited because it keeps the write-ahead log from being reused. A second thread moves
//! the log into the main file and ends views that are too old.

mod connection;
mod crowd;
mod keeper;
mod line;
mod reader;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, oneshot, watch};

use self::connection::failed;
use self::keeper::Keeper;
use self::line::Line;
use self::reader::{Pool, SqliteView};
use self::writer::{Waiting, Writer};
use super::embedded::{Committer, EmbeddedSnapshot, EmbeddedTxn, Intent};
use super::hub::Hub;
use super::{Snapshot, Stats, Store, Txn};
use crate::types::{Batch, Committed, Key, Version};
use crate::{Bell, Error, private};

/// The name of the main file in the data folder.
const FILE: &str = "store.db";
/// The name of the file whose lock says that the folder is in use.
const LOCK: &str = "lock";
/// Commits that wait at most; more wait before they enter, so that memory is bounded.
const WAITING_MAX: usize = 1024;

/// How the engine behaves. The defaults are right except for tests.
#[derive(Clone, Debug)]
pub struct Options {
    /// After this a view is ended: it holds up the reuse of the log.
    pub view_age_max: Duration,
    /// The size over which the main file does not grow.
    pub file_bytes_max: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Options { view_age_max: Duration::from_secs(5), file_bytes_max: None }
    }
}

/// Opens the store in a data folder, which is made if need be. One process at a time may have it.
pub fn open(folder: &Path) -> Result<Arc<dyn Store>, Error> {
    open_with(folder, Options::default())
}

/// Opens the store with options.
pub fn open_with(folder: &Path, options: Options) -> Result<Arc<dyn Store>, Error> {
    private::folder(folder).map_err(|error| cannot("make", folder, &error))?;
    let lock = lock(folder)?;
    let path = folder.join(FILE);
    private::file(&path).map_err(|error| cannot("close to others", &path, &error))?;
    let main = connection::create(&path, options.file_bytes_max)?;
    // The names of new files must survive a power loss as well as their bytes.
    let sync = File::open(folder).and_then(|folder| folder.sync_all());
    sync.map_err(|error| cannot("sync", folder, &error))?;
    let version = connection::version(&main)?;
    let shared = Arc::new(Shared {
        pool: Pool::new(path.clone()),
        version: AtomicU64::new(version.0),
        keeper: Keeper::new(options.view_age_max),
        hub: Hub::default(),
        waiting: Semaphore::new(WAITING_MAX),
        line: Line::new(),
        options,
        path,
        lock: Mutex::new(Some(lock)),
    });
    let writer = Writer::new(main, version, shared.clone())?;
    let write = spawn("store-writer", move || writer.run())?;
    let keep = shared.clone();
    let keep = spawn("store-keeper", move || keeper::run(&keep))?;
    let threads = Mutex::new(vec![write, keep]);
    Ok(Arc::new(Sqlite(Arc::new(Handle { shared, threads }))))
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(|error| cannot("open", &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(cannot("lock", &path, &error)),
    }
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("cannot {verb} `{}`: {error}", path.display()))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let builder = std::thread::Builder::new().name(name.into());
    builder.spawn(work).map_err(|error| Error::Unavailable(format!("no thread: {error}")))
}

struct Sqlite(Arc<Handle>);

/// Dropping it ends the threads.
struct Handle {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the handle, the threads and the open views share.
struct Shared {
    path: PathBuf,
    pool: Pool,
    /// The last commit that readers can see.
    version: AtomicU64,
    keeper: Keeper,
    hub: Hub,
    waiting: Semaphore,
    /// The way to the writer.
    line: Line<Waiting>,
    options: Options,
    /// Held until the store is closed.
    lock: Mutex<Option<File>>,
}

impl Shared {
    fn is_closed(&self) -> bool {
        self.line.is_closed()
    }

    fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }
}

fn closed() -> Error {
    Error::Unavailable("it is closed".into())
}

#[async_trait]
impl Committer for Shared {
    async fn commit(&self, intent: Intent) -> Result<Committed, Error> {
        let _place = self.waiting.acquire().await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        let number = intent.number;
        if !self.line.join(number, (Box::new(intent), reply)) {
            return Err(closed());
        }
        // A writer that ends with the request in hand has not said whether it was done.
        answer.await.unwrap_or(Err(Error::MaybeCommitted))
    }

    fn begin(&self) -> Option<u64> {
        Some(self.line.begin())
    }

    fn leave(&self, number: u64) {
        self.line.leave(number);
    }
}

impl Handle {
    fn stop(&self) {
        // The writer finishes what waits and ends.
        self.shared.line.close();
        self.shared.keeper.stop();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store has panicked");
            }
        }
        self.shared.pool.clear();
        drop(self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn apply(&self, batch: Batch) -> Result<Committed, Error> {
        self.0.shared.commit(Intent { batch, reads: None, number: None }).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        let view = SqliteView::new(self.0.shared.clone());
        view.pin()?;
        Ok(Box::new(EmbeddedSnapshot(view)))
    }

    async fn begin(&self) -> Result<Box<dyn Txn>, Error> {
        let view = SqliteView::new(self.0.shared.clone());
        let txn = EmbeddedTxn::new(view, self.0.shared.clone());
        // All who are ready to begin do so, and the writer knows of them.
        tokio::task::yield_now().await;
        Ok(Box::new(txn))
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
        let shared = self.0.shared.clone();
        blocking(move || {
            if shared.is_closed() {
                return Err(closed());
            }
            shared.keeper.end_old_views();
            let connection = connection::open(&shared.path)?;
            connection::checkpoint(&connection)?;
            let size = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
            Ok(Stats {
                version: shared.version(),
                snapshots: shared.keeper.views(),
                file_bytes: size(&shared.path),
                log_bytes: size(&shared.path.with_extension("db-wal")),
            })
        })
        .await
    }

    async fn backup(&self, to: &Path) -> Result<Version, Error> {
        let (shared, to) = (self.0.shared.clone(), to.to_owned());
        blocking(move || {
            if shared.is_closed() {
                return Err(closed());
            }
            connection::copy(&shared.path, &to)
        })
        .await
    }

    async fn close(&self) -> Result<(), Error> {
        let handle = self.0.clone();
        blocking(move || {
            handle.stop();
            Ok(())
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Unavailable(error.to_string()))?
}
