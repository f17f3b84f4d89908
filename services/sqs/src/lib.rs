//! SQS: the Simple Queue Service.
//!
//! The rules are plain functions: `queue.rs` (names, addresses), `attributes.rs`, `message.rs`, `send.rs`, `lease.rs`,
//! `redrive.rs`, `move_task.rs`, `in_flight.rs`, `quota.rs`, `permission.rs`, `batch.rs`, `tags.rs`, with every number in `limits.rs`. `keys.rs` holds the stored
//! rows, `ops/` one file for each operation, `jobs.rs` the background work, `stack.rs` the CloudFormation types.
//! Messages themselves live in the store's queue layer. Start with `ops/send_message.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod attributes;
mod batch;
mod error;
mod in_flight;
mod jobs;
mod keys;
mod lease;
mod limits;
mod message;
mod move_task;
mod ops;
mod permission;
mod queue;
mod quota;
mod redrive;
mod send;
mod stack;
mod tags;
#[cfg(test)]
mod tests;

/// The service's table of contents.
pub static SQS: Service = Service {
    name: "sqs",
    title: "Simple Queue Service",
    signing_name: "sqs",
    protocols: &[
        Protocol::json_1_0("AmazonSQS"),
        Protocol::query("2012-11-05", "http://queue.amazonaws.com/doc/2012-11-05/"),
    ],
    operations: &[
        entry::<ops::AddPermission>(),
        entry::<ops::CancelMessageMoveTask>(),
        entry::<ops::ChangeMessageVisibility>(),
        entry::<ops::ChangeMessageVisibilityBatch>(),
        entry::<ops::CreateQueue>(),
        entry::<ops::DeleteMessage>(),
        entry::<ops::DeleteMessageBatch>(),
        entry::<ops::DeleteQueue>(),
        entry::<ops::GetQueueAttributes>(),
        entry::<ops::GetQueueUrl>(),
        entry::<ops::ListDeadLetterSourceQueues>(),
        entry::<ops::ListMessageMoveTasks>(),
        entry::<ops::ListQueueTags>(),
        entry::<ops::ListQueues>(),
        entry::<ops::NextMessage>(),
        entry::<ops::PurgeQueue>(),
        entry::<ops::ReceiveMessage>(),
        entry::<ops::RemovePermission>(),
        entry::<ops::SendMessage>(),
        entry::<ops::SendMessageBatch>(),
        entry::<ops::SetQueueAttributes>(),
        entry::<ops::StartMessageMoveTask>(),
        entry::<ops::TagQueue>(),
        entry::<ops::UntagQueue>(),
    ],
    resources: &[&stack::Queue, &stack::QueuePolicy],
    jobs: &[jobs::RETENTION, jobs::MOVE],
    plane: None,
    words: Words::JSON,
};
