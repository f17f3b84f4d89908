//! Kinesis Data Streams: streams of records in shards, read in order.
//!
//! * Rules without state: `stream.rs` (what a stream is), `resharding.rs` (splitting and merging), `sequence.rs` (sequence
//!   numbers), `names.rs` (what requests name), `iterator.rs` and `start.rs` (places in a shard), `throttle.rs` (how much a
//!   shard takes and gives), `settings.rs`, `tags.rs`, `token.rs`, `describe.rs`, with every number in `limits.rs`.
//! * State: `keys.rs` knows the bytes; `streams.rs` finds streams and consumers, `consumers.rs` lists these, `owner.rs` is
//!   what has tags and a policy, `account.rs` what an account uses; `put.rs` appends records, `reading.rs` reads them,
//!   `subscription.rs` pushes them to registered consumers.
//! * `ops/` has one file for each operation, `stack.rs` the CloudFormation types, `jobs.rs` the background work.
//!
//! Start with `ops/put_record.rs`, then `keys.rs` and `reading.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod account;
mod consumers;
mod describe;
mod error;
mod iterator;
mod jobs;
mod keys;
mod limits;
mod names;
mod ops;
mod owner;
mod put;
mod reading;
mod resharding;
mod sequence;
mod settings;
mod stack;
mod start;
mod stream;
mod streams;
mod subscription;
mod tags;
mod target;
#[cfg(test)]
mod tests;
mod throttle;
mod token;

/// The service's table of contents.
pub static KINESIS: Service = Service {
    name: "kinesis",
    title: "Kinesis Data Streams",
    signing_name: "kinesis",
    protocols: &[Protocol::json_1_1("Kinesis_20131202"), Protocol::cbor("Kinesis_20131202")],
    operations: &[
        entry::<ops::AddTagsToStream>(),
        entry::<ops::CreateStream>(),
        entry::<ops::DecreaseStreamRetentionPeriod>(),
        entry::<ops::DeleteResourcePolicy>(),
        entry::<ops::DeleteStream>(),
        entry::<ops::DeregisterStreamConsumer>(),
        entry::<ops::DescribeAccountSettings>(),
        entry::<ops::DescribeLimits>(),
        entry::<ops::DescribeStream>(),
        entry::<ops::DescribeStreamConsumer>(),
        entry::<ops::DescribeStreamSummary>(),
        entry::<ops::DisableEnhancedMonitoring>(),
        entry::<ops::EnableEnhancedMonitoring>(),
        entry::<ops::GetRecords>(),
        entry::<ops::GetResourcePolicy>(),
        entry::<ops::GetShardIterator>(),
        entry::<ops::IncreaseStreamRetentionPeriod>(),
        entry::<ops::ListShards>(),
        entry::<ops::ListStreamConsumers>(),
        entry::<ops::ListStreams>(),
        entry::<ops::ListTagsForResource>(),
        entry::<ops::ListTagsForStream>(),
        entry::<ops::MergeShards>(),
        entry::<ops::PutRecord>(),
        entry::<ops::PutRecords>(),
        entry::<ops::PutResourcePolicy>(),
        entry::<ops::RegisterStreamConsumer>(),
        entry::<ops::RemoveTagsFromStream>(),
        entry::<ops::SplitShard>(),
        entry::<ops::StartStreamEncryption>(),
        entry::<ops::StopStreamEncryption>(),
        entry::<ops::SubscribeToShard>(),
        entry::<ops::TagResource>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdateAccountSettings>(),
        entry::<ops::UpdateMaxRecordSize>(),
        entry::<ops::UpdateShardCount>(),
        entry::<ops::UpdateStreamMode>(),
        entry::<ops::UpdateStreamWarmThroughput>(),
    ],
    resources: &[&stack::ResourcePolicy, &stack::StreamConsumer, &stack::StreamResource],
    jobs: &[jobs::RETENTION, jobs::REMOVAL],
    plane: None,
    words: Words::JSON,
};
