//! Event notifications of a bucket.
//!
//! Differs from AWS: destinations are refused until events of buckets are delivered.

use cloud::prelude::*;

use crate::error::Error;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "notification";

#[derive(Clone, Debug, Default, Shape)]
#[shape(xml = "NotificationConfiguration")]
pub(crate) struct Notification {
    #[shape(flat, xml = "TopicConfiguration")]
    topic_configurations: Option<Vec<Topic>>,
    #[shape(flat, xml = "QueueConfiguration")]
    queue_configurations: Option<Vec<Queue>>,
    #[shape(flat, xml = "CloudFunctionConfiguration")]
    lambda_function_configurations: Option<Vec<Function>>,
    event_bridge_configuration: Option<EventBridge>,
}

#[derive(Clone, Debug, Shape)]
struct Topic {
    #[shape(xml = "Topic")]
    topic_arn: String,
}

#[derive(Clone, Debug, Shape)]
struct Queue {
    #[shape(xml = "Queue")]
    queue_arn: String,
}

#[derive(Clone, Debug, Shape)]
struct Function {
    #[shape(xml = "CloudFunction")]
    lambda_function_arn: String,
}

#[derive(Clone, Debug, Shape)]
struct EventBridge {}

impl Notification {
    /// Refuses destinations.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let topics = self.topic_configurations.iter().flatten().map(|topic| &topic.topic_arn);
        let queues = self.queue_configurations.iter().flatten().map(|queue| &queue.queue_arn);
        let functions = self.lambda_function_configurations.iter().flatten();
        let mut arns = topics.chain(queues).chain(functions.map(|function| &function.lambda_function_arn));
        if let Some(arn) = arns.next() {
            return Err(Error::not_supported(&format!("event notifications of buckets yet (to `{arn}`)")));
        }
        if self.event_bridge_configuration.is_some() {
            return Err(Error::not_supported("event notifications of buckets to EventBridge yet"));
        }
        Ok(())
    }
}
