//! Views: a connection pinned to a snapshot of the log.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::{Shared, closed, connection, failed};
use crate::Error;
use crate::engine::embedded::View;
use crate::types::{Key, Page, Scan, Val, Version, next_key};

/// Connections kept open while nobody reads.
const IDLE_MAX: usize = 4;
/// Views open at once at most. An operation does not wait for anything but the store while it has
/// one, so a process comes near this only when something holds views that it should not.
const OPEN_MAX: usize = 256;

/// The connections that readers use.
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    open: AtomicUsize,
}

impl Pool {
    pub(super) fn new(path: PathBuf) -> Self {
        Pool { path, idle: Mutex::default(), open: AtomicUsize::new(0) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<Connection, Error> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= OPEN_MAX {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Unavailable(format!("more than {OPEN_MAX} views are open")));
        }
        let idle = self.idle().pop();
        let taken = idle.map_or_else(|| connection::open(&self.path), Ok);
        taken.inspect_err(|_| {
            self.open.fetch_sub(1, Ordering::Relaxed);
        })
    }

    fn give_back(&self, connection: Connection) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        let ended = connection.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
        let mut idle = self.idle();
        // One that cannot be ended is closed, which ends it.
        if ended.is_ok() && idle.len() < IDLE_MAX {
            idle.push(connection);
        }
    }

    /// Gives back the pages that idle connections keep in memory.
    pub(super) fn shrink(&self) {
        for connection in &*self.idle() {
            connection::shrink(connection);
        }
    }

    /// Closes the idle connections.
    pub(super) fn clear(&self) {
        self.idle().clear();
    }
}

/// A view. It is pinned by its first read, or at once by [`SqliteView::pin`].
pub(super) struct SqliteView {
    slot: Arc<Slot>,
}

/// The state of a view, which the keeper can end from outside.
pub(super) struct Slot {
    shared: Arc<Shared>,
    state: Mutex<State>,
}

enum State {
    Unused,
    Pinned { connection: Connection, version: Version, since: Instant, number: u64 },
    Expired(Version),
}

impl SqliteView {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        SqliteView { slot: Arc::new(Slot { shared, state: Mutex::new(State::Unused) }) }
    }

    /// Fixes the view to this moment.
    pub(super) fn pin(&self) -> Result<(), Error> {
        *self.slot.state() = self.slot.pinned()?;
        Ok(())
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let slot = &self.slot;
        let mut state = slot.state();
        if matches!(*state, State::Unused) {
            *state = slot.pinned()?;
        }
        match &*state {
            State::Pinned { since, .. } if since.elapsed() > slot.shared.options.view_age_max => {
                slot.expire(&mut state);
                Err(Error::Expired)
            }
            State::Pinned { connection, .. } => read(connection).map_err(|error| failed(&error)),
            State::Unused | State::Expired(_) => Err(Error::Expired),
        }
    }
}

impl Drop for SqliteView {
    fn drop(&mut self) {
        let version = self.version();
        self.slot.leave(&mut self.slot.state(), State::Expired(version));
    }
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pinned(self: &Arc<Self>) -> Result<State, Error> {
        if self.shared.is_closed() {
            return Err(closed());
        }
        let connection = self.shared.pool.take()?;
        // The first read takes the snapshot, which has this version or one that is committed at this very moment. So
        // a transaction may meet a conflict with a commit whose rows it saw; it never misses one.
        let version = self.shared.version();
        let begun = connection.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([]));
        match begun.map_err(|error| failed(&error)) {
            Ok(_) => {
                let since = Instant::now();
                let number = self.shared.keeper.enter(self);
                Ok(State::Pinned { connection, version, since, number })
            }
            Err(error) => {
                self.shared.pool.give_back(connection);
                Err(error)
            }
        }
    }

    fn expire(&self, state: &mut State) {
        if let State::Pinned { version, .. } = *state {
            self.leave(state, State::Expired(version));
        }
    }

    fn leave(&self, state: &mut State, next: State) {
        if let State::Pinned { connection, number, .. } = std::mem::replace(state, next) {
            self.shared.pool.give_back(connection);
            self.shared.keeper.leave(number);
        }
    }

    /// Ends the view if it is too old. Called by the keeper without its lock.
    pub(super) fn end_if_old(&self) {
        let mut state = self.state();
        if let State::Pinned { since, .. } = &*state
            && since.elapsed() > self.shared.options.view_age_max
        {
            tracing::warn!("a view of the store was open for too long and was ended");
            self.expire(&mut state);
        }
    }
}

