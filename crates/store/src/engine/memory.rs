//! The engine that keeps everything in memory: for tests and for clouds that may be forgotten.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use tokio::sync::watch;

use super::embedded::{Committer, EmbeddedSnapshot, EmbeddedTxn, Intent, View};
use super::hub::Hub;
use super::plan::{Effect, Latest, Plan, plan};
use super::window::Window;
use super::{Snapshot, Stats, Store, Txn};
use crate::types::{Batch, Committed, Key, Page, Range, Scan, Val, Version, next_key};
use crate::{Bell, Error};

/// Ids of batches remembered, see [`Batch::id`].
const IDS_MAX: usize = 65_536;

/// Opens an empty store that lives as long as its handle.
pub fn open_memory() -> Arc<dyn Store> {
    Arc::new(Memory(Arc::new(Shared::default())))
}

struct Memory(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: RwLock<State>,
    /// How many views are open at each version. Locked after `state`, never before it.
    views: Mutex<BTreeMap<Version, usize>>,
    hub: Hub,
}

struct State {
    rows: BTreeMap<Key, Chain>,
    version: Version,
    window: Window,
    /// Keys with old values, by the version that made them old.
    garbage: VecDeque<(Version, Key)>,
    ids: HashMap<[u8; 16], Committed>,
    ids_by_age: VecDeque<[u8; 16]>,
    closed: bool,
}

/// The values of a key that some view may still see, oldest first; None is a deletion.
type Chain = Vec<(Version, Option<Val>)>;

impl Default for State {
    fn default() -> Self {
        State {
            rows: BTreeMap::new(),
            version: Version(0),
            window: Window::after(Version(0)),
            garbage: VecDeque::new(),
            ids: HashMap::new(),
            ids_by_age: VecDeque::new(),
            closed: false,
        }
    }
}

impl Shared {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn views(&self) -> MutexGuard<'_, BTreeMap<Version, usize>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(self: &Arc<Self>) -> Result<MemoryView, Error> {
        let state = self.read();
        if state.closed {
            return Err(closed());
        }
        let version = state.version;
        *self.views().entry(version).or_default() += 1;
        Ok(MemoryView { shared: self.clone(), version })
    }

    fn commit_now(&self, intent: Intent) -> Result<Committed, Error> {
        let mut guard = self.write();
        let state = &mut *guard;
        if state.closed {
            return Err(closed());
        }
        if let Some(done) = intent.batch.id.and_then(|id| state.ids.get(&id)) {
            return Ok(done.clone());
        }
        if intent.reads.is_some_and(|reads| state.window.conflicts(&reads)) {
            return Err(Error::Conflict);
        }
        let (id, version) = (intent.batch.id, Version(state.version.0 + 1));
        let Plan { effects, committed, footprint } = plan(state, &intent.batch, version)?;
        for effect in effects {
            state.apply(effect, version);
        }
        state.version = version;
        if let Some(id) = id {
            state.remember(id, committed.clone());
        }
        let oldest_view = self.views().keys().next().copied();
        state.collect_garbage(oldest_view.unwrap_or(version));
        // Notified under the lock, so that watchers hear of commits in their order.
        self.hub.notify(&footprint);
        state.window.push(footprint);
        Ok(committed)
    }
}

impl State {
    fn apply(&mut self, effect: Effect, version: Version) {
        match effect {
            Effect::Put(key, val) => self.set(key, Some(val), version),
            Effect::Delete(key) => {
                if self.rows.contains_key(&key) {
                    self.set(key, None, version);
                }
            }
            Effect::DeleteRange(range) => {
                let inside = self.rows.range(range.from..range.to);
                let keys: Vec<Key> = inside.map(|(key, _)| key.clone()).collect();
                for key in keys {
                    self.set(key, None, version);
                }
            }
        }
    }

    fn set(&mut self, key: Key, val: Option<Val>, version: Version) {
        let deleted = val.is_none();
        let chain = self.rows.entry(key.clone()).or_default();
        chain.retain(|(at, _)| *at != version);
        chain.push((version, val));
        if deleted || chain.len() > 1 {
            self.garbage.push_back((version, key));
        }
    }

    fn remember(&mut self, id: [u8; 16], committed: Committed) {
        self.ids.insert(id, committed);
        self.ids_by_age.push_back(id);
        while self.ids_by_age.len() > IDS_MAX {
            if let Some(oldest) = self.ids_by_age.pop_front() {
                self.ids.remove(&oldest);
            }
        }
    }

