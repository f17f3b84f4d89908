//! Processes that boot ahead of need: interpreters that stand in their sandbox and wait for a function.
//!
//! An environment takes one when there is one of its [`kind`]; the pool fills up again later, one process at a time,
//! when no environment has been started for a moment. There is nothing in the pool for runtimes that nobody uses: a
//! kind comes in with its first function and goes when none has been started for ten minutes.
//!
//! Invariant: a waiting process serves one function version, ever. Before that it runs code of ours alone.

pub(crate) mod kind;
pub(crate) mod waiting;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jail::spec::Assignment;
use tokio::time::Instant;

use self::kind::{Facts, Fit, Kind, Prepared};
use self::waiting::Waiting;
use super::launch::{Host, Launch};

/// Processes of one kind that wait at most. One is enough for steps; more come with use.
const EACH_MAX: usize = 4;
/// Processes that wait at most, of all kinds: 8 to 10 MB each, 40 MB with boto3.
const ALL_MAX: usize = 8;
/// Processes with boto3 that wait at most.
const SDK_MAX: usize = 1;
/// The pool fills up when no environment was started for this long, so that it does not slow down one that is waited
/// for.
const CALM: Duration = Duration::from_millis(50);
/// But it does not wait for calm longer than this.
const CALM_MAX: Duration = Duration::from_secs(1);
/// A kind that no function has used for this long is given up.
const UNUSED_MAX: Duration = Duration::from_secs(10 * 60);
/// After this time with one process more than needed, one fewer is kept.
const SHRINK_AFTER: Duration = Duration::from_secs(60);
/// Functions whose facts are remembered.
const FACTS_MAX: usize = 10_000;

/// All waiting processes of a host.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    state: Mutex<State>,
    /// Tests: whether every start takes a waiting process, or none does.
    #[cfg(test)]
    always: Option<bool>,
}

#[derive(Debug, Default)]
struct State {
    kinds: Vec<Kept>,
    facts: HashMap<PathBuf, Arc<Facts>>,
    /// A task is filling up.
    filling: bool,
    /// When an environment was started last.
    taken: Option<Instant>,
}

/// The waiting processes of one kind.
#[derive(Debug)]
struct Kept {
    kind: Arc<Kind>,
    waiting: Vec<Waiting>,
    /// How many there should be.
    target: usize,
    used: Instant,
    /// What its processes have loaded, since the first one said it.
    loaded: BTreeSet<String>,
}

/// A waiting process and what makes it the function's own.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) waiting: Waiting,
    pub(crate) order: Assignment,
}

