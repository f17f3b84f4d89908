//! Records of what the platform does: for subscribers of the Telemetry API and for logs in the JSON format.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use std::time::Duration;

use serde_json::{Value, json};

use super::log::Report;

/// Milliseconds with three decimals, as Lambda writes them.
pub(crate) fn millis(duration: Duration) -> Value {
    let micros = u32::try_from(duration.as_micros()).map_or(f64::from(u32::MAX), f64::from);
    json!(micros.round() / 1000.0)
}

/// How something ended, with the type of the error where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) status: &'static str,
    pub(crate) error_type: Option<&'static str>,
}

impl Status {
    pub(crate) const SUCCESS: Status = Status { status: "success", error_type: None };

    fn put(self, record: &mut Value) {
        record["status"] = json!(self.status);
        if let Some(error_type) = self.error_type {
            record["errorType"] = json!(error_type);
        }
    }
}

/// `platform.initStart`.
pub(crate) fn init_start(initialization: &str, runtime: &str, function: &str, version: &str) -> Value {
    json!({
        "initializationType": initialization,
        "phase": "init",
        "runtimeVersion": runtime,
        "functionName": function,
        "functionVersion": version,
    })
}

/// `platform.initRuntimeDone`.
pub(crate) fn init_done(initialization: &str, status: Status) -> Value {
    let mut record = json!({"initializationType": initialization, "phase": "init"});
    status.put(&mut record);
    record
}

/// `platform.initReport`.
pub(crate) fn init_report(initialization: &str, status: Status, duration: Duration) -> Value {
    let mut record = init_done(initialization, status);
    record["metrics"] = json!({"durationMs": millis(duration)});
    record
}

fn tracing(trace: &str) -> Option<Value> {
    (!trace.is_empty()).then(|| json!({"type": "X-Amzn-Trace-Id", "value": trace}))
}

fn with_tracing(mut record: Value, trace: &str) -> Value {
    if let Some(tracing) = tracing(trace) {
        record["tracing"] = tracing;
    }
    record
}

/// `platform.start`.
pub(crate) fn start(request_id: &str, version: &str, trace: &str) -> Value {
    with_tracing(json!({"requestId": request_id, "version": version}), trace)
}

/// `platform.runtimeDone`.
pub(crate) fn runtime_done(
    request_id: &str,
    status: Status,
    duration: Duration,
    bytes: Option<usize>,
    trace: &str,
) -> Value {
    let mut record = json!({"requestId": request_id});
    status.put(&mut record);
    record["metrics"] = json!({"durationMs": millis(duration)});
    if let Some(bytes) = bytes {
        record["metrics"]["producedBytes"] = json!(bytes);
    }
    with_tracing(record, trace)
}

/// Figures of `platform.report`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) duration: Duration,
    pub(crate) billed_millis: u64,
    pub(crate) memory_mb: u32,
    pub(crate) memory_used_mb: u64,
    pub(crate) init: Option<Duration>,
}

impl Figures {
    /// Those of a REPORT line.
    pub(crate) fn of(report: &Report<'_>) -> Figures {
        Figures {
            duration: report.duration,
            billed_millis: report.billed_millis(),
            memory_mb: report.memory_mb,
            memory_used_mb: report.memory_used_mb,
            init: report.init,
        }
    }
}

/// `platform.report`.
pub(crate) fn report(request_id: &str, status: Status, figures: &Figures, trace: &str) -> Value {
    let mut metrics = json!({
        "durationMs": millis(figures.duration),
        "billedDurationMs": figures.billed_millis,
        "memorySizeMB": figures.memory_mb,
        "maxMemoryUsedMB": figures.memory_used_mb,
    });
    if let Some(init) = figures.init {
        metrics["initDurationMs"] = millis(init);
    }
    let mut record = json!({"requestId": request_id, "metrics": metrics});
    status.put(&mut record);
    with_tracing(record, trace)
}

/// `platform.extension`.
pub(crate) fn extension(name: &str, state: &str, events: &[&str], error: Option<&str>) -> Value {
    let mut record = json!({"name": name, "state": state, "events": events});
    if let Some(error) = error {
        record["errorType"] = json!(error);
    }
    record
}

/// A record of the Telemetry API as the Logs API tells it; none for what that does not have.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html#runtimes-logs-api-msg>
pub(crate) fn as_log(kind: &'static str, record: &Value, with_done: bool) -> Option<(&'static str, Value)> {
    let pick = |names: &[&str]| {
        let mut picked = json!({});
        for name in names {
            if let Some(value) = record.get(name) {
                picked[*name] = value.clone();
            }
        }
        picked
    };
    Some(match kind {
        "function"
        | "extension"
        | "platform.logsSubscription"
        | "platform.logsDropped"
        | "platform.extension"
        | "platform.end"
        | "platform.fault" => (kind, record.clone()),
        "platform.start" => (kind, pick(&["requestId", "version"])),
        "platform.report" => (kind, pick(&["requestId", "metrics"])),
        "platform.runtimeDone" if with_done => (kind, pick(&["requestId", "status"])),
        _ => return None,
    })
}
