//! The outbox: what must surely arrive. A delivery is written with the change that caused it; workers call the
//! target's operation until it succeeds, backing off, and give up at the policy's limits.
//!
//! A delivery to a Write operation is removed in the transaction of that operation, so it happens exactly once;
//! a delivery to a Free operation happens at least once. Each target service has a lane of its own, so that a
//! slow one does not hold up the others; a sender may ask for more lanes in a service, such as one for each
//! function. Those share a number of slots, in turns, beside one that each has for itself.

mod dead_letter;
mod lanes;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::layer::outbox::{self as layer, Entry};

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
use self::lanes::{ensure, free_slot};
pub(crate) use self::lanes::{open, run};

/// How long a worker keeps a delivery before another may take it. It is renewed while the worker lives, so this is
/// how long a delivery waits after the end of its worker.
const LEASE_MILLIS: i64 = 30 * 1000;
/// How long the worker has a delivery that begins with the commit that wrote it. Short, as such a delivery is mostly over
/// at once; it is renewed like others.
const FIRST_LEASE_MILLIS: i64 = crate::lease::LEASE_MILLIS;
/// How often a lease is renewed in its time.
const RENEWALS: i64 = 3;
/// How long a lane that broke off waits before it goes on, and one who could not write before the next try.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
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
    /// The trace that it belongs to, when that came with a header ([`Cx::trace_header`]).
    pub trace: Option<String>,
}

impl Place {
    /// Where a call acts.
    fn of(cx: &Cx) -> Self {
        let trace = cx.trace_header().map(str::to_owned);
        Self { account: cx.account().to_owned(), region: cx.region().to_owned(), trace }
    }
}

/// Writes a delivery with a transaction that is under way, also of a Free operation.
pub fn send_with(cloud: &Arc<Cloud>, tx: &mut Tx, place: &Place, delivery: Delivery) -> Result<(), Failure> {
    if Principal::service(&delivery.principal).is_none() {
        return Err(Failure::internal(format!("`{}` is not a service principal", delivery.principal)));
    }
    let lane = lane_of(&delivery);
    let region = delivery.region.clone().unwrap_or_else(|| place.region.clone());
    let stored = Stored { delivery, account: place.account.clone(), region, trace: place.trace.clone() };
    let payload = serde_json::to_vec(&stored).map_err(Failure::internal)?;
    let now = cloud.clock().now();
    let (id, now) = (cloud.chance().timely_uuid(now), now.millis());
    let cloud = cloud.clone();
    let Some(slot) = free_slot(&cloud, &lane) else {
        layer::push(tx, &lane, &id, now, now, payload)?;
        // Not before: a lane that ends just now looks for entries once more, and would not see this one.
        tx.on_commit(move |_| drop(ensure(&cloud, &lane)));
        return Ok(());
    };
    // A delivery for which there is room begins with the commit. To lease it afterwards would be another sync of the
    // disk on the way of each.
    let entry = layer::push_leased(tx, &lane, &id, now, now + FIRST_LEASE_MILLIS, payload.into())?;
    tx.on_commit(move |_| {
        drop(ensure(&cloud, &entry.lane));
        cloud.clone().tasks().spawn(async move {
            deliver_stored(&cloud, entry, &stored).await;
            drop(slot);
        });
    });
    Ok(())
}

/// Writes a delivery: with the transaction of a Write operation, in one of its own otherwise.
pub(crate) async fn send(cx: &mut Cx, delivery: Delivery) -> Result<(), Failure> {
    let place = Place::of(cx);
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

/// Where other nodes are there to take over, they do so sooner.
fn lease_millis(cloud: &Cloud) -> i64 {
    if cloud.store().node().is_some() { crate::lease::LEASE_MILLIS } else { LEASE_MILLIS }
}

/// One attempt, and what follows from it.
async fn deliver(cloud: &Arc<Cloud>, entry: Entry) {
    match serde_json::from_slice(&entry.payload) {
        Ok(stored) => deliver_stored(cloud, entry, &stored).await,
        Err(error) => settle(cloud, &entry, Outcome::Bury(format!("unreadable: {error}"), None)).await,
    }
}

async fn deliver_stored(cloud: &Arc<Cloud>, mut entry: Entry, stored: &Stored) {
    let policy = stored.delivery.policy;
    let attempted = AssertUnwindSafe(attempt(cloud, &mut entry, stored)).catch_unwind().await;
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
                Outcome::Bury(failure.to_string(), letter(stored, &end).map(Box::new))
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
        Ok(delivery) => Some(Stored {
            delivery,
            account: stored.account.clone(),
            region: stored.region.clone(),
            trace: stored.trace.clone(),
        }),
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
    if let Some(trace) = &stored.trace {
        cx.join_header(trace);
    }
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
        let now = cloud.clock().now();
        let next = now.plus_millis(((entry.at - now.millis()) / RENEWALS).max(BROKEN_MILLIS));
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
