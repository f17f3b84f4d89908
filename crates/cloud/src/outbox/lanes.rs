//! Lanes: who works on the deliveries that wait, and how many at the same time.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use shape::Timestamp;
use store::layer::outbox::{self as layer, Entry};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{BROKEN_MILLIS, QUEUE_MARK, deliver, lease_millis};
use crate::instance::Cloud;

/// Deliveries of one lane that run at the same time.
const CONCURRENCY_MAX: usize = 32;
/// The same for a lane that a sender asked for. A function that sleeps for seconds shall still get on.
const QUEUE_CONCURRENCY_MAX: usize = 64;
/// Deliveries of all those lanes together, but for the first of each; each holds its payload in memory, up to a megabyte.
const QUEUES_CONCURRENCY_MAX: usize = 256;
/// Deliveries that a lane takes at once, before others have their turn.
const LEASE_MAX: usize = 16;
/// How long a lane sleeps at most where other nodes write, or until something that is due later; and how long the lane of a
/// queue stays when it is empty.
const IDLE_MILLIS: i64 = 60 * 1000;
/// How often the lanes of other nodes are looked for: theirs are taken over when they die.
const OTHERS_MILLIS: i64 = 1000;

/// The lanes that are worked on.
struct Lanes {
    state: Mutex<LanesState>,
    /// What the lanes of queues share beside the one slot that each has. It is handed out in the order of asking, and a
    /// lane asks once at a time.
    shared: Arc<Semaphore>,
}

/// The slots of a lane.
#[derive(Clone)]
pub(super) struct Lane {
    slots: Arc<Semaphore>,
    /// Where slots are shared: one that is the lane's own, so that it gets on although others hold all of the shared ones
    /// for as long as their targets take.
    own: Arc<Semaphore>,
    shared: Option<Arc<Semaphore>>,
}

#[derive(Default)]
struct LanesState {
    /// Tests run clouds without background work.
    started: bool,
    running: HashMap<String, Lane>,
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

/// Works on the lanes of all services and on what an earlier run has left; until the cloud stops also on what other nodes
/// leave.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    for service in cloud.registry().services() {
        drop(ensure(&cloud, service.name));
    }
    loop {
        let found = ensure_all(&cloud).await;
        if let Err(error) = &found {
            tracing::warn!(%error, "the lanes of the outbox could not be read; trying again");
        }
        if found.is_ok() && cloud.store().node().is_none() {
            return;
        }
        cloud.clock().sleep_until(cloud.clock().now().plus_millis(OTHERS_MILLIS)).await;
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
            drop(ensure(cloud, &lane));
        }
    }
}

/// Works on the lane of this name, unless somebody does already. None in a cloud without background work.
pub(super) fn ensure(cloud: &Arc<Cloud>, name: &str) -> Option<Lane> {
    let lanes = cloud.states().get::<Lanes>();
    let mut state = lanes.state();
    if !state.started {
        return None;
    }
    if let Some(lane) = state.running.get(name) {
        return Some(lane.clone());
    }
    let is_queue = name.contains(QUEUE_MARK);
    let slots = if is_queue { QUEUE_CONCURRENCY_MAX } else { CONCURRENCY_MAX };
    let lane = Lane {
        slots: Arc::new(Semaphore::new(slots)),
        own: Arc::new(Semaphore::new(1)),
        shared: is_queue.then(|| lanes.shared.clone()),
    };
    state.running.insert(name.to_owned(), lane.clone());
    drop(state);
    cloud.tasks().spawn_loop(keep_lane(cloud.clone(), name.to_owned(), lane.clone()));
    Some(lane)
}

/// A slot for a delivery that is being written, if one is free. Where deliveries wait there is none: a lane that waits
/// for one gets the next, so nothing that is new comes before what waits.
pub(super) fn free_slot(cloud: &Arc<Cloud>, lane: &str) -> Option<Slot> {
    ensure(cloud, lane)?.free_slot()
}

impl Lane {
    fn free_slot(&self) -> Option<Slot> {
        let slot = self.slots.clone().try_acquire_owned().ok()?;
        let room = match &self.shared {
            None => None,
            Some(shared) => {
                let own = self.own.clone().try_acquire_owned();
                Some(own.or_else(|_| shared.clone().try_acquire_owned()).ok()?)
            }
        };
        Some((slot, room))
    }

