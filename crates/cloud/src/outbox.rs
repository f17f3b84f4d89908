//! The outbox: what must surely arrive. A delivery is written with the change that caused it; workers call the
//! target's operation until it succeeds, backing off, and give up at the policy's limits.
//!
//! A delivery to a Write operation is removed in the transaction of that operation, so it happens exactly once;
//! a delivery to a Free operation happens at least once. Each target service has a lane of its own, so that a
//! slow one does not hold up the others; a sender may ask for more lanes in a service, such as one for each
//! function. Those share a number of slots, in turns.

mod dead_letter;

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::layer::outbox::{self as layer, Entry};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::caller::{Caller, Principal};
use crate::cx::{ATTEMPTS_MAX, Cx};
use crate::door;
use crate::failure::{ApiError, Failure};
use crate::instance::Cloud;
use crate::operation::Kind;
use crate::role;
use crate::target::Target;

pub use self::dead_letter::DeadLetter;
use self::dead_letter::{End, Exhausted};

/// Deliveries of one lane that run at the same time.
const CONCURRENCY_MAX: usize = 32;
/// The same for a lane that a sender asked for. A function that sleeps for seconds shall still get on.
const QUEUE_CONCURRENCY_MAX: usize = 64;
/// Deliveries of all those lanes together; each holds its payload in memory, up to a megabyte.
const QUEUES_CONCURRENCY_MAX: usize = 256;
/// Deliveries that a lane takes at once, before others have their turn.
const LEASE_MAX: usize = 16;
/// How long a worker keeps a delivery before another may take it. It is renewed while the worker lives, so this is
/// how long a delivery waits after the end of its worker.
const LEASE_MILLIS: i64 = 30 * 1000;
/// How often a lease is renewed in its time.
const RENEWALS: i64 = 3;
/// How long a lane sleeps when nothing is due and nothing wakes it.
const IDLE_MILLIS: i64 = 60 * 1000;
/// How often the lanes of other nodes are looked for: theirs are taken over when they die.
const OTHERS_MILLIS: i64 = 1000;
/// How long a lane that broke off waits before it goes on.
const BROKEN_MILLIS: i64 = 1000;
/// Longest wait between two attempts, unless the policy says another.
const BACKOFF_MILLIS_MAX: i64 = 15 * 60 * 1000;
/// Between the service and the queue in the name of a lane. No service has it in its name.
const QUEUE_MARK: char = '/';

/// Something to deliver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// What to call.
    pub target: Target,
    /// Who calls: a service principal such as `events.amazonaws.com`.
    pub principal: String,
    /// The resource on whose behalf it calls.
    pub source_arn: Option<String>,
    /// The role as which it calls: the principal assumes it for each attempt.
    #[serde(default)]
    pub role: Option<String>,
    /// Deliveries with another queue do not hold this one up. Empty: the one of the target service.
    #[serde(default)]
    pub queue: String,
    /// The region that it is delivered in, when it is another than that of the call.
    #[serde(default)]
    pub region: Option<String>,
    /// How often and how long to try.
    pub policy: Policy,
    /// What a queue gets when it is given up; without one it stays in the outbox, as dead.
    #[serde(default)]
    pub dead_letter: Option<DeadLetter>,
    /// Whether a refusal that no repetition can change (access denied, no such resource) ends it at once.
    #[serde(default)]
    pub final_refusals: bool,
}

/// How often and how long to try.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// Calls in all.
    pub attempts_max: u32,
    /// Age at which it is given up, in milliseconds.
    pub age_max_millis: i64,
    /// Wait after the first failure, in milliseconds; it doubles each time.
    pub backoff_millis: i64,
    /// Longest wait, in milliseconds.
    #[serde(default = "backoff_millis_max")]
    pub backoff_millis_max: i64,
}

fn backoff_millis_max() -> i64 {
    BACKOFF_MILLIS_MAX
}

/// A delivery as it is stored: with the place where it acts.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    delivery: Delivery,
    account: String,
    region: String,
}