    /// Drops the values that no view at `horizon` or later can see.
    fn collect_garbage(&mut self, horizon: Version) {
        while let Some((_, key)) = self.garbage.pop_front_if(|(at, _)| *at <= horizon) {
            let Some(chain) = self.rows.get_mut(&key) else { continue };
            let seen = chain.iter().rposition(|(at, _)| *at <= horizon).unwrap_or(0);
            chain.drain(..seen);
            if matches!(chain[..], [(at, None)] if at <= horizon) {
                self.rows.remove(&key);
            }
        }
    }
}

impl Latest for State {
    fn latest(&mut self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        Ok(self.rows.get(key).and_then(|chain| visible(chain, Version(u64::MAX))))
    }
}

fn visible(chain: &Chain, at: Version) -> Option<(Version, Val)> {
    let (version, val) = chain.iter().rev().find(|(version, _)| *version <= at)?;
    val.clone().map(|val| (*version, val))
}

fn closed() -> Error {
    Error::Unavailable("it is closed".into())
}

#[async_trait]
impl Committer for Shared {
    async fn commit(&self, intent: Intent) -> Result<Committed, Error> {
        self.commit_now(intent)
    }
}

struct MemoryView {
    shared: Arc<Shared>,
    version: Version,
}

impl Drop for MemoryView {
    fn drop(&mut self) {
        let mut views = self.shared.views();
        if let Some(count) = views.get_mut(&self.version) {
            *count -= 1;
            if *count == 0 {
                views.remove(&self.version);
            }
        }
    }
}

impl View for MemoryView {
    fn version(&self) -> Version {
        self.version
    }

    fn get(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        let state = self.shared.read();
        Ok(state.rows.get(key).and_then(|chain| visible(chain, self.version)))
    }

    fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        let state = self.shared.read();
        let Range { from, to } = scan.range.clone();
        if from >= to {
            return Ok(Page::default());
        }
        let rows = state.rows.range(from..to);
        let page = if scan.reverse { self.collect(rows.rev(), scan) } else { self.collect(rows, scan) };
        Ok(page)
    }
}

impl MemoryView {
    fn collect<'a>(&self, rows: impl Iterator<Item = (&'a Key, &'a Chain)>, scan: &Scan) -> Page {
        let mut page = Page::default();
        let mut bytes = 0;
        for (key, chain) in rows {
            let Some((_, val)) = visible(chain, self.version) else { continue };
            let val = if scan.keys_only { Val::new() } else { val };
            bytes += key.len() + val.len();
            page.rows.push((key.clone(), val));
            if page.rows.len() >= scan.limit || bytes >= scan.bytes_max {
                page.next = Some(if scan.reverse { key.clone() } else { next_key(key) });
                break;
            }
        }
        page
    }
}

#[async_trait]
impl Store for Memory {
    async fn apply(&self, batch: Batch) -> Result<Committed, Error> {
        self.0.commit_now(Intent { batch, reads: None, number: None })
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        Ok(Box::new(EmbeddedSnapshot(self.0.view()?)))
    }

    async fn begin(&self) -> Result<Box<dyn Txn>, Error> {
        Ok(Box::new(EmbeddedTxn::new(self.0.view()?, self.0.clone())))
    }

    fn watch(&self, prefix: Key) -> watch::Receiver<Version> {
        let state = self.0.read();
        self.0.hub.watch(prefix, state.version)
    }

    fn listen(&self, prefix: Key, bell: &Arc<Bell>, number: u64) {
        self.0.hub.listen(prefix, bell, number);
    }

    fn unlisten(&self, prefix: &Key, bell: &Arc<Bell>, number: u64) {
        self.0.hub.unlisten(prefix, bell, number);
    }

    async fn maintain(&self) -> Result<Stats, Error> {
        let mut state = self.0.write();
        let version = state.version;
        let views = self.0.views();
        let oldest_view = views.keys().next().copied();
        state.collect_garbage(oldest_view.unwrap_or(version));
        if views.is_empty() {
            state.window.forget_all();
        }
        Ok(Stats { version, snapshots: views.values().sum(), file_bytes: 0, log_bytes: 0 })
    }

    async fn backup(&self, _to: &Path) -> Result<Version, Error> {
        Err(Error::Unavailable("a store in memory has no backup".into()))
    }

    async fn close(&self) -> Result<(), Error> {
        self.0.write().closed = true;
        Ok(())
    }
}
