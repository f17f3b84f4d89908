//! A network of the sandbox's own: a loopback interface, and on it only what the host chose to answer.
//!
//! The sockets are made inside and handed to the host, so that the host accepts what the program connects to, and connects
//! to what the program listens on, although neither can see the network of the other.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};

use crate::helper::Trouble;
use crate::spec::{Listen, Network};

/// Connections that wait to be accepted by the host.
const BACKLOG: i32 = 128;

/// Brings the loopback interface up and makes the sockets. Called in the new network namespace.
pub(crate) fn open(network: &Network) -> Result<Vec<OwnedFd>, Trouble> {
    loopback_up().map_err(|e| Trouble::io("bring the loopback interface up", &e))?;
    let mut sockets = Vec::new();
    for wanted in &network.listen {
        let name = || format!("listen on {} inside", wanted.address);
        sockets.push(socket_for(wanted).map_err(|e| Trouble::io(name(), &e))?);
    }
    for _ in 0..network.outlets {
        // A socket belongs to the network that it was made in, wherever it is connected from.
        let outlet = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None);
        sockets.push(outlet.map_err(|e| Trouble::new("make a socket inside", e))?);
    }
    Ok(sockets)
}

fn socket_for(wanted: &Listen) -> io::Result<OwnedFd> {
    let family = match wanted.address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let kind = if wanted.datagrams { SocketType::DGRAM } else { SocketType::STREAM };
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &wanted.address)?;
    if !wanted.datagrams {
        listen(&socket, BACKLOG)?;
    }
    Ok(socket)
}

/// A new network namespace has a loopback interface that is down.
fn loopback_up() -> io::Result<()> {
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    let mut name = [0; libc::IFNAMSIZ];
    for (to, from) in name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    let flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    let request =
        libc::ifreq { ifr_name: name, ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: flags } };
    // SAFETY: the request is an initialised `ifreq` that outlives the call, which only reads it.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The sockets as they are sent to the host.
pub(crate) fn borrowed(sockets: &[OwnedFd]) -> Vec<BorrowedFd<'_>> {
    sockets.iter().map(AsFd::as_fd).collect()
}
