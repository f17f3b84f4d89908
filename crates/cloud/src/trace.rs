//! Traces: one record for each call, kept in the store for audit and for the console.
//!
//! Records leave the request path through a bounded channel and are written in batches without a sync of their
//! own: losing the last moments of the audit trail in a power cut is accepted, slowing each call is not.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use store::layer::log::Stream;
use store::{Durability, Range, keyspace, tuple};
use tokio::sync::{Mutex, mpsc};

use crate::caller::{Caller, Principal};
use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::operation::{Entry, Kind};
use crate::service::Service;

/// Records that may wait to be written; beyond that they are dropped and counted.
const WAITING_MAX: usize = 16 * 1024;
/// Records of one row: together they stay well under the store's limit for a value.
const BATCH_MAX: usize = 512;
/// Records of one hour, about 100 MB; under more load the rest is dropped.
const HOURLY_MAX: usize = 300_000;
/// Hours that are kept.
const HOURS_KEPT: i64 = 24;
/// How long a record waits for others.
const GATHER_MILLIS: i64 = 200;

/// One call.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

/// A record that waits. It shares its texts with the call; they are written out when it is stored.
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

impl Noted {
    fn record(self) -> Record {
        Record {
            request_id: self.request_id.as_ref().to_owned(),
            trace_id: self.trace_id.as_ref().to_owned(),
            at_millis: self.at_millis,
            micros: self.micros,
            caller: self.principal.arn(&self.account),
            account: self.account.as_ref().to_owned(),
            region: self.region.as_ref().to_owned(),
            service: self.service.to_owned(),
            operation: self.operation.to_owned(),
            change: self.change,
            depth: self.depth,
            error: self.error,
            invocation: self.invocation.map(Arc::unwrap_or_clone),
        }
    }
}

/// Where records wait.
#[derive(Debug)]
pub(crate) struct Sink {
    sender: mpsc::Sender<Noted>,
    receiver: Mutex<mpsc::Receiver<Noted>>,
    dropped: AtomicU64,
}

impl Default for Sink {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        Self { sender, receiver: Mutex::new(receiver), dropped: AtomicU64::new(0) }
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
        cloud.traces().put(self.noted);
    }
}

impl Sink {
    fn put(&self, noted: Noted) {
        if self.sender.try_send(noted).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
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
    cx.cloud().traces().put(noted);
}

/// Writes records in batches until the cloud stops, and then what is left.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    let sink = cloud.traces();
    let mut receiver = sink.receiver.lock().await;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut share = Share::default();
    loop {
        let more = tokio::select! {
            biased;
            count = receiver.recv_many(&mut batch, BATCH_MAX) => {
                if count == 0 {
                    return;
                }
                count == BATCH_MAX
            }
            () = cloud.tasks().stopping() => {
                while receiver.try_recv().map(|record| batch.push(record)).is_ok() {}
                write(&cloud, &mut batch, &mut share).await;
                return;
            }
        };
        share.dropped += sink.dropped.swap(0, Ordering::Relaxed);
        write(&cloud, &mut batch, &mut share).await;
        if more {
            continue;
        }
        let pause = cloud.clock().now().plus_millis(GATHER_MILLIS);
        tokio::select! {
            () = cloud.clock().sleep_until(pause) => {}
            () = cloud.tasks().stopping() => {}
        }
    }
}

/// Writes `batch` and empties it. Beyond the hour's share only changes are kept, so that the trail stays bounded and
/// still says who changed what.
async fn write(cloud: &Cloud, batch: &mut Vec<Noted>, share: &mut Share) {
    let hour = hour_of(cloud);
    if share.hour != hour {
        if share.dropped > 0 {
            tracing::warn!(
                dropped = share.dropped,
                "trace records were dropped in the last hour, under load"
            );
        }
        *share = Share { hour, ..Share::default() };
    }
    if share.written + batch.len() > HOURLY_MAX {
        let before = batch.len();
        batch.retain(|record| record.change);
        share.dropped += (before - batch.len()) as u64;
    }
    share.written += batch.len();
    let mut waiting = batch.drain(..);
    loop {
        let records: Vec<Record> = waiting.by_ref().take(BATCH_MAX).map(Noted::record).collect();
        if records.is_empty() {
            return;
        }
        if let Err(error) = append(cloud, hour, &records).await {
            tracing::warn!(%error, "trace records could not be written");
        }
    }
}

/// Writes records as one row: a row for each would cost more than the calls that they tell of.
async fn append(cloud: &Cloud, hour: i64, records: &[Record]) -> Result<(), store::Error> {
    let val = serde_json::to_vec(records).map_err(|error| store::Error::Corrupt(error.to_string()))?;
    let mut tx = store::begin(cloud.store()).await?;
    tx.set_durability(Durability::Buffered);
    stream(hour).append(&mut tx, val)?;
    tx.commit().await?;
    Ok(())
}

/// Removes the records of hours that are past their time.
pub(crate) async fn forget_old(cloud: &Cloud) -> Result<(), store::Error> {
    let oldest = hour_of(cloud) - HOURS_KEPT;
    let mut tx = store::begin(cloud.store()).await?;
    tx.delete_range(Range::new(tuple::key(keyspace::TRACE, &()), tuple::key(keyspace::TRACE, &(oldest,))))?;
    tx.commit().await?;
    Ok(())
}

/// How much of an hour's share is used, and what was dropped.
#[derive(Default)]
struct Share {
    hour: i64,
    written: usize,
    dropped: u64,
}

fn hour_of(cloud: &Cloud) -> i64 {
    cloud.clock().now().secs() / 3600
}

/// The records of one hour: each entry is a list of [`Record`]s in JSON.
pub fn stream(hour: i64) -> Stream {
    Stream::new(keyspace::TRACE, (hour,))
}

#[cfg(test)]
mod tests;
