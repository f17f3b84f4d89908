//! Runs the feeds of a keeper: those that its list names, each once, one node at a time.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use shape::Timestamp;
use tokio::sync::{mpsc, watch};

use super::{Consumer, Feed, Keeper, Listed, queue, stream};
use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::lease::Lease;

/// Feeds share this many leases, so that ten thousand of them do not renew ten thousand leases.
const PARTS: usize = 16;
/// How often leases are looked for that another node has: it may have died.
const LEASES_MILLIS: i64 = 1_000;
/// How long the list waits after a failure, and a feed that broke off before it begins again.
const PAUSE_MILLIS: i64 = 1_000;
/// Lists with more feeds are read at most once in so many milliseconds for each thousand: who makes ten thousand feeds,
/// one by one, does not want ten thousand lists of them to be read.
const LONG_LIST: usize = 1_000;
const PACE_MILLIS: i64 = 50;
/// Ends that wait to be seen.
const ENDS: usize = 64;

/// Runs the feeds of `keeper` until the cloud stops.
pub fn keep(cloud: &Arc<Cloud>, keeper: Arc<dyn Keeper>) {
    let (ended, ends) = mpsc::channel(ENDS);
    let running = HashMap::new();
    let manager = Manager { cloud: cloud.clone(), keeper, leases: Default::default(), running, ended };
    cloud.tasks().spawn_loop(manager.run(ends));
}

/// A feed with all that its tasks need.
pub(super) struct Open {
    pub(super) cloud: Arc<Cloud>,
    pub(super) feed: Feed,
    pub(super) consumer: Arc<dyn Consumer>,
    pub(super) lease: Lease,
    stop: watch::Receiver<bool>,
}

impl Open {
    /// A context for the feed's own calls.
    pub(super) fn cx(&self) -> Cx {
        let mut cx = Cx::internal(&self.cloud, self.feed.service);
        cx.for_account(&self.feed.account, self.feed.source.region());
        cx
    }

    /// The time, in milliseconds.
    pub(super) fn now(&self) -> i64 {
        self.cloud.clock().now().millis()
    }

    /// Returns at a time; never without one.
    pub(super) async fn until(&self, millis: Option<i64>) {
        match millis {
            Some(millis) => self.cloud.clock().sleep_until(Timestamp::from_millis(millis)).await,
            None => std::future::pending().await,
        }
    }

    /// Whether the feed shall end.
    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow() || !self.lease.is_held() || self.cloud.tasks().is_stopping()
    }

    /// Returns when the feed shall end.
    pub(super) async fn stopped(&self) {
        let mut stop = self.stop.clone();
        tokio::select! {
            // An error means that the manager is gone, which is a stop as well.
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.cloud.tasks().stopping() => {}
        }
    }

    /// Waits a moment after a failure, longer with each; false when the feed shall end.
    pub(super) async fn pause(&self, failures: u32) -> bool {
        let millis = PAUSE_MILLIS << failures.saturating_sub(1).min(6);
        tokio::select! {
            () = self.stopped() => false,
            () = self.until(Some(self.now() + millis)) => true,
        }
    }
}

struct Running {
    revision: String,
    part: usize,
    stop: watch::Sender<bool>,
}

struct Manager {
    cloud: Arc<Cloud>,
    keeper: Arc<dyn Keeper>,
    leases: [Option<Lease>; PARTS],
    running: HashMap<String, Running>,
    ended: mpsc::Sender<String>,
}

