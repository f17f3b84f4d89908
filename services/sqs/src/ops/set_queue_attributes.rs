//! SetQueueAttributes.
//!
//! Differs from AWS: changes count at once (AWS: within 60 seconds, 15 minutes for the retention period). Messages are
//! not encrypted with the key of `KmsMasterKeyId`; the attribute is kept and shown.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{attributes, queue, redrive};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(flat, query_name = "Attribute", key = "Name", value = "Value")]
    attributes: Option<BTreeMap<String, String>>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct SetQueueAttributes;

impl Operation for SetQueueAttributes {
    const NAME: &'static str = "SetQueueAttributes";
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
        let mut queue = queue::open(cx, &input.queue_url).await?;
        let mut given = input.attributes.ok_or(Error::Missing("Attributes"))?;
        if queue.is_fifo()
            && given.remove("FifoQueue").is_some_and(|value| !value.eq_ignore_ascii_case("true"))
        {
            let text =
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.";
            return Err(Error::InvalidAttribute(text.to_owned()));
        }
        let wanted = attributes::read(&given, queue.is_fifo())?;
        let redrives = wanted.contains_key("RedrivePolicy");
        queue.set(wanted);
        queue.check_throughput()?;
        if redrives {
            redrive::check(cx.tx(), &queue).await?;
        }
        queue.modified_at_millis = cx.now().millis();
        table::put(cx.tx(), &queue).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{queue, world};

    async fn set(world: &World, url: &str, attributes: Value) -> Result<Value, (String, String)> {
        let answer =
            world.call("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": attributes})).await;
        answer.map_err(|failure| (failure.code().to_owned(), failure.message().to_owned()))
    }

    async fn get(world: &World, url: &str, name: &str) -> Value {
        let input = json!({"QueueUrl": url, "AttributeNames": [name]});
        world.ok("sqs", "GetQueueAttributes", input).await["Attributes"][name].clone()
    }

    #[tokio::test]
    async fn sets_and_takes_away() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        set(&world, &url, json!({"VisibilityTimeout": "69", "DelaySeconds": "420"})).await.unwrap();
        assert_eq!(get(&world, &url, "VisibilityTimeout").await, "69");
        // Recorded: test_set_queue_attributes_default_values.
        set(&world, &url, json!({"KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000"}))
            .await
            .unwrap();
        assert_eq!(get(&world, &url, "SqsManagedSseEnabled").await, "false");
        assert_eq!(get(&world, &url, "KmsDataKeyReusePeriodSeconds").await, "6000");
        set(&world, &url, json!({"KmsMasterKeyId": "", "KmsDataKeyReusePeriodSeconds": "300"}))
            .await
            .unwrap();
        assert_eq!(get(&world, &url, "KmsDataKeyReusePeriodSeconds").await, Value::Null);
        assert_eq!(get(&world, &url, "SqsManagedSseEnabled").await, "false");
    }

    #[tokio::test]
    async fn a_redrive_policy_needs_its_queue() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let policy = |name: &str| {
            let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
            json!({"RedrivePolicy": json!({"deadLetterTargetArn": arn, "maxReceiveCount": 2}).to_string()})
        };
        let (code, message) = set(&world, &url, policy("dead")).await.unwrap_err();
        assert_eq!(code, "InvalidParameterValueException");
        assert!(message.ends_with("Reason: Dead letter target does not exist."), "{message}");
        queue(&world, "dead.fifo", json!({"FifoQueue": "true"})).await;
        let (_, message) = set(&world, &url, policy("dead.fifo")).await.unwrap_err();
        assert!(message.ends_with("must be same type of queue as the source."), "{message}");
        queue(&world, "closed", json!({"RedriveAllowPolicy": "{\"redrivePermission\":\"denyAll\"}"})).await;
        assert!(set(&world, &url, policy("closed")).await.is_err());
        queue(&world, "dead", json!({})).await;
        set(&world, &url, policy("dead")).await.unwrap();
        assert!(get(&world, &url, "RedrivePolicy").await.as_str().unwrap().contains("\"maxReceiveCount\":2"));
        set(&world, &url, json!({"RedrivePolicy": ""})).await.unwrap();
        assert_eq!(get(&world, &url, "RedrivePolicy").await, Value::Null);
    }

    /// Messages received too often went into a queue of any account, without asking its owner.
    #[tokio::test]
    async fn a_dead_letter_queue_is_of_the_same_account() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let neighbour = cloud::caller::Caller::root("111122223333", "us-east-1");
        world.call_as(neighbour, "sqs", "CreateQueue", json!({"QueueName": "dead"})).await.unwrap();
        let arn = "arn:aws:sqs:us-east-1:111122223333:dead";
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 1}).to_string();
        let (_, message) = set(&world, &url, json!({"RedrivePolicy": policy})).await.unwrap_err();
        assert!(message.ends_with("Reason: Dead letter target does not exist."), "{message}");
    }

    #[tokio::test]
    async fn a_limit_for_each_group_needs_groups_that_are_told_apart() {
        let world = world().await;
        let pair =
            |scope: &str, limit: &str| json!({"DeduplicationScope": scope, "FifoThroughputLimit": limit});
        let url = queue(&world, "q.fifo", json!({"FifoQueue": "true"})).await;
        let refused = |error: (String, String)| {
            assert_eq!(error.0, "InvalidAttributeValue");
            assert!(
                error.1.starts_with("Invalid value for the parameter FifoThroughputLimit."),
                "{}",
                error.1
            );
        };
        refused(set(&world, &url, json!({"FifoThroughputLimit": "perMessageGroupId"})).await.unwrap_err());
        refused(set(&world, &url, pair("queue", "perMessageGroupId")).await.unwrap_err());
        assert_eq!(get(&world, &url, "FifoThroughputLimit").await, "perQueue");
        set(&world, &url, pair("messageGroup", "perMessageGroupId")).await.unwrap();
        refused(set(&world, &url, json!({"DeduplicationScope": "queue"})).await.unwrap_err());
        assert_eq!(get(&world, &url, "DeduplicationScope").await, "messageGroup");
        set(&world, &url, pair("queue", "perQueue")).await.unwrap();
        let mut attributes = pair("queue", "perMessageGroupId");
        attributes["FifoQueue"] = json!("true");
        let input = json!({"QueueName": "other.fifo", "Attributes": attributes});
        refused(world.error("sqs", "CreateQueue", input).await);
        assert_eq!(world.ok("sqs", "ListQueues", json!({"QueueNamePrefix": "other"})).await, json!({}));
    }

    #[tokio::test]
    async fn the_type_of_a_queue_stays() {
        let world = world().await;
        let fifo = queue(&world, "q.fifo", json!({"FifoQueue": "true"})).await;
        set(&world, &fifo, json!({"FifoQueue": "true", "DeduplicationScope": "messageGroup"})).await.unwrap();
        assert_eq!(
            set(&world, &fifo, json!({"FifoQueue": "false"})).await.unwrap_err().0,
            "InvalidAttributeValue"
        );
        let url = queue(&world, "q", json!({})).await;
        // Recorded: test_set_unsupported_attribute_standard.
        let expected = ("InvalidAttributeName".to_owned(), "Unknown Attribute FifoQueue.".to_owned());
        assert_eq!(set(&world, &url, json!({"FifoQueue": "true"})).await.unwrap_err(), expected);
        assert_eq!(
            world.error("sqs", "SetQueueAttributes", json!({"QueueUrl": url})).await.0,
            "MissingRequiredParameterException"
        );
    }
}
