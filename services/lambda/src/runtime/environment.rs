//! One sandboxed process of a function version: its start and init phase, one invocation after the other, its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jail::spec::Exit;
use tokio::time::Instant;

use self::beside::Beside;
use self::held::Held;
use self::start::{not_used, spawn, stream_name};
use super::api::{Api, NextReply};
use super::compiled;
use super::extensions::Fault;
use super::frames::{Frame, Head, Kind};
use super::guests::Stay;
use super::helper::Helper;
use super::interpreters::Wanted;
use super::launch::{Host, Initialization, Launch};
use super::log::{self, LogLine, Report};
use super::network::Served;
use super::outcome::{Ended, Outcome};
use super::output::Output;
use super::pipes::Pipes;
use super::stream::{Streamed, TimeUp};
use super::ticker::Ticker;
use crate::limits::RESPONSE_BYTES_MAX;

mod beside;
mod held;
mod invocation;
pub(crate) mod json;
mod last_words;
mod listen;
mod start;
mod usage;

pub(crate) use self::invocation::Invocation;

type Variables = Vec<(String, String)>;

/// The two ways of talking to a function's process.
#[derive(Debug)]
enum Lane {
    Pipes(Pipes),
    Api(Api),
}

/// A running process that has loaded its handler.
#[derive(Debug)]
pub(crate) struct Environment {
    launch: Arc<Launch>,
    host: Arc<Host>,
    lane: Lane,
    lane_ended: bool,
    /// The variables of a process that was started before they were known.
    late_variables: Option<Variables>,
    /// The API for extensions and what belongs to it; none where nothing can ask for it.
    beside: Option<Box<Beside>>,
    child: jail::host::Child,
    helper: Helper,
    /// The first process of the sandbox, and whether the program is its child.
    init: Option<(u32, bool)>,
    stdout: Output,
    stderr: Output,
    log_stream: Arc<str>,
    /// Events that are not delivered yet: those of the init phase go with the first invocation.
    lines: Held,
    /// The end of those that were delivered before the invocation ended.
    tail: String,
    /// How long the init phase took, until the first REPORT has told it.
    init_duration: Option<Duration>,
    peak_kilobytes: u64,
    peak_read: Option<Instant>,
    running: Option<Running>,
    /// An invocation is half sent: the process cannot be used any more if the caller goes now.
    sending: bool,
    healthy: bool,
    /// The invocation has said nothing yet but its answer.
    terse: bool,
    ticker: Ticker,
    /// How long the cloud itself has kept the process waiting in this phase: no part of the function's time.
    kept_waiting: Duration,
    /// When it became idle.
    pub(crate) idle_since: Instant,
    /// Counts as one of the functions that run until everything inside has ended.
    stay: Option<Stay>,
    /// What it connects to in a network of its own.
    served: Served,
    /// The folder that stands in for /tmp.
    scratch: Option<tempfile::TempDir>,
}

/// The invocation that runs.
#[derive(Debug)]
struct Running {
    request_id: Arc<str>,
    started: Instant,
    streamed: Streamed,
    /// For logs in the JSON format, which tell it.
    trace: String,
}

/// The process was gone before it could take the invocation, which may be given to another one.
#[derive(Debug)]
pub(crate) struct Gone;

/// An environment that could not be started. The log has what it printed.
#[derive(Debug)]
pub(crate) struct NoStart {
    pub(crate) ended: Ended,
    pub(crate) duration: Duration,
    pub(crate) lines: Vec<LogLine>,
    pub(crate) log_stream: Arc<str>,
    /// The init phase took longer than it may.
    pub(crate) timed_out: bool,
}

/// What came from the process.
enum Heard {
    Frame(Frame),
    Exited(Exit),
    /// The sandbox could not be built: the step and the system's error.
    Failed(String, String),
    TimeUp,
    OutOfMemory,
    /// An extension has failed.
    Fault(Fault),
    /// Something about the extensions has changed.
    Changed,
}

impl Environment {
    fn of(
        launch: Arc<Launch>,
        host: Arc<Host>,
        log_stream: Arc<str>,
        lane: Lane,
        child: jail::host::Child,
        helper: Helper,
        (stdout, stderr): (Output, Output),
    ) -> Environment {
        Environment {
            launch,
            host,
            lane,
            lane_ended: false,
            late_variables: None,
            beside: None,
            child,
            helper,
            init: None,
            stdout,
            stderr,
            log_stream,
            lines: Held::default(),
            tail: String::new(),
            init_duration: None,
            peak_kilobytes: 0,
            peak_read: None,
            running: None,
            sending: false,
            healthy: true,
            terse: false,
            ticker: Ticker::new(),
            kept_waiting: Duration::ZERO,
            idle_since: Instant::now(),
            stay: None,
            served: Served::default(),
            scratch: None,
        }
    }