impl Manager {
    async fn run(mut self, mut ends: mpsc::Receiver<String>) {
        let mut news = self.cloud.store().watch(self.keeper.watch_key());
        loop {
            news.borrow_and_update();
            self.take_leases().await;
            let (count, retry) = match self.round().await {
                Ok(count) => (count, None),
                Err(failure) => {
                    tracing::warn!(keeper = self.keeper.name(), %failure, "feeds could not be read; trying again");
                    (0, Some(PAUSE_MILLIS))
                }
            };
            if count > LONG_LIST {
                let pace = i64::try_from(count / LONG_LIST).unwrap_or(i64::MAX).saturating_mul(PACE_MILLIS);
                self.sleep(Some(pace)).await;
            }
            let others = self.cloud.store().node().is_some().then_some(LEASES_MILLIS);
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                Some(id) = ends.recv() => {
                    self.running.remove(&id);
                    while let Ok(id) = ends.try_recv() {
                        self.running.remove(&id);
                    }
                }
                () = self.sleep(retry.or(others)) => {}
            }
        }
    }

    async fn sleep(&self, millis: Option<i64>) {
        match millis {
            Some(millis) => {
                self.cloud.clock().sleep_until(self.cloud.clock().now().plus_millis(millis)).await
            }
            None => std::future::pending().await,
        }
    }

    /// Takes the leases that are free, and drops those that were lost.
    async fn take_leases(&mut self) {
        for (part, lease) in self.leases.iter_mut().enumerate() {
            if lease.as_ref().is_some_and(Lease::is_held) {
                continue;
            }
            let name = format!("feed/{}/{part}", self.keeper.name());
            *lease = Lease::take(&self.cloud, &name).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the lease of feeds could not be taken; trying again");
                None
            });
        }
    }

    /// Starts, stops and settles what the list says; how many feeds there are.
    async fn round(&mut self) -> Result<usize, Failure> {
        let cx = Cx::internal(&self.cloud, "cloudlet");
        let listed = self.keeper.list(&cx).await?;
        let count = listed.len();
        let mut wanted = HashMap::with_capacity(count);
        for one in listed {
            let part = part_of(&one.id);
            if self.leases[part].as_ref().is_some_and(Lease::is_held) {
                wanted.insert(one.id.clone(), one);
            }
        }
        for (id, running) in &self.running {
            let still = wanted.get(id).is_some_and(|one| one.runs && one.revision == running.revision);
            if !still || self.leases[running.part].is_none() {
                running.stop.send_replace(true);
            }
        }
        for one in wanted.into_values() {
            if self.running.contains_key(&one.id) {
                continue;
            }
            if one.runs {
                self.start(&cx, one).await?;
            } else if one.settling {
                self.keeper.settled(&cx, &one).await?;
            }
        }
        Ok(count)
    }

    async fn start(&mut self, cx: &Cx, listed: Listed) -> Result<(), Failure> {
        let Some((feed, consumer)) = self.keeper.open(cx, &listed.id).await? else { return Ok(()) };
        let part = part_of(&listed.id);
        let Some(lease) = self.leases[part].clone() else { return Ok(()) };
        let (stop, stopped) = watch::channel(false);
        let revision = listed.revision.clone();
        self.running.insert(listed.id.clone(), Running { revision, part, stop });
        let open = Arc::new(Open { cloud: self.cloud.clone(), feed, consumer, lease, stop: stopped });
        let (keeper, ended) = (self.keeper.clone(), self.ended.clone());
        // Not a loop that is dropped when the cloud stops: what is under way is settled first.
        self.cloud.tasks().spawn(async move {
            let work = AssertUnwindSafe(run(&open, &*keeper, &listed)).catch_unwind().await;
            if work.is_err() {
                tracing::error!(feed = listed.id, "a feed panicked; it goes on in a moment");
                open.pause(1).await;
            }
            drop(open);
            // The manager is gone only when the cloud stops.
            ended.send(listed.id).await.ok();
        });
        Ok(())
    }
}

/// Runs a feed until it shall end and nothing of it is under way any more.
async fn run(open: &Arc<Open>, keeper: &dyn Keeper, listed: &Listed) {
    let is_queue = open.feed.source.service() == "sqs";
    // In boxes: ten thousand feeds that sleep shall be small.
    if !is_queue && !Box::pin(stream::begin(open)).await {
        return;
    }
    if listed.settling && !Box::pin(settle(open, keeper, listed)).await {
        return;
    }
    if is_queue { Box::pin(queue::run(open)).await } else { Box::pin(stream::run(open)).await }
}

/// Tells the keeper that the feed runs; false when it shall end.
async fn settle(open: &Open, keeper: &dyn Keeper, listed: &Listed) -> bool {
    let mut failures = 0;
    while let Err(failure) = keeper.settled(&open.cx(), listed).await {
        tracing::warn!(feed = listed.id, %failure, "a feed could not be settled; trying again");
        failures += 1;
        if !open.pause(failures).await {
            return false;
        }
    }
    true
}

/// Which lease a feed is under.
fn part_of(id: &str) -> usize {
    usize::try_from(hash(id.as_bytes()) % PARTS as u64).unwrap_or(0)
}

/// FNV-1a: a hash that is the same in every process.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
