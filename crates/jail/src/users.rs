//! Users of sandboxes, when the host is root: one for each that runs.
//!
//! Several hosts on one machine have users of their own: limits of the kernel count by user, and whose connection it is
//! is told by the user.

use std::collections::BTreeSet;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::{Arc, Mutex};

/// First user id of sandboxes when the host is root: far above what people and services have.
const USERS_FIRST: u32 = 1_879_048_192;
/// The same when the host itself lives in a container that maps only the usual 65 536 ids.
const USERS_FIRST_SMALL: u32 = 61_440;
/// How many sandboxes can have a user of their own at the same time.
const USERS_MAX: u32 = 4_096;
/// Hosts on one machine that have users apart from each other's.
const HOSTS_MAX: u32 = 64;

/// User ids of sandboxes that run now; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    range: u32,
    /// Where in the range this host begins.
    start: u32,
    taken: Arc<Mutex<BTreeSet<u32>>>,
    /// Held as long as the host lives, so that no other host begins there.
    _claim: Option<Arc<UnixDatagram>>,
}

impl Users {
    /// Those that this machine leaves to us.
    pub(crate) fn find() -> Users {
        // Without a free place the first is shared, which is no worse than one host after the other.
        let (place, claim) = (0..HOSTS_MAX)
            .find_map(|place| Some((place, Some(Arc::new(claim(place)?)))))
            .unwrap_or((0, None));
        let (range, start) = match maps_all_users() {
            true => (USERS_FIRST + place * USERS_MAX, 0),
            // There is one range for all; whoever has few sandboxes meets nobody.
            false => (USERS_FIRST_SMALL, place * (USERS_MAX / HOSTS_MAX)),
        };
        Users { range, start, taken: Arc::default(), _claim: claim }
    }

    pub(crate) fn first(&self) -> u32 {
        self.range + self.start
    }

    pub(crate) fn take(&self) -> Option<TakenUser> {
        let mut taken = self.taken.lock().expect("no holder of this lock panics");
        let all = (0..USERS_MAX).map(|index| self.range + (self.start + index) % USERS_MAX);
        let id = all.into_iter().find(|id| !taken.contains(id))?;
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

/// Takes a place for as long as the socket lives; none when another host has it.
fn claim(place: u32) -> Option<UnixDatagram> {
    let name = SocketAddr::from_abstract_name(format!("cloudlet-users-{place}")).ok()?;
    UnixDatagram::bind_addr(&name).ok()
}

/// Whether the host's own user namespace maps ids above the usual range.
fn maps_all_users() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let last = USERS_FIRST + HOSTS_MAX * USERS_MAX;
    map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(|number| number.parse::<u32>().unwrap_or(0));
        numbers.next() == Some(0) && numbers.nth(1).is_some_and(|length| length > last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions of two clouds on one machine had the same users, and limits on processes counted both.
    #[test]
    fn hosts_do_not_share_users() {
        let (one, other) = (Users::find(), Users::find());
        let (first, second) = (one.take().unwrap(), other.take().unwrap());
        assert_ne!(first.id, second.id);
        assert_eq!((first.id, one.clone().take().unwrap().id), (one.first(), one.first() + 1));
        let again = one.first();
        drop((first, one));
        assert_eq!(Users::find().first(), again, "the place is free");
    }
}
