//! Every limit of Kinesis Data Streams, with the page that it stands on: "Quotas and limits" of the developer guide, or
//! the operation's page of the API reference.

/// Open shards of an account in a region, the quota of most regions when an account is new.
pub(crate) const SHARDS_MAX: usize = 500;
/// On-demand streams of an account in a region.
pub(crate) const ON_DEMAND_STREAMS_MAX: usize = 50;
/// Streams that may be in CREATING at once.
pub(crate) const CREATING_MAX: usize = 5;
/// Shards of a new on-demand stream.
pub(crate) const ON_DEMAND_SHARDS: u32 = 4;
/// How long a stream shows that it is being created, changed or deleted. AWS needs some seconds.
pub(crate) const CHANGE_MILLIS: i64 = 500;
/// The same for a consumer.
pub(crate) const CONSUMER_MILLIS: i64 = 200;
/// Consumers of a stream.
pub(crate) const CONSUMERS_MAX: usize = 20;
/// Consumers of a stream that may be in CREATING at once.
pub(crate) const CONSUMERS_CREATING_MAX: usize = 5;
/// Retention of a new stream, and the shortest one.
pub(crate) const RETENTION_HOURS_MIN: i32 = 24;
/// Longest retention: a year.
pub(crate) const RETENTION_HOURS_MAX: i32 = 8760;
/// Largest record that a stream takes unless it is told another size.
pub(crate) const RECORD_KIB: i32 = 1024;
/// Bytes of data and keys of one PutRecords: 10 MiB.
pub(crate) const BATCH_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Records that a shard takes in a second.
pub(crate) const WRITE_RECORDS: f64 = 1000.0;
/// Bytes that a shard takes in a second.
pub(crate) const WRITE_BYTES: f64 = 1024.0 * 1024.0;
/// Records that an on-demand stream takes in a second, at its quota.
pub(crate) const ON_DEMAND_RECORDS: f64 = 200_000.0;
/// Bytes that an on-demand stream takes in a second, at its quota.
pub(crate) const ON_DEMAND_BYTES: f64 = 200.0 * 1024.0 * 1024.0;
/// GetRecords of a shard in a second.
pub(crate) const READS: f64 = 5.0;
/// Bytes that GetRecords brings from a shard in a second: 2 MB. The same for a consumer with SubscribeToShard.
pub(crate) const READ_BYTES: f64 = 2.0 * 1024.0 * 1024.0;
/// Records of one GetRecords.
pub(crate) const RECORDS_MAX: usize = 10_000;
/// Bytes of one GetRecords: 10 MB.
pub(crate) const RECORDS_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Rows that one GetRecords looks at while it passes over records that are too old; it then answers an empty page.
pub(crate) const ROWS_MAX: usize = 50_000;
/// How long a shard iterator counts: 5 minutes.
pub(crate) const ITERATOR_MILLIS: i64 = 5 * 60 * 1000;
/// How long a token of a listing counts: 300 seconds.
pub(crate) const TOKEN_MILLIS: i64 = 300 * 1000;
/// How long a subscription lasts: 5 minutes.
pub(crate) const SUBSCRIPTION_MILLIS: i64 = 5 * 60 * 1000;
/// How long nobody else may take over a subscription: 5 seconds.
pub(crate) const SUBSCRIPTION_OWN_MILLIS: i64 = 5 * 1000;
/// A subscription without records tells its progress this often.
pub(crate) const HEARTBEAT_MILLIS: i64 = 5 * 1000;
/// Bytes of the records of one event of a subscription.
pub(crate) const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Shards of one page of DescribeStream.
pub(crate) const DESCRIBE_PAGE: usize = 100;
/// Shards of one page of ListShards.
pub(crate) const SHARDS_PAGE: usize = 1000;
/// Streams of one page of ListStreams, and consumers of one page of ListStreamConsumers, unless asked otherwise.
pub(crate) const LIST_PAGE: usize = 100;
/// Changes of the number of shards of a stream, and of its mode, in 24 hours.
pub(crate) const RESIZES_MAX: usize = 10;
/// Changes of a stream's mode in 24 hours.
pub(crate) const MODE_CHANGES_MAX: usize = 2;
/// 24 hours.
pub(crate) const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// An hour.
pub(crate) const HOUR_MILLIS: i64 = 60 * 60 * 1000;
/// Tags of a stream or consumer.
pub(crate) const TAGS_MAX: usize = 50;
/// Tags of one page of ListTagsForStream.
pub(crate) const TAGS_PAGE: usize = 50;
/// Bytes of a resource policy: 20 KB.
pub(crate) const POLICY_BYTES_MAX: usize = 20 * 1024;
/// Rows that one transaction of background work removes, so that no commit is held up.
pub(crate) const SLICE_ROWS: usize = 500;
