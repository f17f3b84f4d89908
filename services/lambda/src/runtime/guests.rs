//! Which function is at the other end of a connection.
//!
//! A function with the host's network reaches the cloud like any other program. Whoever needs to know (see
//! `cloud::sandbox`) asks here: the socket's user, where functions have users of their own, else the processes that
//! hold the socket. Nobody can hide from that: a socket that no process outside of the sandboxes holds is nobody's.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cloud::sandbox::{self, Guest, Who};

use super::{memory, peer};

/// The functions that run now, by the process id of their sandbox's helper.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    now: Mutex<HashMap<u32, Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    user: Option<u32>,
    guest: Arc<Guest>,
}

/// A function's stay in a sandbox.
#[derive(Debug)]
pub(crate) struct Stay {
    guests: Arc<Guests>,
    helper: u32,
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.guests.now().remove(&self.helper);
    }
}

impl Guests {
    fn now(&self) -> MutexGuard<'_, HashMap<u32, Entry>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a function before its first code runs. `user` is the sandbox's own user, where it has one.
    pub(crate) fn enter(self: &Arc<Self>, helper: u32, user: Option<u32>, guest: Arc<Guest>) -> Stay {
        self.now().insert(helper, Entry { user, guest });
        Stay { guests: Arc::clone(self), helper }
    }

    /// Blocks: reads the tables of the kernel.
    fn find(&self, from: SocketAddr, to: SocketAddr) -> Who {
        let entries = self.now().clone();
        if entries.is_empty() {
            return Who::Outside; // A socket does not change hands between then and now but inside of a sandbox.
        }
        let Some(socket) = peer::socket(from, to) else {
            // The other end is gone, or on another machine.
            return if from.ip().to_canonical().is_loopback() { Who::Unknown } else { Who::Outside };
        };
        let by_user = entries.values().find(|entry| entry.user == Some(socket.user));
        if let Some(entry) = by_user {
            return Who::Guest(Arc::clone(&entry.guest));
        }
        if entries.values().all(|entry| entry.user.is_some()) || socket.user != peer::own_user() {
            return Who::Outside;
        }
        // Only the cloud's own user is shared with functions.
        let mut inside = Vec::new();
        for (helper, entry) in &entries {
            let tree = memory::tree(*helper);
            if tree.iter().any(|pid| peer::holds(*pid, socket.inode)) {
                return Who::Guest(Arc::clone(&entry.guest));
            }
            inside.extend(tree);
        }
        if peer::held_outside(socket.inode, &inside) { Who::Outside } else { Who::Unknown }
    }
}

/// The registration at the cloud.
pub(crate) struct Register(pub(crate) Arc<Guests>);

#[async_trait]
impl sandbox::Guests for Register {
    async fn who(&self, from: SocketAddr, to: SocketAddr) -> Who {
        let guests = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || guests.find(from, to)).await.unwrap_or(Who::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::{AsFd, OwnedFd};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_holder_of_a_socket_says_whose_it_is() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let client = TcpStream::connect(to).unwrap();
        let from = client.local_addr().unwrap();
        let guests = Arc::new(Guests::default());
        assert_eq!(guests.find(from, to), Who::Outside, "no function runs");

        let guest = Arc::new(Guest { function: "f".into(), role: "r".into() });
        let sleep = |input: Stdio| Command::new("sleep").arg("3600").stdin(input).spawn().unwrap();
        let mut other = sleep(Stdio::null());
        let stay = guests.enter(other.id(), None, Arc::clone(&guest));
        assert_eq!(guests.find(from, to), Who::Outside, "this process holds it");

        // A sandbox that was given a copy, and one that holds it alone.
        let copy = OwnedFd::from(client.try_clone().unwrap());
        let mut holder = sleep(Stdio::from(copy));
        let second = guests.enter(holder.id(), None, Arc::clone(&guest));
        assert_eq!(guests.find(from, to), Who::Guest(Arc::clone(&guest)));
        drop(client);
        assert_eq!(guests.find(from, to), Who::Guest(Arc::clone(&guest)));
        drop(second);
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert_eq!(guests.find(from, to), Who::Unknown, "nobody holds it");

        // A sandbox with a user of its own.
        let client = TcpStream::connect(to).unwrap();
        let user = peer::socket(client.local_addr().unwrap(), to).unwrap().user;
        assert_eq!(user, peer::own_user());
        let by_user = guests.enter(u32::MAX, Some(user), Arc::clone(&guest));
        assert_eq!(guests.find(client.local_addr().unwrap(), to), Who::Guest(guest));
        drop((by_user, stay));
        other.kill().unwrap();
        other.wait().unwrap();
        let _still_open = listener.as_fd();
    }
}
