//! The listener: sockets, HTTP/1.1 and HTTP/2 with and without TLS on one port, and a stop that lets requests finish.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{Ipv6Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use cloud::Cloud;
use cloud::http::Client;
use cloud::sandbox::{Connection, Front, Guest};
use futures::FutureExt as _;
use http::{HeaderValue, Response, StatusCode, Version, header};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use shape::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::body;
use super::noted::Noted;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;
/// How long a stop waits for open requests.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after an accept that failed, when file descriptors run out for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a client may take to send the head of a request, and how long a connection may be idle between two.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// How often a connection of HTTP/2 is asked whether its client is still there, and how long the answer may take.
const PING_TIME: Duration = Duration::from_secs(30);
/// How many files are asked for: more than any machine of one developer needs.
const FILES_WANTED: u64 = 65_536;
/// Connections when the number of open files has no limit that can be read.
const CONNECTIONS_MAX: usize = 4096;

/// Sockets that are bound and not yet served.
pub(super) struct Bound {
    address: SocketAddr,
    sockets: Vec<TcpListener>,
}

/// Sockets that are served.
#[derive(Debug)]
pub(super) struct Listener {
    stopping: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Binds `address`. On IPv4 loopback the same port of IPv6 loopback is taken as well where it can be: `localhost`
/// is either of them, depending on the client.
pub(super) fn bind(address: SocketAddr) -> anyhow::Result<Bound> {
    let socket = bind_one(address).map_err(|error| {
        let help = match error.kind() {
            ErrorKind::AddrInUse => "is another cloud running? choose another port with `--listen`",
            ErrorKind::AddrNotAvailable => "this machine has no such address; choose another with `--listen`",
            ErrorKind::PermissionDenied => "ports below 1024 need privileges; choose another with `--listen`",
            _ => "choose another address with `--listen`",
        };
        anyhow::anyhow!("cannot listen on {address}: {error}\n  {help}")
    })?;
    let address = socket.local_addr().context("a listening socket has no address")?;
    let mut sockets = vec![socket];
    if address.is_ipv4() && address.ip().is_loopback() {
        let sibling = SocketAddr::from((Ipv6Addr::LOCALHOST, address.port()));
        match bind_one(sibling) {
            Ok(socket) => sockets.push(socket),
            Err(error) => tracing::debug!(%sibling, %error, "IPv6 loopback is not served"),
        }
    }
    Ok(Bound { address, sockets })
}

fn bind_one(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket =
        if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG.unsigned_abs())
}

impl Bound {
    /// The first address.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `cloud` until stopped.
    pub(super) fn serve(self, cloud: &Arc<Cloud>, tls: TlsAcceptor) -> Listener {
        let stopping = watch::Sender::new(false);
        let slots = Arc::new(Semaphore::new(connections_max()));
        let serve = |socket| {
            let service = Service { cloud: cloud.clone(), tls: tls.clone(), stopping: stopping.subscribe() };
            tokio::spawn(accept(socket, service, slots.clone()))
        };
        let tasks = self.sockets.into_iter().map(serve).collect();
        let cloud_again = Arc::downgrade(cloud);
        cloud.hooks().set_front(Arc::new(Guests {
            cloud: cloud_again,
            tls,
            stopping: stopping.subscribe(),
            slots,
        }));
        Listener { stopping, tasks }
    }
}

impl Listener {
    /// Accepts no more, and waits for open requests.
    pub(super) async fn stop(self) {
        self.stopping.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "the listener ended badly");
            }
        }
    }
}

/// How many connections may be open: half of the files that this process may open. Functions, the store and objects
/// need the others, and a flood of connections must not take those.
fn connections_max() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).map(|limit| limit / 2);
    limit.unwrap_or(CONNECTIONS_MAX).clamp(1, Semaphore::MAX_PERMITS)
}

/// Raises the number of files that this process may open to what the system allows: many systems start with 1024.
pub(super) fn raise_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(FILES_WANTED, |maximum| maximum.min(FILES_WANTED));
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        tracing::debug!(%error, "the number of open files stays as it is");
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Service {
    cloud: Arc<Cloud>,
    tls: TlsAcceptor,
    stopping: watch::Receiver<bool>,
}

