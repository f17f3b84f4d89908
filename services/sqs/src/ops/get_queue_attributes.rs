//! GetQueueAttributes.
//!
//! Differs from AWS: the counts are exact, not approximate.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::{attributes, queue};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default, flat, query_name = "AttributeName")]
    attribute_names: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat, xml = "Attribute", key = "Name", value = "Value")]
    attributes: Option<BTreeMap<String, String>>,
}

pub(crate) struct GetQueueAttributes;

impl Operation for GetQueueAttributes {
    const NAME: &'static str = "GetQueueAttributes";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        queue::resource(cx, &input.queue_url)
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        queue::terms(cx, &input.queue_url).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let queue = queue::open(cx, &input.queue_url).await?;
        let asked = input.attribute_names;
        if let Some(unknown) = asked.iter().find(|name| !attributes::is_known(name)) {
            return Err(Error::UnknownAttribute(unknown.clone()));
        }
        if asked.is_empty() {
            return Ok(Output { attributes: None });
        }
        let mut all = queue.all_shown();
        let now = cx.now().millis();
        let counts = queue.messages().counts(cx.tx(), now).await?;
        all.insert("ApproximateNumberOfMessages".into(), counts.visible.to_string());
        all.insert("ApproximateNumberOfMessagesDelayed".into(), counts.delayed.to_string());
        all.insert("ApproximateNumberOfMessagesNotVisible".into(), counts.in_flight.to_string());
        if !asked.iter().any(|name| name == "All") {
            all.retain(|name, _| asked.contains(name));
        }
        Ok(Output { attributes: Some(all).filter(|all| !all.is_empty()) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::START;

    use crate::tests::{queue, send, world};

    #[tokio::test]
    async fn all_attributes_of_a_new_queue() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let answer =
            world.ok("sqs", "GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": ["All"]})).await;
        let start = START.secs().to_string();
        // Recorded: test_set_queue_attributes_default_values.
        assert_eq!(
            answer,
            json!({"Attributes": {
                "ApproximateNumberOfMessages": "0",
                "ApproximateNumberOfMessagesDelayed": "0",
                "ApproximateNumberOfMessagesNotVisible": "0",
                "CreatedTimestamp": start,
                "DelaySeconds": "0",
                "LastModifiedTimestamp": start,
                "MaximumMessageSize": "1048576",
                "MessageRetentionPeriod": "345600",
                "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
                "ReceiveMessageWaitTimeSeconds": "0",
                "SqsManagedSseEnabled": "true",
                "VisibilityTimeout": "30",
            }})
        );
    }

    #[tokio::test]
    async fn messages_are_counted_where_they_are() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        for body in ["a", "b", "c"] {
            send(&world, &url, body).await;
        }
        world
            .ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": "late", "DelaySeconds": 9}))
            .await;
        world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await;
        let asked = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
        ];
        let answer =
            world.ok("sqs", "GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": asked})).await;
        let counts: Vec<&str> =
            asked.iter().map(|name| answer["Attributes"][name].as_str().unwrap()).collect();
        assert_eq!(counts, ["2", "1", "1"]);
    }

    #[tokio::test]
    async fn nothing_asked_and_unknown_names() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        assert_eq!(world.ok("sqs", "GetQueueAttributes", json!({"QueueUrl": url})).await, json!({}));
        let input = json!({"QueueUrl": url, "AttributeNames": ["Color"]});
        let (code, message) = world.error("sqs", "GetQueueAttributes", input).await;
        assert_eq!((code.as_str(), message.as_str()), ("InvalidAttributeName", "Unknown Attribute Color."));
    }
}
