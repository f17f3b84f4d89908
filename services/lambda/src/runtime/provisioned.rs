//! Provisioned concurrency: environments that are started ahead of invocations and kept.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::environment::Environment;
use super::launch::{Initialization, Launch};
use super::pool::{Shelf, State};

/// The provisioned environments of a version.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) idle: Vec<Environment>,
    /// Those that are there, idle or busy.
    alive: u32,
    starting: u32,
    target: u32,
    /// Which configurations asked for it.
    order: String,
    /// One could not be started; no more are tried until the order changes.
    failed: bool,
}

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) allocated: u32,
    pub(crate) failed: bool,
}

impl Kept {
    pub(super) fn has_too_many(&self) -> bool {
        self.alive > self.target
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.target > 0
    }
}

impl Shelf {
    /// Keeps `target` environments. `order` names the configurations that ask for it: a new one is tried again after
    /// a failure.
    pub(crate) fn provision(self: &Arc<Self>, target: u32, order: &str) {
        let mut surplus = Vec::new();
        {
            let mut state = self.state();
            if state.kept.order != order {
                state.kept.order = order.to_string();
                state.kept.failed = false;
            }
            state.kept.target = target;
            self.provisioned.store(target, Ordering::Relaxed);
            let too_many = state.kept.alive.saturating_sub(target) as usize;
            let left = state.kept.idle.len().saturating_sub(too_many);
            surplus.append(&mut state.kept.idle.split_off(left));
            self.fill(&mut state);
        }
        surplus.into_iter().for_each(|environment| self.end(environment));
    }

    /// How far `order` has come; none when the shelf works on another one.
    pub(crate) fn progress(&self, order: &str) -> Option<Progress> {
        let state = self.state();
        let Kept { alive, failed, .. } = state.kept;
        state.kept.order.contains(order).then_some(Progress { allocated: alive, failed })
    }

    /// A provisioned environment has ended: another one takes its place.
    pub(super) fn replace_provisioned(self: &Arc<Self>) {
        let mut state = self.state();
        state.kept.alive -= 1;
        self.fill(&mut state);
    }

    fn fill(self: &Arc<Self>, state: &mut State) {
        let kept = &mut state.kept;
        while !state.retired && !kept.failed && kept.alive + kept.starting < kept.target {
            kept.starting += 1;
            tokio::spawn(Arc::clone(self).start_ahead());
        }
    }

    async fn start_ahead(self: Arc<Self>) {
        let slot = self.starts.acquire(&self.turn).await;
        {
            let mut state = self.state();
            let kept = &mut state.kept;
            if kept.failed || kept.alive + kept.starting > kept.target {
                kept.starting -= 1;
                return;
            }
        }
        let launch = self.ahead.get_or_init(|| {
            Arc::new(Launch { initialization: Initialization::Provisioned, ..(*self.launch).clone() })
        });
        let started = self.start(launch).await;
        drop(slot);
        let mut state = self.state();
        state.kept.starting -= 1;
        match started {
            Ok(environment) => {
                state.kept.alive += 1;
                self.count_one_more();
                self.put(state, environment);
            }
            Err(no_start) => {
                state.kept.failed = true;
                drop(state);
                self.host.backend.log(&self.launch, &no_start.log_stream, no_start.lines);
            }
        }
    }
}