/// Delivers at once, in the transaction of the Write operation that hands it over, where the target is a Write
/// operation, too. What fails there goes to the outbox, or where the delivery says that it ends.
pub(crate) async fn hand_over(cx: &mut Cx, delivery: Delivery) -> Result<(), Failure> {
    let Target { service, operation, input } = &delivery.target;
    let (_, entry) = door::find(&cx.cloud, service, operation)?;
    if cx.tx.is_none() || cx.call.kind != Kind::Write || entry.kind != Kind::Write {
        return send(cx, delivery).await;
    }
    let region = delivery.region.as_deref().unwrap_or(cx.region());
    let caller = match caller_of(cx, &delivery, cx.account(), region).await {
        // It may be there, or be trusted, later.
        Err(_) if delivery.role.is_some() => return send(cx, delivery).await,
        caller => caller?,
    };
    let failure = match cx.call_json(caller, service, operation, input).await {
        Ok(_) => return Ok(()),
        Err(failure) if failure.is_conflict() => return Err(failure),
        Err(failure) => failure,
    };
    tracing::debug!(service, operation, %failure, "a delivery failed at once");
    if !(delivery.final_refusals && dead_letter::is_final(&failure)) {
        return send(cx, delivery).await;
    }
    let end = End { failure: &failure, retries: 0, exhausted: None };
    match delivery.dead_letter.as_ref().map(|letter| letter.delivery(&delivery, &end)) {
        Some(Ok(letter)) => Box::pin(hand_over(cx, letter)).await,
        // The trace has the call that was refused.
        Some(Err(_)) | None => Ok(()),
    }
}

/// Who calls for a delivery.
async fn caller_of(cx: &Cx, delivery: &Delivery, account: &str, region: &str) -> Result<Caller, Failure> {
    let mut caller = Caller::service("cloudlet", account, region, delivery.source_arn.as_deref());
    caller.principal = Principal::service(&delivery.principal)
        .ok_or_else(|| Failure::internal(format!("unknown principal `{}`", delivery.principal)))?;
    match &delivery.role {
        Some(role) => role::assume(cx, &caller, role, &cx.new_id()).await,
        None => Ok(caller),
    }
}

/// Where a delivery acts, unless it says another region.
#[derive(Clone, Debug)]
pub struct Place {
    /// The account for which it calls.
    pub account: String,
    /// The region.
    pub region: String,
}

/// Writes a delivery with a transaction that is under way, also of a Free operation.
pub fn send_with(cloud: &Arc<Cloud>, tx: &mut Tx, place: &Place, delivery: Delivery) -> Result<(), Failure> {
    if Principal::service(&delivery.principal).is_none() {
        return Err(Failure::internal(format!("`{}` is not a service principal", delivery.principal)));
    }
    let lane = lane_of(&delivery);
    let region = delivery.region.clone().unwrap_or_else(|| place.region.clone());
    let stored = Stored { delivery, account: place.account.clone(), region };
    let payload = serde_json::to_vec(&stored).map_err(Failure::internal)?;
    let now = cloud.clock().now().millis();
    layer::push(tx, &lane, &cloud.chance().uuid(), now, now, payload)?;
    // Not before: a lane that ends just now looks for entries once more, and would not see this one.
    let cloud = cloud.clone();
    tx.on_commit(move |_| ensure(&cloud, lane));
    Ok(())
}

/// Writes a delivery: with the transaction of a Write operation, in one of its own otherwise.
pub(crate) async fn send(cx: &mut Cx, delivery: Delivery) -> Result<(), Failure> {
    let place = Place { account: cx.account().to_owned(), region: cx.region().to_owned() };
    let cloud = cx.cloud().clone();
    if let Some(tx) = &mut cx.tx {
        return send_with(&cloud, tx, &place, delivery);
    }
    cx.transact(|tx| {
        let sent = send_with(&cloud, tx, &place, delivery.clone());
        Box::pin(async move { sent })
    })
    .await
}

fn lane_of(delivery: &Delivery) -> String {
    let service = &delivery.target.service;
    match delivery.queue.as_str() {
        "" => service.clone(),
        queue => format!("{service}{QUEUE_MARK}{queue}"),
    }
}

/// The lanes that are worked on.
struct Lanes {
    state: Mutex<LanesState>,
    /// What the lanes of queues share. It is handed out in the order of asking, and a lane asks once at a time.
    shared: Arc<Semaphore>,
}

#[derive(Default)]
struct LanesState {
    /// Tests run clouds without background work.
    started: bool,
    running: HashSet<String>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { state: Mutex::default(), shared: Arc::new(Semaphore::new(QUEUES_CONCURRENCY_MAX)) }
    }
}

