//! Traces: one record for each call, kept in the store for audit and for the console.
//!
//! Records leave the request path into a row in memory ([`batch`]) and are written without a sync of their own: losing
//! the last moments of the audit trail in a power cut is accepted, slowing each call is not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use store::layer::log::Stream;
use store::{Durability, Range, Scan, keyspace, tuple};
use tokio::sync::Notify;

use self::batch::Batch;
pub use self::batch::records;
use crate::caller::{Caller, Principal};
use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::operation::{Entry, Kind};
use crate::service::Service;

mod batch;

/// Records that may wait to be written; beyond that they are dropped and counted.
const WAITING_MAX: usize = 16 * 1024;
/// Records of one hour, about 30 MB; under more load the rest is dropped.
const HOURLY_MAX: usize = 300_000;
/// Hours that are kept.
const HOURS_KEPT: i64 = 24;
/// How long a record waits for others.
const GATHER_MILLIS: i64 = 200;
const HOUR_MILLIS: i64 = 3_600_000;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The request id that the client saw.
    pub request_id: String,
    /// The causal trace.
    pub trace_id: String,
    /// When it began, in milliseconds since 1970.
    pub at_millis: i64,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// The caller's ARN.
    pub caller: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Whether the operation may have changed something.
    pub change: bool,
    /// How many calls stand above this one in its trace.
    pub depth: u8,
    /// The error's code, if it failed.
    pub error: Option<String>,
    /// What the function took, when the call invoked one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation: Option<Invocation>,
}

/// What an invocation of a function took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The name of its environment: that of the log stream.
    pub environment: String,
    /// Whether the environment was started for it.
    pub cold: bool,
    /// How long it waited for an environment, the start of a cold one included, in microseconds.
    pub queue_micros: u64,
    /// How long the init phase of the environment took, when this was the first invocation there.
    pub init_micros: Option<u64>,
    /// How long the function ran.
    pub duration_micros: u64,
    /// What AWS would bill.
    pub billed_millis: u64,
    /// The most memory that the environment has used.
    pub memory_used_mb: u64,
    /// How often it was tried before, when it is an event.
    pub retries: u32,
    /// Whether the function failed.
    pub failed: bool,
}

/// When a call began.
pub(crate) struct Started {
    at_millis: i64,
    // A duration for the record alone; nothing is decided by it.
    instant: Instant,
}

impl Started {
    pub(crate) fn now(cloud: &Cloud) -> Self {
        Self { at_millis: cloud.clock().now().millis(), instant: Instant::now() }
    }
}

/// What a record is made of. It shares its texts with the call.
#[derive(Debug)]
struct Noted {
    request_id: Arc<str>,
    trace_id: Arc<str>,
    at_millis: i64,
    micros: u64,
    principal: Principal,
    account: Arc<str>,
    region: Arc<str>,
    service: &'static str,
    operation: &'static str,
    change: bool,
    depth: u8,
    error: Option<String>,
    invocation: Option<Arc<Invocation>>,
}

/// Where records wait.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    waiting: Mutex<Waiting>,
    /// Something waits.
    bell: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Whole rows, each with its hour and the number of its records.
    rows: VecDeque<(i64, usize, Vec<u8>)>,
    /// Records of those.
    whole: usize,
    /// The row that records are added to, of the hour of `share`.
    batch: Batch,
    share: Share,
}

/// How much of an hour's share is used, and what was dropped.
#[derive(Debug, Default)]
struct Share {
    hour: i64,
    taken: usize,
    dropped: u64,
}

impl Waiting {
    /// Adds a record, unless there are too many already. Beyond the hour's share only changes are kept, so that the trail
    /// stays bounded and still says who changed what.
    fn add(&mut self, noted: &Noted, hour: i64) {
        if self.share.hour != hour {
            self.finish_row();
            if self.share.dropped > 0 {
                let dropped = self.share.dropped;
                tracing::warn!(dropped, "trace records were dropped in the last hour, under load");
            }
            self.share = Share { hour, ..Share::default() };
        }
        let beyond_share = self.share.taken >= HOURLY_MAX && !noted.change;
        if beyond_share || self.whole + self.batch.len() >= WAITING_MAX {
            self.share.dropped += 1;
            return;
        }
        self.share.taken += 1;
        self.batch.add(noted);
        if self.batch.is_full() {
            self.finish_row();
        }
    }

    fn finish_row(&mut self) {
        let count = self.batch.len();
        if count > 0 {
            self.rows.push_back((self.share.hour, count, self.batch.take()));
            self.whole += count;
        }
    }

    fn is_empty(&self) -> bool {
        self.whole + self.batch.len() == 0
    }
}

/// The record of an invocation that goes on.
#[derive(Debug)]
pub struct Late {
    noted: Noted,
    instant: Instant,
    cloud: Weak<Cloud>,
}

