//! Limits of the service.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sns.html>

/// Characters of a topic's name.
pub(crate) const NAME_CHARS_MAX: usize = 256;
/// Bytes of a message with its attributes, and of all messages of a batch (256 KiB).
pub(crate) const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Entries of a batch.
pub(crate) const BATCH_MAX: usize = 10;
/// Characters of an entry's id.
pub(crate) const ENTRY_ID_CHARS_MAX: usize = 80;
/// Characters of a subject (API reference of Publish).
pub(crate) const SUBJECT_CHARS_MAX: usize = 100;
/// Characters of a group's or a deduplication id (API reference of Publish).
pub(crate) const FIFO_ID_CHARS_MAX: usize = 128;
/// Bytes of the name of a message attribute.
pub(crate) const ATTRIBUTE_NAME_BYTES_MAX: usize = 256;
/// How long a FIFO topic remembers what it has seen: five minutes.
pub(crate) const DEDUPLICATION_MILLIS: i64 = 5 * 60 * 1000;
/// Subscriptions or topics of one page of a listing.
pub(crate) const PAGE: usize = 100;
/// Tags of a topic.
pub(crate) const TAGS_MAX: usize = 50;
/// How long a subscription waits to be confirmed: two days (API reference of Subscribe).
pub(crate) const CONFIRMATION_MILLIS: i64 = 2 * 24 * 3600 * 1000;
/// Attribute names of a filter policy.
pub(crate) const FILTER_KEYS_MAX: usize = 5;
/// Combinations of values of a filter policy.
/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
pub(crate) const FILTER_COMBINATIONS_MAX: usize = 150;
/// Bytes of a topic's policy.
pub(crate) const POLICY_BYTES_MAX: usize = 30_720;
/// Bytes of a data protection policy.
pub(crate) const DATA_PROTECTION_BYTES_MAX: usize = 30_720;
/// Characters of a display name (API reference of SetTopicAttributes).
pub(crate) const DISPLAY_NAME_CHARS_MAX: usize = 100;
/// How long an endpoint may take to answer: 15 seconds.
/// <https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html>
pub(crate) const ENDPOINT_MILLIS: u64 = 15_000;
/// Bytes of an endpoint's answer that are read: nobody looks at them.
pub(crate) const ENDPOINT_ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Seconds that the retries of an endpoint may take together.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>
pub(crate) const RETRY_SECONDS_MAX: i64 = 3_600;
/// Characters of an endpoint.
pub(crate) const ENDPOINT_CHARS_MAX: usize = 2_048;
