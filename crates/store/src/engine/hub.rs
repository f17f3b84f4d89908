//! Who waits for which keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::window::Footprint;
use crate::Bell;
use crate::types::{Key, Version};

/// The watchers of an engine.
#[derive(Debug, Default)]
pub(super) struct Hub {
    watchers: Mutex<Watchers>,
}

#[derive(Debug, Default)]
struct Watchers {
    by_prefix: HashMap<Key, Waiting>,
    /// How many watched prefixes have each length: one lookup per length finds all of a key's.
    lengths: BTreeMap<usize, usize>,
    /// At how many prefixes those that nobody waits for are forgotten next.
    sweep_at: usize,
}

/// Who waits for one prefix.
#[derive(Debug, Default)]
struct Waiting {
    watch: Option<watch::Sender<Version>>,
    /// Bells that ring once, with the numbers under which they do.
    bells: Vec<(Arc<Bell>, u64)>,
}

impl Waiting {
    fn is_wanted(&self) -> bool {
        !self.bells.is_empty() || self.watch.as_ref().is_some_and(|sender| sender.receiver_count() > 0)
    }

    fn notify(&mut self, version: Version) {
        if let Some(sender) = &self.watch {
            sender.send_replace(version);
        }
        for (bell, number) in self.bells.drain(..) {
            bell.ring(number);
        }
        // Thousands of these lie about in an idle cloud.
        self.bells.shrink_to_fit();
    }
}

/// Fewer prefixes are not worth a sweep.
const SWEEP_MIN: usize = 64;

impl Hub {
    fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes to a prefix. What was committed before is taken as seen.
    pub(super) fn watch(&self, prefix: Key, now: Version) -> watch::Receiver<Version> {
        let mut watchers = self.watchers();
        watchers.at(prefix).watch.get_or_insert_with(|| watch::Sender::new(now)).subscribe()
    }

    /// Rings a bell at the next write below a prefix.
    pub(super) fn listen(&self, prefix: Key, bell: &Arc<Bell>, number: u64) {
        let mut watchers = self.watchers();
        let bells = &mut watchers.at(prefix).bells;
        // Mostly it stays the only one.
        bells.reserve_exact(1);
        bells.push((bell.clone(), number));
    }

    /// Takes back what [`Hub::listen`] asked for.
    pub(super) fn unlisten(&self, prefix: &Key, bell: &Arc<Bell>, number: u64) {
        if let Some(waiting) = self.watchers().by_prefix.get_mut(prefix) {
            waiting.bells.retain(|(other, theirs)| !(Arc::ptr_eq(other, bell) && *theirs == number));
        }
    }

    /// Whether anybody waits.
    pub(super) fn has_watchers(&self) -> bool {
        self.watchers().by_prefix.values().any(Waiting::is_wanted)
    }

    /// Wakes all watchers: what was written is not known.
    pub(super) fn notify_all(&self, version: Version) {
        for waiting in self.watchers().by_prefix.values_mut() {
            waiting.notify(version);
        }
    }

    /// Wakes the watchers of what a commit has written.
    pub(super) fn notify(&self, commit: &Footprint) {
        let mut watchers = self.watchers();
        let Watchers { by_prefix, lengths, .. } = &mut *watchers;
        if by_prefix.is_empty() {
            return;
        }
        for key in &commit.keys {
            for length in lengths.keys().take_while(|length| **length <= key.len()) {
                if let Some(waiting) = by_prefix.get_mut(&key[..*length]) {
                    waiting.notify(commit.version);
                }
            }
        }
        for range in &commit.ranges {
            // Thousands of prefixes are watched where there are thousands of queues.
            for (prefix, waiting) in by_prefix.iter_mut() {
                if range.reaches(prefix) {
                    waiting.notify(commit.version);
                }
            }
        }
    }
}

impl Watchers {
    /// Those who wait for a prefix.
    fn at(&mut self, prefix: Key) -> &mut Waiting {
        // Each sweep looks at all: done when their number has doubled, it costs each watcher little.
        if self.by_prefix.len() >= self.sweep_at {
            self.sweep();
            self.sweep_at = (self.by_prefix.len() * 2).max(SWEEP_MIN);
        }
        let length = prefix.len();
        self.by_prefix.entry(prefix).or_insert_with(|| {
            *self.lengths.entry(length).or_default() += 1;
            Waiting::default()
        })
    }

    /// Forgets the prefixes that nobody waits for any more.
    fn sweep(&mut self) {
        let Watchers { by_prefix, lengths, .. } = self;
        by_prefix.retain(|prefix, waiting| {
            let wanted = waiting.is_wanted();
            if !wanted && let Some(count) = lengths.get_mut(&prefix.len()) {
                *count -= 1;
            }
            wanted
        });
        lengths.retain(|_, count| *count > 0);
    }
}
