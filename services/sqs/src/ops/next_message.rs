//! NextMessage. Internal: who is fed from a queue asks here when to receive, it has no address.

use bytes::Bytes;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{self, QueueRow};
use crate::queue::Address;

#[derive(Shape)]
pub(crate) struct Input {
    queue_url: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    /// When the next message can be received, in milliseconds; a time that has passed when one can be now.
    at_millis: Option<i64>,
    /// Below which key the store tells that this has changed.
    news_key: Bytes,
}

/// Says when there is something to receive, and where to wait for that to change. A queue that is not there has nothing,
/// and can be waited for, too.
pub(crate) struct NextMessage;

impl Operation for NextMessage {
    const NAME: &'static str = "NextMessage";
    const KIND: Kind = Kind::Read;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        crate::queue::resource(cx, &input.queue_url)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let address = Address::parse(&input.queue_url)?;
        let (account, region) = (address.account(cx).to_owned(), cx.region().to_owned());
        match keys::find(cx.tx(), &account, &region, address.name()).await? {
            Some(queue) => {
                let messages = queue.messages();
                let at_millis = messages.next_receivable_at(cx.tx()).await?;
                // The deletion of a queue clears all that is below this, so who waits here hears of it.
                Ok(Output { at_millis, news_key: messages.watch_all_key() })
            }
            None => {
                let row = table::watch_key::<QueueRow>((&account, &region, address.name()));
                Ok(Output { at_millis: None, news_key: row })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{queue, receive, send, world};

    /// When the next message of a queue can be received, in milliseconds from now, and the key of its news.
    async fn next(world: &World, name: &str) -> (Option<i64>, store::Key) {
        let mut cx = cloud::cx::Cx::internal(world.cloud(), "sqs.amazonaws.com");
        let caller = cx.caller().clone();
        let input = json!({"QueueUrl": format!("/000000000000/{name}")});
        let answer: Value = cx.call_json(caller, "sqs", "NextMessage", &input).await.unwrap();
        let key = STANDARD.decode(answer["NewsKey"].as_str().unwrap()).unwrap();
        (answer["AtMillis"].as_i64().map(|at| at - cx.now().millis()), key.into())
    }

    /// Whether `work` is told below the key of a queue's news.
    async fn is_told(world: &World, name: &str, work: impl AsyncFnOnce()) -> bool {
        let (_, key) = next(world, name).await;
        let news = world.cloud().store().watch(key);
        work().await;
        news.has_changed().unwrap()
    }

    #[tokio::test]
    async fn says_when_there_is_something_to_receive() {
        let world = world().await;
        assert_eq!(next(&world, "q").await.0, None, "there is no queue");
        let url = queue(&world, "q", json!({"VisibilityTimeout": "30"})).await;
        assert_eq!(next(&world, "q").await.0, None);
        send(&world, &url, "x").await;
        assert_eq!(next(&world, "q").await.0, Some(0));
        world.advance(Duration::from_secs(1)).await;
        assert_eq!(receive(&world, &url).await.len(), 1);
        assert_eq!(next(&world, "q").await.0, Some(30_000));
        world.ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": "d", "DelaySeconds": 5})).await;
        assert_eq!(next(&world, "q").await.0, Some(5_000));
    }

    #[tokio::test]
    async fn its_key_tells_of_all_that_changes_it() {
        let world = world().await;
        let mut url = String::new();
        assert!(is_told(&world, "q", async || url = queue(&world, "q", json!({})).await).await);
        let sent = async || {
            send(&world, &url, "x").await;
        };
        assert!(is_told(&world, "q", sent).await);
        let received = async || assert_eq!(receive(&world, &url).await.len(), 1);
        assert!(is_told(&world, "q", received).await);
        let late = json!({"QueueUrl": url, "MessageBody": "d", "DelaySeconds": 5});
        let delayed = async || {
            world.ok("sqs", "SendMessage", late).await;
        };
        assert!(is_told(&world, "q", delayed).await);
        let deleted = async || {
            world.ok("sqs", "DeleteQueue", json!({"QueueUrl": url})).await;
        };
        assert!(is_told(&world, "q", deleted).await);
    }
}
