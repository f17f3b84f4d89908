//! Users of sandboxes, when the host is root: one for each that runs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// First user id of sandboxes when the host is root: far above what people and services have.
const USERS_FIRST: u32 = 1_879_048_192;
/// The same when the host itself lives in a container that maps only the usual 65 536 ids.
const USERS_FIRST_SMALL: u32 = 61_440;
/// How many sandboxes can have a user of their own at the same time.
const USERS_MAX: u32 = 4_096;

/// User ids of sandboxes that run now; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    first: u32,
    taken: Arc<Mutex<BTreeSet<u32>>>,
}

impl Users {
    /// Those that this machine leaves to us.
    pub(crate) fn find() -> Users {
        Users { first: first_user(), taken: Arc::default() }
    }

    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    pub(crate) fn take(&self) -> Option<TakenUser> {
        let mut taken = self.taken.lock().expect("no holder of this lock panics");
        let id = (self.first..self.first + USERS_MAX).find(|id| !taken.contains(id))?;
        taken.insert(id);
        Some(TakenUser { id, taken: Arc::clone(&self.taken) })
    }
}

/// A user id in use; free again when dropped.
#[derive(Debug)]
pub(crate) struct TakenUser {
    pub(crate) id: u32,
    taken: Arc<Mutex<BTreeSet<u32>>>,
}

impl Drop for TakenUser {
    fn drop(&mut self) {
        self.taken.lock().expect("no holder of this lock panics").remove(&self.id);
    }
}

/// Ids above the usual range when the host's own user namespace maps them all.
fn first_user() -> u32 {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let all = map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(|number| number.parse::<u32>().unwrap_or(0));
        numbers.next() == Some(0) && numbers.nth(1).is_some_and(|length| length > USERS_FIRST + USERS_MAX)
    });
    if all { USERS_FIRST } else { USERS_FIRST_SMALL }
}
