//! CloudWatch Logs: groups of streams of log events.
//!
//! `keys.rs` holds the stored rows, `events.rs` the reading of events in the order of time, `batch.rs` the rules of
//! a batch that is written, `subscription.rs` who gets events as they come, `ops/` one file for each operation. Metric
//! filters, queries, exports and encryption with a KMS key are not there: their operations are unknown, their parameters
//! refused.
//!
//! Start with `ops/put_log_events.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod batch;
mod error;
mod events;
mod group;
mod jobs;
mod keys;
mod limits;
mod ops;
mod policy;
mod stack;
mod subscription;
mod tags;
mod token;

/// The service's table of contents.
pub static LOGS: Service = Service {
    name: "logs",
    title: "CloudWatch Logs",
    signing_name: "logs",
    protocols: &[Protocol::json_1_1("Logs_20140328")],
    operations: &[
        entry::<ops::CreateLogGroup>(),
        entry::<ops::CreateLogStream>(),
        entry::<ops::DeleteLogGroup>(),
        entry::<ops::DeleteLogStream>(),
        entry::<ops::DeleteResourcePolicy>(),
        entry::<ops::DeleteRetentionPolicy>(),
        entry::<ops::DeleteSubscriptionFilter>(),
        entry::<ops::DescribeLogGroups>(),
        entry::<ops::DescribeLogStreams>(),
        entry::<ops::DescribeResourcePolicies>(),
        entry::<ops::DescribeSubscriptionFilters>(),
        entry::<ops::FilterLogEvents>(),
        entry::<ops::GetLogEvents>(),
        entry::<ops::ListLogGroups>(),
        entry::<ops::ListTagsForResource>(),
        entry::<ops::ListTagsLogGroup>(),
        entry::<ops::PutLogEvents>(),
        entry::<ops::PutResourcePolicy>(),
        entry::<ops::PutRetentionPolicy>(),
        entry::<ops::PutSubscriptionFilter>(),
        entry::<ops::TagLogGroup>(),
        entry::<ops::TagResource>(),
        entry::<ops::UntagLogGroup>(),
        entry::<ops::UntagResource>(),
    ],
    resources: &[&stack::LogGroup, &stack::LogStream, &stack::ResourcePolicy, &stack::SubscriptionFilter],
    jobs: &[jobs::RETENTION],
    plane: None,
    words: Words { validation_code: "InvalidParameterException", denied_code: "AccessDeniedException" },
};

#[cfg(test)]
mod tests;
