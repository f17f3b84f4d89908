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
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
