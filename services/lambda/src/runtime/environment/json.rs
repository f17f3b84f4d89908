//! The lines of the platform in logs with the JSON format: the records of the Telemetry API, by their levels.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>, "System log level event
//! mapping".

use std::time::Duration;

use serde_json::{Value, json};

use super::beside::status_of;
use crate::logging::{Level, Logging};
use crate::runtime::log::{LogLine, Report};
use crate::runtime::records::{self, Figures, Status};

/// The lines of one phase, as they are gathered.
#[derive(Debug)]
pub(crate) struct Lines {
    logging: Logging,
    now_millis: i64,
    pub(crate) lines: Vec<LogLine>,
}

impl Lines {
    pub(crate) fn new(logging: Logging, now_millis: i64) -> Lines {
        Lines { logging, now_millis, lines: Vec::new() }
    }

    fn put(&mut self, level: Level, kind: &str, record: Value) {
        if level < self.logging.system {
            return;
        }
        let time = crate::time::iso_millis(self.now_millis);
        let text = format!("{}\n", json!({"time": time, "type": kind, "record": record}));
        self.lines.push(LogLine { time_millis: self.now_millis, text });
    }

    /// The init phase of an environment is over.
    pub(crate) fn init(mut self, start: Value, on: &str, status: Status, duration: Duration) -> Vec<LogLine> {
        let level = level_of(status, Level::Debug);
        self.put(Level::Info, "platform.initStart", start);
        self.put(level, "platform.initRuntimeDone", records::init_done(on, status));
        self.put(level, "platform.initReport", records::init_report(on, status, duration));
        self.lines
    }

    /// An extension came through the init phase, or did not.
    pub(crate) fn extension(mut self, record: Value) -> Vec<LogLine> {
        let level = if record.get("errorType").is_none() { Level::Info } else { Level::Warn };
        self.put(level, "platform.extension", record);
        self.lines
    }

    /// An invocation begins.
    pub(crate) fn start(mut self, request_id: &str, version: &str, trace: &str) -> Vec<LogLine> {
        self.put(Level::Info, "platform.start", records::start(request_id, version, trace));
        self.lines
    }

    /// An invocation has ended.
    pub(crate) fn end(mut self, report: &Report<'_>, trace: &str) -> Vec<LogLine> {
        let status = status_of(report.ended);
        let done = records::runtime_done(report.request_id, status, report.duration, None, trace);
        self.put(level_of(status, Level::Debug), "platform.runtimeDone", done);
        let record = records::report(report.request_id, status, &Figures::of(report), trace);
        self.put(level_of(status, Level::Info), "platform.report", record);
        self.lines
    }
}

fn level_of(status: Status, success: Level) -> Level {
    if status == Status::SUCCESS { success } else { Level::Warn }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::outcome::Ended;

    #[test]
    fn levels_decide_what_is_written() {
        let ended = [Ended::Answer("{}".into()), Ended::TimedOut];
        let kinds = |system, ended: &Ended| {
            let report = Report {
                request_id: "id",
                duration: Duration::from_millis(5),
                init: None,
                memory_mb: 128,
                memory_used_mb: 40,
                ended,
            };
            let logging = Logging { json: true, system, ..Logging::default() };
            let lines = Lines::new(logging, 0).end(&report, "");
            let kind = |line: LogLine| {
                let value: Value = serde_json::from_str(&line.text).unwrap();
                value["type"].as_str().unwrap().to_string()
            };
            lines.into_iter().map(kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(Level::Debug, &ended[0]), ["platform.runtimeDone", "platform.report"]);
        assert_eq!(kinds(Level::Info, &ended[0]), ["platform.report"]);
        assert!(kinds(Level::Warn, &ended[0]).is_empty());
        assert_eq!(kinds(Level::Warn, &ended[1]), ["platform.runtimeDone", "platform.report"]);
    }
}
