//! How the host reaches what listens inside an environment.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::net::connect_unspec;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::runtime::peer;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// Over the host's loopback interface, which all functions share: a process of the sandbox `init` has to listen at
    /// the port, and not somebody else's.
    Loopback { init: u32 },
    /// In a network of the environment's own.
    Inside(Arc<Outlets>),
}

/// A connection into the environment.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) stream: TcpStream,
    /// Behind the stream, so that it is given back when the stream is gone.
    _outlet: Option<Taken>,
}

impl Way {
    /// Connects to a port of the environment.
    pub(crate) async fn connect(&self, port: u16) -> io::Result<Line> {
        match self {
            Way::Loopback { init } => {
                let init = *init;
                let look = tokio::task::spawn_blocking(move || peer::listens_within(port, init));
                if !look.await.map_err(io::Error::other)? {
                    return Err(io::Error::other("no process of the environment listens at the port"));
                }
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
                Ok(Line { stream, _outlet: None })
            }
            Way::Inside(outlets) => Outlets::connect(outlets, port).await,
        }
    }
}

/// Sockets that were made in the environment's own network. Each serves one connection after the other; who finds all of
/// them taken waits.
#[derive(Debug)]
pub(crate) struct Outlets {
    free: Mutex<Vec<OwnedFd>>,
    /// One for each free socket.
    count: Arc<Semaphore>,
}

/// A socket that is in use.
#[derive(Debug)]
struct Taken {
    socket: Option<OwnedFd>,
    permit: Option<OwnedSemaphorePermit>,
    outlets: Arc<Outlets>,
}

impl Outlets {
    pub(crate) fn new(sockets: Vec<OwnedFd>) -> Outlets {
        Outlets { count: Arc::new(Semaphore::new(sockets.len())), free: Mutex::new(sockets) }
    }

    fn free(&self) -> MutexGuard<'_, Vec<OwnedFd>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(outlets: &Arc<Outlets>, port: u16) -> io::Result<Line> {
        let permit = Arc::clone(&outlets.count).acquire_owned().await.map_err(io::Error::other)?;
        let socket = outlets.free().pop().expect("there is a socket for each permit");
        let own = socket.try_clone();
        let outlet = Taken { socket: Some(socket), permit: Some(permit), outlets: Arc::clone(outlets) };
        let own = std::net::TcpStream::from(own?);
        own.set_nonblocking(true)?;
        let stream = TcpSocket::from_std_stream(own).connect((Ipv4Addr::LOCALHOST, port).into()).await?;
        Ok(Line { stream, _outlet: Some(outlet) })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (Some(socket), Some(permit)) = (self.socket.take(), self.permit.take()) else { return };
        // An address without a family dissolves the connection: the socket can be connected again (connect(2)).
        match connect_unspec(&socket) {
            Ok(()) => self.outlets.free().push(socket),
            Err(error) => {
                tracing::warn!(%error, "a socket of an environment cannot be used again");
                permit.forget();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustix::net::{AddressFamily, SocketType, socket};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_socket_serves_one_connection_after_the_other() {
        let made = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        let way = Way::Inside(Arc::new(Outlets::new(vec![made])));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        for round in 0..20_u8 {
            let mut line = way.connect(port).await.unwrap();
            let (mut theirs, _) = listener.accept().await.unwrap();
            theirs.write_all(&[round]).await.unwrap();
            assert_eq!(line.stream.read_u8().await.unwrap(), round);
            // All are taken: whoever wants one waits until it is given back.
            let mut second = Box::pin(way.connect(port));
            assert!(futures::poll!(&mut second).is_pending());
            drop((line, theirs));
            let second = second.await.unwrap();
            listener.accept().await.unwrap();
            drop(second);
        }
        drop(listener);
        assert!(way.connect(port).await.is_err(), "nobody listens");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        way.connect(listener.local_addr().unwrap().port()).await.expect("the socket is still sound");
    }
}
