//! One file for each operation.

mod create_queue;
mod get_queue_url;

pub(crate) use create_queue::CreateQueue;
pub(crate) use get_queue_url::GetQueueUrl;
