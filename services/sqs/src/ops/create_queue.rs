//! CreateQueue.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{self, QueueRow};
use crate::{attributes, queue, redrive, tags};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_name: String,
    #[shape(default, flat, query_name = "Attribute", key = "Name", value = "Value")]
    attributes: BTreeMap<String, String>,
    #[shape(default, flat, name = "tags", query_name = "Tag", key = "Key", value = "Value")]
    tags: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    queue_url: String,
}

pub(crate) struct CreateQueue;

impl Operation for CreateQueue {
    const NAME: &'static str = "CreateQueue";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        if input.queue_name.is_empty() {
            return Err(Error::Missing("QueueName"));
        }
        Ok(cx.arn("sqs", &input.queue_name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, mut input: Input) -> Result<Output, Error> {
        let name = std::mem::take(&mut input.queue_name);
        let is_fifo = read_type(&name, input.attributes.remove("FifoQueue").as_deref())?;
        queue::check_name(&name, is_fifo)?;
        let wanted = attributes::read(&input.attributes, is_fifo)?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let url = queue::url(cx.cloud().endpoint(), &account, &name);
        if let Some(there) = keys::find(cx.tx(), &account, &region, &name).await? {
            return match there.first_difference(&wanted) {
                Some(attribute) => Err(Error::QueueNameExists(attribute)),
                None => Ok(Output { queue_url: url }),
            };
        }
        let now = cx.now().millis();
        let mut row = QueueRow {
            account,
            region,
            name,
            id: cx.new_id(),
            created_at_millis: now,
            modified_at_millis: now,
            purged_at_millis: None,
            attributes: BTreeMap::new(),
            tags: BTreeMap::new(),
        };
        row.set(wanted);
        row.check_throughput()?;
        tags::add(&mut row, input.tags)?;
        redrive::check(cx.tx(), &row).await?;
        table::insert(cx.tx(), &row).await?;
        Ok(Output { queue_url: url })
    }
}

/// Whether a FIFO queue is asked for. Standard queues do not know the attribute, not even as `false`.
fn read_type(name: &str, attribute: Option<&str>) -> Result<bool, Error> {
    match attribute.map(str::to_ascii_lowercase).as_deref() {
        None => Ok(false),
        Some("true") => Ok(true),
        Some("false") if queue::is_fifo_name(name) => Ok(false),
        Some("false") => Err(Error::UnknownAttribute("FifoQueue".to_owned())),
        Some(_) => Err(Error::InvalidAttribute("Invalid value for the parameter FifoQueue.".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, world};

    #[tokio::test]
    async fn answers_the_url_and_does_so_again() {
        let world = world().await;
        for _ in 0..2 {
            let answer = world.ok("sqs", "CreateQueue", json!({"QueueName": "jobs"})).await;
            assert_eq!(answer, json!({"QueueUrl": "http://127.0.0.1:4566/000000000000/jobs"}));
        }
    }

    #[tokio::test]
    async fn the_same_name_with_other_attributes_is_refused() {
        let world = world().await;
        queue(&world, "jobs", json!({"VisibilityTimeout": "10"})).await;
        queue(&world, "jobs", json!({"VisibilityTimeout": "10", "DelaySeconds": "0"})).await;
        let other = json!({"QueueName": "jobs", "Attributes": {"VisibilityTimeout": "11"}});
        let (code, message) = world.error("sqs", "CreateQueue", other).await;
        assert_eq!(code, "QueueNameExists");
        assert_eq!(
            message,
            "A queue already exists with the same name and a different value for attribute VisibilityTimeout"
        );
    }

    #[tokio::test]
    async fn wrong_names_and_attributes() {
        let world = world().await;
        let chars = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        let fifo = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.";
        for (input, code, message) in [
            (
                json!({}),
                "MissingRequiredParameterException",
                "The request must contain the parameter QueueName.",
            ),
            (json!({"QueueName": "a b"}), "InvalidParameterValueException", chars),
            // Recorded: test_standard_queue_cannot_have_fifo_suffix.
            (json!({"QueueName": "a.fifo"}), "InvalidParameterValueException", chars),
            (
                json!({"QueueName": "a", "Attributes": {"FifoQueue": "true"}}),
                "InvalidParameterValueException",
                fifo,
            ),
            (
                json!({"QueueName": "a", "Attributes": {"FifoQueue": "false"}}),
                "InvalidAttributeName",
                "Unknown Attribute FifoQueue.",
            ),
            (
                json!({"QueueName": "a", "Attributes": {"X": "1"}}),
                "InvalidAttributeName",
                "Unknown Attribute X.",
            ),
            (
                json!({"QueueName": "a", "Attributes": {"DelaySeconds": "901"}}),
                "InvalidAttributeValue",
                "Invalid value for the parameter DelaySeconds.",
            ),
        ] {
            let found = world.error("sqs", "CreateQueue", input.clone()).await;
            assert_eq!(found, (code.to_owned(), message.to_owned()), "{input}");
        }
    }

    #[tokio::test]
    async fn tags_come_with_it() {
        let world = world().await;
        let url =
            world.ok("sqs", "CreateQueue", json!({"QueueName": "q", "tags": {"a": "1"}})).await["QueueUrl"]
                .clone();
        let tags = world.ok("sqs", "ListQueueTags", json!({"QueueUrl": url})).await;
        assert_eq!(tags, json!({"Tags": {"a": "1"}}));
    }

    #[tokio::test]
    async fn strangers_are_denied() {
        let failure =
            world().await.call_as(testkit::nobody(), "sqs", "CreateQueue", json!({"QueueName": "q"})).await;
        assert_eq!(failure.unwrap_err().code(), "AccessDeniedException");
    }
}