impl Lanes {
    fn state(&self) -> std::sync::MutexGuard<'_, LanesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets what is sent from now on be delivered: before [`run`] gets to run, calls may come.
pub(crate) fn open(cloud: &Cloud) {
    cloud.states().get::<Lanes>().state().started = true;
}

/// Delivers until the cloud stops.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    for service in cloud.registry().services() {
        ensure(&cloud, service.name.to_owned());
    }
    loop {
        if let Err(error) = ensure_all(&cloud).await {
            tracing::warn!(%error, "the lanes of the outbox could not be read; trying again");
        }
        let pause = if cloud.store().node().is_some() { OTHERS_MILLIS } else { IDLE_MILLIS };
        cloud.clock().sleep_until(cloud.clock().now().plus_millis(pause)).await;
    }
}

/// Works on all lanes that have entries: those of an earlier run and of other processes.
async fn ensure_all(cloud: &Arc<Cloud>) -> Result<(), store::Error> {
    let mut after: Option<String> = None;
    loop {
        let tx = store::snapshot(cloud.store()).await?;
        let lanes = layer::lanes(&tx, after.as_deref(), 1000).await?;
        after = lanes.last().cloned();
        if after.is_none() {
            return Ok(());
        }
        for lane in lanes {
            ensure(cloud, lane);
        }
    }
}

/// Works on a lane, unless somebody does already.
fn ensure(cloud: &Arc<Cloud>, lane: String) {
    let lanes = cloud.states().get::<Lanes>();
    let mut state = lanes.state();
    if state.started && state.running.insert(lane.clone()) {
        drop(state);
        cloud.tasks().spawn_loop(keep_lane(cloud.clone(), lane));
    }
}

/// Works on a lane until it has had nothing to do for a while. A panic is a mistake of ours; what else waits in the
/// lane must not wait for the next start of the cloud.
async fn keep_lane(cloud: Arc<Cloud>, lane: String) {
    loop {
        if AssertUnwindSafe(run_lane(&cloud, &lane)).catch_unwind().await.is_ok() {
            break;
        }
        tracing::error!(lane, "a lane of the outbox panicked; it goes on in a moment");
        cloud.clock().sleep_until(cloud.clock().now().plus_millis(BROKEN_MILLIS)).await;
    }
    cloud.states().get::<Lanes>().state().running.remove(&lane);
    // Something may have come in the meantime, and its sender saw the lane at work.
    let due = async { layer::next_at(&store::snapshot(cloud.store()).await?, &lane).await }.await;
    if !matches!(due, Ok(None)) {
        ensure(&cloud, lane);
    }
}