impl Ahead {
    /// For tests: every start takes a process that has waited, or none does.
    #[cfg(test)]
    pub(crate) fn tested(always: bool) -> Ahead {
        Ahead { always: Some(always), ..Ahead::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A waiting process for a function, if there is one. In any case there will be one for the next.
    pub(crate) async fn take(&self, launch: &Arc<Launch>, host: &Arc<Host>) -> Option<Taken> {
        #[cfg(test)]
        match self.always {
            Some(true) => return self.boot_now(launch, host).await,
            Some(false) => return None,
            None => {}
        }
        let facts = self.facts(launch).await?;
        let fit = self.fit(launch, host, &facts)?;
        let waiting = self.state().take(&fit.kind);
        fill(host);
        Some(Taken { waiting: waiting?, order: fit.order })
    }

    /// Has a process wait for a function that is likely to be invoked soon.
    pub(crate) async fn expect(&self, launch: &Arc<Launch>, host: &Arc<Host>) {
        #[cfg(test)]
        if self.always.is_some() {
            return;
        }
        let Some(facts) = self.facts(launch).await else { return };
        let Some(fit) = self.fit(launch, host, &facts) else { return };
        let now = Instant::now();
        {
            let mut state = self.state();
            let kept = state.kept(&fit.kind);
            kept.used = now;
            kept.target = kept.target.max(1);
        }
        fill(host);
    }

    async fn facts(&self, launch: &Arc<Launch>) -> Option<Arc<Facts>> {
        if let Some(facts) = self.state().facts.get(&launch.code) {
            return Some(Arc::clone(facts));
        }
        let of = Arc::clone(launch);
        // It fails only when the runtime stops.
        let facts = Arc::new(tokio::task::spawn_blocking(move || Facts::find(&of)).await.ok()?);
        let mut state = self.state();
        if state.facts.len() >= FACTS_MAX {
            state.facts.clear();
        }
        state.facts.insert(launch.code.clone(), Arc::clone(&facts));
        Some(facts)
    }

    fn fit(&self, launch: &Launch, host: &Host, facts: &Facts) -> Option<Fit> {
        let suited = Fit::of(launch, host, facts.suited(launch))?;
        let shadows = self.state().find(&suited.kind).is_some_and(|kept| facts.shadows(&kept.loaded));
        if shadows { Fit::of(launch, host, Prepared::Bare) } else { Some(suited) }
    }

    /// Gives up kinds that nobody uses, and processes that were only needed for a while.
    pub(crate) fn sweep(&self) {
        self.sweep_at(Instant::now());
    }

    fn sweep_at(&self, now: Instant) {
        let mut gone = Vec::new();
        {
            let mut state = self.state();
            for kept in &mut state.kinds {
                if now >= kept.used + SHRINK_AFTER {
                    kept.target = kept.target.min(1);
                }
                if now >= kept.used + UNUSED_MAX {
                    kept.target = 0;
                }
                gone.extend(kept.waiting.extract_if(.., Waiting::has_ended));
                let keep = kept.target.min(kept.waiting.len());
                gone.extend(kept.waiting.drain(keep..));
            }
            // What its processes load is remembered as long as somebody may come back.
            state.kinds.retain(|kept| kept.target > 0);
        }
        gone.into_iter().for_each(Waiting::end);
    }

    /// How many processes wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.state().kinds.iter().map(|kept| kept.waiting.len()).sum()
    }

    #[cfg(test)]
    pub(crate) fn kinds(&self) -> usize {
        self.state().kinds.len()
    }

    /// As if no function had used any kind for a long time.
    #[cfg(test)]
    pub(crate) fn forget_all(&self) {
        self.sweep_at(Instant::now() + UNUSED_MAX);
    }

    #[cfg(test)]
    async fn boot_now(&self, launch: &Arc<Launch>, host: &Arc<Host>) -> Option<Taken> {
        let facts = self.facts(launch).await?;
        let mut fit = self.fit(launch, host, &facts)?;
        let mut waiting = Waiting::boot(&fit.kind, host).await.expect("a process boots");
        if facts.shadows(&waiting.loaded) && fit.kind.prepared == Prepared::Sdk {
            fit = Fit::of(launch, host, Prepared::Bare)?;
            waiting = Waiting::boot(&fit.kind, host).await.expect("a process boots");
        }
        Some(Taken { waiting, order: fit.order })
    }
}

impl State {
    fn find(&mut self, kind: &Kind) -> Option<&mut Kept> {
        self.kinds.iter_mut().find(|kept| *kept.kind == *kind)
    }

    fn kept(&mut self, kind: &Kind) -> &mut Kept {
        let index = match self.kinds.iter().position(|kept| *kept.kind == *kind) {
            Some(index) => index,
            None => {
                self.kinds.push(Kept {
                    kind: Arc::new(kind.clone()),
                    waiting: Vec::new(),
                    target: 0,
                    used: Instant::now(),
                    loaded: BTreeSet::new(),
                });
                self.kinds.len() - 1
            }
        };
        &mut self.kinds[index]
    }

