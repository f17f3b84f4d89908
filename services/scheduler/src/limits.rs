//! Limits of the service.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html>

/// Groups of an account in a region.
pub(crate) const GROUPS_MAX: usize = 500;
/// Tags of a group.
pub(crate) const TAGS_MAX: usize = 50;
/// Bytes of the input of a target: that of the largest request that targets take, SQS's and EventBridge's 256 KB.
pub(crate) const INPUT_BYTES_MAX: usize = 256 * 1024;
/// What a page of a listing holds when nothing is said.
pub(crate) const PAGE: i32 = 100;
/// Retries of a target when nothing is said (RetryPolicy in the API reference).
pub(crate) const RETRIES: i32 = 185;
/// Age in seconds at which an invocation is given up when nothing is said.
pub(crate) const AGE_SECONDS: i32 = 24 * 3600;
/// Schedules that one transaction fires.
pub(crate) const DUE_SLICE: usize = 20;
/// Schedules that one transaction deletes with their group.
pub(crate) const DELETE_SLICE: usize = 100;
/// How long a client token is remembered. AWS does not say how long it does; SDKs repeat a request for seconds.
pub(crate) const TOKEN_MILLIS: i64 = 10 * 60 * 1000;
/// How far a start may lie behind.
pub(crate) const START_BEHIND_MILLIS: i64 = 5 * 60 * 1000;
/// How late a one-time schedule may be made and still be invoked: times have this precision in AWS.
pub(crate) const LATE_MILLIS: i64 = 60 * 1000;
/// What a recurring schedule missed in the time before now is made up for, each occurrence; of what was missed before
/// that, the first occurrence alone is. A cloud that restarts loses nothing, and one that was off for a night does not
/// begin its day with hundreds of calls.
pub(crate) const MAKE_UP_MILLIS: i64 = 10 * 60 * 1000;
