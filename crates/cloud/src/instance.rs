//! A running cloud: store, services, clock, background work.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use shape::Timestamp;
use store::Store;
use store::layer::blob::Blobs;

use crate::clock::{Chance, Clock, SystemClock};
use crate::identity::Identities;
use crate::sandbox::{Hooks, Sandbox};
use crate::service::{Registry, Service};
use crate::state::States;
use crate::tasks::Tasks;
use crate::{housekeeping, job, outbox, trace};

/// How long a stop waits for running work.
const SHUTDOWN_TIME: Duration = Duration::from_secs(10);

/// What a cloud is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The account of the well-known root, twelve digits.
    pub account: String,
    /// The region when a request names none.
    pub region: String,
    /// Where data lives; none keeps everything in memory.
    pub data: Option<PathBuf>,
    /// A folder for what can be made again: unpacked code, runtimes. It exists.
    pub scratch: PathBuf,
    /// What happens when access is denied.
    pub iam: IamMode,
    /// Whether the listener is reachable from this machine alone; only then do well-known keys work.
    pub loopback: bool,
    /// How functions are kept.
    pub sandbox: Sandbox,
}

#[cfg(test)]
impl Config {
    /// That of this crate's tests: nothing is kept, and access is enforced.
    pub(crate) fn of_tests(scratch: PathBuf) -> Config {
        Config {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            data: None,
            scratch,
            iam: IamMode::Enforce,
            loopback: true,
            sandbox: Sandbox::default(),
        }
    }
}

/// What happens when access is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IamMode {
    /// The call fails.
    Enforce,
    /// The call goes on and the denial is logged.
    Audit,
}

/// A cloud. Shared by everything that runs in it.
pub struct Cloud {
    config: Config,
    account: Arc<str>,
    region: Arc<str>,
    store: Arc<dyn Store>,
    blobs: Blobs,
    registry: Registry,
    clock: Arc<dyn Clock>,
    chance: Chance,
    states: States,
    tasks: Tasks,
    identities: Identities,
    traces: trace::Sink,
    endpoint: OnceLock<String>,
    hooks: Hooks,
}

/// The parts of a cloud that tests choose.
pub struct Parts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Large values, beside it.
    pub blobs: Blobs,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Chance,
}

impl Parts {
    /// The store in a data folder, the machine's clock and chance.
    pub async fn in_folder(folder: &Path) -> Result<Self, store::Error> {
        Ok(Self {
            store: store::sqlite::open(folder)?,
            blobs: Blobs::in_folder(&folder.join("blobs"))?,
            ..Self::in_memory()
        })
    }

    /// A memory store, the machine's clock and chance.
    pub fn in_memory() -> Self {
        Self {
            store: store::open_memory(),
            blobs: Blobs::in_memory(),
            clock: Arc::new(SystemClock::default()),
            chance: Chance::from_machine(),
        }
    }
}

impl Cloud {
    /// Opens the store that `config` names, with the machine's clock and chance.
    pub async fn open(config: Config, services: &[&'static Service]) -> Result<Arc<Self>, store::Error> {
        let parts = match &config.data {
            Some(folder) => Parts::in_folder(folder).await?,
            None => Parts::in_memory(),
        };
        Self::assemble(config, services, parts).await
    }

    /// Puts a cloud together from its parts; nothing runs yet.
    pub async fn assemble(
        config: Config,
        services: &[&'static Service],
        parts: Parts,
    ) -> Result<Arc<Self>, store::Error> {
        let identities = Identities::open(&config, &parts.store, &*parts.clock, &parts.chance).await?;
        Ok(Arc::new(Self {
            account: config.account.as_str().into(),
            region: config.region.as_str().into(),
            config,
            store: parts.store,
            blobs: parts.blobs,
            registry: Registry::new(services),
            clock: parts.clock,
            chance: parts.chance,
            states: States::default(),
            tasks: Tasks::default(),
            identities,
            traces: trace::Sink::default(),
            endpoint: OnceLock::new(),
            hooks: Hooks::default(),
        }))
    }

    /// Starts the background work: outbox, traces, jobs, and the services' own recovery.
    pub fn start(self: &Arc<Self>) {
        outbox::open(self);
        self.tasks.spawn_loop(outbox::run(self.clone()));
        self.tasks.spawn(trace::run(self.clone()));
        self.tasks.spawn_loop(housekeeping::run(self.clone()));
        for service in self.registry.services() {
            if let Some(plane) = service.plane {
                plane.start(self);
            }
            for job in service.jobs {
                self.tasks.spawn_loop(job::run_forever(self.clone(), service.name, job));
            }
        }
    }

    /// Stops the background work and waits for what runs.
    pub async fn stop(&self) {
        self.tasks.shutdown(SHUTDOWN_TIME).await;
    }

    /// What it was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The account of [`Cloud::config`], to be shared.
    pub fn account(&self) -> &Arc<str> {
        &self.account
    }

    /// The region of [`Cloud::config`], to be shared.
    pub fn region(&self) -> &Arc<str> {
        &self.region
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Large values.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The services.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Returns at a time; never without one.
    pub(crate) async fn until(&self, at: Option<Timestamp>) {
        match at {
            Some(at) => self.clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Ids and random bytes.
    pub fn chance(&self) -> &Chance {
        &self.chance
    }

    /// What services keep in memory.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// The tasks that the cloud owns.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Principals, keys and policies.
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// What the listener and the service that runs functions know of each other.
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    pub(crate) fn traces(&self) -> &trace::Sink {
        &self.traces
    }

    /// Says where the cloud listens, once it does.
    pub fn set_listening(&self, address: SocketAddr, tls: bool) {
        let scheme = if tls { "https" } else { "http" };
        let host = if address.ip().is_unspecified() {
            format!("localhost:{}", address.port())
        } else {
            address.to_string()
        };
        let endpoint = format!("{scheme}://{host}");
        if self.endpoint.set(endpoint).is_err() {
            tracing::warn!("the cloud listens on a second address; URLs name the first");
        }
    }

    /// The base URL, without a slash at the end. Before the cloud listens it is the usual one.
    pub fn endpoint(&self) -> &str {
        self.endpoint.get().map_or("http://127.0.0.1:4566", String::as_str)
    }

    /// A new trace id in X-Ray's form: version, time in hex, 96 random bits.
    pub fn new_trace_id(&self) -> Arc<str> {
        let (high, low) = (self.chance.number() as u32, self.chance.number());
        let seconds = u32::try_from(self.clock.now().secs()).unwrap_or(u32::MAX);
        let mut text = *b"1-........-........................";
        hex_digits(u64::from(seconds), &mut text[2..10]);
        hex_digits(u64::from(high), &mut text[11..19]);
        hex_digits(low, &mut text[19..]);
        Arc::from(std::str::from_utf8(&text).expect("digits and dashes are ASCII"))
    }
}

/// Writes the last digits of a number over `text`.
fn hex_digits(mut number: u64, text: &mut [u8]) {
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud").field("config", &self.config).finish_non_exhaustive()
    }
}
