//! Helpers that wait in control groups, so that a start does not wait for the kernel to move a process into one: that
//! takes 7 to 20 ms for each controller of version 1.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cgroup::Tree;
use crate::host::Helper;

/// While the kernel moves a process, nobody on the machine can fork: what was just started is to boot first.
const REFILL_AFTER: Duration = Duration::from_millis(500);

/// The helpers that wait.
#[derive(Debug)]
pub(crate) struct Spares {
    tree: Arc<Tree>,
    count: usize,
    ready: Mutex<Vec<Helper>>,
    filling: AtomicBool,
}

impl Spares {
    /// Starts to fill up in the background.
    pub(crate) fn new(tree: Arc<Tree>, count: usize) -> Arc<Spares> {
        let spares = Spares { tree, count, ready: Mutex::default(), filling: AtomicBool::new(false) };
        let spares = Arc::new(spares);
        spares.fill(Duration::ZERO);
        spares
    }

    /// One of them, if there is one; another takes its place soon.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Helper> {
        let taken = self.ready().pop();
        self.fill(REFILL_AFTER);
        taken
    }

    fn ready(&self) -> MutexGuard<'_, Vec<Helper>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(self: &Arc<Self>, after: Duration) {
        if self.filling.swap(true, Ordering::AcqRel) {
            return;
        }
        let weak = Arc::downgrade(self);
        std::thread::spawn(move || {
            std::thread::sleep(after);
            // Nobody waits for the spares of a jail that is gone.
            while let Some(spares) = weak.upgrade() {
                if spares.ready().len() >= spares.count {
                    spares.filling.store(false, Ordering::Release);
                    return;
                }
                match Helper::in_group(&spares.tree) {
                    Ok(helper) => spares.ready().push(helper),
                    // The next start meets the same error, and tells it.
                    Err(_) => {
                        spares.filling.store(false, Ordering::Release);
                        return;
                    }
                }
            }
        });
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        std::mem::take(&mut *self.ready()).into_iter().for_each(Helper::dismiss);
    }
}
