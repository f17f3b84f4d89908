//! Who waits for which keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::window::Footprint;
use crate::types::{Key, Range, Version};

/// The watchers of an engine.
#[derive(Debug, Default)]
pub(super) struct Hub {
    watchers: Mutex<Watchers>,
}

#[derive(Debug, Default)]
struct Watchers {
    by_prefix: HashMap<Key, watch::Sender<Version>>,
    /// How many watched prefixes have each length: one lookup per length finds all of a key's.
    lengths: BTreeMap<usize, usize>,
    /// At how many prefixes those that nobody waits for are forgotten next.
    sweep_at: usize,
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
        // Each sweep looks at all: done when their number has doubled, it costs each watcher little.
        if watchers.by_prefix.len() >= watchers.sweep_at {
            watchers.sweep();
            watchers.sweep_at = (watchers.by_prefix.len() * 2).max(SWEEP_MIN);
        }
        if let Some(sender) = watchers.by_prefix.get(&prefix) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(now);
        *watchers.lengths.entry(prefix.len()).or_default() += 1;
        watchers.by_prefix.insert(prefix, sender);
        receiver
    }

    /// Whether anybody waits.
    pub(super) fn has_watchers(&self) -> bool {
        self.watchers().by_prefix.values().any(|sender| sender.receiver_count() > 0)
    }

    /// Wakes all watchers: what was written is not known.
    pub(super) fn notify_all(&self, version: Version) {
        for sender in self.watchers().by_prefix.values() {
            sender.send_replace(version);
        }
    }

    /// Wakes the watchers of what a commit has written.
    pub(super) fn notify(&self, commit: &Footprint) {
        let watchers = self.watchers();
        if watchers.by_prefix.is_empty() {
            return;
        }
        for key in &commit.keys {
            for length in watchers.lengths.keys().take_while(|length| **length <= key.len()) {
                if let Some(sender) = watchers.by_prefix.get(&key[..*length]) {
                    sender.send_replace(commit.version);
                }
            }
        }
        for range in &commit.ranges {
            for (prefix, sender) in &watchers.by_prefix {
                if Range::prefix(prefix.clone()).overlaps(range) {
                    sender.send_replace(commit.version);
                }
            }
        }
    }
}

impl Watchers {
    /// Forgets the prefixes that nobody waits for any more.
    fn sweep(&mut self) {
        let Watchers { by_prefix, lengths, .. } = self;
        by_prefix.retain(|prefix, sender| {
            let wanted = sender.receiver_count() > 0;
            if !wanted && let Some(count) = lengths.get_mut(&prefix.len()) {
                *count -= 1;
            }
            wanted
        });
        lengths.retain(|_, count| *count > 0);
    }
}
