//! A whole cloud for a test: virtual clock, seeded chance, calls through the door.
//!
//! Its store is in memory, or what `CLOUDLET_TEST_STORE` says: `sqlite`, or `postgres` with a database that
//! `CLOUDLET_TEST_POSTGRES` names (`tests/postgres COMMAND` runs a command with one beside it).
//!
//! ```ignore
//! let world = World::new(&[&sqs::SQS]).await;
//! let url = world.ok("sqs", "CreateQueue", json!({"QueueName": "jobs"})).await["QueueUrl"].clone();
//! world.advance(Duration::from_secs(30)).await;
//! let failure = world.fails("sqs", "GetQueueUrl", json!({"QueueName": "none"})).await;
//! assert_eq!(failure.code(), "QueueDoesNotExist");
//! ```

mod counted;
mod endpoint;
mod engine;
pub mod feeds;
pub mod lambda;
pub mod queues;
pub mod stacks;
pub mod users;

use std::sync::Arc;
use std::time::Duration;

use ::cloud::caller::{Caller, Principal};
use ::cloud::clock::{Chance, VirtualClock};
use ::cloud::cx::Cx;
use ::cloud::service::Service;
use ::cloud::{Cloud, Config, Failure, IamMode, Parts, job};
use serde_json::Value;
use shape::Timestamp;

use crate::counted::{Calls, Counted};

pub use crate::endpoint::Endpoint;

/// The account of the root caller.
pub const ACCOUNT: &str = "000000000000";
/// The region of all calls.
pub const REGION: &str = "us-east-1";
/// When the virtual clock starts: 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_secs(1_767_225_600);

/// How often a task yields for others to run: more than any of them hands its work on.
const YIELDS: usize = 16;
/// Between two looks at what something outside of the cloud, such as a function's process, is to bring about. The first
/// ones follow each other at once, for what the cloud itself brings about.
const LOOK: Duration = Duration::from_millis(5);
const LOOKS_AT_ONCE: usize = 100;
/// After so many looks the clock moves on by [`STEP`], and after so many steps nobody waits any longer: that is 20
/// minutes, which nothing but a hang takes, however slow the machine is.
const LOOKS: usize = 1_000;
const STEP: Duration = Duration::from_secs(1);
const STEPS: usize = 240;

/// A cloud in a test's hands.
pub struct World {
    cloud: Arc<Cloud>,
    clock: Arc<VirtualClock>,
    calls: Calls,
    // Dropped, and with it removed, at the end of the test.
    _scratch: tempfile::TempDir,
}

