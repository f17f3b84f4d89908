//! Which process is on the other side of a loopback connection.
//!
//! Every function can reach every port of the loopback interface, so a Runtime API connection is only served when its
//! socket is held by a process of the environment that the listener was made for.

use std::fs;
use std::net::SocketAddr;

use super::memory;

/// Whether the socket at `peer`, connected to `listener`, is held by a process below `init`.
pub(crate) fn is_within(peer: SocketAddr, listener: SocketAddr, init: u32) -> bool {
    let table = if peer.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    let table = fs::read_to_string(table).unwrap_or_default();
    let Some(inode) = inode_of(&table, peer.port(), listener.port()) else { return false };
    let wanted = format!("socket:[{inode}]");
    memory::tree(init).iter().any(|pid| holds(*pid, &wanted))
}

/// Whether a process below `init` listens at a port of the loopback interface, or of all interfaces.
pub(crate) fn listens_within(port: u16, init: u32) -> bool {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let wanted: Vec<String> = tables
        .iter()
        .flat_map(|table| listeners(table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if wanted.is_empty() {
        return false;
    }
    let tree = memory::tree(init);
    wanted.iter().any(|socket| tree.iter().any(|pid| holds(*pid, socket)))
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

/// The inode of the socket from one local port to another, of /proc/net/tcp (proc_pid_net(5)).
fn inode_of(table: &str, local_port: u16, remote_port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (local, remote) = (words.nth(1)?, words.next()?);
        let port = |address: &str| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok();
        if port(local)? != local_port || port(remote)? != remote_port {
            return None;
        }
        words.nth(6)?.parse().ok().filter(|inode| *inode != 0)
    })
}

fn holds(pid: u32, wanted: &str) -> bool {
    // The folder of a process that ended, or of one that is not ours, cannot be read: it does not count.
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors
        .flatten()
        .any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|link| link.as_os_str() == wanted))
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
        assert!(is_within(peer, address, std::process::id()));
        let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(!is_within(peer, address, other.id()));
        assert!(listens_within(address.port(), std::process::id()));
        assert!(!listens_within(address.port(), other.id()));
        assert!(!listens_within(peer.port(), std::process::id()), "connected, not listening");
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
