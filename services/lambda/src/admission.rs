//! Who may run now: reserved, provisioned and unreserved concurrency, and how fast a function may grow.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>. A function with a reservation has that much
//! and no more. All others share what is left of the account. Provisioned concurrency belongs to its function alone, so
//! it is taken from what the others share, and its invocations are not counted there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;
use crate::limits::Scale;
use crate::names::FunctionRef;

/// The counters of one cloud.
#[derive(Debug)]
pub(crate) struct Admission {
    scale: Scale,
    counters: Mutex<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    functions: HashMap<FunctionRef, Arc<Load>>,
    /// Unreserved invocations, by account and region.
    shared: HashMap<(String, String), Arc<AtomicU32>>,
}

/// What one function does now.
#[derive(Debug, Default)]
pub(crate) struct Load {
    in_flight: Arc<AtomicU32>,
    growth: Mutex<Growth>,
}

/// How much a function may still grow in this moment.
#[derive(Debug, Default)]
struct Growth {
    /// Environments that were started and not yet forgiven.
    used: f64,
    at_millis: i64,
}

/// A function's share of the account, as it is configured.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) load: Arc<Load>,
    pub(crate) reserved: Option<u32>,
    /// What functions without a reservation may use together.
    pub(crate) unreserved: u32,
    shared: Arc<AtomicU32>,
}

/// What a version has at hand for one more invocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    /// Its provisioned concurrency.
    pub(crate) provisioned: u32,
    /// Its environments, those that start included.
    pub(crate) environments: u32,
}

impl Admission {
    pub(crate) fn new(scale: Scale) -> Admission {
        Admission { scale, counters: Mutex::default() }
    }

    /// Concurrent executions of an account in a region.
    pub(crate) fn limit(&self) -> u32 {
        self.scale.concurrency
    }

    /// A function's share, when `taken` of the account's concurrency belongs to certain functions.
    pub(crate) fn share(&self, function: &FunctionRef, reserved: Option<u32>, taken: u32) -> Share {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let key = function.clone().unqualified();
        let place = (key.account.clone(), key.region.clone());
        Share {
            load: Arc::clone(counters.functions.entry(key).or_default()),
            reserved,
            unreserved: self.scale.concurrency.saturating_sub(taken),
            shared: Arc::clone(counters.shared.entry(place).or_default()),
        }
    }

    /// Forgets the counters of functions that do nothing and are not `known`.
    pub(crate) fn sweep(&self, known: impl Fn(&FunctionRef) -> bool) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.functions.retain(|function, load| known(function) || Arc::strong_count(load) > 1);
    }

    /// Counts one more invocation of a version, or says which limit it would pass.
    pub(crate) fn enter(
        &self,
        share: &Share,
        version: &Arc<AtomicU32>,
        capacity: Capacity,
        now_millis: i64,
    ) -> Result<Permit, Error> {
        let mut permit = Permit { counters: [None, None, None] };
        let own = permit.count(0, &share.load.in_flight);
        let running = permit.count(1, version);
        if share.reserved.is_some_and(|reserved| own >= reserved) {
            return Err(Error::TooManyRequests("ReservedFunctionConcurrentInvocationLimitExceeded"));
        }
        let is_provisioned = running < capacity.provisioned;
        if share.reserved.is_none() && !is_provisioned {
            let others = permit.count(2, &share.shared);
            if others >= share.unreserved {
                return Err(Error::TooManyRequests("ConcurrentInvocationLimitExceeded"));
            }
        }
        if running >= capacity.environments && !share.load.may_grow(self.scale, now_millis) {
            // AWS does not write down the reason of this one; of its words it is the one for a rate of the function.
            return Err(Error::TooManyRequests("FunctionInvocationRateLimitExceeded"));
        }
        Ok(permit)
    }
}

impl Share {
    /// Invocations that run now: of the function, and of all without a reservation.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> (u32, u32) {
        (self.load.in_flight(), self.shared.load(Ordering::Relaxed))
    }
}

