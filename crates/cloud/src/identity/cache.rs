//! What was asked of late, until identities change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::{Store, Version, keyspace};
use tokio::sync::watch;

use super::Key;
use super::grants::{Grants, Whose};
use super::record::Role;

/// Keys, principals and roles that are kept; beyond that the memory is emptied. A cloud with more busy principals pays a few
/// reads of the store more.
const ENTRIES_MAX: usize = 10_000;

/// Which state of the identities something was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generation(u64);

pub(super) struct Cache {
    inner: Mutex<Inner>,
}

struct Inner {
    /// Tells of changes that other processes made.
    changes: watch::Receiver<Version>,
    generation: u64,
    keys: HashMap<String, Key>,
    grants: HashMap<Whose, Arc<Grants>>,
    /// By their ARNs.
    roles: HashMap<String, Arc<Role>>,
}

impl Cache {
    pub(super) fn new(store: &Arc<dyn Store>) -> Self {
        let owner = keyspace::IDENTITY_USER.0[0];
        Self {
            inner: Mutex::new(Inner {
                changes: store.watch(vec![owner].into()),
                generation: 0,
                keys: HashMap::new(),
                grants: HashMap::new(),
                roles: HashMap::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // A closed store changes no more.
        if inner.changes.has_changed().unwrap_or(false) {
            inner.changes.mark_unchanged();
            inner.clear();
        }
        inner
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    pub(super) fn key(&self, access_key_id: &str) -> Result<Key, Generation> {
        let inner = self.lock();
        inner.keys.get(access_key_id).cloned().ok_or(Generation(inner.generation))
    }

    /// Keeps what was read, unless identities have changed since the reading began.
    pub(super) fn keep_key(&self, read_in: Generation, access_key_id: &str, key: &Key) {
        let mut inner = self.lock();
        if inner.has_room(read_in) {
            inner.keys.insert(access_key_id.to_owned(), key.clone());
        }
    }

    pub(super) fn grants(&self, whose: &Whose) -> Result<Arc<Grants>, Generation> {
        let inner = self.lock();
        inner.grants.get(whose).cloned().ok_or(Generation(inner.generation))
    }

    pub(super) fn keep_grants(&self, read_in: Generation, whose: Whose, grants: &Arc<Grants>) {
        let mut inner = self.lock();
        if inner.has_room(read_in) {
            inner.grants.insert(whose, grants.clone());
        }
    }

    pub(super) fn role(&self, arn: &str) -> Result<Arc<Role>, Generation> {
        let inner = self.lock();
        inner.roles.get(arn).cloned().ok_or(Generation(inner.generation))
    }

    pub(super) fn keep_role(&self, read_in: Generation, arn: &str, role: &Arc<Role>) {
        let mut inner = self.lock();
        if inner.has_room(read_in) {
            inner.roles.insert(arn.to_owned(), role.clone());
        }
    }
}

impl Inner {
    fn clear(&mut self) {
        self.generation += 1;
        self.keys.clear();
        self.grants.clear();
        self.roles.clear();
    }

    fn has_room(&mut self, read_in: Generation) -> bool {
        if self.keys.len() + self.grants.len() + self.roles.len() >= ENTRIES_MAX {
            self.clear();
        }
        self.generation == read_in.0
    }
}
