//! Every limit of the service, with the page that it stands on: "Service, account, and table quotas" of the developer
//! guide, or the operation's page of the API reference. Those of values and expressions are in `ddbexpr`.

/// Shortest name of a table or index.
pub(crate) const NAME_CHARS_MIN: usize = 3;
/// Longest name of a table or index.
pub(crate) const NAME_CHARS_MAX: usize = 255;
/// Local secondary indexes of a table.
pub(crate) const LOCAL_INDEXES_MAX: usize = 5;
/// Global secondary indexes of a table.
pub(crate) const GLOBAL_INDEXES_MAX: usize = 20;
/// Attributes that all indexes of a table project by name.
pub(crate) const PROJECTED_ATTRIBUTES_MAX: usize = 100;
/// Tables of one page of ListTables.
pub(crate) const LIST_TABLES_MAX: usize = 100;
/// Tags of a resource.
pub(crate) const TAGS_MAX: usize = 50;
/// Items that Query and Scan read for one page: 1 MB.
pub(crate) const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// Rows that one read of the store brings while a page is filled.
pub(crate) const READ_ROWS: usize = 500;
/// Segments of a parallel scan.
pub(crate) const SEGMENTS_MAX: i32 = 1_000_000;
/// Keys of BatchGetItem.
pub(crate) const BATCH_GET_MAX: usize = 100;
/// Items that BatchGetItem returns: 16 MB.
pub(crate) const BATCH_GET_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Requests of BatchWriteItem.
pub(crate) const BATCH_WRITE_MAX: usize = 25;
/// Bytes of the requests that BatchWriteItem puts into one transaction of the store, so that their indexes, stream
/// records and history fit beside them.
pub(crate) const BATCH_WRITE_SLICE_BYTES: usize = 512 * 1024;
/// Items of a transaction together: 4 MB.
pub(crate) const TRANSACT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a client token of a transaction counts: 10 minutes.
pub(crate) const TOKEN_MILLIS: i64 = 10 * 60 * 1000;
/// An item collection of a table with local indexes: 10 GB.
pub(crate) const COLLECTION_BYTES_MAX: i64 = 10 * 1024 * 1024 * 1024;
/// How long a stream keeps a record: 24 hours.
pub(crate) const STREAM_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Records of one GetRecords.
pub(crate) const RECORDS_MAX: i32 = 1000;
/// Bytes of the records of one GetRecords: 1 MB.
pub(crate) const RECORDS_BYTES_MAX: usize = 1024 * 1024;
/// How long a shard iterator counts: 15 minutes.
pub(crate) const ITERATOR_MILLIS: i64 = 15 * 60 * 1000;
/// Streams of one page of ListStreams, and shards of one page of DescribeStream.
pub(crate) const STREAMS_PAGE: usize = 100;
/// Longest window of point-in-time recovery in days.
pub(crate) const RECOVERY_DAYS_MAX: i32 = 35;
/// Backups of one page of ListBackups.
pub(crate) const BACKUPS_PAGE: usize = 100;
/// Bytes of a resource policy: 20 KB.
pub(crate) const POLICY_BYTES_MAX: usize = 20 * 1024;
/// A table's throughput unless a quota raises it.
pub(crate) const TABLE_UNITS_MAX: i64 = 40_000;
/// An account's throughput unless a quota raises it.
pub(crate) const ACCOUNT_UNITS_MAX: i64 = 80_000;
/// An item read costs half a unit, or one, for each 4 KB.
pub(crate) const READ_UNIT_BYTES: usize = 4096;
/// An item written costs a unit for each KB.
pub(crate) const WRITE_UNIT_BYTES: usize = 1024;
/// How long a change is kept that a stream of Kinesis does not take: as long as a stream of the table would keep it.
pub(crate) const UNREPLICATED_MILLIS: i64 = STREAM_MILLIS;
/// Records of one PutRecords of Kinesis.
pub(crate) const REPLICATED_MAX: usize = 500;
/// Bytes of the records of one transaction that brings changes to Kinesis, but for the last one; PutRecords takes 10 MiB.
pub(crate) const REPLICATED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Destinations of a table that are shown besides the one that gets its changes.
pub(crate) const PAST_DESTINATIONS_MAX: usize = 20;
/// Rows that one transaction of background work touches, so that no commit is held up.
pub(crate) const SLICE_ROWS: usize = 200;
/// Bytes that one transaction of background work writes.
pub(crate) const SLICE_BYTES: usize = 512 * 1024;
/// Bytes of JSON of one file of an export, before it is packed: a few seconds of work to do again after a crash.
pub(crate) const EXPORT_FILE_BYTES: usize = 8 * 1024 * 1024;
/// Open exports, and imports, that one round of background work looks at.
pub(crate) const TRANSFERS_LOOKED_AT: usize = 20;
/// Exports or imports of one page of a listing.
pub(crate) const TRANSFERS_PAGE: usize = 25;
/// How long the client token of an export or import counts: 8 hours.
pub(crate) const TRANSFER_TOKEN_MILLIS: i64 = 8 * 60 * 60 * 1000;
/// The last exports or imports of a table, among which a client token is looked for.
pub(crate) const TOKEN_TRANSFERS_MAX: usize = 100;
/// Objects of one import.
pub(crate) const IMPORT_OBJECTS_MAX: u64 = 50_000;
/// A record of an import: an item of 400 KB in JSON, with room for escapes and base64.
pub(crate) const IMPORT_RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long an export or import that is over is told of: 90 days.
pub(crate) const TRANSFER_MILLIS: i64 = 90 * 24 * 60 * 60 * 1000;
