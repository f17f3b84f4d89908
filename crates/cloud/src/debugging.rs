//! What a developer wants to see of functions: the lines of their own sources in stack traces, and a debugger.
//!
//! Who starts a cloud says it here; the service that runs functions asks, and tells where an inspector listens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// The WebSocket address of the inspector of a function's newest process; none before there is one.
pub type Inspector = Option<Arc<str>>;

/// What is wanted.
#[derive(Debug, Default)]
pub struct Debugging {
    source_maps: AtomicBool,
    inspected: Mutex<BTreeMap<String, watch::Sender<Inspector>>>,
}

impl Debugging {
    fn inspected(&self) -> MutexGuard<'_, BTreeMap<String, watch::Sender<Inspector>>> {
        self.inspected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on stack traces of functions with source maps show the sources.
    pub fn follow_source_maps(&self) {
        self.source_maps.store(true, Ordering::Relaxed);
    }

    /// Whether stack traces of functions with source maps show the sources.
    pub fn follows_source_maps(&self) -> bool {
        self.source_maps.load(Ordering::Relaxed)
    }

    /// Has the processes of a function that start from now on listen for a debugger.
    pub fn inspect(&self, function: &str) -> watch::Receiver<Inspector> {
        self.inspected().entry(function.to_owned()).or_default().subscribe()
    }

    /// Whether processes of a function listen for a debugger.
    pub fn is_inspected(&self, function: &str) -> bool {
        self.inspected().contains_key(function)
    }

    /// A process of a function listens for a debugger.
    pub fn listens(&self, function: &str, address: &str) {
        if let Some(told) = self.inspected().get(function) {
            told.send_replace(Some(address.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_process_is_the_one_to_look_into() {
        let debugging = Debugging::default();
        assert!(!debugging.is_inspected("f"));
        debugging.listens("f", "ws://127.0.0.1:1/none");
        let seen = debugging.inspect("f");
        assert_eq!(*seen.borrow(), None);
        debugging.listens("f", "ws://127.0.0.1:1/a");
        debugging.listens("f", "ws://127.0.0.1:2/b");
        assert_eq!(seen.borrow().as_deref(), Some("ws://127.0.0.1:2/b"));
        assert!(debugging.is_inspected("f") && !debugging.is_inspected("g"));
    }
}
