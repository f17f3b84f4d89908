//! Limits of the service.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>

/// Bytes of all entries of one PutEvents (256 KB).
pub(crate) const ENTRIES_BYTES_MAX: usize = 256 * 1024;
/// Custom buses of an account in a region, and the default one.
pub(crate) const BUSES_MAX: usize = 100;
/// Rules on a bus.
pub(crate) const RULES_MAX: usize = 300;
/// Targets of a rule.
pub(crate) const TARGETS_MAX: usize = 5;
/// Characters of a pattern (the quota counts characters of the text as given).
pub(crate) const PATTERN_CHARS_MAX: usize = 4096;
/// Bytes of a bus's policy.
pub(crate) const POLICY_BYTES_MAX: usize = 10 * 1024;
/// Archives of an account in a region.
pub(crate) const ARCHIVES_MAX: usize = 100;
/// Connections, and API destinations, of an account in a region.
pub(crate) const CONNECTIONS_MAX: usize = 3_000;
/// Tags of a bus or rule.
pub(crate) const TAGS_MAX: usize = 50;
/// What a page of a listing holds when nothing is said.
pub(crate) const PAGE: i32 = 100;
/// Retries of a target when its rule says nothing (RetryPolicy in the API reference).
pub(crate) const RETRIES: i32 = 185;
/// Age in seconds at which an event is given up when its rule says nothing.
pub(crate) const AGE_SECONDS: i32 = 24 * 3600;
/// Buses that an event may pass on its way.
pub(crate) const HOPS_MAX: u8 = 5;
/// Events that a slice of a replay sends.
pub(crate) const REPLAY_SLICE: usize = 50;
/// Schedules that one transaction fires.
pub(crate) const DUE_SLICE: usize = 20;
