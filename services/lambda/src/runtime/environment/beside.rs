//! The environment's part of the Extensions and Telemetry APIs: the order of the init phase, who is waited for after an
//! invocation, the shutdown phase.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle>

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jail::spec::{Event, Exit};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::json::Lines;
use super::{Environment, Heard, Invocation, Lane};
use crate::runtime::api::{Api, Shared};
use crate::runtime::extensions::{Extensions, Fault};
use crate::runtime::frames::{Frame, Kind};
use crate::runtime::interpreters::{Language, Wanted};
use crate::runtime::launch::{Host, Launch};
use crate::runtime::log::{LogLine, Report};
use crate::runtime::memory;
use crate::runtime::outcome::Ended;
use crate::runtime::output::Output;
use crate::runtime::records::{self, Figures, Status};
use crate::runtime::telemetry::{self, Category, Telemetry};

/// The shutdown phase: 2 seconds with external extensions, half a second with internal ones alone.
const SHUTDOWN_EXTERNAL: Duration = Duration::from_secs(2);
const SHUTDOWN_INTERNAL: Duration = Duration::from_millis(500);
/// The runtime's share of it, before the extensions are told (aws-lambda-runtime-interface-emulator, `shutdown.go`).
const RUNTIME_SHARE: f64 = 0.3;
/// The program's process id inside, where it is the first child of process 1.
const FIRST_CHILD: u32 = 2;

/// See the module.
#[derive(Debug)]
pub(super) struct Beside {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    /// The API beside the pipes of a managed runtime.
    api: Option<Api>,
    /// It is open whether the runtime talks over the pipes or over the API.
    undecided: bool,
    /// What extensions print.
    output: Option<Output>,
    gate: Option<io::PipeWriter>,
    /// The program's process id inside.
    program: Option<u32>,
    pub(super) runtime_ended: bool,
    trace: String,
    /// Until when extensions may work on after the invocation.
    settle: Option<Instant>,
    /// Why the environment ends, for the SHUTDOWN event.
    reason: &'static str,
}

/// What happened beside the runtime.
pub(super) enum Step {
    /// An extension printed something.
    Output,
    /// The state of the extensions changed.
    Change,
    /// Something came over the API although there are pipes.
    Frame(Option<Frame>),
}

