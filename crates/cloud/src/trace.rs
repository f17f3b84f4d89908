//! Traces: one record for each call, kept in the store for audit and for the console.
//!
//! Records leave the request path through a bounded channel and are written in batches without a sync of their
//! own: losing the last moments of the audit trail in a power cut is accepted, slowing each call is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use store::{Batch, Durability, Key, Write, keyspace};
use tokio::sync::{Mutex, mpsc};

use crate::instance::Cloud;
use crate::cx::Cx;
use crate::failure::Failure;
use crate::operation::Entry;
use crate::service::Service;

/// Records that may wait to be written; beyond that they are dropped and counted.
const WAITING_MAX: usize = 8192;
/// Records of one write.
const BATCH_MAX: usize = 512;
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
    /// How many calls stand above this one in its trace.
    pub depth: u8,
    /// The error's code, if it failed.
    pub error: Option<String>,
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

/// Where records wait.
#[derive(Debug)]
pub(crate) struct Sink {
    sender: mpsc::Sender<Record>,
    receiver: Mutex<mpsc::Receiver<Record>>,
    dropped: AtomicU64,
}

impl Default for Sink {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        Self { sender, receiver: Mutex::new(receiver), dropped: AtomicU64::new(0) }
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
    let micros = u64::try_from(started.instant.elapsed().as_micros()).unwrap_or(u64::MAX);
    let record = Record {
        request_id: cx.request_id().to_owned(),
        trace_id: cx.trace_id().to_owned(),
        at_millis: started.at_millis,
        micros,
        caller: cx.caller().arn(),
        account: cx.account().to_owned(),
        region: cx.region().to_owned(),
        service: service.name.to_owned(),
        operation: entry.name.to_owned(),
        depth: cx.call.depth,
        error: failure.map(|failure| failure.code().to_owned()),
    };
    tracing::debug!(
        service = service.name, operation = entry.name, micros, error = record.error.as_deref(), "call"
    );
    let sink = cx.cloud().traces();
    if sink.sender.try_send(record).is_err() {
        sink.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// Writes records in batches until the cloud stops, and then what is left.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    let sink = cloud.traces();
    let mut receiver = sink.receiver.lock().await;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        tokio::select! {
            biased;
            count = receiver.recv_many(&mut batch, BATCH_MAX) => {
                if count == 0 {
                    return;
                }
            }
            () = cloud.tasks().stopping() => {
                while let Ok(record) = receiver.try_recv() {
                    batch.push(record);
                }
                write(&cloud, &mut batch).await;
                return;
            }
        }
        write(&cloud, &mut batch).await;
        let dropped = sink.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "trace records were dropped under load");
        }
        let pause = cloud.clock().now().plus_millis(GATHER_MILLIS);
        tokio::select! {
            () = cloud.clock().sleep_until(pause) => {}
            () = cloud.tasks().stopping() => {}
        }
    }
}

async fn write(cloud: &Cloud, batch: &mut Vec<Record>) {
    if batch.is_empty() {
        return;
    }
    let writes = batch.drain(..).filter_map(|record| {
        let val = serde_json::to_vec(&record).inspect_err(|error| tracing::error!(%error, "a trace record")).ok()?;
        Some(Write::Append { stream: stream(), suffix: Key::new(), val: val.into() })
    });
    let batch = Batch { writes: writes.collect(), durability: Durability::Buffered, ..Batch::default() };
    if let Err(error) = cloud.store().apply(batch).await {
        tracing::warn!(%error, "trace records could not be written");
    }
}

fn stream() -> Key {
    Key::copy_from_slice(&keyspace::TRACE.0)
}