impl World {
    /// A cloud with `services`, the usual seed and no background work: jobs run by [`World::run_jobs`].
    pub async fn new(services: &[&'static Service]) -> Self {
        Self::with_seed(services, 1).await
    }

    /// As [`World::new`], from `seed`.
    pub async fn with_seed(services: &[&'static Service], seed: u64) -> Self {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        let store = engine::open(scratch.path()).await;
        Self::over(services, seed, scratch, |calls| Counted { inner: store, calls, node: None }).await
    }

    /// Several nodes over one store. Each has a clock of its own: a node whose clock stands still does nothing that
    /// waits for time, as one that died.
    pub async fn nodes(services: &[&'static Service], count: u32) -> Vec<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made").keep();
        let store = engine::open(&folder).await;
        let mut nodes = Vec::new();
        for number in 1..=count {
            let scratch = tempfile::tempdir_in(&folder).expect("a temporary folder can be made");
            let inner = store.clone();
            let node = Some(i64::from(number));
            let node =
                Self::over(services, u64::from(number), scratch, |calls| Counted { inner, calls, node });
            nodes.push(node.await);
        }
        nodes
    }

    async fn over(
        services: &[&'static Service],
        seed: u64,
        scratch: tempfile::TempDir,
        store: impl FnOnce(Calls) -> Counted,
    ) -> Self {
        let clock = Arc::new(VirtualClock::new(START));
        let config = Config {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            data: None,
            scratch: scratch.path().to_owned(),
            iam: IamMode::Enforce,
            loopback: true,
            sandbox: cloud::Sandbox::default(),
        };
        let calls = Calls::default();
        let store = Arc::new(store(calls.clone()));
        let chance = Chance::from_seed(seed);
        let parts = Parts { clock: clock.clone(), chance, store, ..Parts::in_memory() };
        let cloud = Cloud::assemble(config, services, parts).await.expect("a new store has room");
        Self { cloud, clock, calls, _scratch: scratch }
    }

    /// The cloud.
    pub fn cloud(&self) -> &Arc<Cloud> {
        &self.cloud
    }

    /// Moves the clock on, and lets woken tasks run. What began before has come to rest before.
    pub async fn advance(&self, by: Duration) {
        self.settle().await;
        self.clock.advance(by);
        self.settle().await;
    }

    /// Lets all tasks run until they wait for time or for something outside of the cloud.
    pub async fn settle(&self) {
        loop {
            for _ in 0..YIELDS {
                tokio::task::yield_now().await;
            }
            if self.calls.is_none() {
                return;
            }
            self.calls.none().await;
        }
    }

    /// Lets what is outside of the cloud, such as functions' processes, work until something is so. The clock stands
    /// still, but for a step now and then: who met a conflict on a store tries again after a second of it.
    pub async fn until(&self, what: &str, done: impl AsyncFn() -> bool) {
        for _ in 0..STEPS {
            for look in 0..LOOKS {
                if done().await {
                    return;
                }
                self.settle().await;
                if look >= LOOKS_AT_ONCE {
                    tokio::time::sleep(LOOK).await;
                }
            }
            self.advance(STEP).await;
        }
        panic!("never: {what}");
    }

    /// Runs every job of every service until it has nothing left to do.
    pub async fn run_jobs(&self) {
        for service in self.cloud.registry().services() {
            for work in service.jobs {
                job::run_slices(&self.cloud, service.name, work).await;
            }
        }
    }

    /// How often the cloud has asked its store for something.
    pub fn store_calls(&self) -> usize {
        self.calls.begun()
    }

    /// A context in which the root of [`ACCOUNT`] calls.
    pub fn cx(&self) -> Cx {
        Cx::outer(&self.cloud, root())
    }

    /// A context in which CloudFormation acts for that root, as it does in the handlers of resource types.
    pub fn stack_cx(&self) -> Cx {
        Cx::outer(&self.cloud, root().via("cloudformation.amazonaws.com"))
    }

    /// Calls an operation as the root user.
    pub async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, Failure> {
        self.call_as(root(), service, operation, input).await
    }

    /// Calls an operation as `caller`.
    pub async fn call_as(
        &self,
        caller: Caller,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, Failure> {
        let mut cx = Cx::outer(&self.cloud, caller.clone());
        cx.call_json(caller, service, operation, &input).await
    }

    /// The answer of a call that succeeds.
    pub async fn ok(&self, service: &str, operation: &str, input: Value) -> Value {
        match self.call(service, operation, input).await {
            Ok(answer) => answer,
            Err(failure) => panic!("{service}/{operation} failed: {failure}"),
        }
    }

    /// The failure of a call that fails.
    pub async fn fails(&self, service: &str, operation: &str, input: Value) -> Failure {
        match self.call(service, operation, input).await {
            Ok(answer) => panic!("{service}/{operation} succeeded: {answer}"),
            Err(failure) => failure,
        }
    }

    /// `code` and `message` of a call that fails.
    pub async fn error(&self, service: &str, operation: &str, input: Value) -> (String, String) {
        let failure = self.fails(service, operation, input).await;
        (failure.code().to_owned(), failure.message().to_owned())
    }
}

/// The root user of [`ACCOUNT`].
pub fn root() -> Caller {
    Caller::root(ACCOUNT, REGION)
}

/// A user without any policy: everything that asks for permission is denied to it.
pub fn nobody() -> Caller {
    Caller {
        principal: Principal::User { name: "nobody".into(), path: "/".into(), id: "AIDANOBODY".into() },
        ..root()
    }
}

/// Somebody who did not sign.
pub fn anonymous() -> Caller {
    Caller::anonymous(ACCOUNT, REGION)
}