    /// Waits for a slot.
    async fn slot(&self) -> Slot {
        const OPEN: &str = "the semaphores are never closed";
        let slot = self.slots.clone().acquire_owned().await.expect(OPEN);
        let room = match &self.shared {
            None => None,
            Some(shared) => Some(tokio::select! {
                biased;
                own = self.own.clone().acquire_owned() => own.expect(OPEN),
                room = shared.clone().acquire_owned() => room.expect(OPEN),
            }),
        };
        (slot, room)
    }

    /// Waits until at least one delivery may run.
    async fn room(&self) -> Vec<Slot> {
        let mut room = vec![self.slot().await];
        while room.len() < LEASE_MAX
            && let Some(slot) = self.free_slot()
        {
            room.push(slot);
        }
        room
    }
}

/// Works on a lane until it has had nothing to do for a while. A panic is a mistake of ours; what else waits in the
/// lane must not wait for the next start of the cloud.
async fn keep_lane(cloud: Arc<Cloud>, name: String, lane: Lane) {
    loop {
        if AssertUnwindSafe(run_lane(&cloud, &name, &lane)).catch_unwind().await.is_ok() {
            break;
        }
        tracing::error!(lane = name, "a lane of the outbox panicked; it goes on in a moment");
        cloud.clock().sleep_until(cloud.clock().now().plus_millis(BROKEN_MILLIS)).await;
    }
    cloud.states().get::<Lanes>().state().running.remove(&name);
    // Something may have come in the meantime, and its sender saw the lane at work.
    if !matches!(next_due(&cloud, &name).await, Ok(None)) {
        drop(ensure(&cloud, &name));
    }
}

/// Returns when the lane of a queue is empty and nothing has come for a while.
async fn run_lane(cloud: &Arc<Cloud>, name: &str, lane: &Lane) {
    let mut wake = cloud.store().watch(layer::watch_key(name));
    loop {
        wake.mark_unchanged();
        // Most of what is written in a lane is leased already, and the end of what is under way.
        let mut next = next_due(cloud, name).await;
        if let Ok(Some(at)) = next
            && at <= cloud.clock().now().millis()
        {
            match start_due(cloud, name, lane).await {
                Ok(()) => continue,
                Err(error) => next = Err(error),
            }
        }
        let now = cloud.clock().now();
        let idle = now.plus_millis(IDLE_MILLIS);
        let until = match &next {
            Ok(Some(at)) => Some(Timestamp::from_millis(*at).min(idle)),
            Ok(None) => (lane.shared.is_some() || cloud.store().node().is_some()).then_some(idle),
            Err(error) => {
                tracing::warn!(lane = name, %error, "the outbox could not be read; trying again");
                Some(now.plus_millis(BROKEN_MILLIS))
            }
        };
        let came = tokio::select! {
            _ = wake.changed() => true,
            () = cloud.until(until) => false,
        };
        if lane.shared.is_some() && matches!(next, Ok(None)) && !came {
            return;
        }
    }
}

/// When the next delivery of a lane is due; none when it has none.
async fn next_due(cloud: &Cloud, lane: &str) -> Result<Option<i64>, store::Error> {
    layer::next_at(&store::snapshot(cloud.store()).await?, lane).await
}

/// Starts the deliveries that are due, as many as there is room for.
async fn start_due(cloud: &Arc<Cloud>, name: &str, lane: &Lane) -> Result<(), store::Error> {
    let mut room = lane.room().await;
    let entries = match lease(cloud, name, room.len()).await {
        // Another node took one of them: the next look shows what is left.
        Err(store::Error::Conflict) => return Ok(()),
        leased => leased?,
    };
    for entry in entries {
        let slot = room.pop();
        let cloud = cloud.clone();
        cloud.clone().tasks().spawn(async move {
            deliver(&cloud, entry).await;
            drop(slot);
        });
    }
    Ok(())
}

/// The right to deliver one entry.
pub(super) type Slot = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

async fn lease(cloud: &Cloud, lane: &str, limit: usize) -> Result<Vec<Entry>, store::Error> {
    let now = cloud.clock().now().millis();
    let mut tx = store::begin(cloud.store()).await?;
    let entries = layer::lease(&mut tx, lane, now, limit, now + lease_millis(cloud)).await?;
    if !entries.is_empty() {
        tx.commit().await?;
    }
    Ok(entries)
}
