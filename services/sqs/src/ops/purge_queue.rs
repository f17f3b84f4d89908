//! PurgeQueue.
//!
//! Differs from AWS: the messages are gone when it answers, not within 60 seconds.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::SeenRow;
use crate::limits::PURGE_MILLIS;
use crate::queue;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Rows that are cleared at a time; the loop clears all.
const SLICE: usize = 1000;

pub(crate) struct PurgeQueue;

impl Operation for PurgeQueue {
    const NAME: &'static str = "PurgeQueue";
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
        let now = cx.now().millis();
        if queue.purged_at_millis.is_some_and(|at| now - at < PURGE_MILLIS) {
            return Err(Error::PurgeQueueInProgress(queue.name));
        }
        queue.purged_at_millis = Some(now);
        queue.messages().purge(cx.tx()).await?;
        while table::delete_under::<SeenRow>(cx.tx(), &queue.id, SLICE).await? {}
        table::put(cx.tx(), &queue).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::tests::{queue, receive, send, world};

    #[tokio::test]
    async fn empties_the_queue_once_a_minute() {
        let world = world().await;
        let url = queue(&world, "q", json!({"VisibilityTimeout": "1"})).await;
        for body in ["a", "b"] {
            send(&world, &url, body).await;
        }
        world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await;
        world.ok("sqs", "PurgeQueue", json!({"QueueUrl": url})).await;
        world.advance(Duration::from_secs(5)).await;
        assert!(receive(&world, &url).await.is_empty());
        let failure = world.fails("sqs", "PurgeQueue", json!({"QueueUrl": url})).await;
        assert_eq!((failure.code(), failure.status()), ("PurgeQueueInProgress", 403));
        assert_eq!(failure.message(), "Only one PurgeQueue operation on q is allowed every 60 seconds.");
        world.advance(Duration::from_secs(60)).await;
        world.ok("sqs", "PurgeQueue", json!({"QueueUrl": url})).await;
    }

    #[tokio::test]
    async fn a_fifo_queue_forgets_what_it_has_seen() {
        let world = world().await;
        let url =
            queue(&world, "q.fifo", json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})).await;
        let say = json!({"QueueUrl": url, "MessageBody": "x", "MessageGroupId": "g"});
        let first = world.ok("sqs", "SendMessage", say.clone()).await;
        world.ok("sqs", "PurgeQueue", json!({"QueueUrl": url})).await;
        let second = world.ok("sqs", "SendMessage", say).await;
        assert_ne!(first["MessageId"], second["MessageId"]);
        assert_eq!(receive(&world, &url).await.len(), 1);
    }
}