impl Late {
    pub(crate) fn new(cx: &Cx, service: &'static str, operation: &'static str, caller: &Caller) -> Self {
        let started = Started::now(cx.cloud());
        let noted = Noted {
            request_id: cx.call.request_id.clone(),
            trace_id: cx.call.trace_id.clone(),
            at_millis: started.at_millis,
            micros: 0,
            principal: caller.principal.clone(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            service,
            operation,
            change: false,
            depth: cx.call.depth,
            error: None,
            invocation: None,
        };
        Self { noted, instant: started.instant, cloud: Arc::downgrade(cx.cloud()) }
    }

    /// The invocation has ended.
    pub fn end(mut self, invocation: Invocation) {
        // A cloud that has stopped keeps no records.
        let Some(cloud) = self.cloud.upgrade() else { return };
        self.noted.micros = u64::try_from(self.instant.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.noted.invocation = Some(Arc::new(invocation));
        cloud.traces().put(&self.noted);
    }
}

impl Sink {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, noted: &Noted) {
        let ended_millis = noted.at_millis + i64::try_from(noted.micros / 1000).unwrap_or(0);
        let mut waiting = self.waiting();
        let is_first = waiting.is_empty();
        waiting.add(noted, ended_millis / HOUR_MILLIS);
        drop(waiting);
        if is_first {
            self.bell.notify_one();
        }
    }

    /// The next row to write, with its hour.
    fn next(&self) -> Option<(i64, Vec<u8>)> {
        let mut waiting = self.waiting();
        if waiting.rows.is_empty() {
            waiting.finish_row();
        }
        let (hour, count, row) = waiting.rows.pop_front()?;
        waiting.whole -= count;
        Some((hour, row))
    }
}

/// Notes one call.
pub(crate) fn record(
    cx: &Cx,
    service: &'static Service,
    entry: &'static Entry,
    started: &Started,
    failure: Option<&Failure>,
) {
    if cx.call.is_late && failure.is_none() {
        return; // It comes later.
    }
    let micros = u64::try_from(started.instant.elapsed().as_micros()).unwrap_or(u64::MAX);
    let caller = cx.caller();
    let noted = Noted {
        request_id: cx.call.request_id.clone(),
        trace_id: cx.call.trace_id.clone(),
        at_millis: started.at_millis,
        micros,
        principal: caller.principal.clone(),
        account: caller.account.clone(),
        region: caller.region.clone(),
        service: service.name,
        operation: entry.name,
        change: entry.kind == Kind::Write,
        depth: cx.call.depth,
        error: failure.map(|failure| failure.code().to_owned()),
        invocation: cx.call.invocation.clone(),
    };
    tracing::debug!(
        service = service.name,
        operation = entry.name,
        micros,
        error = noted.error.as_deref(),
        "call"
    );
    cx.cloud().traces().put(&noted);
}

/// Writes records until the cloud stops, and then what is left.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    loop {
        let is_last = tokio::select! {
            biased;
            () = cloud.traces().bell.notified() => false,
            () = cloud.tasks().stopping() => true,
        };
        write(&cloud).await;
        if is_last {
            return;
        }
        let pause = cloud.clock().now().plus_millis(GATHER_MILLIS);
        tokio::select! {
            () = cloud.clock().sleep_until(pause) => {}
            () = cloud.tasks().stopping() => {}
        }
    }
}

/// Writes what waits.
async fn write(cloud: &Cloud) {
    while let Some((hour, row)) = cloud.traces().next() {
        if let Err(error) = append(cloud, hour, row).await {
            tracing::warn!(%error, "trace records could not be written");
        }
    }
}

async fn append(cloud: &Cloud, hour: i64, row: Vec<u8>) -> Result<(), store::Error> {
    let mut tx = store::begin(cloud.store()).await?;
    tx.set_durability(Durability::Buffered);
    stream(hour).append(&mut tx, row)?;
    tx.commit().await?;
    Ok(())
}

/// Removes the records of hours that are past their time.
pub(crate) async fn forget_old(cloud: &Cloud) -> Result<(), store::Error> {
    let oldest = hour_of(cloud) - HOURS_KEPT;
    let old = Range::new(tuple::key(keyspace::TRACE, &()), tuple::key(keyspace::TRACE, &(oldest,)));
    let mut tx = store::begin(cloud.store()).await?;
    // Mostly there are none, and a commit is a sync of the disk.
    if !tx.scan(Scan::new(old.clone()).limit(1).keys_only()).await?.rows.is_empty() {
        tx.delete_range(old)?;
        tx.commit().await?;
    }
    Ok(())
}

fn hour_of(cloud: &Cloud) -> i64 {
    cloud.clock().now().millis() / HOUR_MILLIS
}

/// The records of one hour: [`records`] reads an entry.
pub fn stream(hour: i64) -> Stream {
    Stream::new(keyspace::TRACE, (hour,))
}

#[cfg(test)]
mod tests;
