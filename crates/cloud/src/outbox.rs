//! The outbox: what must surely arrive. A delivery is written with the change that caused it; workers call the
//! target's operation until it succeeds, backing off, and give up at the policy's limits.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::instance::Cloud;
use crate::cx::Cx;
use crate::failure::Failure;
use crate::target::Target;

/// Deliveries that run at the same time.
const CONCURRENCY_MAX: usize = 32;
/// How long a worker keeps a delivery before another may take it; longer than the longest invocation (15 min).
const LEASE_MILLIS: i64 = 16 * 60 * 1000;
/// How often the outbox looks for due retries when nothing wakes it.
const POLL_MILLIS: i64 = 1000;

/// Something to deliver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// What to call.
    pub target: Target,
    /// Who calls: a service principal such as `events.amazonaws.com`.
    pub principal: String,
    /// The account in which it acts.
    pub account: String,
    /// The region in which it acts.
    pub region: String,
    /// The resource on whose behalf it acts.
    pub source_arn: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub sent_at_millis: i64,
    /// How often and how long to try.
    pub policy: Policy,
}

/// How often and how long to try.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// Calls in all.
    pub attempts_max: u32,
    /// Age at which it is given up, in milliseconds.
    pub age_max_millis: i64,
    /// Wait after the first failure, in milliseconds; it doubles each time.
    pub backoff_millis: i64,
}

pub(crate) async fn send(_cx: &mut Cx, _delivery: Delivery) -> Result<(), Failure> {
    Err(Failure::internal("outbox"))
}

pub(crate) async fn run(_cloud: Arc<Cloud>) {}
