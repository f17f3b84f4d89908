//! The thread that commits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::oneshot;

use super::line::Turn;
use super::reader::get;
use super::{Shared, connection, failed};
use crate::Error;
use crate::engine::embedded::Intent;
use crate::engine::plan::{Effect, Latest, Plan, plan};
use crate::engine::window::{Footprint, Window};
use crate::types::{Committed, Durability, Key, Stamp, Val, Version};

/// After this without a commit, buffered ones are on the disk, and memory is given back.
const QUIET: Duration = Duration::from_secs(1);
/// Ids of batches remembered, counted in commits, see [`crate::Batch::id`].
const IDS_MAX: u64 = 65_536;
/// Commits between two clean-ups of old ids.
const IDS_SLICE: u64 = 4_096;
/// Bytes in the log after which the writer itself moves it, which makes commits wait: the keeper
/// cannot finish while commits go on without a pause.
const LOG_BYTES_MAX: usize = 64 * 1024 * 1024;

type Reply = oneshot::Sender<Result<Committed, Error>>;
/// A commit in the line, and who waits for it.
pub(super) type Waiting = (Box<Intent>, Reply);

/// The writer.
pub(super) struct Writer {
    connection: Connection,
    /// The last commit, those of an unfinished group included.
    version: Version,
    window: Window,
    shared: Arc<Shared>,
    /// Buffered commits are not on the disk yet.
    unsynced: bool,
    /// Whether the connection syncs at each commit.
    syncs: bool,
    log: Log,
}

/// How large the log is.
#[derive(Default)]
struct Log {
    /// The pages in it after the last commit, as SQLite tells them.
    told: Arc<AtomicUsize>,
    pages: usize,
    /// What was written to it since it began anew or the writer moved it.
    bytes: usize,
}

impl Log {
    /// Notes a commit; the bytes that it has written.
    fn grow(&mut self) -> usize {
        let pages = self.told.load(Ordering::Relaxed);
        // With fewer pages than before, all before was moved, and it begins anew.
        let is_new = pages < self.pages;
        let written = if is_new { pages } else { pages - self.pages } * connection::PAGE_BYTES as usize;
        self.bytes = if is_new { 0 } else { self.bytes } + written;
        self.pages = pages;
        written
    }
}

/// What a group has come to so far.
#[derive(Default)]
struct Group {
    answers: Vec<Result<Committed, Error>>,
    footprints: Vec<Footprint>,
}

