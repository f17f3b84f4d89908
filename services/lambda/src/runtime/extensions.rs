//! The extensions of one environment: who has registered, who waits for an event, who is done.
//!
//! Connections of the API ([`super::api`]) and the environment meet here. External extensions are known by their file
//! names before they register; whoever registers under another name runs inside of the runtime's own process and is an
//! internal one. Names of errors and the states in their texts are those of AWS's emulator of the runtime interface
//! (aws-lambda-runtime-interface-emulator, `internal/lambda/rapi/handler`, `internal/lambda/core`).
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use std::sync::{Mutex, MutexGuard, PoisonError};

use jail::spec::Exit;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

/// Extensions of an environment, of both kinds together.
pub(crate) const EXTENSIONS_MAX: usize = 10;

/// What an extension can ask to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Invoke,
    Shutdown,
}

/// Where an extension stands, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Started,
    Registered,
    Ready,
    Running,
    InitError,
    ExitError,
    LaunchError,
    Exited,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Started => "Started",
            Status::Registered => "Registered",
            Status::Ready => "Ready",
            Status::Running => "Running",
            Status::InitError => "InitError",
            Status::ExitError => "ExitError",
            Status::LaunchError => "LaunchError",
            Status::Exited => "Exited",
        }
    }
}

#[derive(Debug)]
struct Extension {
    name: String,
    id: String,
    external: bool,
    wishes: Vec<Wish>,
    status: Status,
    /// A call of `event/next` that waits for its answer.
    waiting: Option<oneshot::Sender<String>>,
    /// An event that came before the extension asked for it.
    queued: Option<String>,
    /// The error type that it told itself.
    told: Option<String>,
}

/// A request that is refused with status 403: type and message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

/// Why an environment with extensions cannot go on: Lambda's error type and the words behind `Error:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

/// How an extension came through the init phase, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) events: Vec<&'static str>,
    pub(crate) error: Option<String>,
}

/// What `register` answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) id: String,
    pub(crate) with_account: bool,
}

