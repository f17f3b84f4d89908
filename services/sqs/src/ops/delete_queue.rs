//! DeleteQueue.
//!
//! Differs from AWS: the queue is gone at once, and its name can be used again at once (AWS: after 60 seconds).

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{QueueRow, SeenRow};
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
}

/// Rows that are cleared at a time; the loop clears all.
const SLICE: usize = 1000;

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteQueue;

impl Operation for DeleteQueue {
    const NAME: &'static str = "DeleteQueue";
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
        queue.messages().destroy(cx.tx())?;
        while table::delete_under::<SeenRow>(cx.tx(), &queue.id, SLICE).await? {}
        table::delete::<QueueRow>(cx.tx(), (&queue.account, &queue.region, &queue.name)).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, receive, send, world};

    #[tokio::test]
    async fn the_queue_and_its_messages_are_gone() {
        let world = world().await;
        let url = queue(&world, "q", json!({"DelaySeconds": "0"})).await;
        send(&world, &url, "old").await;
        world.ok("sqs", "DeleteQueue", json!({"QueueUrl": url})).await;
        let (code, _) = world.error("sqs", "DeleteQueue", json!({"QueueUrl": url})).await;
        assert_eq!(code, "QueueDoesNotExist");
        let again = queue(&world, "q", json!({"DelaySeconds": "1"})).await;
        assert!(receive(&world, &again).await.is_empty());
    }

    #[tokio::test]
    async fn strangers_are_denied() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let failure = world
            .call_as(testkit::nobody(), "sqs", "DeleteQueue", json!({"QueueUrl": url}))
            .await
            .unwrap_err();
        assert_eq!(failure.code(), "AccessDeniedException");
    }
}
