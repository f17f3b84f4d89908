//! A timer that is not set anew for each invocation.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// How far ahead the timer is set at most. Whoever waits longer is woken in between.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// A timer that was set once serves all the invocations of its next tenth of a second: setting and taking back one for
/// each of them was a noticeable part of a warm invocation.
#[derive(Debug)]
pub(crate) struct Ticker(Pin<Box<Sleep>>);

impl Ticker {
    pub(crate) fn new() -> Ticker {
        Ticker(Box::pin(tokio::time::sleep(TICK)))
    }

    /// Returns once it is `until`, or earlier: the caller looks at the time itself. May be dropped and called again.
    pub(crate) async fn wait(&mut self, until: Instant) {
        if self.0.is_elapsed() || self.0.deadline() > until {
            self.0.as_mut().reset(until.min(Instant::now() + TICK));
        }
        self.0.as_mut().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_wait_is_longer_than_asked_for() {
        let start = Instant::now();
        let mut ticker = Ticker::new();
        for (asked, passed) in [(1000, 100), (1000, 200), (250, 250), (250, 250), (255, 255), (600, 355)] {
            ticker.wait(start + Duration::from_millis(asked)).await;
            // Tokio's timers are good to a millisecond.
            let now = start.elapsed().as_millis();
            assert!((passed..=passed + 1).contains(&now), "{asked}: {now}, not {passed}");
        }
    }
}
