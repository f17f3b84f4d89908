//! Runs the feeds of a keeper: those that its list names, each once, one node at a time.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use shape::Timestamp;
use store::{Bell, Key, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

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
/// Feeds of which it is not known yet whether they have anything to do, at the same time.
const OPENING_MAX: usize = 32;

/// Runs the feeds of `keeper` until the cloud stops.
pub fn keep(cloud: &Arc<Cloud>, keeper: Arc<dyn Keeper>) {
    cloud.tasks().spawn_loop(Manager::new(cloud, keeper).run());
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
        until(&self.cloud, millis).await;
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

/// How a feed has ended.
pub(super) enum End {
    /// It shall end, or begin anew.
    Ended,
    /// It is no more.
    Gone,
    /// It has nothing to do, and the bell rings for it at the next write below `key`. It has something at `at_millis`.
    Asleep { key: Key, at_millis: Option<i64> },
}

/// That a feed was begun.
pub(super) struct Call {
    bell: Arc<Bell>,
    /// For which number the bell rings.
    number: u64,
    was_woken: bool,
    /// Held until it is known whether the feed has anything to do.
    _opening: Option<OwnedSemaphorePermit>,
}

impl Call {
    /// Whether it was asleep before.
    pub(super) fn was_woken(&self) -> bool {
        self.was_woken
    }

    /// The feed has something to do, or knows what to wait for: others may begin.
    pub(super) fn has_begun(&mut self) {
        self._opening = None;
    }

    /// Lets the bell ring for the feed.
    pub(super) fn listen(&self, open: &Open, key: &Key) {
        open.cloud.store().listen(key.clone(), &self.bell, self.number);
    }

    /// Takes that back.
    pub(super) fn unlisten(&self, open: &Open, key: &Key) {
        open.cloud.store().unlisten(key, &self.bell, self.number);
    }
}

/// A feed that runs here. Ten thousand of them are asleep in an idle cloud.
struct Known {
    /// The hash of [`Listed::revision`].
    revision: u64,
    number: u64,
    state: State,
}

enum State {
    Awake { stop: watch::Sender<bool>, has_rung: bool },
    Asleep { key: Key, at_millis: Option<i64> },
}

struct Manager {
    cloud: Arc<Cloud>,
    keeper: Arc<dyn Keeper>,
    leases: [Option<Lease>; PARTS],
    feeds: HashMap<Arc<str>, Known>,
    /// The feeds by the numbers for which the bell rings; each beginning has a new one.
    numbers: HashMap<u64, Arc<str>>,
    last_number: u64,
    bell: Arc<Bell>,
    /// The times at which feeds that are asleep have something to do.
    due: BTreeSet<(i64, u64)>,
    opening: Arc<Semaphore>,
    ended: mpsc::Sender<(Arc<str>, End)>,
    ends: mpsc::Receiver<(Arc<str>, End)>,
    /// Ends that came while others were begun.
    ended_meanwhile: Vec<(Arc<str>, End)>,
}

/// What the manager has heard.
enum Heard {
    /// The list has to be looked at.
    List,
    End(Arc<str>, End),
    Rung(Vec<u64>),
    Due,
}

impl Manager {
    fn new(cloud: &Arc<Cloud>, keeper: Arc<dyn Keeper>) -> Self {
        let (ended, ends) = mpsc::channel(OPENING_MAX);
        Self {
            cloud: cloud.clone(),
            keeper,
            leases: Default::default(),
            feeds: HashMap::new(),
            numbers: HashMap::new(),
            last_number: 0,
            bell: Arc::default(),
            due: BTreeSet::new(),
            opening: Arc::new(Semaphore::new(OPENING_MAX)),
            ended,
            ends,
            ended_meanwhile: Vec::new(),
        }
    }

    async fn run(mut self) {
        let mut news = self.cloud.store().watch(self.keeper.watch_key());
        // When the list is looked at without news, and before which time it is not.
        let (mut look_at, mut not_before) = (None, 0);
        let mut looks = true;
        loop {
            if looks {
                news.borrow_and_update();
                (look_at, not_before) = self.look().await;
            }
            looks = match self.hear(&mut news, look_at, not_before).await {
                None => return,
                Some(Heard::List) => true,
                Some(Heard::End(id, end)) => self.note(&id, end),
                Some(Heard::Rung(numbers)) => self.wake(numbers).await,
                Some(Heard::Due) => {
                    let now = self.now();
                    let numbers = self.due.range(..=(now, u64::MAX)).map(|(_, number)| *number).collect();
                    self.wake(numbers).await
                }
            };
            for (id, end) in std::mem::take(&mut self.ended_meanwhile) {
                looks |= self.note(&id, end);
            }
        }
    }

    /// None when the cloud is gone.
    async fn hear(
        &mut self,
        news: &mut watch::Receiver<Version>,
        look_at: Option<i64>,
        not_before: i64,
    ) -> Option<Heard> {
        let (cloud, bell) = (self.cloud.clone(), self.bell.clone());
        let changed = async {
            until(&cloud, Some(not_before)).await;
            news.changed().await.is_ok()
        };
        let due = self.due.first().map(|(at, _)| *at);
        tokio::select! {
            Some((id, end)) = self.ends.recv() => Some(Heard::End(id, end)),
            rung = bell.rung() => Some(Heard::Rung(rung)),
            () = until(&cloud, due) => Some(Heard::Due),
            is_there = changed => is_there.then_some(Heard::List),
            () = until(&cloud, look_at) => Some(Heard::List),
        }
    }

    fn now(&self) -> i64 {
        self.cloud.clock().now().millis()
    }

    /// Looks at the list. When it has to be looked at again without news, and before which time it shall not be.
    async fn look(&mut self) -> (Option<i64>, i64) {
        self.take_leases().await;
        let (count, retry) = match self.round().await {
            Ok((count, is_whole)) => (count, (!is_whole).then_some(PAUSE_MILLIS)),
            Err(failure) => {
                tracing::warn!(keeper = self.keeper.name(), %failure, "feeds could not be read; trying again");
                (0, Some(PAUSE_MILLIS))
            }
        };
        let others = self.cloud.store().node().is_some().then_some(LEASES_MILLIS);
        let pace = i64::try_from(count / LONG_LIST).unwrap_or(i64::MAX).saturating_mul(PACE_MILLIS);
        let now = self.now();
        (retry.or(others).map(|millis| now + millis), now + pace)
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

    /// Starts, stops and settles what the list says; how many feeds there are, and whether each of them could be settled.
    async fn round(&mut self) -> Result<(usize, bool), Failure> {
        let cx = Cx::internal(&self.cloud, "cloudlet");
        let mut listed = self.keeper.list(&cx).await?;
        let (count, mut is_whole) = (listed.len(), true);
        listed.retain(|one| self.leases[part_of(&one.id)].as_ref().is_some_and(Lease::is_held));
        let wanted: HashMap<&str, &Listed> = listed.iter().map(|one| (one.id.as_str(), one)).collect();
        let mut over = Vec::new();
        for (id, known) in &self.feeds {
            let still = wanted.get(&**id).is_some_and(|one| one.runs && revision_of(one) == known.revision);
            if still && self.leases[part_of(id)].is_some() {
                continue;
            }
            match &known.state {
                State::Awake { stop, .. } => drop(stop.send_replace(true)),
                State::Asleep { .. } => over.push(id.clone()),
            }
        }
        for id in over {
            self.forget(&id);
        }
        drop(wanted);
        for one in listed {
            if self.feeds.contains_key(one.id.as_str()) {
                continue;
            }
            if one.runs {
                let revision = revision_of(&one);
                self.start(one, revision, false).await;
            } else if one.settling
                && let Err(failure) = self.keeper.settled(&cx, &one).await
            {
                // The others do not wait for it.
                tracing::warn!(feed = one.id, %failure, "a feed could not be settled; trying again");
                is_whole = false;
            }
        }
        Ok((count, is_whole))
    }

    /// Forgets a feed of which nothing runs.
    fn forget(&mut self, id: &str) {
        let Some(known) = self.feeds.remove(id) else { return };
        self.numbers.remove(&known.number);
        if let State::Asleep { key, at_millis } = &known.state {
            self.cloud.store().unlisten(key, &self.bell, known.number);
            if let Some(at) = at_millis {
                self.due.remove(&(*at, known.number));
            }
        }
    }

    /// A feed has ended; whether the list has to be looked at for it.
    fn note(&mut self, id: &str, end: End) -> bool {
        let Some(known) = self.feeds.get_mut(id) else { return false };
        let State::Awake { stop, has_rung } = &known.state else { return false };
        let (is_stopped, has_rung) = (*stop.borrow(), *has_rung);
        match end {
            End::Asleep { key, at_millis } => {
                known.state = State::Asleep { key, at_millis };
                let number = known.number;
                if is_stopped {
                    self.forget(id);
                    return true;
                }
                // What has rung before this was known is due now.
                let at_millis = if has_rung { Some(self.now()) } else { at_millis };
                if let Some(at) = at_millis {
                    self.set_due(id, at, number);
                }
                false
            }
            End::Ended | End::Gone => {
                self.forget(id);
                is_stopped || matches!(end, End::Ended)
            }
        }
    }

    fn set_due(&mut self, id: &str, at: i64, number: u64) {
        if let Some(Known { state: State::Asleep { at_millis, .. }, .. }) = self.feeds.get_mut(id) {
            *at_millis = Some(at);
            self.due.insert((at, number));
        }
    }

    /// Begins the feeds for which the bell has rung, or the time has come. False: the list is as it was.
    async fn wake(&mut self, numbers: Vec<u64>) -> bool {
        for number in numbers {
            let Some(id) = self.numbers.get(&number).cloned() else { continue };
            let Some(known) = self.feeds.get_mut(&id) else { continue };
            if let State::Awake { has_rung, .. } = &mut known.state {
                *has_rung = true;
                continue;
            }
            let revision = known.revision;
            self.forget(&id);
            // It was settled when it began, so the text of its revision is not asked for.
            let listed = Listed { id: id.to_string(), revision: String::new(), runs: true, settling: false };
            self.start(listed, revision, true).await;
        }
        false
    }

    /// Begins a feed, after the first look of others: ten thousand at once would take all memory.
    async fn start(&mut self, listed: Listed, revision: u64, was_woken: bool) {
        let Some(lease) = self.leases[part_of(&listed.id)].clone() else { return };
        let opening = loop {
            tokio::select! {
                opening = self.opening.clone().acquire_owned() => {
                    break opening.expect("the semaphore is never closed");
                }
                Some(end) = self.ends.recv() => self.ended_meanwhile.push(end),
            }
        };
        self.last_number += 1;
        let (number, id) = (self.last_number, Arc::<str>::from(listed.id.as_str()));
        let (stop, stopped) = watch::channel(false);
        let state = State::Awake { stop, has_rung: false };
        self.numbers.insert(number, id.clone());
        self.feeds.insert(id.clone(), Known { revision, number, state });
        let mut call = Call { bell: self.bell.clone(), number, was_woken, _opening: Some(opening) };
        let begin = Begin { cloud: self.cloud.clone(), keeper: self.keeper.clone(), lease, stopped, listed };
        let ended = self.ended.clone();
        // Not a loop that is dropped when the cloud stops: what is under way is settled first.
        self.cloud.tasks().spawn(async move {
            let cloud = begin.cloud.clone();
            let end = AssertUnwindSafe(Box::pin(run(begin, &mut call))).catch_unwind().await;
            let end = match end {
                Ok(end) => end,
                Err(_) => {
                    tracing::error!(feed = &*id, "a feed panicked; it goes on in a moment");
                    tokio::select! {
                        () = cloud.tasks().stopping() => {}
                        () = until(&cloud, Some(cloud.clock().now().millis() + PAUSE_MILLIS)) => {}
                    }
                    End::Ended
                }
            };
            // The manager is gone only when the cloud stops.
            ended.send((id, end)).await.ok();
            drop(call);
        });
    }
}

/// Returns at a time; never without one.
async fn until(cloud: &Cloud, millis: Option<i64>) {
    cloud.until(millis.map(Timestamp::from_millis)).await;
}

/// What a feed is begun with.
struct Begin {
    cloud: Arc<Cloud>,
    keeper: Arc<dyn Keeper>,
    lease: Lease,
    stopped: watch::Receiver<bool>,
    listed: Listed,
}

impl Begin {
    /// Opens the feed, again when that fails; none when it is gone, or shall end.
    async fn open(&mut self, call: &mut Call) -> Option<(Feed, Arc<dyn Consumer>)> {
        let cx = Cx::internal(&self.cloud, "cloudlet");
        loop {
            match self.keeper.open(&cx, &self.listed.id).await {
                Ok(found) => return found,
                Err(failure) => {
                    tracing::warn!(feed = self.listed.id, %failure, "a feed could not be opened; trying again");
                }
            }
            call.has_begun();
            tokio::select! {
                // An error means that the manager is gone, which is a stop as well.
                _ = self.stopped.wait_for(|stopped| *stopped) => return None,
                () = self.cloud.tasks().stopping() => return None,
                () = until(&self.cloud, Some(cx.now().millis() + PAUSE_MILLIS)) => {}
            }
        }
    }
}

/// Runs a feed until it shall end, or has nothing to do, and nothing of it is under way any more.
async fn run(mut begin: Begin, call: &mut Call) -> End {
    let Some((feed, consumer)) = begin.open(call).await else { return End::Gone };
    let Begin { cloud, keeper, lease, stopped, listed } = begin;
    let open = Arc::new(Open { cloud, feed, consumer, lease, stop: stopped });
    let is_queue = open.feed.source.service() == "sqs";
    if !is_queue {
        call.has_begun();
        if !Box::pin(stream::begin(&open)).await {
            return End::Ended;
        }
    }
    if listed.settling && !Box::pin(settle(&open, &*keeper, &listed)).await {
        return End::Ended;
    }
    if is_queue {
        return queue::run(&open, call).await;
    }
    stream::run(&open).await;
    End::Ended
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

fn revision_of(listed: &Listed) -> u64 {
    hash(listed.revision.as_bytes())
}

/// FNV-1a: a hash that is the same in every process.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
