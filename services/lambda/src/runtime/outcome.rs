//! How an invocation ended, in Lambda's words.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// What the caller of a function gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The answer, or the error as JSON.
    pub(crate) payload: Bytes,
    /// Whether the function failed (`X-Amz-Function-Error: Unhandled`).
    pub(crate) failed: bool,
    /// The end of the invocation's log, at most [`super::log::TAIL_BYTES`].
    pub(crate) tail: String,
    /// What it took.
    pub(crate) seen: Seen,
}

/// What an invocation took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The name of the log stream, which is that of the environment.
    pub(crate) environment: Arc<str>,
    /// The environment was started for it.
    pub(crate) cold: bool,
    /// From its admission to its begin.
    pub(crate) queue: Duration,
    /// Of the environment, when this was the first invocation there.
    pub(crate) init: Option<Duration>,
    pub(crate) duration: Duration,
    pub(crate) billed_millis: u64,
    pub(crate) memory_used_mb: u64,
}

impl Outcome {
    /// For the trace record of the call.
    pub(crate) fn noted(&self, retries: u32) -> cloud::trace::Invocation {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let seen = &self.seen;
        cloud::trace::Invocation {
            environment: seen.environment.as_ref().to_owned(),
            cold: seen.cold,
            queue_micros: micros(seen.queue),
            init_micros: seen.init.map(micros),
            duration_micros: micros(seen.duration),
            billed_millis: seen.billed_millis,
            memory_used_mb: seen.memory_used_mb,
            retries,
            failed: self.failed,
        }
    }
}

/// How an invocation ended, as the environment saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The handler answered.
    Answer(Bytes),
    /// The handler or its runtime reported an error, as JSON.
    Error(Bytes),
    /// The answer was larger than these bytes, which is what Lambda allows.
    TooLarge(usize),
    /// The time was up.
    TimedOut,
    /// The process ended without an answer.
    Exited(jail::spec::Exit),
    /// The process ended for want of memory.
    OutOfMemory,
    /// The process could not be started, with Lambda's error type.
    NoStart { kind: &'static str, message: String },
}

impl Ended {
    /// The sandbox itself could not be built.
    pub(crate) fn no_sandbox() -> Ended {
        let message = "the sandbox could not be started".to_string();
        Ended::NoStart { kind: "Sandbox.Failure", message }
    }

    /// Whether the environment may take another invocation.
    pub(crate) fn leaves_it_healthy(&self) -> bool {
        matches!(self, Ended::Answer(_) | Ended::Error(_) | Ended::TooLarge(_))
    }

    /// The payload that the caller gets.
    pub(crate) fn payload(&self, request_id: &str, timeout: Duration) -> Bytes {
        let error = |kind: &str, text: String| {
            json_bytes(
                &json!({"errorType": kind, "errorMessage": format!("RequestId: {request_id} Error: {text}")}),
            )
        };
        match self {
            Ended::Answer(payload) | Ended::Error(payload) => payload.clone(),
            Ended::TooLarge(limit) => json_bytes(&json!({
                "errorMessage": format!("Response payload size exceeded maximum allowed payload size ({limit} bytes)."),
                "errorType": "Function.ResponseSizeTooLarge",
            })),
            Ended::TimedOut => error("Sandbox.Timedout", timed_out(timeout)),
            Ended::Exited(exit) => error("Runtime.ExitError", exit_words(*exit)),
            Ended::OutOfMemory => {
                error("Runtime.OutOfMemory", "Runtime exited with error: signal: killed".to_string())
            }
            Ended::NoStart { kind, message } => error(kind, message.clone()),
        }
    }

    /// The line that Lambda adds to the log, and the words at the end of REPORT.
    pub(crate) fn log_line(&self, request_id: &str, now_millis: i64, timeout: Duration) -> Option<String> {
        match self {
            Ended::TimedOut => {
                let time = crate::time::iso_millis(now_millis);
                Some(format!("{time} {request_id} {}\n\n", timed_out(timeout)))
            }
            Ended::Exited(exit) => {
                Some(format!("RequestId: {request_id} Error: {}\nRuntime.ExitError\n", exit_words(*exit)))
            }
            Ended::OutOfMemory => Some(format!(
                "RequestId: {request_id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n"
            )),
            Ended::NoStart { kind, message } => {
                Some(format!("RequestId: {request_id} Error: {message}\n{kind}\n"))
            }
            Ended::Answer(_) | Ended::Error(_) | Ended::TooLarge(_) => None,
        }
    }

    /// `Status` and `Error Type` of the REPORT line.
    pub(crate) fn status(&self) -> Option<(&'static str, Option<&'static str>)> {
        match self {
            Ended::TimedOut => Some(("timeout", None)),
            Ended::Exited(_) => Some(("error", Some("Runtime.ExitError"))),
            Ended::OutOfMemory => Some(("error", Some("Runtime.OutOfMemory"))),
            Ended::NoStart { kind, .. } => Some(("error", Some(kind))),
            Ended::Answer(_) | Ended::Error(_) | Ended::TooLarge(_) => None,
        }
    }
}

fn timed_out(timeout: Duration) -> String {
    format!("Task timed out after {:.2} seconds", timeout.as_secs_f64())
}

fn exit_words(exit: jail::spec::Exit) -> String {
    match exit {
        jail::spec::Exit::Code(0) => "Runtime exited without providing a reason".to_string(),
        other => format!("Runtime exited with error: {}", other.words()),
    }
}

fn json_bytes(value: &Value) -> Bytes {
    value.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(ended: &Ended) -> String {
        String::from_utf8(ended.payload("id", Duration::from_secs(3)).to_vec()).unwrap()
    }

    #[test]
    fn errors_are_in_the_words_of_lambda() {
        // The form of today: error type Sandbox.Timedout with the request id in front (AWS Lambda runtime interface
        // emulator, cmd/aws-lambda-rie/handlers.go; changelog of the seek skuba templates, "Task timed out").
        assert_eq!(
            payload(&Ended::TimedOut),
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id Error: Task timed out after 3.00 seconds"}"#
        );
        // AWS Lambda docs, "Troubleshoot execution issues".
        assert_eq!(
            payload(&Ended::Exited(jail::spec::Exit::Code(1))),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited with error: exit status 1"}"#
        );
        assert_eq!(
            payload(&Ended::Exited(jail::spec::Exit::Code(0))),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited without providing a reason"}"#
        );
        // moto tests/test_awslambda (recorded): "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
        assert_eq!(
            payload(&Ended::TooLarge(crate::limits::RESPONSE_BYTES_MAX)),
            r#"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#
        );
        assert_eq!(
            Ended::TimedOut.log_line("id", 1_767_225_600_000, Duration::from_millis(1500)).unwrap(),
            "2026-01-01T00:00:00.000Z id Task timed out after 1.50 seconds\n\n"
        );
    }
}