    fn take(&mut self, kind: &Kind) -> Option<Waiting> {
        let now = Instant::now();
        self.taken = Some(now);
        let kept = self.kept(kind);
        kept.used = now;
        while let Some(mut waiting) = kept.waiting.pop() {
            if !waiting.has_ended() {
                return Some(waiting);
            }
            waiting.end();
        }
        // One more than was there would have helped.
        let most = if kind.prepared == Prepared::Sdk { SDK_MAX } else { EACH_MAX };
        kept.target = (kept.target + 1).min(most);
        None
    }

    /// The kind that lacks a process, the one used last first.
    fn lacking(&self) -> Option<Arc<Kind>> {
        let all: usize = self.kinds.iter().map(|kept| kept.waiting.len()).sum();
        let lacking = self.kinds.iter().filter(|kept| kept.waiting.len() < kept.target);
        let latest = lacking.max_by_key(|kept| kept.used).map(|kept| Arc::clone(&kept.kind));
        latest.filter(|_| all < ALL_MAX)
    }

    fn is_calm(&self) -> bool {
        self.taken.is_none_or(|taken| taken.elapsed() >= CALM)
    }
}

/// Fills up in a task of its own, one process after the other.
fn fill(host: &Arc<Host>) {
    let mut state = host.ahead.state();
    if state.filling || state.lacking().is_none() {
        return;
    }
    state.filling = true;
    drop(state);
    tokio::spawn(fill_up(Arc::downgrade(host)));
}

async fn fill_up(host: Weak<Host>) {
    loop {
        let started = Instant::now();
        loop {
            tokio::time::sleep(CALM).await;
            let Some(host) = host.upgrade() else { return };
            if host.ahead.state().is_calm() || started.elapsed() >= CALM_MAX {
                break;
            }
        }
        let Some(host) = host.upgrade() else { return };
        let lacking = {
            let mut state = host.ahead.state();
            let lacking = state.lacking();
            state.filling = lacking.is_some();
            lacking
        };
        let Some(kind) = lacking else { return };
        let booted = Waiting::boot(&kind, &host).await;
        let mut state = host.ahead.state();
        match (booted, state.find(&kind)) {
            (Ok(waiting), Some(kept)) => {
                kept.loaded.clone_from(&waiting.loaded);
                kept.waiting.push(waiting);
            }
            (Ok(waiting), None) => waiting.end(), // Given up meanwhile.
            (Err(error), kept) => {
                // The next start of such a function tries again.
                tracing::warn!(%error, "no process could be booted ahead; functions start without");
                if let Some(kept) = kept {
                    kept.target = 0;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(program: &str, prepared: Prepared) -> Kind {
        let spec = jail::spec::Spec {
            program: Some(program.into()),
            args: Vec::new(),
            env: Vec::new(),
            cwd: "/".into(),
            layers: jail::spec::Layers::default(),
            files: jail::spec::Files::default(),
            network: jail::spec::Network::default(),
            limits: jail::spec::Limits::default(),
            hostname: String::new(),
            companions: Default::default(),
        };
        Kind { spec, prepared }
    }

    #[test]
    fn the_pool_grows_with_use_and_not_without_end() {
        let mut state = State::default();
        let node = kind("node", Prepared::Bare);
        assert!(state.lacking().is_none(), "nothing for runtimes that nobody uses");
        assert!(state.take(&node).is_none());
        assert_eq!(state.find(&node).unwrap().target, 1);
        assert_eq!(*state.lacking().unwrap(), node);
        for _ in 0..10 {
            assert!(state.take(&node).is_none());
        }
        assert_eq!(state.find(&node).unwrap().target, EACH_MAX);
        let sdk = kind("python", Prepared::Sdk);
        for _ in 0..10 {
            assert!(state.take(&sdk).is_none());
        }
        assert_eq!(state.find(&sdk).unwrap().target, SDK_MAX);
        assert_eq!(*state.lacking().unwrap(), sdk, "the one used last comes first");
        assert_eq!(state.kinds.len(), 2);
    }
}
