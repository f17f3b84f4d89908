//! Which environment gets which invocation, and when one more is started.
//!
//! An invocation takes an idle environment, or waits in line while one more is started for it. Whatever comes first
//! serves the line: a new environment or one that became idle. Starts run a few at a time, because more processes than
//! cores would only make all of them slower.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use super::environment::{Environment, Invocation, NoStart};
use super::launch::{Host, Launch};
use super::log::{self, LogLine, Report};
use super::outcome::Outcome;

/// An environment without work is ended after this time. AWS keeps them for some minutes.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(10 * 60);

/// The environments of one function version as it is configured now.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) launch: Arc<Launch>,
    host: Arc<Host>,
    starts: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The one used last is used next, so that the others can be ended.
    idle: Vec<Environment>,
    line: VecDeque<oneshot::Sender<Started>>,
    starting: usize,
    /// The function has changed or is gone: nothing is kept.
    retired: bool,
}

type Started = Result<Environment, Box<NoStart>>;

/// How many environments start at the same time.
pub(crate) fn starts_at_once() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}

impl Shelf {
    pub(crate) fn new(launch: Arc<Launch>, host: Arc<Host>, starts: Arc<Semaphore>) -> Arc<Shelf> {
        Arc::new(Shelf { launch, host, starts, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one invocation. When the caller goes away, the invocation goes on to its end.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        invocation: &Invocation,
        with_tail: bool,
        permit: Option<Permit>,
    ) -> Outcome {
        let mut permit = permit;
        loop {
            let environment = match self.take() {
                Ok(environment) => environment,
                Err(turn) => match turn.await {
                    Ok(Ok(environment)) => environment,
                    Ok(Err(no_start)) => return self.not_started(invocation, *no_start, with_tail),
                    Err(_) => continue, // The start was given up for want of need; stand in line again.
                },
            };
            let mut lease =
                Lease { shelf: Arc::clone(self), environment: Some(environment), permit: permit.take() };
            if lease.environment().begin(invocation).await.is_err() {
                permit = lease.permit.take();
                continue; // It had ended while idle: the lease throws it away.
            }
            return lease.environment().complete(with_tail).await;
        }
    }

    /// An idle environment, or a place in line.
    fn take(self: &Arc<Self>) -> Result<Environment, oneshot::Receiver<Started>> {
        let mut state = self.state();
        if let Some(environment) = state.idle.pop() {
            return Ok(environment);
        }
        let (sender, receiver) = oneshot::channel();
        state.line.push_back(sender);
        self.start_for_line(&mut state);
        Err(receiver)
    }

    fn start_for_line(self: &Arc<Self>, state: &mut State) {
        while state.starting < state.line.len() {
            state.starting += 1;
            tokio::spawn(Arc::clone(self).start_one());
        }
    }

    /// Starts one environment and hands it to the first in line.
    async fn start_one(self: Arc<Self>) {
        // The semaphore is never closed; without a permit there are only more starts at once.
        let permit = Arc::clone(&self.starts).acquire_owned().await.ok();
        if self.state().line.is_empty() {
            self.state().starting -= 1; // Others became idle meanwhile.
            return;
        }
        let (launch, host) = (Arc::clone(&self.launch), Arc::clone(&self.host));
        let mut started =
            Environment::start(Arc::clone(&launch), Arc::clone(&host), launch.timeout.max(INIT_LEAST)).await;
        if let Err(no_start) = &started
            && no_start.timed_out
        {
            // Lambda runs the init phase once more within the invocation and under its time limit.
            started = Environment::start(launch, host, self.launch.timeout).await;
        }
        drop(permit);
        let mut state = self.state();
        state.starting -= 1;
        match started {
            Ok(environment) => self.put(state, environment),
            Err(no_start) => {
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

    /// Gives an environment to the first in line, or keeps it.
    fn put(&self, mut state: MutexGuard<'_, State>, environment: Environment) {
        let mut started = Ok(environment);
        while let Some(first) = state.line.pop_front() {
            match first.send(started) {
                Ok(()) => return,
                Err(unsent) => started = unsent, // The caller went away.
            }
        }
        let Ok(environment) = started else { return };
        if state.retired {
            drop(state);
            environment.end();
        } else {
            state.idle.push(environment);
        }
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
        let own = no_start.ended.log_line(request_id, now, launch.timeout);
        let texts = [log::start(request_id, &launch.version)].into_iter().chain(own);
        let texts = texts.chain([log::end(request_id), report.line()]);
        lines.extend(texts.map(|text| LogLine { time_millis: now, text }));
        let tail = if with_tail { log::tail("", &lines) } else { String::new() };
        self.host.backend.log(launch, &no_start.log_stream, lines);
        Outcome { payload: no_start.ended.payload(request_id, launch.timeout), failed: true, tail }
    }

    /// Starts one environment ahead of the first invocation, unless there is one.
    pub(crate) async fn warm(self: &Arc<Self>) {
        let receiver = {
            let mut state = self.state();
            if !state.idle.is_empty() || state.starting > 0 || state.retired {
                return;
            }
            let (sender, receiver) = oneshot::channel();
            state.line.push_back(sender);
            self.start_for_line(&mut state);
            receiver
        };
        if let Ok(Ok(environment)) = receiver.await {
            self.put(self.state(), environment);
        }
    }

    /// The function has changed or is gone: idle environments end now, busy ones after their invocation.
    pub(crate) fn retire(&self) {
        let idle = {
            let mut state = self.state();
            state.retired = true;
            std::mem::take(&mut state.idle)
        };
        idle.into_iter().for_each(Environment::end);
    }

    /// Ends environments that have been idle for `limit`, and those that have ended by themselves.
    pub(crate) fn sweep(&self, limit: Duration) {
        let now = Instant::now();
        let mut gone = Vec::new();
        {
            let mut state = self.state();
            let mut index = 0;
            while index < state.idle.len() {
                let environment = &mut state.idle[index];
                if environment.has_ended() || now >= environment.idle_since + limit {
                    gone.push(state.idle.remove(index));
                } else {
                    index += 1;
                }
            }
        }
        gone.into_iter().for_each(Environment::end);
    }

    /// How many environments wait for work.
    #[cfg(test)]
    pub(crate) fn idle(&self) -> usize {
        self.state().idle.len()
    }
}

/// The init phase may take this long even when the function's own time is shorter.
const INIT_LEAST: Duration = crate::limits::INIT_TIME_MAX;

/// An environment in use. Dropped in the middle of an invocation, because the caller went away, it goes on to the end
/// of that invocation in a task of its own; only then is the environment free again.
struct Lease {
    shelf: Arc<Shelf>,
    environment: Option<Environment>,
    /// Counts until the invocation has really ended.
    permit: Option<Permit>,
}

/// A counted invocation.
#[derive(Debug)]
pub(crate) struct Permit {
    counters: [Arc<AtomicU32>; 2],
}

impl Permit {
    /// Counts one more in both; the values before are returned, too.
    pub(crate) fn count(counters: [Arc<AtomicU32>; 2]) -> (Permit, [u32; 2]) {
        let before = [0, 1].map(|index: usize| counters[index].fetch_add(1, Ordering::Relaxed));
        (Permit { counters }, before)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        for counter in &self.counters {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
    }
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
            Ok(runtime) if environment.is_running() => {
                let (shelf, permit) = (Arc::clone(&self.shelf), self.permit.take());
                drop(runtime.spawn(async move {
                    // The answer has no reader any more; the log has it all.
                    let _unread = environment.complete(false).await;
                    drop(Lease { shelf, environment: Some(environment), permit });
                }));
            }
            _ => environment.end(),
        }
    }
}
