//! Views: a connection in a read-only transaction that sees one moment.
//!
//! The connection is taken, the transaction begun and the first rows read in one flight. A view that is too old is
//! ended from outside, because it keeps the database from cleaning up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join3;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::fold::Folded;
use super::group::{Intent, Reads};
use super::pool::{Lease, Reading};
use super::{Shared, closed, commit, failed};
use crate::Error;
use crate::engine::{Snapshot, Txn};
use crate::types::{Batch, Committed, Key, Page, Range, Scan, Val, Version, next_key};

/// Rows that are asked for at once. A page with more of them is put together.
const ROWS_MAX: usize = 1000;
/// So few rows need no limit of their bytes: with the largest values they are 4 MB.
const FEW: usize = 8;
/// Connections that are tried for a view: those that waited while the database restarted are all broken.
const TRIES: usize = 16;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A view. It is pinned by its first read.
pub(super) struct View {
    shared: Arc<Shared>,
    slot: Arc<Slot>,
    /// Held while the view is being pinned.
    turn: tokio::sync::Mutex<()>,
}

/// The state of a view, which can be ended from outside.
pub(super) struct Slot(Mutex<State>);

enum State {
    Unused,
    Pinned { lease: Arc<Lease>, version: Version, since: Instant },
    Expired(Version),
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the view when it is too old. True while it is open.
    pub(super) fn is_open(&self, shared: &Shared) -> bool {
        let mut state = self.state();
        match &*state {
            State::Pinned { version, since, .. } if since.elapsed() >= shared.options.view_age_max => {
                let version = *version;
                *state = State::Expired(version);
                false
            }
            State::Pinned { .. } => true,
            State::Unused | State::Expired(_) => false,
        }
    }

    fn end(&self) {
        let mut state = self.state();
        if let State::Pinned { version, .. } = &*state {
            let version = *version;
            *state = State::Expired(version);
        }
    }
}

/// One statement and what it asks for.
struct Query<'q> {
    statement: fn(&Reading) -> &Statement,
    params: &'q [&'q (dyn ToSql + Sync)],
}

impl View {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let slot = Arc::new(Slot(Mutex::new(State::Unused)));
        View { shared, slot, turn: tokio::sync::Mutex::default() }
    }

    fn version(&self) -> Version {
        match &*self.slot.state() {
            State::Unused => Version(0),
            State::Pinned { version, .. } | State::Expired(version) => *version,
        }
    }

    fn lease(&self) -> Result<Option<Arc<Lease>>, Error> {
        self.slot.is_open(&self.shared);
        match &*self.slot.state() {
            State::Unused => Ok(None),
            State::Pinned { lease, .. } => Ok(Some(lease.clone())),
            State::Expired(_) => Err(Error::Expired),
        }
    }

    async fn ask(&self, query: Query<'_>) -> Result<Vec<Row>, Error> {
        if self.shared.pool.is_closed() {
            return Err(closed());
        }
        let turn = self.turn.lock().await;
        let Some(lease) = self.lease()? else { return self.pin_and_ask(query).await };
        drop(turn);
        let Query { statement, params } = query;
        let connection = lease.get();
        let rows = connection.client.query(statement(&connection.statements), params).await;
        rows.map_err(|error| self.lost(&error))
    }

    /// The view is gone with its connection: the transaction runs again on a new one.
    fn lost(&self, error: &tokio_postgres::Error) -> Error {
        self.slot.end();
        if error.as_db_error().is_some() && !error.is_closed() { failed(error) } else { Error::Expired }
    }

    async fn pin_and_ask(&self, query: Query<'_>) -> Result<Vec<Row>, Error> {
        let mut last = Error::Unavailable("connections to the database break".into());
        for _ in 0..TRIES {
            let lease = self.shared.pool.lease().await?;
            let connection = lease.get();
            let (client, statements) = (&connection.client, &connection.statements);
            let first = client.query((query.statement)(statements), query.params);
            // Polled in this order, they are on their way in this order.
            let (begun, version, rows) =
                join3(client.batch_execute(BEGIN), client.query_one(&statements.version, &[]), first).await;
            match (begun, version, rows) {
                (Ok(()), Ok(version), Ok(rows)) => {
                    let version: i64 = version.get(0);
                    self.pinned(lease, Version(version as u64));
                    return Ok(rows);
                }
                (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
                    let broken = client.is_closed() || error.is_closed();
                    last = failed(&error);
                    if !broken && error.as_db_error().is_some() {
                        return Err(last);
                    }
                }
            }
        }
        Err(last)
    }

    fn pinned(&self, lease: Lease, version: Version) {
        self.shared.saw(version);
        *self.slot.state() = State::Pinned { lease: Arc::new(lease), version, since: Instant::now() };
        self.shared.enter(&self.slot);
    }

    async fn get(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        let rows = self.ask(Query { statement: |s| &s.get, params: &[&&key[..]] }).await?;
        Ok(rows.first().map(|row| (version_at(row, 0), val(row, 1))))
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<(Version, Val)>>, Error> {
        let mut found = vec![None; keys.len()];
        if keys.is_empty() {
            return Ok(found);
        }
        let wanted: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        for row in self.ask(Query { statement: |s| &s.many, params: &[&wanted] }).await? {
            let number: i64 = row.get(0);
            let place = usize::try_from(number - 1).ok().and_then(|number| found.get_mut(number));
            if let Some(place) = place {
                *place = Some((version_at(&row, 1), val(&row, 2)));
            }
        }
        Ok(found)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        let (mut page, mut bytes) = (Page::default(), 0);
        let mut rest = scan.clone();
        while rest.limit > 0 && !rest.range.is_empty() {
            let wanted = rest.limit.min(ROWS_MAX);
            let rows = self.rows(&rest, wanted, scan.bytes_max.saturating_sub(bytes)).await?;
            let all = rows.len() < wanted;
            for row in rows {
                let key = Bytes::copy_from_slice(row.get(0));
                let val = if scan.keys_only { Val::new() } else { val(&row, 1) };
                bytes += key.len() + val.len();
                page.rows.push((key.clone(), val));
                let next = if scan.reverse { key } else { next_key(&key) };
                if page.rows.len() >= scan.limit || bytes >= scan.bytes_max {
                    page.next = Some(next);
                    return Ok(page);
                }
                rest.limit -= 1;
                rest = rest.resume(next);
            }
            if all {
                break;
            }
        }
        Ok(page)
    }

    async fn rows(&self, scan: &Scan, wanted: usize, bytes_max: usize) -> Result<Vec<Row>, Error> {
        let (from, to, limit) = (&scan.range.from[..], &scan.range.to[..], wanted as i64);
        let bytes = i64::try_from(bytes_max.max(1)).unwrap_or(i64::MAX);
        let all: [&(dyn ToSql + Sync); 4] = [&from, &to, &limit, &bytes];
        let query = match (scan.keys_only, wanted <= FEW, scan.reverse) {
            (true, _, false) => Query { statement: |s| &s.keys[0], params: &all[..3] },
            (true, _, true) => Query { statement: |s| &s.keys[1], params: &all[..3] },
            (false, true, false) => Query { statement: |s| &s.rows[0], params: &all[..3] },
            (false, true, true) => Query { statement: |s| &s.rows[1], params: &all[..3] },
            (false, false, false) => Query { statement: |s| &s.bounded[0], params: &all },
            (false, false, true) => Query { statement: |s| &s.bounded[1], params: &all },
        };
        self.ask(query).await
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.slot.end();
    }
}

