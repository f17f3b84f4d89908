//! Which process is on the other side of a loopback connection.
//!
//! Every function can reach every port of the loopback interface, so a Runtime API connection is only served when its
//! socket is held by a process of the environment that the listener was made for.

use std::fs;
use std::net::SocketAddr;

use super::memory;

/// A socket of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Socket {
    /// Never 0: that is a socket which no process holds any more.
    pub(crate) inode: u64,
    /// Whose process made it.
    pub(crate) user: u32,
}

/// Whether a process below `init` listens at a port of the loopback interface, or of all interfaces.
pub(crate) fn listens_within(port: u16, init: u32) -> bool {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let wanted: Vec<u64> = tables.iter().flat_map(|table| listeners(table, port)).collect();
    if wanted.is_empty() {
        return false;
    }
    let tree = memory::tree(init);
    wanted.iter().any(|socket| tree.iter().any(|pid| holds(*pid, *socket)))
}

/// The state of a listening socket in /proc/net/tcp (TCP_LISTEN of the kernel).
const LISTENING: &str = "0A";

/// The inodes of the sockets that listen at a port.
fn listeners(table: &str, port: u16) -> Vec<u64> {
    let found = table.lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (local, state, inode) = (words.get(1)?, words.get(3)?, words.get(9)?);
        let here = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()? == port;
        if here && *state == LISTENING { inode.parse().ok() } else { None }
    });
    found.collect()
}

/// Whether the socket at `peer`, connected to `listener`, is held by a process below `init`.
pub(crate) fn is_within(peer: SocketAddr, listener: SocketAddr, init: u32) -> bool {
    let Some(socket) = socket(peer, listener) else { return false };
    memory::tree(init).iter().any(|pid| holds(*pid, socket.inode))
}

/// The socket at `from` that is connected to `to`.
pub(crate) fn socket(from: SocketAddr, to: SocketAddr) -> Option<Socket> {
    let table = if from.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    find(&fs::read_to_string(table).unwrap_or_default(), from.port(), to.port())
}

/// The socket from one local port to another, of /proc/net/tcp (proc_pid_net(5)).
fn find(table: &str, local_port: u16, remote_port: u16) -> Option<Socket> {
    table.lines().skip(1).find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (local, remote) = (words.nth(1)?, words.next()?);
        let port = |address: &str| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok();
        if port(local)? != local_port || port(remote)? != remote_port {
            return None;
        }
        let (user, inode) = (words.nth(4)?.parse().ok()?, words.nth(1)?.parse().ok()?);
        (inode != 0).then_some(Socket { inode, user })
    })
}

/// The user of this process.
pub(crate) fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether a process has a descriptor of the socket.
pub(crate) fn holds(pid: u32, inode: u64) -> bool {
    let wanted = format!("socket:[{inode}]");
    // The folder of a process that ended, or of one that is not ours, cannot be read: it does not count.
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors
        .flatten()
        .any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|link| link.as_os_str() == &*wanted))
}

/// Whether a process that is not among `inside` has a descriptor of the socket. The youngest are asked first: clients
/// are started for what they ask.
pub(crate) fn held_outside(inode: u64, inside: &[u32]) -> bool {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut pids: Vec<u32> = names.filter(|pid| !inside.contains(pid)).collect();
    pids.sort_unstable_by(|one, other| other.cmp(one));
    pids.into_iter().any(|pid| holds(pid, inode))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_holder_of_a_connection_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).unwrap();
        let peer = client.local_addr().unwrap();
        assert_eq!(socket(peer, address).unwrap().user, own_user());
        assert!(is_within(peer, address, std::process::id()));
        let mut other = std::process::Command::new("sleep").arg("3600").spawn().unwrap();
        assert!(!is_within(peer, address, other.id()));
        assert!(listens_within(address.port(), std::process::id()));
        assert!(!listens_within(address.port(), other.id()));
        assert!(!listens_within(peer.port(), std::process::id()), "connected, not listening");
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