impl Load {
    /// Whether one more environment may start. What was used is forgiven evenly over the period.
    fn may_grow(&self, scale: Scale, now_millis: i64) -> bool {
        let mut growth = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        let burst = f64::from(scale.burst);
        let passed = (now_millis - growth.at_millis).max(0) as f64;
        growth.used = (growth.used - passed * burst / scale.burst_millis as f64).max(0.0);
        growth.at_millis = now_millis;
        let may = growth.used + 1.0 <= burst;
        if may {
            growth.used += 1.0;
        }
        may
    }

    /// Invocations that run now.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }
}

/// A counted invocation: of the function, of the version, and of what functions without a reservation share.
#[derive(Debug)]
pub(crate) struct Permit {
    counters: [Option<Arc<AtomicU32>>; 3],
}

impl Permit {
    /// Counts one more in `counter` and gives the number before.
    fn count(&mut self, place: usize, counter: &Arc<AtomicU32>) -> u32 {
        let before = counter.fetch_add(1, Ordering::Relaxed);
        self.counters[place] = Some(Arc::clone(counter));
        before
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        for counter in self.counters.iter().flatten() {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale { concurrency: 10, burst: 4, burst_millis: 10_000 };

    fn function(name: &str) -> FunctionRef {
        FunctionRef {
            account: "000000000000".into(),
            region: "us-east-1".into(),
            name: name.into(),
            qualifier: None,
        }
    }

    fn enter(admission: &Admission, share: &Share, provisioned: u32) -> Result<Permit, &'static str> {
        let capacity = Capacity { provisioned, environments: 1000 };
        let version = Arc::clone(&share.load.in_flight);
        let version = Arc::new(AtomicU32::new(version.load(Ordering::Relaxed)));
        admission.enter(share, &version, capacity, 0).map_err(|error| match error {
            Error::TooManyRequests(reason) => reason,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_reservation_is_a_limit_and_a_guarantee() {
        let admission = Admission::new(SCALE);
        // Three of ten belong to `kept`.
        let kept = admission.share(&function("kept"), Some(3), 3);
        let other = admission.share(&function("other"), None, 3);
        let running: Vec<_> = (0..7).map(|_| enter(&admission, &other, 0).unwrap()).collect();
        assert_eq!(enter(&admission, &other, 0).unwrap_err(), "ConcurrentInvocationLimitExceeded");
        let own: Vec<_> = (0..3).map(|_| enter(&admission, &kept, 0).unwrap()).collect();
        assert_eq!(
            enter(&admission, &kept, 0).unwrap_err(),
            "ReservedFunctionConcurrentInvocationLimitExceeded"
        );
        drop((running, own));
        assert_eq!((kept.load.in_flight(), other.load.in_flight()), (0, 0), "refusals are not counted");
        assert_eq!(other.shared.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn provisioned_invocations_leave_the_rest_to_others() {
        let admission = Admission::new(SCALE);
        let provisioned = admission.share(&function("p"), None, 4);
        let other = admission.share(&function("o"), None, 4);
        let running: Vec<_> = (0..6).map(|_| enter(&admission, &other, 0).unwrap()).collect();
        let own: Vec<_> = (0..4).map(|_| enter(&admission, &provisioned, 4).unwrap()).collect();
        // What spills over competes with all others.
        assert_eq!(enter(&admission, &provisioned, 4).unwrap_err(), "ConcurrentInvocationLimitExceeded");
        drop(running);
        assert!(enter(&admission, &provisioned, 4).is_ok());
        drop(own);
    }

    #[test]
    fn functions_grow_no_faster_than_allowed() {
        let admission = Admission::new(SCALE);
        let share = admission.share(&function("f"), None, 0);
        let version = Arc::new(AtomicU32::new(0));
        let none = Capacity { provisioned: 0, environments: 0 };
        let start = |now: i64| admission.enter(&share, &version, none, now);
        for _ in 0..4 {
            start(0).unwrap();
        }
        assert!(matches!(start(0), Err(Error::TooManyRequests("FunctionInvocationRateLimitExceeded"))));
        assert!(start(2_499).is_err());
        assert!(start(2_500).is_ok(), "a quarter of the period has passed");
        assert!(start(2_500).is_err());
        // An environment that is there is no growth.
        let there = Capacity { provisioned: 0, environments: 1 };
        assert!(admission.enter(&share, &version, there, 2_500).is_ok());
    }
}