    /// Starts a process and waits until its handler is loaded, at most `limit`.
    pub(crate) async fn start(
        launch: Arc<Launch>,
        host: Arc<Host>,
        limit: Duration,
    ) -> Result<Environment, NoStart> {
        let started = Instant::now();
        let log_stream = stream_name(&launch, &host);
        let not_spawned = |error: std::io::Error| {
            tracing::error!(%error, "an environment could not be started");
            NoStart {
                ended: Ended::no_sandbox(),
                duration: started.elapsed(),
                lines: vec![],
                log_stream: Arc::clone(&log_stream),
                timed_out: false,
            }
        };
        let spawn = |ahead| spawn(Arc::clone(&launch), Arc::clone(&host), Arc::clone(&log_stream), ahead);
        let until = started + limit;
        let mut environment = spawn(true).await.map_err(not_spawned)?;
        let has_waited = environment.late_variables.is_some();
        let mut loaded = environment.load(until).await;
        if let (true, Err(Heard::Failed(step, error))) = (has_waited, &loaded) {
            not_used(step, error);
            environment.end();
            environment = spawn(false).await.map_err(not_spawned)?;
            loaded = environment.load(until).await;
        }
        let (ended, timed_out) = match loaded {
            Ok(()) => {
                environment.init_duration = Some(started.elapsed());
                return Ok(environment);
            }
            Err(Heard::Frame(frame)) => (Ended::Error(frame.body.unwrap_or_default()), false),
            Err(Heard::Exited(exit)) => (Ended::Exited(exit), false),
            Err(Heard::OutOfMemory) => (Ended::OutOfMemory, false),
            Err(Heard::TimeUp) => (Ended::TimedOut, true),
            Err(Heard::Failed(step, error)) => (environment.not_started(&step, &error), false),
            Err(Heard::Fault(Fault { kind, message })) => (Ended::NoStart { kind, message }, false),
            Err(Heard::Changed) => (Ended::TimedOut, true), // Never: the init phase listens on.
        };
        environment.collect_output(true);
        environment.init_failed(&ended, started.elapsed());
        let lines = environment.lines.take();
        environment.end();
        Err(NoStart { ended, duration: started.elapsed(), lines, log_stream, timed_out })
    }

    /// The init phase.
    async fn load(&mut self, until: Instant) -> Result<(), Heard> {
        let started = Instant::now();
        self.init_started();
        self.await_registrations(until).await?;
        let seen = self.launch.seen(&self.host, self.scratch.as_ref().map(|folder| folder.path()));
        let mut order = self.launch.order(&seen);
        if let Some(variables) = self.late_variables.take() {
            order["env"] = serde_json::json!(variables.into_iter().collect::<BTreeMap<_, _>>());
        }
        self.host.compiled.add_to(&mut order, &self.launch, &self.host);
        if let Lane::Pipes(pipes) = &mut self.lane
            && pipes.assign(&order).await.is_err()
        {
            self.lane_ended = true; // The process ended already; why is told below.
        }
        loop {
            match self.listen(until).await {
                Heard::Frame(Frame { kind: Kind::Ready, .. }) => break,
                Heard::Changed => {}
                Heard::Frame(Frame { kind: Kind::Hints, body }) => {
                    compiled::make(&self.host, &self.launch, &body.unwrap_or_default());
                }
                Heard::Frame(Frame { kind: Kind::Inspector, body: Some(address) }) => {
                    self.host.backend.listens(&self.launch, &String::from_utf8_lossy(&address));
                }
                other => return Err(other),
            }
        }
        self.await_extensions(until).await?;
        self.init_done(started.elapsed());
        Ok(())
    }

    /// What a failed start means to the caller of the function.
    fn not_started(&mut self, step: &str, error: &str) -> Ended {
        tracing::warn!(function = self.launch.name, step, error, "a function's process could not be started");
        if let Some(ended) = self.wrapper_failed(step, error) {
            return ended;
        }
        if matches!(self.launch.wanted, Wanted::Provided) && step.starts_with("start ") {
            let message = if error.starts_with("No such file") {
                "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_string()
            } else {
                let cause = if error.starts_with("Permission denied") {
                    "permission denied"
                } else {
                    "exec format error"
                };
                format!("fork/exec {}: {cause}", step.trim_start_matches("start "))
            };
            return Ended::NoStart { kind: "Runtime.InvalidEntrypoint", message };
        }
        Ended::no_sandbox()
    }