/// Waits for the next step. May be dropped and called again.
pub(super) async fn next_step(beside: &mut Option<Box<Beside>>) -> Step {
    let Some(beside) = beside else { return std::future::pending().await };
    let Beside { api, output, changes, undecided, .. } = &mut **beside;
    let frame = async {
        match api {
            Some(api) if *undecided => api.next().await,
            _ => std::future::pending().await,
        }
    };
    let printed = async {
        match output {
            Some(output) => output.fill().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        // The sender lives in what is shared, so there is no end.
        _ = changes.changed() => Step::Change,
        frame = frame => Step::Frame(frame),
        () = printed => Step::Output,
    }
}

impl Beside {
    pub(super) fn new(launch: &Arc<Launch>, host: &Arc<Host>) -> io::Result<Beside> {
        let externals = launch.extensions.iter().map(|name| (name.clone(), Shared::new_id(host))).collect();
        let extensions = Extensions::new(externals);
        let changes = extensions.changes();
        let shared = Arc::new(Shared {
            extensions,
            telemetry: Telemetry::default(),
            outlets: OnceLock::new(),
            launch: Arc::clone(launch),
            host: Arc::clone(host),
        });
        Ok(Beside {
            shared,
            changes,
            api: None,
            undecided: false,
            output: None,
            gate: None,
            program: None,
            runtime_ended: false,
            trace: String::new(),
            settle: None,
            reason: "spindown",
        })
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Opens the API beside the pipes; its address.
    pub(super) async fn listen(&mut self) -> io::Result<String> {
        let api = Api::listen(Some(self.shared())).await?;
        let address = api.address.to_string();
        self.open(api);
        Ok(address)
    }

    /// There is this API beside the pipes.
    pub(super) fn open(&mut self, api: Api) {
        self.api = Some(api);
        self.undecided = true;
    }

    /// The descriptors of the companions, if there are some: where they print, and the program's gate.
    pub(super) fn files(&mut self) -> io::Result<Vec<OwnedFd>> {
        if self.shared.launch.extensions.is_empty() {
            return Ok(Vec::new());
        }
        let (reader, writer) = io::pipe()?;
        let (gate, opener) = io::pipe()?;
        self.output = Some(Output::new(reader.into())?);
        self.gate = Some(opener);
        Ok(vec![writer.into(), gate.into()])
    }

    pub(super) fn started(&mut self, init: u32) {
        if let Some(api) = &self.api {
            api.allow(init);
        }
    }

    fn emit(&self, now_millis: i64, kind: &'static str, record: impl FnOnce() -> serde_json::Value) {
        if self.shared.telemetry.is_wanted() {
            let event = telemetry::Event {
                time_millis: now_millis,
                category: Category::Platform,
                kind,
                record: record(),
            };
            self.shared.telemetry.emit(event);
        }
    }

    /// Tells subscribers how an invocation ended.
    pub(super) fn tell_end(&mut self, ended: &Ended, report: &Report<'_>, now_millis: i64) {
        self.reason = match ended {
            Ended::TimedOut => "timeout",
            ended if !ended.leaves_it_healthy() => "failure",
            _ => "spindown",
        };
        let status = status_of(ended);
        let bytes = match ended {
            Ended::Answer(answer) => Some(answer.len()),
            _ => None,
        };
        let figures = Figures::of(report);
        let (id, trace) = (report.request_id, &self.trace);
        self.emit(now_millis, "platform.runtimeDone", || {
            records::runtime_done(id, status, report.duration, bytes, trace)
        });
        self.emit(now_millis, "platform.end", || json!({"requestId": id}));
        self.emit(now_millis, "platform.report", || records::report(id, status, &figures, trace));
    }

    /// The invocation is answered; its extensions may go on until this moment.
    pub(super) fn settle_until(&mut self, until: Option<Instant>) {
        self.settle = if self.shared.extensions.all_ready() { None } else { until };
    }
}

/// How an invocation ended, for records.
pub(super) fn status_of(ended: &Ended) -> Status {
    match ended {
        Ended::Answer(_) => Status::SUCCESS,
        Ended::Error(_) => Status { status: "error", error_type: Some("Runtime.Unknown") },
        Ended::TooLarge(_) => Status { status: "error", error_type: Some("Function.ResponseSizeTooLarge") },
        other => match other.status() {
            Some((status @ "timeout", error_type)) => Status { status, error_type },
            Some((_, error_type)) => Status { status: "failure", error_type },
            None => Status::SUCCESS,
        },
    }
}

impl Environment {
    // --- the init phase ---

    pub(super) fn init_started(&mut self) {
        let now = self.host.backend.now_millis();
        if let Some(beside) = &self.beside {
            let launch = &self.launch;
            beside.emit(now, "platform.initStart", || {
                records::init_start(
                    launch.initialization.name(),
                    &launch.runtime,
                    &launch.name,
                    &launch.version,
                )
            });
        }
    }

    /// Waits until all external extensions have registered, then lets the runtime start.
    pub(super) async fn await_registrations(&mut self, until: Instant) -> Result<(), Heard> {
        while self.beside.as_ref().is_some_and(|beside| !beside.shared.extensions.all_registered()) {
            match self.listen(until).await {
                Heard::Changed => {}
                other => return Err(other),
            }
        }
        if let Some(mut gate) = self.beside.as_mut().and_then(|beside| beside.gate.take()) {
            // A program that is gone already is told of by the helper.
            let _no_reader = gate.write_all(b"!");
        }
        Ok(())
    }

    /// The runtime is ready: waits until all extensions are.
    pub(super) async fn await_extensions(&mut self, until: Instant) -> Result<(), Heard> {
        let Some(beside) = &self.beside else { return Ok(()) };
        beside.shared.extensions.close();
        let on = self.launch.initialization.name();
        beside.emit(self.host.backend.now_millis(), "platform.initRuntimeDone", || {
            records::init_done(on, Status::SUCCESS)
        });
        while self.beside.as_ref().is_some_and(|beside| !beside.shared.extensions.all_ready()) {
            match self.listen(until).await {
                Heard::Changed => {}
                other => return Err(other),
            }
        }
        Ok(())
    }

    pub(super) fn init_done(&mut self, duration: Duration) {
        self.show_extensions();
        let now = self.host.backend.now_millis();
        self.write_init(Status::SUCCESS, duration, now);
        let Some(beside) = &self.beside else { return };
        let on = self.launch.initialization.name();
        beside.emit(now, "platform.initReport", || records::init_report(on, Status::SUCCESS, duration));
        beside.shared.telemetry.close();
    }

    pub(super) fn init_failed(&mut self, ended: &Ended, duration: Duration) {
        self.show_extensions();
        let now = self.host.backend.now_millis();
        self.write_init(status_of(ended), duration, now);
        let Some(beside) = &mut self.beside else { return };
        beside.reason = if *ended == Ended::TimedOut { "timeout" } else { "failure" };
        let on = self.launch.initialization.name();
        let status = status_of(ended);
        beside.emit(now, "platform.initReport", || records::init_report(on, status, duration));
    }

    /// What a log in the JSON format says of the init phase.
    fn write_init(&mut self, status: Status, duration: Duration, now_millis: i64) {
        let launch = &self.launch;
        if launch.logging.json {
            let on = launch.initialization.name();
            let start = records::init_start(on, &launch.runtime, &launch.name, &launch.version);
            self.lines.extend(Lines::new(launch.logging, now_millis).init(start, on, status, duration));
        }
    }

    /// A line of the log for each extension.
    fn show_extensions(&mut self) {
        let Some(beside) = &self.beside else { return };
        let now = self.host.backend.now_millis();
        for shown in beside.shared.extensions.shown() {
            let error = shown.error.as_deref();
            let record = records::extension(&shown.name, shown.state, &shown.events, error);
            beside.emit(now, "platform.extension", || record.clone());
            let mut text = format!(
                "EXTENSION\tName: {}\tState: {}\tEvents: [{}]",
                shown.name,
                shown.state,
                shown.events.join(",")
            );
            if let Some(error) = error {
                text.push_str(&format!("\tError Type: {error}"));
            }
            text.push('\n');
            match self.launch.logging.json {
                true => self.lines.extend(Lines::new(self.launch.logging, now).extension(record)),
                false => self.lines.push(LogLine { time_millis: now, text }),
            }
        }
    }

    /// A wrapper (AWS_LAMBDA_EXEC_WRAPPER) that cannot be started, in the words of Lambda's own start script.
    pub(super) fn wrapper_failed(&mut self, step: &str, error: &str) -> Option<Ended> {
        let wrapper = self.launch.wrapper()?;
        if !step.starts_with("start ") && !step.starts_with("enter ") {
            return None;
        }
        let (text, code) = if error.starts_with("No such file") {
            (format!("{wrapper}: does not exist\n"), 127)
        } else {
            (format!("{wrapper}: is not an executable\n"), 126)
        };
        self.lines.push(LogLine { time_millis: self.host.backend.now_millis(), text });
        Some(Ended::Exited(Exit::Code(code)))
    }

    // --- while it runs ---

    pub(super) fn has_companions(&self) -> bool {
        !self.launch.extensions.is_empty()
    }

    pub(super) fn is_undecided(&self) -> bool {
        self.beside.as_ref().is_some_and(|beside| beside.undecided)
    }

    /// The runtime talks over the pipes.
    pub(super) fn decide_for_pipes(&mut self, frame: &Frame) {
        if let (Kind::Ready | Kind::InitError, Some(beside)) = (frame.kind, &mut self.beside) {
            beside.undecided = false;
        }
    }

    /// What happened beside the runtime, as far as it ends the waiting.
    pub(super) fn take_step(&mut self, step: Step) -> Option<Heard> {
        match step {
            Step::Output => {
                self.collect_beside(self.host.backend.now_millis(), false);
                None
            }
            Step::Change => {
                let beside = self.beside.as_ref()?;
                Some(beside.shared.extensions.fault().map_or(Heard::Changed, Heard::Fault))
            }
            Step::Frame(frame) => {
                // A wrapper or an extension is the runtime, and talks over the API.
                let api = self.beside.as_mut().and_then(|beside| {
                    beside.undecided = false;
                    beside.api.take()
                })?;
                self.lane = Lane::Api(api);
                self.lane_ended = false;
                frame.map(Heard::Frame)
            }
        }
    }

    /// What the helper says of extensions.
    pub(super) fn beside_told(&mut self, event: &Event) {
        let Some(beside) = &mut self.beside else { return };
        match event {
            Event::Running { program } => beside.program = Some(*program),
            Event::CompanionFailed { index, step, error } => {
                tracing::warn!(function = self.launch.name, step, error, "an extension could not be started");
                let cause = if error.starts_with("Permission denied") {
                    "permission denied"
                } else {
                    "exec format error"
                };
                let path = step.trim_start_matches("start ");
                beside.shared.extensions.not_launched(*index, &format!("fork/exec {path}: {cause}"));
            }
            Event::CompanionExited { index, exit } => beside.shared.extensions.exited(*index, *exit),
            _ => {}
        }
    }

    /// Takes what extensions have printed.
    pub(super) fn collect_beside(&mut self, now_millis: i64, all: bool) {
        let Some(beside) = &mut self.beside else { return };
        let Some(output) = &mut beside.output else { return };
        if all {
            output.drain();
        }
        let before = self.lines.len();
        self.lines.gather(|lines| output.take_lines(now_millis, all, lines));
        tell(&beside.shared, Category::Extension, &self.lines[before..]);
    }

    /// Tells subscribers of the lines of the function from this one on.
    pub(super) fn tell_lines(&self, from: usize) {
        if let Some(beside) = &self.beside {
            tell(&beside.shared, Category::Function, &self.lines[from..]);
        }
    }

    /// Tells extensions and subscribers of an invocation.
    pub(super) fn tell_start(&mut self, invocation: &Invocation, now_millis: i64) {
        let Some(beside) = &mut self.beside else { return };
        beside.trace.clone_from(&invocation.trace);
        let (id, trace) = (&invocation.request_id, &invocation.trace);
        beside.emit(now_millis, "platform.start", || records::start(id, &self.launch.version, trace));
        if beside.shared.extensions.is_empty() {
            return;
        }
        let timeout = i64::try_from(self.launch.timeout.as_millis()).unwrap_or(i64::MAX);
        beside.shared.extensions.invoke(&json!({
            "eventType": "INVOKE",
            "deadlineMs": now_millis.saturating_add(timeout),
            "requestId": id,
            "invokedFunctionArn": invocation.invoked_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": trace},
        }));
    }

    /// Whether extensions still work on the last invocation.
    pub(crate) fn is_settling(&self) -> bool {
        self.healthy && self.beside.as_ref().is_some_and(|beside| beside.settle.is_some())
    }

    /// Waits until all extensions are done with the last invocation, at most until its time is up.
    pub(crate) async fn settle(&mut self) {
        while let Some(until) = self.beside.as_ref().and_then(|beside| beside.settle) {
            let done = self.beside.as_ref().is_none_or(|beside| beside.shared.extensions.all_ready());
            let heard = if done { None } else { Some(self.listen(until).await) };
            let Some(beside) = &mut self.beside else { return };
            match heard {
                Some(Heard::Changed | Heard::Frame(_)) => continue,
                None => beside.settle = None,
                Some(Heard::TimeUp) => {
                    (beside.settle, beside.reason) = (None, "timeout");
                    self.healthy = false;
                }
                Some(other) => {
                    (beside.settle, beside.reason) = (None, "failure");
                    self.healthy = false;
                    if let Heard::Fault(Fault { kind, message }) = other {
                        let text = format!("Error: {message}\n{kind}\n");
                        self.lines.push(LogLine { time_millis: self.host.backend.now_millis(), text });
                    }
                }
            }
        }
        self.collect_output(true);
        self.deliver();
        self.idle_since = Instant::now();
    }

    // --- the shutdown phase ---

    /// Begins the shutdown phase when there is somebody to tell; otherwise gives the environment back.
    pub(super) fn shut_down_first(self) -> Option<Environment> {
        let wanted = self.beside.as_ref().is_some_and(|beside| !beside.shared.extensions.is_empty());
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if wanted => {
                drop(runtime.spawn(self.shut_down()));
                None
            }
            _ => Some(self),
        }
    }

    async fn shut_down(mut self) {
        let Some(beside) = &self.beside else { return self.kill() };
        let (shared, reason) = (beside.shared(), beside.reason);
        let budget = if shared.extensions.has_external() { SHUTDOWN_EXTERNAL } else { SHUTDOWN_INTERNAL };
        let started = Instant::now();
        let now = self.host.backend.now_millis();
        shared.telemetry.flush().await;
        if self.ask_runtime_to_end().await {
            self.await_exit(started + budget.mul_f64(RUNTIME_SHARE)).await;
        }
        let millis = i64::try_from(budget.as_millis()).unwrap_or(i64::MAX);
        shared.extensions.shut_down(reason, now.saturating_add(millis));
        while shared.extensions.waits_for_exits() {
            match self.listen(started + budget).await {
                Heard::TimeUp | Heard::Failed(..) | Heard::OutOfMemory => break,
                _ => {}
            }
        }
        self.collect_output(true);
        self.deliver();
        self.kill();
    }

    /// SIGTERM for the runtime. False when it has ended already or cannot be found.
    async fn ask_runtime_to_end(&mut self) -> bool {
        if self.lane_ended || self.beside.as_ref().is_some_and(|beside| beside.runtime_ended) {
            return false;
        }
        let node = matches!(self.launch.wanted, Wanted::Managed(Language::Node, _));
        if let (Lane::Pipes(pipes), true, true) = (&mut self.lane, node, self.healthy) {
            // It stands still in read(2), where no handler of JavaScript runs: it is told over the pipe.
            return pipes.terminate().await.is_ok();
        }
        let Some((init, program_is_child)) = self.init else { return false };
        let known = self.beside.as_ref().and_then(|beside| beside.program);
        let program = known.unwrap_or(if program_is_child { FIRST_CHILD } else { init });
        let asked = tokio::task::spawn_blocking(move || jail::host::terminate(&memory::tree(init), program));
        matches!(asked.await, Ok(Ok(())))
    }

    async fn await_exit(&mut self, until: Instant) {
        loop {
            match self.listen(until).await {
                Heard::Exited(_) | Heard::TimeUp | Heard::Failed(..) | Heard::OutOfMemory => return,
                Heard::Frame(_) | Heard::Fault(_) | Heard::Changed => {}
            }
            if Instant::now() >= until {
                return;
            }
        }
    }
}

fn tell(shared: &Shared, category: Category, lines: &[LogLine]) {
    if lines.is_empty() || !shared.telemetry.is_wanted() {
        return;
    }
    let json = shared.launch.logging.json;
    for line in lines {
        shared.telemetry.emit(telemetry::Event::line(category, line.time_millis, &line.text, json));
    }
}
