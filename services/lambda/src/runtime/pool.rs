//! Which environment gets which invocation, and when one more is started.
//!
//! An invocation takes an idle environment, or waits in line while one more is started for it. Whatever comes first
//! serves the line: a new environment or one that became idle. Of a quick function, one environment for each core and
//! one more work at a time unless somebody waits for long: more of them only make each other slower. Starts run a few at
//! a time and in fair turns ([`super::starts`]). `provisioned.rs` keeps environments that were started ahead.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::environment::{Environment, Invocation, NoStart};
use super::launch::{Host, Initialization, Launch};
use super::log::{self, Report};
use super::outcome::Outcome;
use super::provisioned::Kept;
use super::starts::Starts;
use crate::admission::{Capacity, Permit};
use crate::limits::{INIT_TIME_AHEAD, INIT_TIME_MAX};

/// An environment without work is ended after this time. AWS keeps them for some minutes.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(10 * 60);

/// Invocations that take less than this on the average are quick.
const QUICK_MICROS: u32 = 1_000;
/// How long one may stand in line for a quick function before it gets an environment beyond one for each core. To start
/// one takes longer than this.
const PATIENCE: Duration = Duration::from_millis(3);

/// How many processes can run at the same time.
pub(super) fn cores() -> u32 {
    static CORES: LazyLock<u32> = LazyLock::new(|| {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        u32::try_from(cores).unwrap_or(u32::MAX)
    });
    *CORES
}

/// The environments of one function version as it is configured now.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) launch: Arc<Launch>,
    /// As `launch`, for environments that are started ahead.
    pub(super) ahead: OnceLock<Arc<Launch>>,
    pub(super) host: Arc<Host>,
    pub(super) starts: Arc<Starts>,
    /// Whose turn a start takes: that of the function, whatever the version.
    pub(super) turn: Arc<str>,
    /// Invocations that were admitted and have not ended.
    busy: Arc<AtomicU32>,
    /// Environments: idle, busy and those that start for an invocation.
    environments: AtomicU32,
    /// The provisioned concurrency.
    pub(super) provisioned: AtomicU32,
    /// How long the last invocations took, in microseconds, the latest with the most weight; zero before the first.
    pace: AtomicU32,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// The one used last is used next, so that the others can be ended.
    idle: Vec<Environment>,
    line: VecDeque<oneshot::Sender<Started>>,
    /// How many ever stood in line.
    joined: u64,
    /// A task looks after those who wait for long.
    patient: bool,
    starting: usize,
    pub(super) kept: Kept,
    /// The function has changed or is gone: nothing is kept.
    pub(super) retired: bool,
}

impl State {
    /// Provisioned ones first, and of the others the one used last.
    fn pop_idle(&mut self) -> Option<Environment> {
        self.kept.idle.pop().or_else(|| self.idle.pop())
    }

    fn push_idle(&mut self, environment: Environment) {
        let idle = if environment.is_provisioned() { &mut self.kept.idle } else { &mut self.idle };
        idle.push(environment);
    }
}

/// A lease inside the channel: whoever goes away with it puts the environment back.
type Started = Result<Lease, Box<NoStart>>;

