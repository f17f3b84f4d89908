//! Loops of functions: how often a trace has come through a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>. The SDKs in a function send on the trace
//! that it was invoked with, and each invocation adds one to its function's count.

use cloud::caller::Principal;
use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;

/// "If your function is invoked approximately 16 times in the same chain of requests" it is stopped.
const INVOCATIONS_MAX: u32 = 16;
/// Functions that a lineage remembers; the oldest are forgotten.
const FUNCTIONS_MAX: usize = 32;

/// The trace that an invocation gets: that of the call, with the function counted once more.
///
/// An error when the function is in a loop and may not be (`RecursiveLoop` is `Terminate`).
pub(crate) fn trace(cx: &Cx, function: &FunctionRef, may_loop: bool) -> Result<String, Error> {
    trace_of(cx, &function.name, &hash(function), may_loop)
}

/// The lineage that an event carries on. What comes from EventBridge and others begins anew: Lambda knows the loops
/// through itself, SQS, S3 and SNS only.
pub(crate) fn of_event(cx: &Cx) -> &str {
    const KNOWN: [&str; 3] = ["lambda.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"];
    match cx.caller().principal {
        Principal::Service(name) if !KNOWN.contains(&name) => "",
        _ => cx.lineage(),
    }
}

/// As [`trace`], for a function whose [`hash`] is known.
pub(crate) fn trace_of(cx: &Cx, name: &str, hash: &str, may_loop: bool) -> Result<String, Error> {
    if cx.lineage().is_empty() {
        return Ok(["Root=", cx.trace_id(), ";Sampled=1;Lineage=1:", hash, ":1"].concat());
    }
    let (count, lineage) = count(cx.lineage(), hash);
    if count > INVOCATIONS_MAX && !may_loop {
        tracing::warn!(function = name, "a loop of functions was stopped");
        return Err(Error::RecursiveInvocation);
    }
    Ok(format!("Root={};Sampled=1;Lineage={lineage}", cx.trace_id()))
}

/// Eight digits that stand for a function.
pub(crate) fn hash(function: &FunctionRef) -> String {
    let mut digits = wire::digest::sha256_hex(function.arn().as_str().as_bytes());
    digits.truncate(8);
    digits
}

/// Counts `hash` once more in a lineage such as `a87bd80c:1|68fd508a:5`. Before each entry there may be a version
/// (`1:a87bd80c:1`); older SDKs write commas.
fn count(lineage: &str, hash: &str) -> (u32, String) {
    let mut own = 1;
    let mut entries: Vec<String> = Vec::new();
    for entry in lineage.split(['|', ',']).filter(|entry| !entry.is_empty()) {
        let mut parts = entry.rsplit(':');
        let (times, name) = (parts.next().and_then(|times| times.parse::<u32>().ok()), parts.next());
        let (Some(times), Some(name)) = (times, name) else { continue };
        if name == hash {
            own = times.saturating_add(1);
        } else {
            entries.push(format!("1:{name}:{times}"));
        }
    }
    entries.push(format!("1:{hash}:{own}"));
    let oldest = entries.len().saturating_sub(FUNCTIONS_MAX);
    (own, entries[oldest..].join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_counted_in_their_lineage() {
        assert_eq!(count("", "aa"), (1, "1:aa:1".to_string()));
        assert_eq!(count("1:aa:1", "aa"), (2, "1:aa:2".to_string()));
        assert_eq!(count("aa:1|1:bb:7", "bb"), (8, "1:aa:1|1:bb:8".to_string()));
        assert_eq!(count("aa:1,cc", "bb"), (1, "1:aa:1|1:bb:1".to_string()));
        let long = (0..100).map(|index| format!("1:{index:08x}:1")).collect::<Vec<_>>().join("|");
        assert_eq!(count(&long, "aa").1.split('|').count(), FUNCTIONS_MAX);
    }
}