/// Returns when the lane of a queue is empty and nothing has come for a while.
async fn run_lane(cloud: &Arc<Cloud>, lane: &str) {
    let is_queue = lane.contains(QUEUE_MARK);
    let shared = is_queue.then(|| cloud.states().get::<Lanes>().shared.clone());
    let slots = Arc::new(Semaphore::new(if is_queue { QUEUE_CONCURRENCY_MAX } else { CONCURRENCY_MAX }));
    let mut wake = cloud.store().watch(layer::watch_key(lane));
    loop {
        wake.mark_unchanged();
        let mut room = room(&slots, shared.as_ref()).await;
        match lease(cloud, lane, room.len()).await {
            Ok(entries) if !entries.is_empty() => {
                for entry in entries {
                    let slot = room.pop();
                    let cloud = cloud.clone();
                    cloud.clone().tasks().spawn(async move {
                        deliver(&cloud, entry).await;
                        drop(slot);
                    });
                }
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(lane, %error, "the outbox could not be read; trying again"),
        }
        drop(room);
        let (next, is_empty) = next_wake(cloud, lane).await;
        let came = tokio::select! {
            _ = wake.changed() => true,
            () = cloud.clock().sleep_until(next) => false,
        };
        if is_queue && is_empty && !came {
            return;
        }
    }
}

/// The right to deliver one entry.
type Slot = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// Waits until at least one delivery may run.
async fn room(slots: &Arc<Semaphore>, shared: Option<&Arc<Semaphore>>) -> Vec<Slot> {
    const OPEN: &str = "the semaphores are never closed";
    let own = slots.clone().acquire_owned().await.expect(OPEN);
    let ours = match shared {
        Some(shared) => Some(shared.clone().acquire_owned().await.expect(OPEN)),
        None => None,
    };
    let mut room = vec![(own, ours)];
    while room.len() < LEASE_MAX {
        let Ok(own) = slots.clone().try_acquire_owned() else { break };
        let ours = match shared {
            Some(shared) => match shared.clone().try_acquire_owned() {
                Ok(ours) => Some(ours),
                Err(_) => break,
            },
            None => None,
        };
        room.push((own, ours));
    }
    room
}

/// When to look at the lane again, and whether it has nothing at all.
async fn next_wake(cloud: &Cloud, lane: &str) -> (shape::Timestamp, bool) {
    let now = cloud.clock().now();
    let due = async { layer::next_at(&store::snapshot(cloud.store()).await?, lane).await }.await;
    let idle = now.plus_millis(IDLE_MILLIS);
    match due {
        // What has become due since is looked for in a moment.
        Ok(Some(at)) => (shape::Timestamp::from_millis(at).max(now.plus_millis(10)).min(idle), false),
        Ok(None) => (idle, true),
        Err(_) => (idle, false),
    }
}

/// Where other nodes are there to take over, they do so sooner.
fn lease_millis(cloud: &Cloud) -> i64 {
    if cloud.store().node().is_some() { crate::lease::LEASE_MILLIS } else { LEASE_MILLIS }
}

async fn lease(cloud: &Cloud, lane: &str, limit: usize) -> Result<Vec<Entry>, store::Error> {
    let now = cloud.clock().now().millis();
    let mut tx = store::begin(cloud.store()).await?;
    let entries = layer::lease(&mut tx, lane, now, limit, now + lease_millis(cloud)).await?;
    if !entries.is_empty() {
        tx.commit().await?;
    }
    Ok(entries)
}

/// One attempt, and what follows from it.
async fn deliver(cloud: &Arc<Cloud>, mut entry: Entry) {
    let stored: Stored = match serde_json::from_slice(&entry.payload) {
        Ok(stored) => stored,
        Err(error) => {
            return settle(cloud, &entry, Outcome::Bury(format!("unreadable: {error}"), None)).await;
        }
    };
    let policy = stored.delivery.policy;
    let attempted = AssertUnwindSafe(attempt(cloud, &mut entry, &stored)).catch_unwind().await;
    let outcome = match attempted.unwrap_or_else(|_| Err(Failure::internal("a delivery panicked"))) {
        Ok(Finished::Settled) => return,
        Ok(Finished::Called) => Outcome::Done,
        Err(failure) => {
            let now = cloud.clock().now().millis();
            let wait = failure.retry_millis().unwrap_or_else(|| backoff(&policy, entry.attempts));
            let exhausted = if entry.attempts >= policy.attempts_max {
                Some(Exhausted::Attempts)
            } else if now + wait > entry.created + policy.age_max_millis {
                Some(Exhausted::Age)
            } else {
                None
            };
            let refused = stored.delivery.final_refusals && dead_letter::is_final(&failure);
            tracing::debug!(lane = entry.lane, id = entry.id, attempt = entry.attempts, %failure, "delivery failed");
            if exhausted.is_some() || refused {
                let end = End { failure: &failure, retries: entry.attempts.saturating_sub(1), exhausted };
                Outcome::Bury(failure.to_string(), letter(&stored, &end).map(Box::new))
            } else {
                Outcome::Retry(now + wait, failure.to_string())
            }
        }
    };
    settle(cloud, &entry, outcome).await;
}

/// What the queue for the dead gets, if there is one.
fn letter(stored: &Stored, end: &End<'_>) -> Option<Stored> {
    let letter = stored.delivery.dead_letter.as_ref()?;
    match letter.delivery(&stored.delivery, end) {
        Ok(delivery) => {
            Some(Stored { delivery, account: stored.account.clone(), region: stored.region.clone() })
        }
        Err(error) => {
            tracing::warn!(%error, "a dead letter cannot be delivered");
            None
        }
    }
}

fn backoff(policy: &Policy, attempts: u32) -> i64 {
    let doubled = policy.backoff_millis.saturating_mul(1_i64 << attempts.saturating_sub(1).min(20));
    doubled.min(policy.backoff_millis_max.max(policy.backoff_millis))
}

enum Finished {
    /// The call succeeded and took the entry with it.
    Settled,
    /// The call succeeded; the entry is still there.
    Called,
}

async fn attempt(cloud: &Arc<Cloud>, entry: &mut Entry, stored: &Stored) -> Result<Finished, Failure> {
    let target = &stored.delivery.target;
    let (_, operation) = door::find(cloud, &target.service, &target.operation)?;
    let mut cx = Cx::internal(cloud, "cloudlet");
    let caller = caller_of(&cx, &stored.delivery, &stored.account, &stored.region).await?;
    cx = Cx::outer(cloud, caller.clone());
    cx.call.attempt = entry.attempts;
    if operation.kind != Kind::Write {
        let call = cx.call_json(caller, &target.service, &target.operation, &target.input);
        return while_leased(cloud, entry, call).await.map(|_answer| Finished::Called);
    }
    for _ in 0..ATTEMPTS_MAX {
        match attempt_joined(&mut cx, &caller, entry, target).await {
            Err(failure) if failure.is_conflict() => {}
            settled => return settled.map(|()| Finished::Settled),
        }
    }
    Err(Failure::conflict())
}

/// Renews the lease of `entry` as long as `call` takes.
async fn while_leased<T>(cloud: &Cloud, entry: &mut Entry, call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    let mut leased = true;
    loop {
        let next = cloud.clock().now().plus_millis(lease_millis(cloud) / RENEWALS);
        tokio::select! {
            biased;
            answer = &mut call => return answer,
            () = cloud.clock().sleep_until(next), if leased => {}
        }
        let until = cloud.clock().now().millis() + lease_millis(cloud);
        match renew(cloud, entry, until).await {
            Ok(true) => entry.at = until,
            Ok(false) => leased = false, // Somebody else has it now; one of us delivers it twice.
            Err(error) => tracing::warn!(id = entry.id, %error, "a lease could not be renewed; trying again"),
        }
    }
}

async fn renew(cloud: &Cloud, entry: &Entry, until: i64) -> Result<bool, store::Error> {
    let mut tx = store::begin(cloud.store()).await?;
    let ours = layer::renew(&mut tx, entry, until).await?;
    if ours {
        tx.commit().await?;
    }
    Ok(ours)
}

/// Calls a Write operation and removes the entry in one transaction.
async fn attempt_joined(cx: &mut Cx, caller: &Caller, entry: &Entry, target: &Target) -> Result<(), Failure> {
    cx.tx = Some(store::begin(cx.cloud.store()).await?);
    cx.call.kind = Kind::Write;
    let answer = cx.call_json(caller.clone(), &target.service, &target.operation, &target.input).await;
    let tx = cx.tx.take();
    answer?;
    let mut tx = tx.ok_or_else(|| Failure::internal("the delivery lost its transaction"))?;
    if layer::done(&mut tx, entry).await? {
        tx.commit().await?;
    }
    Ok(())
}

enum Outcome {
    Done,
    Retry(i64, String),
    /// Why, and what somebody gets instead.
    Bury(String, Option<Box<Stored>>),
}

/// Writes down how an attempt ended. If that fails, the lease runs out and the delivery is tried again.
async fn settle(cloud: &Cloud, entry: &Entry, outcome: Outcome) {
    for _ in 0..ATTEMPTS_MAX {
        match settle_once(cloud, entry, &outcome).await {
            Err(store::Error::Conflict) => {}
            Ok(()) => return,
            Err(error) => {
                return tracing::warn!(id = entry.id, %error, "a delivery's end could not be written");
            }
        }
    }
}

async fn settle_once(cloud: &Cloud, entry: &Entry, outcome: &Outcome) -> Result<(), store::Error> {
    let mut tx: Tx = store::begin(cloud.store()).await?;
    let ours = match outcome {
        Outcome::Done => layer::done(&mut tx, entry).await?,
        Outcome::Retry(at, error) => layer::retry(&mut tx, entry, *at, error).await?,
        Outcome::Bury(error, None) => {
            tracing::warn!(lane = entry.lane, id = entry.id, error, "a delivery was given up");
            layer::bury(&mut tx, entry, cloud.clock().now().millis(), error).await?
        }
        Outcome::Bury(error, Some(letter)) => {
            tracing::info!(lane = entry.lane, id = entry.id, error, "a delivery became a dead letter");
            let now = cloud.clock().now().millis();
            // Ids are random, so that of the delivery, which ends here, is as good as another.
            let payload =
                serde_json::to_vec(letter).map_err(|error| store::Error::Corrupt(error.to_string()))?;
            let ours = layer::done(&mut tx, entry).await?;
            layer::push(&mut tx, &lane_of(&letter.delivery), &entry.id, now, now, payload)?;
            ours
        }
    };
    if ours {
        tx.commit().await?;
    }
    Ok(())
}
