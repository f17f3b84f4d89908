//! Lane B: the Runtime API (2018-06-01) over HTTP, for bootstraps that functions bring themselves.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Each environment has a listener of its own on a
//! random loopback port; only processes of that environment are served (see [`super::peer`]).

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::extensions::Extensions;
use super::frames::{Frame, Kind};
use super::launch::{Host, Launch};
use super::peer;
use super::telemetry::Telemetry;
use super::telemetry::way::{Outlets, Way};

mod connection;

/// Calls that wait to be seen by the environment; a runtime makes one at a time.
const CALLS_MAX: usize = 16;

/// Pause after an accept that failed, when file descriptors run out for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a runtime asks or tells.
#[derive(Debug)]
pub(crate) enum Call {
    /// `GET next`.
    Next(oneshot::Sender<NextReply>),
    /// `POST response` or `POST error` of an invocation.
    Done { request_id: String, kind: Kind, body: Option<Bytes>, reply: oneshot::Sender<Verdict> },
    /// The head of a `POST response` in streaming mode.
    Begin { request_id: String, content_type: String, reply: oneshot::Sender<Verdict> },
    /// Bytes of its body. Its end is a [`Call::Done`].
    Piece { request_id: String, body: Bytes },
    /// `POST init/error`.
    InitError { body: Bytes, reply: oneshot::Sender<Verdict> },
}

/// What connections and the environment share about extensions.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) extensions: Extensions,
    pub(crate) telemetry: Telemetry,
    /// The sockets to subscribers of telemetry in a network of the environment's own.
    pub(crate) outlets: OnceLock<Arc<Outlets>>,
    pub(crate) launch: Arc<Launch>,
    pub(crate) host: Arc<Host>,
}

impl Shared {
    /// Says that processes of the environment are reached through these sockets alone.
    pub(crate) fn reach_through(&self, sockets: Vec<OwnedFd>) {
        self.outlets.get_or_init(|| Arc::new(Outlets::new(sockets)));
    }

    /// How what listens in the sandbox `init` is reached.
    pub(crate) fn way(&self, init: u32) -> Way {
        match self.outlets.get() {
            Some(outlets) => Way::Inside(Arc::clone(outlets)),
            None => Way::Loopback { init },
        }
    }

    /// A new id in the form of a UUID.
    pub(crate) fn new_id(host: &Host) -> String {
        let digits = host.backend.random_hex(32);
        let at = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", at(0, 8), at(8, 12), at(12, 16), at(16, 20), at(20, 32))
    }
}

/// The answer to `GET next`.
#[derive(Debug, Clone)]
pub(crate) struct NextReply {
    pub(crate) request_id: Arc<str>,
    pub(crate) deadline_millis: i64,
    pub(crate) invoked_arn: Arc<str>,
    pub(crate) trace: String,
    pub(crate) client_context: String,
    pub(crate) identity: String,
    pub(crate) body: Bytes,
}

/// The answer to a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    /// Not the invocation that runs.
    InvalidRequestId,
    TooLarge,
}

/// The Runtime API of one environment.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    /// The sandbox's first process, once it is known.
    init: watch::Sender<Option<u32>>,
    calls: mpsc::Receiver<Call>,
    task: JoinHandle<()>,
    /// A runtime that waits in `GET next`.
    waiting: Option<oneshot::Sender<NextReply>>,
    /// The invocation that runs, or waits for the runtime to ask.
    current: Option<Arc<str>>,
    queued: Option<NextReply>,
}

impl Api {
    /// On the host's loopback interface, which other functions reach, too. `shared` is there for environments whose
    /// processes may use the Extensions API.
    pub(crate) async fn listen(shared: Option<Arc<Shared>>) -> io::Result<Api> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok(Api::on(listener, address, true, shared))
    }

    /// In the environment's own network, which nobody else reaches.
    pub(crate) fn inside(listener: TcpListener, shared: Option<Arc<Shared>>) -> Api {
        Api::on(listener, super::network::RUNTIME_API, false, shared)
    }

    fn on(listener: TcpListener, address: SocketAddr, guarded: bool, shared: Option<Arc<Shared>>) -> Api {
        let (sender, calls) = mpsc::channel(CALLS_MAX);
        let init = watch::Sender::new(None);
        let task =
            tokio::spawn(accept(listener, guarded.then_some(address), init.subscribe(), sender, shared));
        Api { address, init, calls, task, waiting: None, current: None, queued: None }
    }

    /// Says which processes may connect.
    pub(crate) fn allow(&self, init: u32) {
        self.init.send_replace(Some(init));
    }

    /// Hands an invocation to the runtime, or keeps it until the runtime asks.
    pub(crate) fn invoke(&mut self, reply: NextReply) {
        self.current = Some(reply.request_id.clone());
        match self.waiting.take() {
            // The connection may have closed while it waited; then the runtime asks again.
            Some(waiting) => self.queued = waiting.send(reply).err(),
            None => self.queued = Some(reply),
        }
    }

    /// The next thing that the runtime says, as a frame of lane A would say it. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            match self.calls.recv().await? {
                Call::Next(reply) => {
                    let Some(queued) = self.queued.take() else {
                        self.waiting = Some(reply);
                        if self.current.is_none() {
                            return Some(Frame { kind: Kind::Ready, body: None });
                        }
                        continue;
                    };
                    self.queued = reply.send(queued).err();
                }
                Call::InitError { body, reply } => {
                    let _connection_closed = reply.send(Verdict::Accepted);
                    return Some(Frame { kind: Kind::InitError, body: Some(body) });
                }
                Call::Begin { request_id, content_type, reply } => {
                    let known = self.current.as_deref() == Some(request_id.as_str());
                    let verdict = if known { Verdict::Accepted } else { Verdict::InvalidRequestId };
                    let _connection_closed = reply.send(verdict);
                    if known {
                        return Some(Frame { kind: Kind::Stream, body: Some(content_type.into()) });
                    }
                }
                Call::Piece { request_id, body } => {
                    if self.current.as_deref() == Some(request_id.as_str()) {
                        return Some(Frame { kind: Kind::Chunk, body: Some(body) });
                    }
                }
                Call::Done { request_id, kind, body, reply } => {
                    if self.current.as_deref() != Some(request_id.as_str()) {
                        let _connection_closed = reply.send(Verdict::InvalidRequestId);
                        continue;
                    }
                    let verdict = if body.is_some() { Verdict::Accepted } else { Verdict::TooLarge };
                    let _connection_closed = reply.send(verdict);
                    self.current = None;
                    return Some(Frame { kind, body });
                }
            }
        }
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    guarded: Option<SocketAddr>,
    init: watch::Receiver<Option<u32>>,
    calls: mpsc::Sender<Call>,
    shared: Option<Arc<Shared>>,
) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a Runtime API connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (mut init, calls, shared) = (init.clone(), calls.clone(), shared.clone());
        connections.spawn(async move {
            // A fast runtime may connect before the host has heard of its process.
            let Ok(Some(init)) = init.wait_for(Option::is_some).await.map(|init| *init) else { return };
            let look = tokio::task::spawn_blocking(move || {
                guarded.is_none_or(|address| peer::is_within(from, address, init))
            });
            if !look.await.unwrap_or(false) {
                tracing::warn!(%from, "a process outside of the environment tried to use its Runtime API");
                return;
            }
            let shared = shared.map(|shared| (shared, init));
            if let Err(error) = connection::serve(stream, calls, shared).await {
                tracing::debug!(%error, "a Runtime API connection ended");
            }
        });
    }
}
