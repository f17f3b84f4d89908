//! One who waits at many prefixes.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Hears of the next change below each of many prefixes, see [`crate::Store::listen`]. A prefix costs some two hundred
/// bytes; a watch of its own, with a task that waits for it, costs ten times as much.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<Vec<u64>>,
    news: Notify,
}

impl Bell {
    /// Says that something has changed under `number`.
    pub(crate) fn ring(&self, number: u64) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        self.news.notify_one();
    }

    /// Waits until it rings; the numbers under which it did since the last time. One task at a time may wait, and it may
    /// stop waiting at any moment.
    pub async fn rung(&self) -> Vec<u64> {
        loop {
            let rung = std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner));
            if !rung.is_empty() {
                return rung;
            }
            // A ring since then has left its mark, and this returns at once.
            self.news.notified().await;
        }
    }
}