async fn accept(socket: TcpListener, mut service: Service, slots: Arc<Semaphore>) {
    let graceful = GracefulShutdown::new();
    loop {
        // Without a slot others wait in the backlog of the socket.
        let next = async {
            let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
            socket.accept().await.map(|accepted| (accepted, slot))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            _ = service.stopping.wait_for(|stopping| *stopping) => break,
        };
        match accepted {
            Ok(((stream, peer), slot)) => {
                let local = stream.local_addr().unwrap_or(peer);
                let from = From { peer: Some(peer), connection: Connection::new(peer, local) };
                tokio::spawn(connection(stream, from, slot, service.clone(), graceful.watcher()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(socket);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("open connections were cut after {} s", GRACE.as_secs());
    }
}

/// Serves connections that were accepted in functions' own networks. Functions end with the cloud, so that nobody waits
/// for their connections.
struct Guests {
    cloud: Weak<Cloud>,
    tls: TlsAcceptor,
    stopping: watch::Receiver<bool>,
    slots: Arc<Semaphore>,
}

impl Front for Guests {
    fn serve(&self, stream: std::net::TcpStream, guest: Arc<Guest>) {
        let (Some(cloud), Ok(slot)) = (self.cloud.upgrade(), self.slots.clone().try_acquire_owned()) else {
            return; // Closed: the cloud has stopped, or has no room.
        };
        let service = Service { cloud, tls: self.tls.clone(), stopping: self.stopping.clone() };
        let from = From { peer: None, connection: Connection::of_guest(guest) };
        match stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
            Ok(stream) => {
                drop(tokio::spawn(async move {
                    // Its end would be taken for the order to stop.
                    let graceful = GracefulShutdown::new();
                    connection(stream, from, slot, service, graceful.watcher()).await;
                    drop(graceful);
                }));
            }
            Err(error) => tracing::warn!(%error, "a connection of a function cannot be served"),
        }
    }
}

/// The answer, also when serving panics: that is a mistake of ours, which the log tells, and the other requests of an
/// HTTP/2 connection must not end with it.
async fn unbroken(serving: impl Future<Output = Response<Stream>>) -> Response<Stream> {
    let served = AssertUnwindSafe(serving).catch_unwind().await;
    served.unwrap_or_else(|_| {
        let mut response =
            Response::new(Stream::once(Bytes::from_static(b"{\"__type\":\"InternalFailure\"}")));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Where a connection comes from.
struct From {
    peer: Option<SocketAddr>,
    connection: Connection,
}

/// How every TLS connection begins: a record of the kind `handshake` (RFC 8446, section 5.1). No method of HTTP does.
const TLS_HANDSHAKE: u8 = 0x16;

/// Serves one connection to its end. HTTP and TLS are told apart by the first byte.
async fn connection(
    stream: TcpStream,
    from: From,
    slot: OwnedSemaphorePermit,
    mut service: Service,
    watcher: Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let mut first = [0];
    let greeting = tokio::select! {
        greeting = tokio::time::timeout(HEAD_TIME, stream.peek(&mut first)) => greeting,
        _ = service.stopping.wait_for(|stopping| *stopping) => return,
    };
    match greeting {
        Ok(Ok(1)) if first[0] == TLS_HANDSHAKE => {
            match tokio::time::timeout(HEAD_TIME, service.tls.accept(stream)).await {
                Ok(Ok(stream)) => speak(stream, from, true, &service.cloud, watcher).await,
                Ok(Err(error)) => tracing::debug!(%error, "a client and we could not agree on TLS"),
                Err(_) => tracing::debug!("a client fell silent in the middle of a TLS handshake"),
            }
        }
        Ok(Ok(1)) => speak(stream, from, false, &service.cloud, watcher).await,
        // It closed, or kept silent.
        _ => {}
    }
    drop(slot);
}

async fn speak<S>(stream: S, from: From, tls: bool, cloud: &Arc<Cloud>, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let cloud = cloud.clone();
    let stream = Noted::new(stream, HEAD_TIME);
    let From { peer, connection } = from;
    let client = Arc::new(Client { peer, tls, names: stream.names(), connection: Some(connection) });
    let service = service_fn(move |request| {
        let (cloud, client) = (cloud.clone(), client.clone());
        let is_http_1 = request.version() <= Version::HTTP_11;
        let (request, ended) = body::request(request);
        async move {
            let mut response = unbroken(cloud::http::serve_client(&cloud, request, &client)).await;
            // What is left of a body cannot be passed over, so the connection ends; a client that does not know loses
            // its next request.
            if is_http_1 && !ended.get() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(body::response(response))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let http2 = &mut builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(PING_TIME).keep_alive_timeout(PING_TIME);
    let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(?peer, %error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::server::{Options, start};

    async fn answer(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut buffer = [0; 1024];
        let length = stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..length]).to_lowercase()
    }

    /// A panic ended the connection, with all of its requests.
    #[tokio::test]
    async fn a_panic_is_answered() {
        let response = unbroken(async { panic!("a mistake") }).await;
        assert_eq!(response.status(), 500);
        let body = response.body().collect(1024).await.unwrap();
        assert_eq!(body, "{\"__type\":\"InternalFailure\"}");
    }

    /// After a refusal that came before the body was read, clients sent their next request into a closed connection.
    #[tokio::test]
    async fn a_client_hears_that_its_connection_ends() {
        let running = start(Options { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Options::default() })
            .await
            .unwrap();
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: Nobody.Knows\r\nContent-Length: ";
        let unread = answer(running.address(), &format!("{head}100000\r\n\r\n{{")).await;
        assert!(unread.contains("\r\nconnection: close\r\n"), "{unread}");
        let without_body = answer(running.address(), &format!("{head}0\r\n\r\n")).await;
        assert!(!without_body.contains("connection:"), "{without_body}");
        let head =
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: ";
        let read = answer(running.address(), &format!("{head}2\r\n\r\n{{}}")).await;
        assert!(read.starts_with("http/1.1 4") && !read.contains("connection:"), "{read}");
        running.stop().await;
    }
}