#[derive(Debug, Default)]
struct State {
    all: Vec<Extension>,
    /// The init phase of the runtime is over: nobody can register any more.
    closed: bool,
    fault: Option<Fault>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Extensions {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

#[derive(Deserialize)]
struct RegisterBody {
    #[serde(default)]
    events: Vec<String>,
    #[serde(default, rename = "configurationKeys")]
    configuration_keys: Vec<String>,
}

impl Extensions {
    /// Extensions that are started from these files, with an id for each.
    pub(crate) fn new(externals: Vec<(String, String)>) -> Extensions {
        let all = externals.into_iter().map(|(name, id)| Extension::new(name, id, true)).collect();
        Extensions { state: Mutex::new(State { all, ..State::default() }), changes: watch::Sender::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Counts every change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    // --- what connections bring ---

    /// `POST extension/register`. `id` is what a new internal extension gets.
    pub(crate) fn register(
        &self,
        name: &str,
        features: &str,
        body: &[u8],
        id: String,
    ) -> Result<Registered, Refusal> {
        if name.is_empty() {
            return Err(refuse("Extension.InvalidExtensionName", "Empty extension name"));
        }
        let body: RegisterBody = serde_json::from_slice(body)
            .map_err(|error| refuse("InvalidRequestFormat", error.to_string()))?;
        if !body.configuration_keys.is_empty() {
            let text = "configurationKeys are deprecated; use environment variables instead";
            return Err(refuse("InvalidRequestFormat", text));
        }
        let with_account = features.split(',').any(|feature| feature.trim() == "accountId");
        let mut state = self.state();
        let found = state.all.iter().position(|one| one.external && one.name == name);
        let mut wishes = Vec::new();
        for event in &body.events {
            let wish = match (event.as_str(), found) {
                ("INVOKE", _) => Wish::Invoke,
                ("SHUTDOWN", Some(_)) => Wish::Shutdown,
                ("SHUTDOWN", None) => {
                    let text = format!("{event}: ShutdownEventNotSupportedForInternalExtension");
                    return Err(refuse("Extension.InvalidEventType", text));
                }
                _ => {
                    return Err(refuse(
                        "Extension.InvalidEventType",
                        format!("{event}: ErrorInvalidEventType"),
                    ));
                }
            };
            if !wishes.contains(&wish) {
                wishes.push(wish);
            }
        }
        let index = match found {
            Some(index) => index,
            None => state.new_internal(name, id)?,
        };
        let extension = &mut state.all[index];
        if extension.status != Status::Started {
            return Err(transition(extension.status, "Registered", name));
        }
        extension.status = Status::Registered;
        extension.wishes = wishes;
        let id = extension.id.clone();
        drop(state);
        self.changed();
        Ok(Registered { id, with_account })
    }

    /// `GET extension/event/next`: what comes out of the receiver is the event.
    pub(crate) fn next(&self, id: Option<&str>) -> Result<oneshot::Receiver<String>, Refusal> {
        let id = checked(id)?;
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        let unknown = || refuse("Extension.UnknownExtensionIdentifier", format!("Unknown extension {id}"));
        let extension = state.all.iter_mut().find(|one| one.id == id).ok_or_else(unknown)?;
        let abandoned = extension.waiting.as_ref().is_none_or(oneshot::Sender::is_closed);
        let fits = match extension.status {
            Status::Registered | Status::Running => true,
            Status::Ready => abandoned, // Its connection broke while it waited.
            _ => false,
        };
        if !fits {
            return Err(transition(extension.status, "Ready", id));
        }
        match extension.queued.take() {
            Some(event) => {
                extension.status = Status::Running;
                let _connection_closed = sender.send(event);
            }
            None => {
                extension.status = Status::Ready;
                extension.waiting = Some(sender);
            }
        }
        drop(state);
        self.changed();
        Ok(receiver)
    }

    /// `POST extension/init/error` and `extension/exit/error`.
    pub(crate) fn failed(&self, id: Option<&str>, init: bool, error: Option<&str>) -> Result<(), Refusal> {
        let id = checked(id)?;
        let Some(error) = error.filter(|error| !error.is_empty()) else {
            let text = "Lambda-Extension-Function-Error-Type not found";
            return Err(refuse("Extension.MissingHeader", text));
        };
        let mut state = self.state();
        let unknown =
            || refuse("Extension.UnknownExtensionIdentifier", "Unknown Lambda-Extension-Identifier");
        let index = state.all.iter().position(|one| one.id == id).ok_or_else(unknown)?;
        let extension = &mut state.all[index];
        let (target, fits) = if init {
            (Status::InitError, matches!(extension.status, Status::Registered | Status::InitError))
        } else {
            let over = matches!(extension.status, Status::Started | Status::Exited | Status::LaunchError);
            (Status::ExitError, !over)
        };
        if !fits {
            let name = if init { "InitError" } else { "Exited" };
            return Err(transition(extension.status, name, id));
        }
        extension.status = target;
        extension.told = Some(error.to_string());
        let external = extension.external;
        if !external {
            // Its end is that of the runtime, which nobody tells apart from others: this is all that is heard.
            state.fault(if init { "Extension.InitError" } else { "Extension.ExitError" }, error);
        }
        drop(state);
        self.changed();
        Ok(())
    }

    /// The name behind an identifier, for the Telemetry API.
    pub(crate) fn name_of(&self, id: Option<&str>) -> Result<String, Refusal> {
        let id = checked(id)?;
        let state = self.state();
        let found = state.all.iter().find(|one| one.id == id).map(|one| one.name.clone());
        found.ok_or_else(|| refuse("Extension.UnknownExtensionIdentifier", format!("Unknown extension {id}")))
    }

    // --- what the environment does ---

    /// Whether the init phase is not over yet: the Telemetry API takes subscriptions.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.state();
        !state.closed
            || state.all.iter().any(|one| matches!(one.status, Status::Started | Status::Registered))
    }

    /// All external extensions have registered: the runtime may start.
    pub(crate) fn all_registered(&self) -> bool {
        !self.state().all.iter().any(|one| one.external && one.status == Status::Started)
    }

    /// The runtime is ready: nobody registers any more.
    pub(crate) fn close(&self) {
        self.state().closed = true;
    }

    /// All extensions wait for the next event. One that wants no events is done for good when it has asked once. One
    /// that has told of an error ends, and how it does is waited for: the fault is known then.
    pub(crate) fn all_ready(&self) -> bool {
        self.state().all.iter().all(|one| match one.status {
            Status::Ready | Status::Exited => true,
            Status::InitError | Status::ExitError => !one.external,
            Status::Running => !one.wishes.contains(&Wish::Invoke),
            _ => false,
        })
    }

    /// Why the environment is of no use any more.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.state().fault.clone()
    }

    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().all.is_empty()
    }

    /// Whether one of them runs in a process of its own.
    pub(crate) fn has_external(&self) -> bool {
        self.state().all.iter().any(|one| one.external)
    }

    /// Tells everybody who wants to know of an invocation.
    pub(crate) fn invoke(&self, event: &Value) {
        self.tell(Wish::Invoke, event);
    }

    /// Tells everybody who wants to know of the end.
    pub(crate) fn shut_down(&self, reason: &str, deadline_millis: i64) {
        let event = json!({"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline_millis});
        self.tell(Wish::Shutdown, &event);
    }

    fn tell(&self, wish: Wish, event: &Value) {
        let text = event.to_string();
        for extension in self.state().all.iter_mut().filter(|one| one.wishes.contains(&wish)) {
            let left = match extension.waiting.take() {
                Some(waiting) => waiting.send(text.clone()).err(),
                None => Some(text.clone()),
            };
            if left.is_none() || extension.status == Status::Ready {
                extension.status = Status::Running;
            }
            extension.queued = left;
        }
        self.changed();
    }

    /// External extensions that asked for the SHUTDOWN event and still run.
    pub(crate) fn waits_for_exits(&self) -> bool {
        self.state().all.iter().any(|one| {
            one.external
                && one.wishes.contains(&Wish::Shutdown)
                && !matches!(one.status, Status::Exited | Status::LaunchError)
        })
    }

    /// The process of an external extension ended.
    pub(crate) fn exited(&self, index: usize, exit: Exit) {
        let mut state = self.state();
        let Some(extension) = state.all.get_mut(index) else { return };
        let kind = match extension.status {
            Status::InitError => "Extension.InitError",
            Status::ExitError => "Extension.ExitError",
            _ => "Extension.Crash",
        };
        if extension.status == Status::LaunchError {
            return; // That was told already.
        }
        extension.status = Status::Exited;
        extension.waiting = None;
        let words = match exit {
            Exit::Code(0) => "exit code 0".to_string(),
            other => other.words(),
        };
        state.fault(kind, &words);
        drop(state);
        self.changed();
    }

    /// An external extension could not be started.
    pub(crate) fn not_launched(&self, index: usize, why: &str) {
        let mut state = self.state();
        if let Some(extension) = state.all.get_mut(index) {
            extension.status = Status::LaunchError;
        }
        state.fault("Extension.LaunchError", why);
        drop(state);
        self.changed();
    }

    /// What the log says of each at the end of the init phase.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let show = |one: &Extension| Shown {
            name: one.name.clone(),
            state: one.status.name(),
            events: one.wishes.iter().map(|wish| wish.name()).collect(),
            error: one.told.clone(),
        };
        self.state().all.iter().map(show).collect()
    }
}

impl State {
    fn new_internal(&mut self, name: &str, id: String) -> Result<usize, Refusal> {
        if self.closed {
            return Err(refuse("Extension.RegistrationClosed", "Extension registration closed already"));
        }
        if self.all.iter().any(|one| one.name == name) {
            let text = "Extension with this name already registered";
            return Err(refuse("Extension.InvalidExtensionState", text));
        }
        if self.all.len() >= EXTENSIONS_MAX {
            let text = format!("Extension limit ({EXTENSIONS_MAX}) reached");
            return Err(refuse("Extension.TooManyExtensions", text));
        }
        self.all.push(Extension::new(name.to_string(), id, false));
        Ok(self.all.len() - 1)
    }