impl Shelf {
    pub(crate) fn new(launch: Arc<Launch>, host: Arc<Host>, starts: Arc<Starts>) -> Arc<Shelf> {
        let turn = launch.arn.as_str().into();
        Arc::new(Shelf {
            launch,
            ahead: OnceLock::new(),
            host,
            starts,
            turn,
            busy: Arc::default(),
            environments: AtomicU32::new(0),
            provisioned: AtomicU32::new(0),
            pace: AtomicU32::new(0),
            state: Mutex::default(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is at hand for one more invocation.
    pub(crate) fn capacity(&self) -> Capacity {
        let environments = self.environments.load(Ordering::Relaxed);
        Capacity {
            provisioned: self.provisioned.load(Ordering::Relaxed),
            // A quick function takes its next invocation without one more environment.
            environments: if self.is_quick() { u32::MAX } else { environments },
        }
    }

    /// Whether a place in line is served sooner than an environment starts: enough of them run to keep the machine
    /// busy, and each is back in no time. More processes than cores make all of them slower.
    fn is_quick(&self) -> bool {
        let pace = self.pace.load(Ordering::Relaxed);
        (1..QUICK_MICROS).contains(&pace) && self.environments.load(Ordering::Relaxed) >= cores()
    }

    fn note_pace(&self, took: Duration) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX).max(1);
        let before = self.pace.load(Ordering::Relaxed);
        let pace = if before == 0 { took } else { (before / 8).saturating_mul(7).saturating_add(took / 8) };
        self.pace.store(pace.max(1), Ordering::Relaxed);
    }

    /// The counter of admitted invocations.
    pub(crate) fn busy(&self) -> &Arc<AtomicU32> {
        &self.busy
    }

    /// Runs one invocation. When the caller goes away, the invocation goes on to its end.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        invocation: &Invocation,
        with_tail: bool,
        permit: Option<Permit>,
    ) -> Outcome {
        let mut permit = permit;
        let came = Instant::now();
        loop {
            let mut lease = match self.take() {
                Ok(lease) => lease,
                Err(turn) => match turn.await {
                    Ok(Ok(lease)) => lease,
                    Ok(Err(no_start)) => return self.not_started(invocation, *no_start, with_tail),
                    Err(_) => continue, // The start was given up for want of need; stand in line again.
                },
            };
            lease.permit = permit.take();
            let queue = came.elapsed();
            if lease.environment().begin(invocation).await.is_err() {
                permit = lease.permit.take();
                continue; // It had ended while idle: the lease throws it away.
            }
            let begun = Instant::now();
            let mut outcome = lease.environment().complete(with_tail).await;
            self.note_pace(begun.elapsed());
            outcome.seen.queue = queue;
            return outcome;
        }
    }

    fn lease(self: &Arc<Self>, environment: Environment) -> Lease {
        Lease { shelf: Arc::clone(self), environment: Some(environment), permit: None }
    }

    /// An idle environment, or a place in line.
    fn take(self: &Arc<Self>) -> Result<Lease, oneshot::Receiver<Started>> {
        let mut state = self.state();
        let is_quick = self.is_quick();
        // One more than cores, for the moment in which the cloud handles an answer.
        let enough_work = is_quick && self.working(&state) > cores();
        if !enough_work && let Some(environment) = state.pop_idle() {
            return Ok(self.lease(environment));
        }
        let (sender, receiver) = oneshot::channel();
        state.line.push_back(sender);
        state.joined += 1;
        if is_quick {
            self.serve_later(&mut state);
        } else {
            self.start_for_line(&mut state);
        }
        Err(receiver)
    }

    /// How many environments work on an invocation. One that ends at this moment may count as well.
    fn working(&self, state: &State) -> u32 {
        let others = state.starting + state.idle.len() + state.kept.idle.len();
        self.environments.load(Ordering::Relaxed).saturating_sub(u32::try_from(others).unwrap_or(u32::MAX))
    }

    /// Takes idle environments, and starts others, for those who will still stand in line after a while.
    fn serve_later(self: &Arc<Self>, state: &mut State) {
        if std::mem::replace(&mut state.patient, true) {
            return;
        }
        let (shelf, mut before) = (Arc::clone(self), state.joined);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PATIENCE).await;
                let mut state = shelf.state();
                let first = state.joined - state.line.len() as u64;
                let long = usize::try_from(before.saturating_sub(first)).unwrap_or(usize::MAX);
                let mut long = long.min(state.line.len());
                while long > 0
                    && let Some(environment) = state.pop_idle()
                {
                    if let Some(unwanted) = shelf.hand_over(&mut state, environment) {
                        state.push_idle(unwanted);
                    }
                    long = (long - 1).min(state.line.len());
                }
                shelf.start_up_to(&mut state, long);
                if state.line.is_empty() {
                    state.patient = false;
                    return;
                }
                before = state.joined;
            }
        });
    }

    fn start_for_line(self: &Arc<Self>, state: &mut State) {
        let all = state.line.len();
        self.start_up_to(state, all);
    }

    fn start_up_to(self: &Arc<Self>, state: &mut State, wanted: usize) {
        while state.starting < wanted {
            state.starting += 1;
            self.environments.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(Arc::clone(self).start_one());
        }
    }

    /// One more environment is there that nobody stood in line for.
    pub(super) fn count_one_more(&self) {
        self.environments.fetch_add(1, Ordering::Relaxed);
    }

    /// A start for the line is over without an environment.
    fn none_started(&self, state: &mut State) {
        state.starting -= 1;
        self.environments.fetch_sub(1, Ordering::Relaxed);
    }

    /// Starts one environment and hands it to the first in line.
    async fn start_one(self: Arc<Self>) {
        let slot = self.starts.acquire(&self.turn).await;
        {
            let mut state = self.state();
            state.line.retain(|waiting| !waiting.is_closed());
            if state.line.is_empty() {
                return self.none_started(&mut state); // Others became idle meanwhile, or the callers went away.
            }
        }
        let started = self.start(&self.launch).await;
        drop(slot);
        let mut state = self.state();
        match started {
            Ok(environment) => {
                state.starting -= 1;
                self.put(state, environment);
            }
            Err(no_start) => {
                self.none_started(&mut state);
                // One failed start answers one invocation; the others get starts of their own.
                let mut message = Err(Box::new(no_start));
                while let Some(first) = state.line.pop_front() {
                    match first.send(message) {
                        Ok(()) => break,
                        Err(unsent) => message = unsent,
                    }
                }
                self.start_for_line(&mut state);
            }
        }
    }

    pub(super) async fn start(&self, launch: &Arc<Launch>) -> Result<Environment, NoStart> {
        let start = |limit| Environment::start(Arc::clone(launch), Arc::clone(&self.host), limit);
        if launch.initialization == Initialization::Provisioned {
            return start(launch.timeout.max(INIT_TIME_AHEAD)).await;
        }
        match start(INIT_TIME_MAX).await {
            // Lambda runs the init phase once more within the invocation and under its time limit.
            Err(no_start) if no_start.timed_out => start(launch.timeout).await,
            started => started,
        }
    }

    /// Gives an environment to the first in line, or keeps it.
    pub(super) fn put(self: &Arc<Self>, mut state: MutexGuard<'_, State>, environment: Environment) {
        let Some(environment) = self.hand_over(&mut state, environment) else { return };
        if state.retired || (environment.is_provisioned() && state.kept.has_too_many()) {
            drop(state);
            self.end(environment);
        } else {
            state.push_idle(environment);
        }
    }

    /// Gives an environment to the first in line; it comes back when nobody stands there.
    fn hand_over(self: &Arc<Self>, state: &mut State, environment: Environment) -> Option<Environment> {
        let mut started = Ok(self.lease(environment));
        while let Some(first) = state.line.pop_front() {
            match first.send(started) {
                Ok(()) => return None,
                Err(unsent) => started = unsent, // The caller went away.
            }
        }
        started.ok().and_then(|mut lease| lease.environment.take())
    }

    /// Ends an environment, and starts another one in place of a provisioned one.
    pub(super) fn end(self: &Arc<Self>, environment: Environment) {
        self.environments.fetch_sub(1, Ordering::Relaxed);
        if environment.is_provisioned() {
            self.replace_provisioned();
        }
        environment.end();
    }

    /// The answer to an invocation for which no environment could be started, with its log lines.
    fn not_started(&self, invocation: &Invocation, no_start: NoStart, with_tail: bool) -> Outcome {
        let (request_id, launch) = (&invocation.request_id, &self.launch);
        let now = self.host.backend.now_millis();
        let mut lines = no_start.lines;
        let duration = if no_start.timed_out { launch.timeout } else { no_start.duration };
        let report = Report {
            request_id,
            duration,
            init: None,
            memory_mb: launch.memory_mb,
            memory_used_mb: 0,
            ended: &no_start.ended,
        };
        let seen = report.seen(&no_start.log_stream, true);
        lines.extend(launch.first_lines(request_id, &invocation.trace, now));
        lines.extend(launch.last_lines(&report, &invocation.trace, now));
        let tail = if with_tail { log::tail("", &lines) } else { String::new() };
        self.host.backend.log(launch, &no_start.log_stream, lines);
        Outcome { payload: no_start.ended.payload(request_id, launch.timeout), failed: true, tail, seen }
    }

    /// Starts one environment ahead of the first invocation, unless there is one.
    pub(crate) async fn warm(self: &Arc<Self>) {
        let receiver = {
            let mut state = self.state();
            if !state.idle.is_empty() || state.starting > 0 || state.retired || state.kept.is_wanted() {
                return;
            }
            let (sender, receiver) = oneshot::channel();
            state.line.push_back(sender);
            self.start_for_line(&mut state);
            receiver
        };
        // The lease puts it back. An error comes again with the next invocation, which tells it.
        drop(receiver.await);
    }

    /// The function has changed or is gone: idle environments end now, busy ones after their invocation.
    pub(crate) fn retire(self: &Arc<Self>) {
        let idle = {
            let mut state = self.state();
            state.retired = true;
            let mut idle = std::mem::take(&mut state.idle);
            idle.append(&mut state.kept.idle);
            idle
        };
        idle.into_iter().for_each(|environment| self.end(environment));
    }

    /// Ends environments that have been idle for `limit`, and those that have ended by themselves.
    pub(crate) fn sweep(self: &Arc<Self>, limit: Duration) {
        let now = Instant::now();
        let mut gone = Vec::new();
        {
            let mut state = self.state();
            let is_old = |one: &mut Environment| one.has_ended() || now >= one.idle_since + limit;
            gone.extend(state.idle.extract_if(.., is_old));
            gone.extend(state.kept.idle.extract_if(.., Environment::has_ended));
        }
        gone.into_iter().for_each(|environment| self.end(environment));
    }

    /// How many environments work on an invocation, and how many invocations ever stood in line.
    #[cfg(test)]
    pub(super) fn at_work(&self) -> (u32, u64) {
        let state = self.state();
        (self.working(&state), state.joined)
    }

    /// As if invocations took that long.
    #[cfg(test)]
    pub(super) fn set_pace(&self, took: Duration) {
        self.pace.store(0, Ordering::Relaxed);
        self.note_pace(took);
    }

    /// Whether one of those that wait for work has ended by itself.
    #[cfg(test)]
    pub(super) fn has_lost_one(&self) -> bool {
        self.state().idle.iter_mut().any(Environment::has_ended)
    }

    /// How many environments wait for work.
    #[cfg(test)]
    pub(crate) fn idle(&self) -> usize {
        let state = self.state();
        state.idle.len() + state.kept.idle.len()
    }
}

/// An environment in use. Dropped in the middle of an invocation, because the caller went away, it goes on to the end
/// of that invocation in a task of its own, and so it does while extensions still work on one that is answered; only
/// then is the environment free again.
#[derive(Debug)]
struct Lease {
    shelf: Arc<Shelf>,
    environment: Option<Environment>,
    /// Counts until the invocation has really ended.
    permit: Option<Permit>,
}

impl Lease {
    fn environment(&mut self) -> &mut Environment {
        self.environment.as_mut().expect("taken only by drop")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut environment) = self.environment.take() else { return };
        if environment.is_usable() {
            return self.shelf.put(self.shelf.state(), environment);
        }
        let runtime = tokio::runtime::Handle::try_current();
        match runtime {
            Ok(runtime) if environment.is_running() || environment.is_settling() => {
                let (shelf, permit) = (Arc::clone(&self.shelf), self.permit.take());
                drop(runtime.spawn(async move {
                    if environment.is_running() {
                        // The answer has no reader any more; the log has it all.
                        let _unread = environment.complete(false).await;
                    }
                    environment.settle().await;
                    drop(Lease { shelf, environment: Some(environment), permit });
                }));
            }
            _ => self.shelf.end(environment),
        }
    }
}
