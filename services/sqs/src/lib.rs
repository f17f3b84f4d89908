//! SQS: the Simple Queue Service.
//!
//! `queue.rs` and `message.rs` hold the rules, `keys.rs` the stored rows, `ops/` one file for each operation.
//! Start with `ops/send_message.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod error;
mod keys;
mod ops;
mod queue;

/// The service's table of contents.
pub static SQS: Service = Service {
    name: "sqs",
    title: "Simple Queue Service",
    signing_name: "sqs",
    protocols: &[
        Protocol::json_1_0("AmazonSQS"),
        Protocol::query("2012-11-05", "http://queue.amazonaws.com/doc/2012-11-05/"),
    ],
    operations: &[entry::<ops::CreateQueue>(), entry::<ops::GetQueueUrl>()],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};
