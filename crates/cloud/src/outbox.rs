//! The outbox: what must surely arrive. A delivery is written with the change that caused it; workers call the
//! target's operation until it succeeds, backing off, and give up at the policy's limits.
//!
//! A delivery to a Write operation is removed in the transaction of that operation, so it happens exactly once;
//! a delivery to a Free operation happens at least once. Each target service has a lane of its own, so that a
//! slow one does not hold up the others.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::Tx;
use store::layer::outbox::{self as layer, Entry};
use tokio::sync::Semaphore;

use crate::caller::{Caller, Principal};
use crate::cx::{ATTEMPTS_MAX, Cx};
use crate::door;
use crate::failure::{ApiError, Failure};
use crate::instance::Cloud;
use crate::operation::Kind;
use crate::target::Target;

/// Deliveries of one lane that run at the same time.
const CONCURRENCY_MAX: usize = 32;
/// How long a worker keeps a delivery before another may take it; longer than the longest invocation (15 min).
const LEASE_MILLIS: i64 = 16 * 60 * 1000;
/// How long a lane sleeps when nothing is due and nothing wakes it.
const IDLE_MILLIS: i64 = 60 * 1000;
/// Longest wait between two attempts.
const BACKOFF_MILLIS_MAX: i64 = 15 * 60 * 1000;

/// Something to deliver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// What to call.
    pub target: Target,
    /// Who calls: a service principal such as `events.amazonaws.com`.
    pub principal: String,
    /// The resource on whose behalf it calls.
    pub source_arn: Option<String>,
    /// How often and how long to try.
    pub policy: Policy,
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
}

/// A delivery as it is stored: with the place where it acts.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    delivery: Delivery,
    account: String,
    region: String,
}

/// Writes a delivery: with the transaction of a Write operation, in one of its own otherwise.
pub(crate) async fn send(cx: &mut Cx, delivery: Delivery) -> Result<(), Failure> {
    if Principal::service(&delivery.principal).is_none() {
        return Err(Failure::internal(format!("`{}` is not a service principal", delivery.principal)));
    }
    let lane = delivery.target.service.clone();
    let (id, now) = (cx.new_id(), cx.now().millis());
    let stored = Stored { delivery, account: cx.account().to_owned(), region: cx.region().to_owned() };
    let payload = serde_json::to_vec(&stored).map_err(Failure::internal)?;
    if let Some(tx) = &mut cx.tx {
        return Ok(layer::push(tx, &lane, &id, now, now, payload)?);
    }
    cx.transact(|tx| {
        let push = layer::push(tx, &lane, &id, now, now, payload.clone());
        Box::pin(async move { push.map_err(Failure::from) })
    })
    .await
}

/// Delivers until the cloud stops.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    for service in cloud.registry().services() {
        cloud.tasks().spawn_loop(run_lane(cloud.clone(), service.name));
    }
}

async fn run_lane(cloud: Arc<Cloud>, lane: &'static str) {
    let slots = Arc::new(Semaphore::new(CONCURRENCY_MAX));
    let mut wake = cloud.store().watch(layer::watch_key(lane));
    loop {
        wake.mark_unchanged();
        match lease(&cloud, lane, slots.available_permits()).await {
            Ok(entries) if !entries.is_empty() => {
                for entry in entries {
                    let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
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
        let next = next_wake(&cloud, lane).await;
        tokio::select! {
            _ = wake.changed() => {}
            () = cloud.clock().sleep_until(next) => {}
        }
    }
}

async fn next_wake(cloud: &Cloud, lane: &str) -> shape::Timestamp {
    let now = cloud.clock().now();
    let due = async { layer::next_at(&store::snapshot(cloud.store()).await?, lane).await }.await;
    let idle = now.plus_millis(IDLE_MILLIS);
    match due {
        // What is due but was not leased waits for a free slot.
        Ok(Some(at)) => shape::Timestamp::from_millis(at).max(now.plus_millis(10)).min(idle),
        _ => idle,
    }
}

async fn lease(cloud: &Cloud, lane: &str, limit: usize) -> Result<Vec<Entry>, store::Error> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let now = cloud.clock().now().millis();
    let mut tx = store::begin(cloud.store()).await?;
    let entries = layer::lease(&mut tx, lane, now, limit, now + LEASE_MILLIS).await?;
    if !entries.is_empty() {
        tx.commit().await?;
    }
    Ok(entries)
}

/// One attempt, and what follows from it.
async fn deliver(cloud: &Arc<Cloud>, entry: Entry) {
    let stored: Stored = match serde_json::from_slice(&entry.payload) {
        Ok(stored) => stored,
        Err(error) => return settle(cloud, &entry, Outcome::Bury(format!("unreadable: {error}"))).await,
    };
    let policy = stored.delivery.policy;
    let outcome = match attempt(cloud, &entry, &stored).await {
        Ok(Finished::Settled) => return,
        Ok(Finished::Called) => Outcome::Done,
        Err(failure) => {
            let now = cloud.clock().now().millis();
            let wait = backoff(&policy, entry.attempts);
            let spent =
                entry.attempts >= policy.attempts_max || now + wait > entry.created + policy.age_max_millis;
            tracing::debug!(lane = entry.lane, id = entry.id, attempt = entry.attempts, %failure, "delivery failed");
            if spent {
                Outcome::Bury(failure.to_string())
            } else {
                Outcome::Retry(now + wait, failure.to_string())
            }
        }
    };
    settle(cloud, &entry, outcome).await;
}

fn backoff(policy: &Policy, attempts: u32) -> i64 {
    let doubled = policy.backoff_millis.saturating_mul(1_i64 << attempts.saturating_sub(1).min(20));
    doubled.min(BACKOFF_MILLIS_MAX.max(policy.backoff_millis))
}

enum Finished {
    /// The call succeeded and took the entry with it.
    Settled,
    /// The call succeeded; the entry is still there.
    Called,
}

async fn attempt(cloud: &Arc<Cloud>, entry: &Entry, stored: &Stored) -> Result<Finished, Failure> {
    let Delivery { target, principal, source_arn, .. } = &stored.delivery;
    let (_, operation) = door::find(cloud, &target.service, &target.operation)?;
    let mut caller =
        Caller::service("cloudlet", stored.account.as_str(), stored.region.as_str(), source_arn.as_deref());
    caller.principal = Principal::service(principal)
        .ok_or_else(|| Failure::internal(format!("unknown principal `{principal}`")))?;
    let mut cx = Cx::outer(cloud, caller.clone());
    if operation.kind != Kind::Write {
        cx.call_json(caller, &target.service, &target.operation, &target.input).await?;
        return Ok(Finished::Called);
    }
    for _ in 0..ATTEMPTS_MAX {
        match attempt_joined(&mut cx, &caller, entry, target).await {
            Err(failure) if failure.is_conflict() => {}
            settled => return settled.map(|()| Finished::Settled),
        }
    }
    Err(Failure::conflict())
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
    Bury(String),
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
        Outcome::Bury(error) => {
            tracing::warn!(lane = entry.lane, id = entry.id, error, "a delivery was given up");
            layer::bury(&mut tx, entry, cloud.clock().now().millis(), error).await?
        }
    };
    if ours {
        tx.commit().await?;
    }
    Ok(())
}
