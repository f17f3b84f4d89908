//! The second thread: checkpoints, an end to views that are too old, and memory that nobody needs in a store that is idle.
//! Then it sleeps until the store is used again.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rusqlite::Connection;

use super::reader::Slot;
use super::{Shared, connection};

/// How long after a commit the log is moved into the main file, when no more come.
const IDLE: Duration = Duration::from_millis(500);
/// Bytes in the log after which it is moved at once.
const LOG_BYTES: usize = 4 * 1024 * 1024;

/// What the keeper knows.
pub(super) struct Keeper {
    state: Mutex<State>,
    wake: Condvar,
    pause: Duration,
}

#[derive(Default)]
struct State {
    views: HashMap<u64, Weak<Slot>>,
    entered: u64,
    /// How many had been entered when the thread looked last.
    entered_before: u64,
    /// Bytes written to the log since the last checkpoint began.
    log_bytes: usize,
    /// The thread will look again by itself, it need not be woken.
    ticking: bool,
    stopped: bool,
}

/// What the thread has to do.
struct Due {
    /// The bytes to checkpoint.
    log_bytes: usize,
    /// Nobody has read or written since it looked last.
    is_quiet: bool,
}

impl Keeper {
    pub(super) fn new(view_age_max: Duration) -> Self {
        Keeper { state: Mutex::default(), wake: Condvar::new(), pause: IDLE.min(view_age_max) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a view that was pinned.
    pub(super) fn enter(&self, slot: &Arc<Slot>) -> u64 {
        let mut state = self.state();
        state.entered += 1;
        let number = state.entered;
        state.views.insert(number, Arc::downgrade(slot));
        self.tick(&mut state);
        number
    }

    /// Forgets a view that has ended.
    pub(super) fn leave(&self, number: u64) {
        self.state().views.remove(&number);
    }

    /// How many views are open.
    pub(super) fn views(&self) -> usize {
        self.state().views.len()
    }

    /// Notes what a commit has written to the log.
    pub(super) fn written(&self, bytes: usize) {
        let mut state = self.state();
        let before = state.log_bytes;
        state.log_bytes += bytes;
        if before < LOG_BYTES && state.log_bytes >= LOG_BYTES {
            self.wake.notify_all();
        }
        self.tick(&mut state);
    }

    fn tick(&self, state: &mut State) {
        if !state.ticking {
            state.ticking = true;
            self.wake.notify_all();
        }
    }

    /// Ends the views that are too old.
    pub(super) fn end_old_views(&self) {
        let views: Vec<_> = self.state().views.values().filter_map(Weak::upgrade).collect();
        views.iter().for_each(|slot| slot.end_if_old());
    }

    /// Makes the thread end.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.wake.notify_all();
    }

    /// Waits for work. None is the end.
    fn wait(&self) -> Option<Due> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            if !state.ticking {
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            if state.log_bytes < LOG_BYTES {
                let waited = self.wake.wait_timeout(state, self.pause);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if !state.stopped {
                let log_bytes = std::mem::take(&mut state.log_bytes);
                let is_read = !state.views.is_empty() || state.entered > state.entered_before;
                let is_quiet = log_bytes == 0 && !is_read;
                state.entered_before = state.entered;
                state.ticking = !is_quiet;
                return Some(Due { log_bytes, is_quiet });
            }
        }
    }
}

/// The thread.
pub(super) fn run(shared: &Shared) {
    let mut own: Option<Connection> = None;
    while let Some(Due { log_bytes, is_quiet }) = shared.keeper.wait() {
        shared.keeper.end_old_views();
        if is_quiet {
            shared.pool.shrink();
            own.iter().for_each(connection::shrink);
        }
        if log_bytes == 0 {
            continue;
        }
        let connection = match own.take() {
            Some(connection) => Ok(connection),
            None => connection::open(&shared.path),
        };
        let checkpoint = |connection| connection::checkpoint(&connection).map(|()| connection);
        match connection.and_then(checkpoint) {
            Ok(connection) => own = Some(connection),
            // The commits are safe in the log; the next commit makes the next try.
            Err(error) => tracing::warn!(%error, "the store's log could not be moved"),
        }
    }
}
