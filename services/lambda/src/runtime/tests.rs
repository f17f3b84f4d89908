//! Real processes of this machine: Node.js, Python and executables, in the sandbox.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cloud::Network;
use jail::host::{Jail, Mode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::ahead::Ahead;
use super::compiled::Compiled;
use super::environment::Invocation;
use super::image::Image;
use super::interpreters::{self, Wanted};
use super::launch::{Backend, Credentials, Debugging, Host, Initialization, Launch};
use super::log::{self, LogLine};
use super::outcome::Outcome;
use super::pool::Shelf;
use super::starts::Starts;
use super::ticker::TICK;

mod ahead;
mod compiled;
mod extensions;
mod lambda_semantics;
mod node;
mod processes;
mod python;
mod runtime_api;
mod streaming;
mod vectors;

/// The time limit of the functions here: a test that is not about the limit comes to it only when it hangs.
const LIMIT: Duration = Duration::from_secs(900);
/// That of functions whose time is up in the end: still long enough for whatever they do before.
const SHORT: Duration = Duration::from_secs(60);

/// This variable makes every start take a process that has booted ahead.
const AHEAD: &str = "CLOUDLET_TEST_AHEAD";

/// A function that nothing starts: for tests of pure parts.
pub(crate) fn launch(runtime: &str, handler: &str) -> Launch {
    Launch {
        name: "fn".into(),
        version: "$LATEST".into(),
        arn: "arn:aws:lambda:us-east-1:000000000000:function:fn".into(),
        account: "000000000000".into(),
        region: "us-east-1".into(),
        log_group: "/aws/lambda/fn".into(),
        role: "arn:aws:iam::000000000000:role/fn".into(),
        runtime: runtime.into(),
        wanted: interpreters::wanted(runtime).unwrap(),
        interpreter: None,
        handler: handler.into(),
        code: "/nowhere".into(),
        layers: None,
        sdk: None,
        variables: [("COLOUR".to_string(), "blue".to_string())].into(),
        memory_mb: 256,
        timeout: LIMIT,
        tmp_mb: 512,
        extensions: Vec::new(),
        logging: Default::default(),
        endpoint: "http://127.0.0.1:4566".into(),
        mounts: Vec::new(),
        network: Network::Host,
        initialization: Initialization::OnDemand,
        debugging: Debugging::default(),
    }
}

#[derive(Default)]
struct Recorder {
    lines: Mutex<Vec<String>>,
    batches: AtomicUsize,
}

#[async_trait]
impl Backend for Recorder {
    fn now_millis(&self) -> i64 {
        1_767_225_600_000
    }
    fn random_hex(&self, digits: usize) -> String {
        "0".repeat(digits)
    }
    async fn credentials(&self, _launch: &Launch) -> Option<Credentials> {
        Some(Credentials {
            access_key_id: "ASIATEST".into(),
            secret_access_key: "secret".into(),
            session_token: "token".into(),
        })
    }
    fn log(&self, _launch: &Arc<Launch>, _stream: &Arc<str>, lines: Vec<LogLine>) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.lines.lock().unwrap().extend(lines.into_iter().map(|line| line.text));
    }
}

/// One function with its own folder.
pub(super) struct Fixture {
    folder: tempfile::TempDir,
    launch: Launch,
    recorder: Arc<Recorder>,
    jail: Mutex<Option<Jail>>,
}

impl Fixture {
    pub(super) fn new(runtime: &str, handler: &str, files: &[(&str, &str)]) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let code = folder.path().join("code");
        for (name, text) in files {
            let path = code.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
        fs::create_dir_all(&code).unwrap();
        let mut launch = launch(runtime, handler);
        launch.code = code;
        if let Wanted::Managed(language, version) = launch.wanted {
            launch.interpreter = Some(interpreters::choose(runtime, language, version).unwrap().0);
        }
        Fixture { folder, launch, recorder: Arc::default(), jail: Mutex::default() }
    }

    /// With a merged layer of these files.
    pub(super) fn layer(self, files: &[(&str, &str)]) -> Fixture {
        let layers = self.folder.path().join("layers");
        for (name, text) in files {
            let path = layers.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
        let names = files.iter().filter_map(|(name, _)| name.strip_prefix("extensions/"));
        let names = names.map(str::to_string).collect();
        self.change(|launch| {
            launch.layers = Some(layers);
            launch.extensions = names;
        })
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut Launch)) -> Fixture {
        change(&mut self.launch);
        self
    }

    /// With another sandbox than the strongest one of this machine.
    pub(super) fn jail(self, jail: Jail) -> Fixture {
        *self.jail.lock().unwrap() = Some(jail);
        self
    }

