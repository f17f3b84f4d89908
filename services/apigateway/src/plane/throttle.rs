//! Throttles: requests in a second, by the token bucket that AWS describes.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use std::sync::{Mutex, PoisonError};

use crate::responses::ResponseType;

use super::answer::Refusal;

/// The burst when only a rate is set: that of an account.
const BURST_USUAL: f64 = 5000.0;

/// A bucket that fills with the rate, up to the burst; each request takes one token.
pub(super) struct Throttle {
    rate: f64,
    burst: f64,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    tokens: f64,
    at_millis: i64,
}

impl Throttle {
    /// A full bucket; none when no rate is set.
    pub(super) fn new(rate: Option<f64>, burst: Option<i32>) -> Option<Self> {
        let (rate, burst) = (rate?, burst.map_or(BURST_USUAL, f64::from));
        Some(Self { rate, burst, bucket: Mutex::new(Bucket { tokens: burst, at_millis: i64::MIN }) })
    }

    /// Lets a request pass, or refuses it.
    pub(super) fn pass(&self, now_millis: i64) -> Result<(), Refusal> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = now_millis.saturating_sub(bucket.at_millis).max(0) as f64 / 1000.0;
        bucket.tokens = (bucket.tokens + waited * self.rate).min(self.burst);
        bucket.at_millis = now_millis.max(bucket.at_millis);
        if bucket.tokens < 1.0 {
            return Err(Refusal::new(ResponseType::Throttled, 429, "Too Many Requests"));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_fill_with_the_rate_up_to_the_burst() {
        let throttle = Throttle::new(Some(2.0), Some(3)).expect("a throttle");
        let passed = |now: i64| (0..10).filter(|_| throttle.pass(now).is_ok()).count();
        assert_eq!(passed(1_000), 3);
        assert_eq!(passed(1_499), 0);
        assert_eq!(passed(1_500), 1);
        assert_eq!(passed(2_500), 2);
        assert_eq!(passed(60_000), 3);
        // Time that goes back gives nothing.
        assert_eq!(passed(1_000), 0);
        assert!(Throttle::new(None, Some(1)).is_none());
        assert!(Throttle::new(Some(0.0), Some(0)).expect("a throttle").pass(1).is_err());
    }
}
