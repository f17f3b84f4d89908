//! DynamoDB: tables of items, with indexes, streams, transactions and backups.
//!
//! * Rules without state: `table.rs` (what a table is), `schema.rs` (what it must be), `item.rs` (keys of items),
//!   `capacity.rs` (what things cost), `request.rs` (what requests have in common), `describe.rs`, `settings.rs`,
//!   `tags.rs`, `policy.rs`, with every number in `limits.rs`. Values and expressions are `ddbexpr`'s.
//! * State: `keys.rs` knows the bytes, `record.rs` those of changes; `tables.rs` finds tables, `write.rs` changes items
//!   with everything that hangs on them, `writing.rs` writes one item, `reading.rs` reads pages, `work.rs` is what goes on in the background;
//!   `export.rs`, `import.rs` and `transfers.rs` are the way to S3 and back, `destination.rs` and `replication.rs` that
//!   to Kinesis.
//! * `ops/` has one file for each operation, `access.rs` what IAM is told of them, `jobs.rs` the background jobs.
//!
//! Start with `ops/put_item.rs`, then `write.rs` and `keys.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod access;
mod backup;
mod capacity;
mod describe;
mod destination;
mod error;
mod expiry;
mod export;
mod import;
mod item;
mod jobs;
mod keys;
mod limits;
mod ops;
mod partiql;
mod policy;
mod reading;
mod record;
mod recovery;
mod replication;
mod request;
mod schema;
mod settings;
mod shapes;
mod stack;
mod streams;
mod table;
mod tables;
mod tags;
#[cfg(test)]
mod tests;
mod tokens;
mod transact;
mod transfers;
mod work;
mod write;
mod writing;

/// The service's table of contents.
pub static DYNAMODB: Service = Service {
    name: "dynamodb",
    title: "DynamoDB",
    signing_name: "dynamodb",
    protocols: &[Protocol::json_1_0("DynamoDB_20120810")],
    operations: &[
        entry::<ops::BatchExecuteStatement>(),
        entry::<ops::BatchGetItem>(),
        entry::<ops::BatchWriteItem>(),
        entry::<ops::CreateBackup>(),
        entry::<ops::CreateGlobalTable>(),
        entry::<ops::CreateTable>(),
        entry::<ops::DeleteBackup>(),
        entry::<ops::DeleteItem>(),
        entry::<ops::DeleteResourcePolicy>(),
        entry::<ops::DeleteTable>(),
        entry::<ops::DescribeBackup>(),
        entry::<ops::DescribeContinuousBackups>(),
        entry::<ops::DescribeContributorInsights>(),
        entry::<ops::DescribeEndpoints>(),
        entry::<ops::DescribeExport>(),
        entry::<ops::DescribeGlobalTable>(),
        entry::<ops::DescribeGlobalTableSettings>(),
        entry::<ops::DescribeImport>(),
        entry::<ops::DescribeKinesisStreamingDestination>(),
        entry::<ops::DescribeLimits>(),
        entry::<ops::DescribeTable>(),
        entry::<ops::DescribeTableReplicaAutoScaling>(),
        entry::<ops::DescribeTimeToLive>(),
        entry::<ops::DisableKinesisStreamingDestination>(),
        entry::<ops::EnableKinesisStreamingDestination>(),
        entry::<ops::ExecuteStatement>(),
        entry::<ops::ExecuteTransaction>(),
        entry::<ops::ExportTableToPointInTime>(),
        entry::<ops::GetItem>(),
        entry::<ops::GetResourcePolicy>(),
        entry::<ops::ImportTable>(),
        entry::<ops::ListBackups>(),
        entry::<ops::ListContributorInsights>(),
        entry::<ops::ListExports>(),
        entry::<ops::ListGlobalTables>(),
        entry::<ops::ListImports>(),
        entry::<ops::ListTables>(),
        entry::<ops::ListTagsOfResource>(),
        entry::<ops::PutItem>(),
        entry::<ops::PutResourcePolicy>(),
        entry::<ops::Query>(),
        entry::<ops::ReplicateChanges>(),
        entry::<ops::RestoreTableFromBackup>(),
        entry::<ops::RestoreTableToPointInTime>(),
        entry::<ops::ScanTable>(),
        entry::<ops::TagResource>(),
        entry::<ops::TransactGetItems>(),
        entry::<ops::TransactWriteItems>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdateContinuousBackups>(),
        entry::<ops::UpdateContributorInsights>(),
        entry::<ops::UpdateGlobalTable>(),
        entry::<ops::UpdateGlobalTableSettings>(),
        entry::<ops::UpdateItem>(),
        entry::<ops::UpdateKinesisStreamingDestination>(),
        entry::<ops::UpdateTable>(),
        entry::<ops::UpdateTableReplicaAutoScaling>(),
        entry::<ops::UpdateTimeToLive>(),
    ],
    resources: &[&stack::GlobalTable, &stack::TableResource],
    jobs: &[jobs::WORK, jobs::RETENTION, expiry::EXPIRY, replication::REPLICATION, transfers::TRANSFERS],
    plane: None,
    words: Words::JSON,
};

/// The streams' own table of contents: another endpoint in AWS, the same actions' prefix in IAM.
pub static DYNAMODB_STREAMS: Service = Service {
    name: "dynamodbstreams",
    title: "DynamoDB Streams",
    signing_name: "dynamodb",
    protocols: &[Protocol::json_1_0("DynamoDBStreams_20120810")],
    operations: &[
        entry::<ops::DescribeStream>(),
        entry::<ops::GetRecords>(),
        entry::<ops::GetShardIterator>(),
        entry::<ops::ListStreams>(),
    ],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};
