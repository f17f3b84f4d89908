//! Limits of the service.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html#eb-pipes-quotas>

/// Pipes of an account in a region.
pub(crate) const PIPES_MAX: usize = 1_000;
/// Tags of a pipe.
pub(crate) const TAGS_MAX: usize = 50;
/// What a page of a listing holds when nothing is said.
pub(crate) const PAGE: i32 = 100;
/// Records of a batch from a queue, and from a stream, when nothing is said (the API reference of the parameters).
pub(crate) const QUEUE_BATCH: i32 = 10;
pub(crate) const STREAM_BATCH: i32 = 100;
/// Bytes of one request to a queue or bus; a batch with more goes in several.
pub(crate) const REQUEST_BYTES_MAX: usize = 200 * 1024;
/// Entries of one request to a queue or bus.
pub(crate) const REQUEST_ENTRIES_MAX: usize = 10;