    /// The first fault is the one that counts.
    fn fault(&mut self, kind: &'static str, message: &str) {
        self.fault.get_or_insert(Fault { kind, message: message.to_string() });
    }
}

impl Extension {
    fn new(name: String, id: String, external: bool) -> Extension {
        Extension {
            name,
            id,
            external,
            wishes: Vec::new(),
            status: Status::Started,
            waiting: None,
            queued: None,
            told: None,
        }
    }
}

impl Wish {
    fn name(self) -> &'static str {
        match self {
            Wish::Invoke => "INVOKE",
            Wish::Shutdown => "SHUTDOWN",
        }
    }
}

fn refuse(kind: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { kind, message: message.into() }
}

fn transition(from: Status, to: &str, who: &str) -> Refusal {
    let from = from.name();
    let text = format!(
        "State transition from {from} to {to} failed for extension {who}. Error: State transition is not allowed"
    );
    refuse("Extension.InvalidExtensionState", text)
}

/// The identifier of a request, which must look like one.
fn checked(id: Option<&str>) -> Result<&str, Refusal> {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        let text = "Missing Lambda-Extension-Identifier header";
        return Err(refuse("Extension.MissingExtensionIdentifier", text));
    };
    let shape: Vec<usize> = id.split('-').map(str::len).collect();
    if shape != [8, 4, 4, 4, 12] || !id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()) {
        return Err(refuse("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"));
    }
    Ok(id)
}

#[cfg(test)]
mod tests;
