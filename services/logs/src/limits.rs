//! The limits of the service.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html> unless said otherwise.

/// Events of one PutLogEvents.
pub(crate) const BATCH_EVENTS_MAX: usize = 10_000;
/// Bytes of one PutLogEvents, each event counted with [`EVENT_OVERHEAD_BYTES`].
pub(crate) const BATCH_BYTES_MAX: usize = 1_048_576;
/// What an event counts besides its message.
pub(crate) const EVENT_OVERHEAD_BYTES: usize = 26;
/// Largest message. AWS allows 1 MiB; ours must fit into one value of the store.
pub(crate) const MESSAGE_BYTES_MAX: usize = store::VALUE_BYTES_MAX - 16;
/// A batch may span a day (the reference of PutLogEvents).
pub(crate) const BATCH_SPAN_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// How far ahead of the clock an event may be (the reference of PutLogEvents).
pub(crate) const FUTURE_MILLIS_MAX: i64 = 2 * 60 * 60 * 1000;
/// How old an event may be when it is written (the reference of PutLogEvents).
pub(crate) const AGE_MILLIS_MAX: i64 = 14 * DAY_MILLIS;
/// A day.
pub(crate) const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Events of one page (the references of GetLogEvents and FilterLogEvents).
pub(crate) const PAGE_EVENTS_MAX: usize = 10_000;
/// Bytes of one page of events.
pub(crate) const PAGE_BYTES_MAX: usize = 1_048_576;
/// Groups or streams of one page of a description.
pub(crate) const DESCRIBE_MAX: i32 = 50;
/// Groups of one page of ListLogGroups.
pub(crate) const LIST_GROUPS_MAX: i32 = 1000;
/// Tags of a group.
pub(crate) const TAGS_MAX: usize = 50;
/// Events that one FilterLogEvents reads before it gives a token back, so that no call holds a snapshot for long.
pub(crate) const FILTER_SCAN_MAX: usize = 50_000;
/// Longest name of a group or stream.
pub(crate) const NAME_CHARS_MAX: usize = 512;
/// The days for which events may be kept (the reference of PutRetentionPolicy).
pub(crate) const RETENTION_DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/// Policies of an account in a region.
pub(crate) const POLICIES_MAX: usize = 10;
/// Characters of a policy (the reference of PutResourcePolicy).
pub(crate) const POLICY_CHARS_MAX: usize = 5120;
/// Subscription filters of a group.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 2;
/// Bytes of one compressed message to a subscriber: in base64, and with its frame, it must fit into the event of a
/// function or the record of a stream, which have 1 MiB.
pub(crate) const MESSAGE_COMPRESSED_BYTES_MAX: usize = 700 * 1024;
