//! SendMessage.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::message::MessageAttribute;
use crate::queue;
use crate::quota::{self, Action};
use crate::send::{self, Draft};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default)]
    message_body: String,
    delay_seconds: Option<i32>,
    #[shape(default, flat, query_name = "MessageAttribute", key = "Name", value = "Value")]
    message_attributes: BTreeMap<String, MessageAttribute>,
    #[shape(default, flat, query_name = "MessageSystemAttribute", key = "Name", value = "Value")]
    message_system_attributes: BTreeMap<String, MessageAttribute>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(name = "MD5OfMessageBody")]
    body_md5: String,
    #[shape(name = "MD5OfMessageAttributes")]
    attributes_md5: Option<String>,
    #[shape(name = "MD5OfMessageSystemAttributes")]
    system_attributes_md5: Option<String>,
    message_id: String,
    sequence_number: Option<String>,
}

pub(crate) struct SendMessage;

impl Operation for SendMessage {
    const NAME: &'static str = "SendMessage";
    const KIND: Kind = Kind::Write;
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
        let cloud = cx.cloud().clone();
        quota::take(&cloud, cx.tx(), &queue, Action::Send, input.message_group_id.as_deref().into_iter())?;
        let draft = Draft {
            body: input.message_body,
            delay_seconds: input.delay_seconds,
            attributes: input.message_attributes,
            system_attributes: input.message_system_attributes,
            deduplication_id: input.message_deduplication_id,
            group: input.message_group_id,
        };
        let sent = send::admit(&queue, draft)?.push(cx, &queue).await?;
        Ok(Output {
            body_md5: sent.body_md5,
            attributes_md5: sent.attributes_md5,
            system_attributes_md5: sent.system_attributes_md5,
            message_id: sent.message_id,
            sequence_number: sent.sequence_number,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{queue, send, world};

    #[tokio::test]
    async fn answers_id_and_digests() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let attributes = json!({
            "Help.Me": {"StringValue": "Me", "DataType": "String"},
            "Hello": {"StringValue": "There", "DataType": "String"},
            "General": {"StringValue": "Kenobi", "DataType": "String"},
        });
        let input = json!({"QueueUrl": url, "MessageBody": "msg", "MessageAttributes": attributes});
        let answer = world.ok("sqs", "SendMessage", input).await;
        // Recorded: test_receive_message_message_attribute_names_filters.
        assert_eq!(answer["MD5OfMessageBody"], "6e2baaf3b97dbeef01c0043275f9a0e7");
        assert_eq!(answer["MD5OfMessageAttributes"], "4c360f3fdafd970e05fae2f149d997f5");
        assert_eq!(answer["MessageId"].as_str().map(str::len), Some(36));
        assert_eq!(answer.get("SequenceNumber"), None);
    }

    #[tokio::test]
    async fn wrong_messages_are_refused() {
        let world = world().await;
        let url = queue(&world, "q", json!({"MaximumMessageSize": "1024"})).await;
        let fifo = queue(&world, "q.fifo", json!({"FifoQueue": "true"})).await;
        let value = |value: &str, parameter: &str, reason: &str| {
            format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}")
        };
        let wrong_type = "The request include parameter that is not valid for this queue type.";
        let group =
            "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
        // Texts recorded from SQS (replay/sqs).
        for (input, code, message) in [
            (json!({"QueueUrl": url}), "MissingRequiredParameterException", "The request must contain the parameter MessageBody.".to_owned()),
            (json!({"MessageBody": "b"}), "MissingRequiredParameterException", "The request must contain the parameter QueueUrl.".to_owned()),
            (json!({"QueueUrl": "none", "MessageBody": "b"}), "QueueDoesNotExist", "The specified queue does not exist.".to_owned()),
            (json!({"QueueUrl": url, "MessageBody": "b", "DelaySeconds": 901}), "InvalidParameterValueException", value("901", "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")),
            (json!({"QueueUrl": url, "MessageBody": "b", "MessageGroupId": "a b"}), "InvalidParameterValueException", value("a b", "MessageGroupId", group)),
            (json!({"QueueUrl": url, "MessageBody": "b", "MessageDeduplicationId": "d"}), "InvalidParameterValueException", value("d", "MessageDeduplicationId", wrong_type)),
            (json!({"QueueUrl": url, "MessageBody": "x".repeat(1025)}), "InvalidParameterValueException", "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.".to_owned()),
            (json!({"QueueUrl": fifo, "MessageBody": "b"}), "MissingRequiredParameterException", "The request must contain the parameter MessageGroupId.".to_owned()),
            (json!({"QueueUrl": fifo, "MessageBody": "b", "MessageGroupId": "g", "DelaySeconds": 2}), "InvalidParameterValueException", value("2", "DelaySeconds", wrong_type)),
            (json!({"QueueUrl": fifo, "MessageBody": "b", "MessageGroupId": "g"}), "InvalidParameterValueException", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly".to_owned()),
        ] {
            assert_eq!(world.error("sqs", "SendMessage", input.clone()).await, (code.to_owned(), message), "{input}");
        }
        let control = json!({"QueueUrl": url, "MessageBody": "\u{1}"});
        assert_eq!(world.error("sqs", "SendMessage", control).await.0, "InvalidMessageContents");
    }

    #[tokio::test]
    async fn a_fifo_queue_takes_a_message_once_in_five_minutes() {
        let world = world().await;
        let url =
            queue(&world, "q.fifo", json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})).await;
        let say = |body: &str| json!({"QueueUrl": url, "MessageBody": body, "MessageGroupId": "g"});
        let first = world.ok("sqs", "SendMessage", say("a")).await;
        assert_eq!(world.ok("sqs", "SendMessage", say("a")).await, first);
        let other = world.ok("sqs", "SendMessage", say("b")).await;
        let number = |answer: &Value| answer["SequenceNumber"].as_str().unwrap().parse::<u128>().unwrap();
        assert!(number(&other) > number(&first));
        world.advance(std::time::Duration::from_secs(301)).await;
        assert_ne!(world.ok("sqs", "SendMessage", say("a")).await["MessageId"], first["MessageId"]);
    }

    #[tokio::test]
    async fn queue_policies_decide() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let input = json!({"QueueUrl": url, "MessageBody": "b"});
        let call = || world.call_as(testkit::nobody(), "sqs", "SendMessage", input.clone());
        assert_eq!(call().await.unwrap_err().code(), "AccessDeniedException");
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
            "Resource": "arn:aws:sqs:us-east-1:000000000000:q",
        }]});
        let set = json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}});
        world.ok("sqs", "SetQueueAttributes", set).await;
        assert!(call().await.is_ok());
        send(&world, &url, "by root").await;
    }
}
