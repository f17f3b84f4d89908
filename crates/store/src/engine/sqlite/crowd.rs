//! How many write at the same time, as far as the last groups tell: whether a commit is worth a wait for others of which
//! nothing is known yet.
//!
//! The next request of one quick client never comes before its last one is answered. So whoever was on the way before a
//! group was answered is somebody else, whatever the rate: a lone client is never taken for a crowd. A wait in vain is
//! not repeated soon, and the less so the more often that happened.

use std::time::{Duration, Instant};

/// The last group's share in the average.
const SHARE: f32 = 1.0 / 8.0;
/// Of those who seem to be there so many are waited for: the others are busy elsewhere, and nobody waits for the slowest.
const PART: f32 = 7.0 / 8.0;
/// With so many in the line nobody is waited for who is merely likely: twice as many would save a sixteenth of a sync each.
const LIKELY_MAX: usize = 8;
/// How long the next commit is waited for at least, where a group takes less than that.
const PAUSE_MIN: Duration = Duration::from_micros(500);
/// Groups that do not wait after waits in vain, at most.
const REST_MAX: u32 = 256;

/// The writers of the last groups.
pub(super) struct Crowd {
    /// How many there were at the same time, on average.
    writers: f32,
    /// How many were in the last group, or on the way before it was answered.
    together: usize,
    /// When the last group was taken.
    taken: Option<Instant>,
    /// When the last group was answered; none while the writer is at work on it.
    answered: Option<Instant>,
    /// How long the last group took.
    took: Duration,
    /// Groups that are still not to wait.
    rest: u32,
    /// How many did not wait after the last wait in vain, less one for each wait since that was not.
    doubt: u32,
}

impl Crowd {
    pub(super) fn new() -> Self {
        let (took, rest, doubt) = (Duration::ZERO, 0, 0);
        Crowd { writers: 1.0, together: 0, taken: None, answered: None, took, rest, doubt }
    }

    /// For how many commits together a wait seems worth it; 1 is for none.
    pub(super) fn wanted(&self) -> usize {
        match self.rest {
            0 => ((self.writers * PART).round() as usize).clamp(1, LIKELY_MAX),
            _ => 1,
        }
    }

    /// How long the next commit is waited for: as long as it would have to wait if the writer went on without it.
    pub(super) fn pause(&self) -> Duration {
        self.took.max(PAUSE_MIN)
    }

    /// Notes that a transaction which began at that time has entered the line.
    pub(super) fn joined(&mut self, began: Instant) {
        if self.answered.is_none_or(|answered| began <= answered) {
            self.together += 1;
        }
    }

    /// Notes that the writer takes a group of so many; `has_waited` when it has slept before it did.
    pub(super) fn taken(&mut self, count: usize, has_waited: bool, now: Instant) {
        let wanted = self.wanted();
        if self.together > 0 {
            self.writers += (self.together as f32 - self.writers) * SHARE;
        }
        self.rest = self.rest.saturating_sub(1);
        if has_waited && wanted > 1 {
            if count >= wanted {
                self.doubt = self.doubt.saturating_sub(1);
            } else {
                self.writers = self.writers.min(count as f32);
                if count * 2 <= wanted {
                    self.doubt = (2 * self.doubt + 2).min(REST_MAX);
                    self.rest = self.doubt;
                }
            }
        }
        (self.together, self.taken, self.answered) = (count, Some(now), None);
    }

    /// Notes that the last group is about to be answered: who begins from now on may be one of it.
    pub(super) fn answered(&mut self, now: Instant) {
        if let Some(taken) = self.taken.take() {
            self.took = now.saturating_duration_since(taken);
            self.answered = Some(now);
        }
    }
}