    /// Sends an invocation. [`Environment::complete`] waits for its end.
    pub(crate) async fn begin(&mut self, invocation: &Invocation) -> Result<(), Gone> {
        let now = self.host.backend.now_millis();
        let timeout = self.launch.timeout;
        if self.beside.is_some() && self.helper.has_spoken() {
            self.healthy = false; // Its runtime, or an extension, has ended meanwhile.
            return Err(Gone);
        }
        self.sending = true;
        match &mut self.lane {
            Lane::Pipes(pipes) => {
                let head = Head {
                    request_id: &invocation.request_id,
                    remaining_millis: i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX),
                    invoked_arn: &invocation.invoked_arn,
                    trace: &invocation.trace,
                    client_context: &invocation.client_context,
                    identity: &invocation.identity,
                };
                let sent = match pipes.invoke(&head, &invocation.payload) {
                    // A process that does not read is found by the time limit of the invocation.
                    Ok(false) => {
                        let rest = pipes.send_rest();
                        tokio::time::timeout_at(Instant::now() + timeout, rest).await.unwrap_or(Ok(()))
                    }
                    done => done.map(|_all| ()),
                };
                if sent.is_err() {
                    self.healthy = false;
                    return Err(Gone);
                }
            }
            Lane::Api(api) => {
                api.invoke(NextReply {
                    request_id: invocation.request_id.clone(),
                    deadline_millis: now + i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX),
                    invoked_arn: invocation.invoked_arn.clone(),
                    trace: invocation.trace.clone(),
                    client_context: invocation.client_context.clone(),
                    identity: invocation.identity.clone(),
                    body: invocation.payload.clone(),
                });
            }
        }
        self.sending = false;
        self.terse = matches!(self.lane, Lane::Pipes(_));
        self.kept_waiting = Duration::ZERO;
        let lines = self.launch.first_lines(&invocation.request_id, &invocation.trace, now);
        self.lines.extend(lines);
        self.tail.clear();
        self.tell_start(invocation, now);
        let streamed = Streamed::new(invocation.stream.clone());
        let request_id = invocation.request_id.clone();
        let trace = if self.launch.logging.json { invocation.trace.clone() } else { String::new() };
        self.running = Some(Running { request_id, started: Instant::now(), streamed, trace });
        Ok(())
    }

    /// Waits for the end of the invocation that runs. May be dropped and called again.
    pub(crate) async fn complete(&mut self, with_tail: bool) -> Outcome {
        let timeout = self.launch.timeout;
        let started = self.running.as_ref().map_or_else(Instant::now, |running| running.started);
        let until = started + timeout;
        let ended = loop {
            match self.listen(until).await {
                Heard::Frame(Frame { kind: Kind::Answer, body: Some(body) }) => {
                    break self.streamed().map_or(Ended::Answer(Bytes::new()), |streamed| streamed.end(body));
                }
                Heard::Frame(Frame { kind: Kind::Error, body: Some(body) }) => break Ended::Error(body),
                Heard::Frame(Frame { kind: Kind::Answer | Kind::Error, body: None }) => {
                    break Ended::TooLarge(RESPONSE_BYTES_MAX);
                }
                Heard::Frame(Frame { kind: kind @ (Kind::Stream | Kind::Chunk), body }) => {
                    self.terse = false;
                    if self.stream(kind, body, until).await.is_err() {
                        break Ended::TimedOut;
                    }
                }
                Heard::Frame(_) | Heard::Changed => {} // An answer to `GET next`.
                Heard::Fault(Fault { kind, message }) => break Ended::NoStart { kind, message },
                Heard::Exited(exit) => break Ended::Exited(exit),
                Heard::Failed(..) => break Ended::Exited(Exit::Code(1)),
                Heard::TimeUp => break Ended::TimedOut,
                Heard::OutOfMemory => break Ended::OutOfMemory,
            }
        };
        let duration = if ended == Ended::TimedOut { timeout } else { started.elapsed() };
        self.finish(&ended, duration, with_tail)
    }

    fn streamed(&mut self) -> Option<&mut Streamed> {
        self.running.as_mut().map(|running| &mut running.streamed)
    }

    /// Takes a piece of the answer.
    async fn stream(&mut self, kind: Kind, body: Option<Bytes>, until: Instant) -> Result<(), TimeUp> {
        let Some(streamed) = self.streamed() else { return Ok(()) };
        match kind {
            Kind::Stream => streamed.start(&body.unwrap_or_default(), until).await,
            _ => streamed.chunk(body, until).await,
        }
    }

    /// The log lines after the handler's end, and the answer.
    fn finish(&mut self, ended: &Ended, duration: Duration, with_tail: bool) -> Outcome {
        let running = self.running.take();
        let until = running.as_ref().map(|running| running.started + self.launch.timeout);
        let (request_id, trace) =
            running.map(|running| (running.request_id, running.trace)).unwrap_or_default();
        let request_id = &*request_id;
        self.healthy &= ended.leaves_it_healthy();
        if self.terse && ended.leaves_it_healthy() {
            self.stdout.drain_told();
            self.stderr.drain_told();
            self.collect_lines(true);
        } else {
            self.collect_output(true);
        }
        self.read_peak();
        let now = self.host.backend.now_millis();
        let report = Report {
            request_id,
            duration,
            init: self.init_duration.take(),
            memory_mb: self.launch.memory_mb,
            memory_used_mb: self.memory_used_mb(ended),
            ended,
        };
        let seen = report.seen(&self.log_stream, report.init.is_some() && !self.is_provisioned());
        if let Some(beside) = &mut self.beside {
            beside.tell_end(ended, &report, now);
            beside.settle_until(until);
        }
        self.lines.extend(self.launch.last_lines(&report, &trace, now));
        let before = std::mem::take(&mut self.tail);
        let tail = if with_tail { log::tail(&before, &self.lines) } else { String::new() };
        self.deliver();
        self.idle_since = Instant::now();
        Outcome {
            payload: ended.payload(request_id, self.launch.timeout),
            failed: !matches!(ended, Ended::Answer(_)),
            tail,
            seen,
        }
    }

    fn deliver(&mut self) {
        let lines = self.lines.take();
        self.host.backend.log(&self.launch, &self.log_stream, lines);
    }

    /// Whether it was started ahead of invocations.
    pub(crate) fn is_provisioned(&self) -> bool {
        self.launch.initialization == Initialization::Provisioned
    }

    /// Whether an invocation runs that must be waited for.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether it may take another invocation.
    pub(crate) fn is_usable(&self) -> bool {
        self.healthy && !self.sending && self.running.is_none() && !self.is_settling()
    }

    /// Whether the process has ended by itself while it was idle.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.helper.has_spoken()
    }

    /// Ends the process and everything that it started, off the async threads: it takes a millisecond.
    pub(crate) fn end(self) {
        if let Some(kept) = self.shut_down_first() {
            kept.kill();
        }
    }

    fn kill(self) {
        self.child.kill();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(self))),
            Err(_) => drop(self),
        }
    }

    fn started(&mut self, init: u32, program_is_child: bool) {
        self.init = Some((init, program_is_child));
        if let Lane::Api(api) = &self.lane {
            api.allow(init);
        }
        if let Some(beside) = &mut self.beside {
            beside.started(init);
        }
    }

    fn exited(&mut self, exit: Exit) -> Heard {
        self.healthy = false;
        if let Some(beside) = &mut self.beside {
            beside.runtime_ended = true;
        }
        if self.child.out_of_memory() { Heard::OutOfMemory } else { Heard::Exited(exit) }
    }

    fn logged(&mut self, body: Option<Bytes>) {
        let Some(body) = body else { return }; // Larger than any event may be.
        let text = String::from_utf8_lossy(&body).into_owned();
        self.lines.push(LogLine { time_millis: self.host.backend.now_millis(), text });
        self.tell_lines(self.lines.len() - 1);
        self.relieve();
    }

    /// Delivers lines before the invocation ends when there are many: printing must not take the host's memory.
    fn relieve(&mut self) {
        if self.lines.is_full() {
            self.tail = log::tail(&self.tail, &self.lines);
            self.deliver();
        }
    }

    /// Reads what the process has printed past us until now, from native code or its children.
    fn collect_output(&mut self, all: bool) {
        self.stdout.drain();
        self.stderr.drain();
        self.collect_lines(all);
    }

    fn collect_lines(&mut self, all: bool) {
        let now = self.host.backend.now_millis();
        let before = self.lines.len();
        self.lines.gather(|lines| {
            self.stdout.take_lines(now, all, lines);
            self.stderr.take_lines(now, all, lines);
        });
        self.tell_lines(before);
        self.collect_beside(now, all);
        self.relieve();
    }
}
