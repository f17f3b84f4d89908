//! Every limit of SQS, with the page that it stands on: "Amazon SQS quotas" of the developer guide, or the operation's
//! page of the API reference.

/// Longest queue name, `.fifo` included.
pub(crate) const NAME_CHARS_MAX: usize = 80;
/// Messages, or entries, of one call.
pub(crate) const BATCH_MAX: usize = 10;
/// A message with its attributes, and a batch of them: 1 MiB since August 2025.
pub(crate) const MESSAGE_BYTES_MAX: i64 = 1_048_576;
/// Message attributes of one message.
pub(crate) const MESSAGE_ATTRIBUTES_MAX: usize = 10;
/// Bytes of an attribute's name, and of its type.
pub(crate) const ATTRIBUTE_NAME_BYTES_MAX: usize = 256;
/// Longest delay of a message.
pub(crate) const DELAY_SECONDS_MAX: i64 = 900;
/// Longest visibility timeout: 12 hours.
pub(crate) const VISIBILITY_SECONDS_MAX: i64 = 43_200;
/// Longest wait of a receive.
pub(crate) const WAIT_SECONDS_MAX: i64 = 20;
/// Longest deduplication id and group id.
pub(crate) const FIFO_ID_CHARS_MAX: usize = 128;
/// How long a FIFO queue remembers a deduplication id: 5 minutes.
pub(crate) const DEDUPLICATION_MILLIS: i64 = 5 * 60 * 1000;
/// Between two purges of one queue.
pub(crate) const PURGE_MILLIS: i64 = 60 * 1000;
/// Queues of one page of a listing.
pub(crate) const LIST_MAX: i64 = 1000;
/// Tags of a queue.
pub(crate) const TAGS_MAX: usize = 50;
/// Longest tag key.
pub(crate) const TAG_KEY_CHARS_MAX: usize = 128;
/// Longest tag value.
pub(crate) const TAG_VALUE_CHARS_MAX: usize = 256;
/// Longest id of a batch entry, and longest label of a permission.
pub(crate) const ENTRY_ID_CHARS_MAX: usize = 80;
/// `maxReceiveCount` of a redrive policy.
pub(crate) const RECEIVE_COUNT_MAX: i64 = 1000;
/// Source queues that a redrive allow policy can name.
pub(crate) const ALLOWED_SOURCES_MAX: usize = 10;
/// Messages of a standard queue that are received and neither deleted nor visible again.
pub(crate) const IN_FLIGHT_MAX: i64 = 120_000;
/// The same for a FIFO queue.
pub(crate) const IN_FLIGHT_FIFO_MAX: i64 = 20_000;
/// How long an attempt id of a receive counts: 5 minutes.
pub(crate) const ATTEMPT_MILLIS: i64 = 5 * 60 * 1000;
/// Fastest rate that a move task can ask for.
pub(crate) const MOVE_RATE_MAX: i32 = 500;
/// Move tasks of one page of ListMessageMoveTasks.
pub(crate) const MOVE_TASKS_MAX: i32 = 10;
/// Calls of an action of a FIFO queue, or for one of its groups, in a second
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
pub(crate) const FIFO_CALLS_A_SECOND: u32 = 300;
