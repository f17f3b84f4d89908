//! Lambda's limits, with where they are written.
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html> unless another place is named.

use std::time::Duration;

/// Payload of a synchronous invocation: 6 MB.
pub(crate) const REQUEST_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Payload of an asynchronous invocation: 1 MB.
pub(crate) const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Answer of a synchronous invocation: 6 MB and 100 bytes, as the text of `Function.ResponseSizeTooLarge` says.
pub(crate) const RESPONSE_BYTES_MAX: usize = 6_291_556;
/// A streamed answer: 200 MB
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>).
pub(crate) const STREAM_BYTES_MAX: usize = 200 * 1024 * 1024;
/// The init phase of an environment that starts for an invocation
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib>).
pub(crate) const INIT_TIME_MAX: Duration = Duration::from_secs(10);
/// That of a provisioned one, unless the function's own time is longer (same page).
pub(crate) const INIT_TIME_AHEAD: Duration = Duration::from_secs(130);
/// A zip file in a request: 50 MB.
pub(crate) const ZIP_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Code and layers unzipped: 250 MB.
pub(crate) const UNZIPPED_BYTES_MAX: u64 = 262_144_000;
/// Files in a zip. AWS names no number; this one stops archives made of empty files.
pub(crate) const ZIP_ENTRIES_MAX: usize = 200_000;
/// Environment variables in all: 4 KB.
pub(crate) const ENVIRONMENT_BYTES_MAX: usize = 4 * 1024;
/// Layers of a function.
pub(crate) const LAYERS_MAX: usize = 5;
/// Resource-based policy: 20 KB.
pub(crate) const POLICY_BYTES_MAX: usize = 20 * 1024;
/// How far and how fast functions scale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Concurrent executions of an account and region: 1,000.
    pub(crate) concurrency: u32,
    /// Environments by which a function may grow in a period: 1,000 (lambda-concurrency.html, "Concurrency scaling rate").
    pub(crate) burst: u32,
    /// The period: 10 seconds.
    pub(crate) burst_millis: i64,
}

impl Scale {
    /// AWS's quotas. `CLOUDLET_LAMBDA_CONCURRENCY` and `CLOUDLET_LAMBDA_BURST` set others, as a quota increase does.
    pub(crate) fn configured() -> Scale {
        Scale {
            concurrency: number_from("CLOUDLET_LAMBDA_CONCURRENCY", 1000),
            burst: number_from("CLOUDLET_LAMBDA_BURST", 1000),
            burst_millis: 10_000,
        }
    }
}

fn number_from(variable: &str, default: u32) -> u32 {
    let Ok(text) = std::env::var(variable) else { return default };
    match text.parse() {
        Ok(number) if number > 0 => number,
        _ => {
            tracing::error!("`{variable}` must be a number above zero, not `{text}`; {default} is used");
            default
        }
    }
}

/// What reservations must leave to other functions.
pub(crate) const UNRESERVED_CONCURRENCY_MIN: u32 = 100;
/// What a throttled caller is asked to wait. AWS does not say how it chooses the number.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 1;
/// Tags of a function.
pub(crate) const TAGS_MAX: usize = 50;
/// Page of ListFunctions, ListVersionsByFunction, ListAliases: 50, whatever larger number is asked for (API reference).
pub(crate) const PAGE_MAX: usize = 50;
/// Code storage of an account and region: 75 GB.
pub(crate) const CODE_STORAGE_BYTES: i64 = 80_530_636_800;
/// Asynchronous events are kept for six hours at most.
pub(crate) const EVENT_AGE_SECONDS_MAX: i64 = 21_600;
/// An asynchronous invocation that fails is tried twice more.
pub(crate) const RETRIES_DEFAULT: i32 = 2;
/// Role sessions of an environment. AWS keeps credentials of environments valid for hours without naming the number.
pub(crate) const CREDENTIALS_SECONDS: i64 = 12 * 60 * 60;
/// Filters of an event source mapping: five, ten with a quota increase (invocation-eventfiltering.html).
pub(crate) const FILTERS_MAX: usize = 10;
/// The smallest age limit of records (API reference, `MaximumRecordAgeInSeconds`).
pub(crate) const RECORD_AGE_SECONDS_MIN: i32 = 60;
/// Page of ListEventSourceMappings: 100 (API reference).
pub(crate) const MAPPINGS_PAGE_MAX: usize = 100;

/// Time for an invocation of a function with a debugger: somebody may stand at a breakpoint.
pub(crate) const INSPECTED_TIME_MAX: Duration = Duration::from_secs(60 * 60);