    pub(super) fn launch(&self) -> Launch {
        self.launch.clone()
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn shelf(&self) -> Arc<Shelf> {
        self.shelf_on(&self.host(Ahead::tested(std::env::var_os(AHEAD).is_some())))
    }

    pub(super) fn shelf_on(&self, host: &Arc<Host>) -> Arc<Shelf> {
        Shelf::new(Arc::new(self.launch()), Arc::clone(host), Starts::new(2))
    }

    pub(super) fn host(&self, ahead: Ahead) -> Arc<Host> {
        let jail = self.jail.lock().unwrap().take();
        Arc::new(Host {
            jail: jail.unwrap_or_else(|| Jail::probe(Mode::Degrade).unwrap()),
            image: Image::write(&self.folder.path().join("runtime")).unwrap(),
            backend: Arc::clone(&self.recorder) as Arc<dyn Backend>,
            scratch: self.folder.path().to_path_buf(),
            ahead,
            compiled: Compiled::without_delay(self.folder.path().join("compiled")),
            guests: Arc::default(),
            names: Default::default(),
        })
    }

    /// Opens a gate for functions that stand at it; see [`GATE`].
    pub(super) fn open(&self, gate: &str) {
        fs::write(self.folder.path().join("code").join(gate), "").unwrap();
    }

    pub(super) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.recorder.lines.lock().unwrap())
    }
}

pub(super) fn invocation(payload: &str) -> Invocation {
    Invocation {
        request_id: "11111111-2222-3333-4444-555555555555".into(),
        payload: payload.to_string().into(),
        invoked_arn: "arn:aws:lambda:us-east-1:000000000000:function:fn:live".into(),
        trace: "Root=1-5759e988-bd862e3fe1be46a994272793".into(),
        client_context: String::new(),
        identity: String::new(),
        stream: None,
    }
}

pub(super) async fn invoke(shelf: &Arc<Shelf>, payload: &str) -> Outcome {
    shelf.invoke(&invocation(payload), true, None).await
}

/// JavaScript in front of a handler that stands at a gate until the test opens it: `await gate(name)`.
const GATE: &str = "const { existsSync } = require('fs');
const gate = async (name) => { while (!existsSync(`${__dirname}/${name}`)) await new Promise((r) => setTimeout(r, 5)) };
";

/// JavaScript of a handler that never ends by itself.
const ENDLESS: &str = "await new Promise(() => setInterval(() => {}, 1000))";

/// As [`invoke`], in a task of its own.
fn begin(shelf: &Arc<Shelf>, payload: &str) -> JoinHandle<Outcome> {
    let (shelf, payload) = (Arc::clone(shelf), payload.to_string());
    tokio::spawn(async move { invoke(&shelf, &payload).await })
}

/// Waits until so many environments work on an invocation.
async fn until_at_work(shelf: &Arc<Shelf>, count: u32) {
    while shelf.at_work().0 < count {
        tokio::time::sleep(Duration::from_millis(5)).await; // Real processes start.
    }
}

/// The clock of timers goes on at once, as for a task that is not looked at for so long.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// What comes when all time is up, which passes in steps that no cloud is late by.
async fn when_time_is_up<T>(waiting: JoinHandle<T>) -> T {
    while !waiting.is_finished() {
        pass(TICK).await;
    }
    waiting.await.unwrap()
}

/// Lets real processes work until something is seen, while timers go a hundred times slower than the machine's clock:
/// what has two seconds has them on a machine that takes minutes for it, too.
async fn in_slow_motion<T>(mut look: impl FnMut() -> Option<T>) -> T {
    const STEP: Duration = Duration::from_millis(1);
    tokio::time::pause();
    let seen = loop {
        if let Some(seen) = look() {
            break seen;
        }
        std::thread::sleep(STEP);
        tokio::time::advance(STEP / 100).await;
    };
    tokio::time::resume();
    seen
}

pub(super) fn value(outcome: &Outcome) -> Value {
    serde_json::from_slice(&outcome.payload)
        .unwrap_or_else(|_| json!(String::from_utf8_lossy(&outcome.payload)))
}

/// Runs one invocation of one file of code and gives its answer, or panics with its error.
pub(super) async fn answer(runtime: &str, file: &str, code: &str, event: Value) -> Value {
    let handler = format!("{}.handler", file.rsplit_once('.').unwrap().0);
    let fixture = Fixture::new(runtime, &handler, &[(file, code)]);
    let outcome = invoke(&fixture.shelf(), &event.to_string()).await;
    assert!(!outcome.failed, "{}\n{}", value(&outcome), outcome.tail);
    value(&outcome)
}

/// The same for an invocation that fails.
pub(super) async fn failure(runtime: &str, file: &str, code: &str) -> (Value, String) {
    let handler = format!("{}.handler", file.rsplit_once('.').unwrap().0);
    let fixture = Fixture::new(runtime, &handler, &[(file, code)]);
    let outcome = invoke(&fixture.shelf(), "{}").await;
    assert!(outcome.failed, "{}", value(&outcome));
    (value(&outcome), outcome.tail)
}
