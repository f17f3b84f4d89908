//! ChangeMessageVisibility.
//!
//! Differs from AWS: the sum of all extensions of one receive is not held to 12 hours, each single one is.

use cloud::prelude::*;

use crate::error::Error;
use crate::{lease, queue};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default)]
    receipt_handle: String,
    visibility_timeout: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct ChangeMessageVisibility;

impl Operation for ChangeMessageVisibility {
    const NAME: &'static str = "ChangeMessageVisibility";
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
        lease::change(cx, &queue, &input.receipt_handle, input.visibility_timeout).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{queue, receive, send, world};

    async fn change(world: &World, url: &str, handle: &Value, seconds: i64) -> Result<Value, String> {
        let input = json!({"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": seconds});
        let answer = world.call("sqs", "ChangeMessageVisibility", input).await;
        answer.map_err(|failure| format!("{}: {}", failure.code(), failure.message()))
    }

    #[tokio::test]
    async fn hides_longer_and_shows_at_once() {
        let world = world().await;
        let url = queue(&world, "q", json!({"VisibilityTimeout": "1"})).await;
        send(&world, &url, "x").await;
        let handle = receive(&world, &url).await[0]["ReceiptHandle"].clone();
        world.advance(Duration::from_secs(2)).await;
        change(&world, &url, &handle, 10).await.unwrap();
        world.advance(Duration::from_secs(9)).await;
        assert!(receive(&world, &url).await.is_empty());
        change(&world, &url, &handle, 0).await.unwrap();
        assert_eq!(
            change(&world, &url, &handle, 5).await.unwrap_err(),
            "MessageNotInflight: The message referred to is not in flight."
        );
        assert_eq!(receive(&world, &url).await.len(), 1);
    }

    #[tokio::test]
    async fn the_handle_of_an_earlier_receive_does_it_too() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        send(&world, &url, "x").await;
        let first = json!({"QueueUrl": url, "VisibilityTimeout": 0});
        let handle = world.ok("sqs", "ReceiveMessage", first).await["Messages"][0]["ReceiptHandle"].clone();
        assert_eq!(receive(&world, &url).await.len(), 1);
        change(&world, &url, &handle, 0).await.unwrap();
        assert_eq!(receive(&world, &url).await.len(), 1);
    }

    #[tokio::test]
    async fn wrong_values() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        send(&world, &url, "x").await;
        let handle = receive(&world, &url).await[0]["ReceiptHandle"].clone();
        for seconds in [-1, 43_201] {
            let error = change(&world, &url, &handle, seconds).await.unwrap_err();
            assert!(error.starts_with("InvalidParameterValueException: Value"), "{error}");
        }
        world.ok("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await;
        // Recorded: test_change_visibility_on_deleted_message_raises_invalid_parameter_value.
        let error = change(&world, &url, &handle, 42).await.unwrap_err();
        assert!(
            error.ends_with("Message does not exist or is not available for visibility timeout change."),
            "{error}"
        );
        let input = json!({"QueueUrl": url, "ReceiptHandle": handle});
        assert_eq!(
            world.error("sqs", "ChangeMessageVisibility", input).await.0,
            "MissingRequiredParameterException"
        );
    }
}
