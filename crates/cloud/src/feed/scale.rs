//! How many batches of a queue are under way at the same time.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>: Lambda begins with five, adds up to 300 in
//! each minute as long as messages are there, and stops at 1,250.
//!
//! Differs from AWS: more are added only as long as that gets more batches through. One machine has an end; environments
//! beyond what its processors can feed would only take memory.

/// Batches under way at the beginning.
const FIRST: u32 = 5;
/// Added in each second: 300 in a minute.
const STEP: u32 = 5;
/// The most of all.
const MAX: u32 = 1_250;
/// Between two decisions.
const PERIOD_MILLIS: i64 = 1_000;
/// How long a number that more did not improve is kept.
const HOLD_MILLIS: i64 = 10_000;
/// What counts as more: by a tenth.
const GAIN: (u64, u64) = (11, 10);

/// The limit of one queue.
#[derive(Debug)]
pub(super) struct Scale {
    limit: u32,
    /// The limit and the rate before it was last raised.
    before: Option<(u32, u64)>,
    /// When the running period began, and how many batches had ended then.
    since_millis: i64,
    done_then: u64,
    hold_until_millis: i64,
}

impl Scale {
    pub(super) fn new(now_millis: i64) -> Self {
        Self { limit: FIRST, before: None, since_millis: now_millis, done_then: 0, hold_until_millis: 0 }
    }

    /// How many may be under way.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// When the next decision is due.
    pub(super) fn next_millis(&self) -> i64 {
        self.since_millis + PERIOD_MILLIS
    }

    /// The queue had nothing more: growth begins anew.
    pub(super) fn rest(&mut self, now_millis: i64, done: u64) {
        *self = Self { done_then: done, ..Self::new(now_millis) };
    }

    /// All that may be are under way, and there are messages for more. `done` counts the batches that have ended.
    pub(super) fn full(&mut self, now_millis: i64, done: u64) {
        let elapsed = now_millis - self.since_millis;
        if elapsed < PERIOD_MILLIS {
            return;
        }
        let ended = done - self.done_then;
        // A period is a second at least, so neither number is negative or the divisor zero.
        let rate = ended * 1000 / elapsed.unsigned_abs();
        (self.since_millis, self.done_then) = (now_millis, done);
        if now_millis < self.hold_until_millis {
            return;
        }
        // Where few batches end in a period there is nothing to compare: the consumer takes its time, as on AWS.
        let is_slow = rate < u64::from(self.limit);
        match self.before {
            Some((limit, was)) if !is_slow && rate * GAIN.1 < was * GAIN.0 => {
                self.limit = limit;
                self.before = None;
                self.hold_until_millis = now_millis + HOLD_MILLIS;
            }
            _ => {
                self.before = Some((self.limit, rate));
                self.limit = (self.limit + STEP).min(MAX);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_consumers_get_what_aws_gives() {
        let mut scale = Scale::new(0);
        assert_eq!(scale.limit(), 5);
        for second in 1..=60 {
            scale.full(second * 1000, 0);
        }
        assert_eq!(scale.limit(), 305);
        for second in 61..=600 {
            scale.full(second * 1000, 0);
        }
        assert_eq!(scale.limit(), 1_250);
        scale.rest(600_000, 0);
        assert_eq!(scale.limit(), 5);
    }

    #[test]
    fn more_stops_where_it_does_not_help() {
        let mut scale = Scale::new(0);
        let mut done = 0;
        let mut most = 0;
        for second in 1..=30 {
            // The machine does 300 a second whatever runs beside each other.
            done += 300;
            scale.full(second * 1000, done);
            most = most.max(scale.limit());
        }
        assert!(most <= 10 && scale.limit() <= 10, "{most}");
        // One that gains with each step goes on.
        let mut scale = Scale::new(0);
        let mut done = 0;
        for second in 1..=10 {
            done += u64::from(scale.limit()) * 20;
            scale.full(second * 1000, done);
        }
        assert!(scale.limit() > 40, "{}", scale.limit());
    }

    #[test]
    fn nothing_is_decided_within_a_period() {
        let mut scale = Scale::new(0);
        scale.full(999, 0);
        assert_eq!((scale.limit(), scale.next_millis()), (5, 1_000));
    }
}