impl Writer {
    pub(super) fn new(
        mut connection: Connection,
        version: Version,
        shared: Arc<Shared>,
    ) -> Result<Self, Error> {
        let (window, log) = (Window::after(version), Log::default());
        let told = log.told.clone();
        let tell = move |_: &mut Wal, pages| {
            told.store(usize::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        connection.wal_hook(Some(tell)).map_err(|error| failed(&error))?;
        Ok(Writer { connection, version, window, shared, unsynced: false, syncs: true, log })
    }

    /// Commits until the store is closed.
    pub(super) fn run(mut self) {
        loop {
            let is_quiet = !self.unsynced && self.window.is_empty();
            match self.shared.line.take((!is_quiet).then_some(QUIET)) {
                Turn::Group(group) => self.commit(group),
                Turn::Idle => self.rest(),
                Turn::End => break,
            }
        }
        self.sync_buffered();
        // A closed store is one file. If that fails, the next open reads the log.
        let truncate = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = truncate {
            tracing::warn!(%error, "the store's log could not be moved at the end");
        }
    }

    /// Commits a group with one sync and answers all of it. When the group fails as a whole, each
    /// of its members is tried alone, so that one that cannot be done does not harm the others.
    fn commit(&mut self, group: VecDeque<Waiting>) {
        let before = self.version;
        let done = self.try_commit(&group);
        self.shared.line.answer();
        match done {
            Ok(done) => self.publish(done, group),
            Err(error) => {
                self.roll_back(before);
                if group.len() == 1 {
                    for (_, reply) in group {
                        answer(reply, Err(error.clone()));
                    }
                    return;
                }
                for one in group {
                    self.commit(VecDeque::from([one]));
                }
            }
        }
    }

    fn try_commit(&mut self, group: &VecDeque<Waiting>) -> Result<Group, Error> {
        let buffered = |(intent, _): &Waiting| intent.batch.durability == Durability::Buffered;
        self.set_syncs(!group.iter().all(buffered))?;
        self.run_statement("BEGIN IMMEDIATE")?;
        let mut done = Group::default();
        for (intent, _) in group {
            let answer = self.decide(intent, &mut done);
            match answer {
                // The engine is at fault, not this commit.
                Err(error @ (Error::Unavailable(_) | Error::Corrupt(_))) => return Err(error),
                other => done.answers.push(other),
            }
        }
        if done.footprints.is_empty() {
            self.run_statement("ROLLBACK")?;
            return Ok(done);
        }
        self.execute("UPDATE meta SET ver = ?1 WHERE one = 1", [self.version.0 as i64])?;
        self.run_statement("COMMIT")?;
        self.unsynced = !self.syncs;
        Ok(done)
    }

    /// Decides one commit and applies it inside the open SQLite transaction.
    fn decide(&mut self, intent: &Intent, done: &mut Group) -> Result<Committed, Error> {
        if let Some(id) = intent.batch.id
            && let Some(committed) = self.applied(id)?
        {
            return Ok(committed);
        }
        if let Some(reads) = &intent.reads
            && self.window.conflicts(reads)
        {
            return Err(Error::Conflict);
        }
        let version = Version(self.version.0 + 1);
        let Plan { effects, committed, footprint } =
            plan(&mut Rows(&self.connection), &intent.batch, version)?;
        for effect in effects {
            self.apply(effect, version)?;
        }
        if let Some(id) = intent.batch.id {
            self.remember(id, &committed)?;
        }
        self.version = version;
        self.window.push(footprint.clone());
        done.footprints.push(footprint);
        Ok(committed)
    }

    fn apply(&self, effect: Effect, version: Version) -> Result<(), Error> {
        let run = match effect {
            Effect::Put(key, val) => {
                let sql = "INSERT INTO kv (k, ver, v) VALUES (?1, ?2, ?3)
                           ON CONFLICT (k) DO UPDATE SET ver = excluded.ver, v = excluded.v";
                self.execute(sql, (&key[..], version.0 as i64, &val[..]))
            }
            Effect::Delete(key) => self.execute("DELETE FROM kv WHERE k = ?1", [&key[..]]),
            Effect::DeleteRange(range) => {
                let sql = "DELETE FROM kv WHERE k >= ?1 AND k < ?2";
                self.execute(sql, (&range.from[..], &range.to[..]))
            }
        };
        run.map(|_| ())
    }

    /// The answer to a batch that was committed before under this id.
    fn applied(&self, id: [u8; 16]) -> Result<Option<Committed>, Error> {
        let read = || {
            let sql = "SELECT ver, stamps FROM applied WHERE id = ?1";
            let mut statement = self.connection.prepare_cached(sql)?;
            let row = statement.query_row([&id[..]], |row| Ok((row.get(0)?, row.get(1)?)));
            row.optional()
        };
        let found: Option<(i64, i64)> = read().map_err(|error| failed(&error))?;
        Ok(found.map(|(version, stamps)| {
            let version = Version(version as u64);
            // There were no more than an index can count.
            let stamps = (0..stamps).map(|index| Stamp::new(version, index as u16)).collect();
            Committed { version, stamps }
        }))
    }

    fn remember(&self, id: [u8; 16], committed: &Committed) -> Result<(), Error> {
        let (version, stamps) = (committed.version.0, committed.stamps.len() as i64);
        self.execute("INSERT INTO applied VALUES (?1, ?2, ?3)", (&id[..], version as i64, stamps))?;
        if version.is_multiple_of(IDS_SLICE) && version > IDS_MAX {
            let oldest = (version - IDS_MAX) as i64;
            self.execute("DELETE FROM applied WHERE ver < ?1", [oldest])?;
        }
        Ok(())
    }

    /// Tells the world about a group that is committed.
    fn publish(&mut self, done: Group, group: VecDeque<Waiting>) {
        self.shared.version.store(self.version.0, Ordering::Release);
        for footprint in &done.footprints {
            self.shared.hub.notify(footprint);
        }
        for ((_, reply), result) in group.into_iter().zip(done.answers) {
            answer(reply, result);
        }
        if done.footprints.is_empty() {
            return;
        }
        self.shared.keeper.written(self.log.grow());
        if self.log.bytes >= LOG_BYTES_MAX {
            self.log.bytes = 0;
            if let Err(error) = connection::checkpoint(&self.connection) {
                tracing::warn!(%error, "the store's log could not be moved");
            }
        }
    }

    fn roll_back(&mut self, before: Version) {
        // SQLite may have rolled back by itself, on a full disk for one.
        if !self.connection.is_autocommit()
            && let Err(error) = self.run_statement("ROLLBACK")
        {
            tracing::error!(%error, "a commit could not be rolled back");
        }
        self.window.take_back(before);
        self.version = before;
    }

    /// What is done when no commits come.
    fn rest(&mut self) {
        self.sync_buffered();
        self.window.forget_all();
        connection::shrink(&self.connection);
    }

    fn sync_buffered(&mut self) {
        if !self.unsynced {
            return;
        }
        // A commit that syncs takes all earlier ones along.
        let version = self.version.0 as i64;
        let sync = self
            .set_syncs(true)
            .and_then(|()| self.execute("UPDATE meta SET ver = ?1 WHERE one = 1", [version]));
        match sync {
            Ok(_) => self.unsynced = false,
            Err(error) => tracing::error!(%error, "buffered commits could not be synced"),
        }
    }

    fn set_syncs(&mut self, syncs: bool) -> Result<(), Error> {
        if self.syncs != syncs {
            let level = if syncs { "FULL" } else { "NORMAL" };
            let set = self.connection.execute_batch(&format!("PRAGMA synchronous = {level}"));
            set.map_err(|error| failed(&error))?;
            self.syncs = syncs;
        }
        Ok(())
    }

    fn run_statement(&self, sql: &'static str) -> Result<(), Error> {
        self.execute(sql, []).map(|_| ())
    }

    fn execute(&self, sql: &'static str, params: impl rusqlite::Params) -> Result<usize, Error> {
        let run = self.connection.prepare_cached(sql).and_then(|mut sql| sql.execute(params));
        run.map_err(|error| failed(&error))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // After a panic nobody would serve those who wait.
        self.shared.line.abandon();
    }
}

fn answer(reply: Reply, result: Result<Committed, Error>) {
    // Nobody waits any more when the caller was cancelled; the commit stands all the same.
    drop(reply.send(result));
}

struct Rows<'c>(&'c Connection);

impl Latest for Rows<'_> {
    fn latest(&mut self, key: &Key) -> Result<Option<(Version, Val)>, Error> {
        get(self.0, key).map_err(|error| failed(&error))
    }
}