fn version_at(row: &Row, column: usize) -> Version {
    let version: i64 = row.get(column);
    Version(version as u64)
}

fn val(row: &Row, column: usize) -> Val {
    Bytes::copy_from_slice(row.get(column))
}

#[async_trait]
impl Snapshot for View {
    fn version(&self) -> Version {
        self.version()
    }

    async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        self.get(key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        self.scan(scan).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Val>>, Error> {
        let found = self.get_many(keys).await?;
        Ok(found.into_iter().map(|found| found.map(|(_, val)| val)).collect())
    }
}

/// A view that remembers what was read through it.
pub(super) struct Transaction {
    view: View,
    reads: Mutex<Reads>,
    loose: Vec<Range>,
}

impl Transaction {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Transaction { view: View::new(shared), reads: Mutex::default(), loose: Vec::new() }
    }

    fn reads(&self) -> MutexGuard<'_, Reads> {
        // A panic cannot leave a list half written.
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, key: &Key, found: Option<Version>) {
        if !self.loose.iter().any(|range| range.contains(key)) {
            self.reads().keys.push((key.clone(), found.map_or(0, |version| version.0)));
        }
    }
}

#[async_trait]
impl Snapshot for Transaction {
    fn version(&self) -> Version {
        self.view.version()
    }

    async fn get_versioned(&self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        let found = self.view.get(key).await?;
        self.note(key, found.as_ref().map(|(version, _)| *version));
        Ok(found)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, Error> {
        let page = self.view.scan(scan).await?;
        let covered = scan.covered(&page);
        let inside = |range: &Range| range.from <= covered.from && covered.to <= range.to;
        if !covered.is_empty() && !self.loose.iter().any(inside) {
            self.reads().ranges.push((covered, page.rows.len()));
        }
        Ok(page)
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Val>>, Error> {
        let found = self.view.get_many(keys).await?;
        let each = keys.iter().zip(found).map(|(key, found)| {
            self.note(key, found.as_ref().map(|(version, _)| *version));
            found.map(|(_, val)| val)
        });
        Ok(each.collect())
    }
}

#[async_trait]
impl Txn for Transaction {
    fn dont_conflict(&mut self, range: Range) {
        self.loose.push(range);
    }

    async fn commit(self: Box<Self>, batch: Batch) -> Result<Committed, Error> {
        let Transaction { view, reads, .. } = *self;
        let mut reads = reads.into_inner().unwrap_or_else(PoisonError::into_inner);
        reads.version = view.version();
        let shared = view.shared.clone();
        // The connection goes back before the wait for the commit, so that waiting commits hold none.
        drop(view);
        let folded = Folded::new(&batch.writes)?;
        let Batch { checks, id, durability, .. } = batch;
        commit::commit(&shared, Intent { folded, checks, reads, id, durability }).await
    }
}