impl View for SqliteView {
    fn version(&self) -> Version {
        match *self.slot.state() {
            State::Unused => Version(0),
            State::Pinned { version, .. } | State::Expired(version) => version,
        }
    }

    fn get(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        self.with(|connection| get(connection, key))
    }

    fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        self.with(|connection| rows(connection, scan))
    }
}

/// The value of a key and the commit that wrote it.
pub(super) fn get(connection: &Connection, key: &Key) -> rusqlite::Result<Option<(Version, Val)>> {
    let mut statement = connection.prepare_cached("SELECT ver, v FROM kv WHERE k = ?1")?;
    let read = statement.query_row([&key[..]], |row| {
        let version = Version(row.get::<_, i64>(0)? as u64);
        Ok((version, Bytes::copy_from_slice(row.get_ref(1)?.as_blob()?)))
    });
    read.optional()
}

fn rows(connection: &Connection, scan: &Scan) -> rusqlite::Result<Page> {
    let mut page = Page::default();
    let mut bytes = 0;
    let mut statement = select(connection, scan)?;
    let limit = i64::try_from(scan.limit).unwrap_or(i64::MAX);
    let mut rows = statement.query((&scan.range.from[..], &scan.range.to[..], limit))?;
    while let Some(row) = rows.next()? {
        let key = Bytes::copy_from_slice(row.get_ref(0)?.as_blob()?);
        let val = match scan.keys_only {
            true => Bytes::new(),
            false => Bytes::copy_from_slice(row.get_ref(1)?.as_blob()?),
        };
        bytes += key.len() + val.len();
        page.rows.push((key, val));
        if bytes >= scan.bytes_max {
            break;
        }
    }
    if page.rows.len() >= scan.limit || bytes >= scan.bytes_max {
        let last = page.rows.last().map(|(key, _)| key.clone());
        page.next = last.map(|key| if scan.reverse { key } else { next_key(&key) });
    }
    Ok(page)
}

fn select<'c>(connection: &'c Connection, scan: &Scan) -> rusqlite::Result<CachedStatement<'c>> {
    connection.prepare_cached(match (scan.keys_only, scan.reverse) {
        (false, false) => "SELECT k, v FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k LIMIT ?3",
        (false, true) => "SELECT k, v FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k DESC LIMIT ?3",
        (true, false) => "SELECT k FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k LIMIT ?3",
        (true, true) => "SELECT k FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k DESC LIMIT ?3",
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::types::Range;

    /// A statement is parsed and planned once, whatever is bound to it.
    #[test]
    fn scans_keep_their_plans() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let writer = connection::create(&path, None).unwrap();
        writer.execute("INSERT INTO kv VALUES (x'61', 1, x'01'), (x'62', 1, x'02')", []).unwrap();
        let reader = connection::open(&path).unwrap();
        let scan = Scan::new(Range::new("a", "z"));
        let limits = [1, 2, 64, 1, 1_000];
        let variants = [
            scan.clone(),
            scan.clone().reverse(true),
            scan.clone().keys_only(),
            scan.keys_only().reverse(true),
        ];
        for scan in &variants {
            for limit in limits {
                let page = rows(&reader, &scan.clone().limit(limit)).unwrap();
                assert_eq!(page.rows.len(), limit.min(2), "{scan:?}");
            }
            let planned = select(&reader, scan).unwrap().get_status(StatementStatus::RePrepare);
            assert_eq!(planned, 0, "{scan:?}");
        }
    }
}
