//! DeleteMessage.

use cloud::prelude::*;

use crate::error::Error;
use crate::quota::{self, Action};
use crate::{lease, queue};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default)]
    receipt_handle: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteMessage;

impl Operation for DeleteMessage {
    const NAME: &'static str = "DeleteMessage";
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
        quota::take(&cloud, cx.tx(), &queue, Action::Delete, std::iter::empty())?;
        lease::delete(cx, &queue, &input.receipt_handle).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::tests::{queue, receive, send, world};

    #[tokio::test]
    async fn deletes_and_does_so_again() {
        let world = world().await;
        let url = queue(&world, "q", json!({"VisibilityTimeout": "1"})).await;
        send(&world, &url, "x").await;
        let handle = receive(&world, &url).await[0]["ReceiptHandle"].clone();
        world.advance(Duration::from_secs(2)).await;
        // Recorded: test_delete_after_visibility_timeout, test_delete_message_with_deleted_receipt_handle.
        for _ in 0..2 {
            world.ok("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await;
        }
        assert!(receive(&world, &url).await.is_empty());
    }

    #[tokio::test]
    async fn an_old_handle_deletes_nothing() {
        let world = world().await;
        let url = queue(&world, "q", json!({"VisibilityTimeout": "0"})).await;
        send(&world, &url, "x").await;
        let handle = receive(&world, &url).await[0]["ReceiptHandle"].clone();
        assert_eq!(receive(&world, &url).await.len(), 1);
        world.ok("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await;
        assert_eq!(receive(&world, &url).await.len(), 1);
    }

    #[tokio::test]
    async fn a_fifo_handle_ends_with_its_timeout() {
        let world = world().await;
        let settings =
            json!({"FifoQueue": "true", "VisibilityTimeout": "1", "ContentBasedDeduplication": "true"});
        let url = queue(&world, "q.fifo", settings).await;
        world
            .ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": "x", "MessageGroupId": "g"}))
            .await;
        let handle = receive(&world, &url).await[0]["ReceiptHandle"].clone();
        world.advance(Duration::from_secs(2)).await;
        let input = json!({"QueueUrl": url, "ReceiptHandle": handle});
        let (code, message) = world.error("sqs", "DeleteMessage", input).await;
        assert_eq!(code, "InvalidParameterValueException");
        assert!(message.ends_with("Reason: The receipt handle has expired."), "{message}");
    }

    #[tokio::test]
    async fn wrong_handles() {
        let world = world().await;
        let (one, two) = (queue(&world, "one", json!({})).await, queue(&world, "two", json!({})).await);
        send(&world, &one, "x").await;
        let handle = receive(&world, &one).await[0]["ReceiptHandle"].clone();
        for (handle, code) in [
            (json!("garbage"), "ReceiptHandleIsInvalid"),
            (handle, "ReceiptHandleIsInvalid"),
            (json!(""), "MissingRequiredParameterException"),
        ] {
            let input = json!({"QueueUrl": two, "ReceiptHandle": handle});
            assert_eq!(world.error("sqs", "DeleteMessage", input).await.0, code);
        }
    }
}
