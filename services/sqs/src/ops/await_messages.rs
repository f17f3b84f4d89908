//! AwaitMessages. Internal: who is fed from a queue waits here, it has no address.

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
pub(crate) struct Output;

/// Returns when a message can be received. It sleeps until something is written in the queue or a message becomes visible
/// again, so that ten thousand idle queues cost nothing; a queue that is not there is waited for, too.
pub(crate) struct AwaitMessages;

impl Operation for AwaitMessages {
    const NAME: &'static str = "AwaitMessages";
    const KIND: Kind = Kind::Free;
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
        let key = table::watch_key::<QueueRow>((&account, &region, address.name()));
        let mut row_news = cx.cloud().store().watch(key);
        loop {
            row_news.borrow_and_update();
            let Some(queue) = keys::find(&cx.snapshot().await?, &account, &region, address.name()).await?
            else {
                // An error means that the cloud is gone, and with it who waits.
                if row_news.changed().await.is_err() {
                    return Err(Error::NoSuchQueue);
                }
                continue;
            };
            let messages = queue.messages();
            let mut news = cx.cloud().store().watch(messages.watch_all_key());
            loop {
                news.borrow_and_update();
                let next = messages.next_receivable_at(&cx.snapshot().await?).await?;
                if next.is_some_and(|at| at <= cx.now().millis()) {
                    return Ok(Output);
                }
                let due = async {
                    match next {
                        Some(at) => cx.sleep_until(Timestamp::from_millis(at)).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    changed = row_news.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return Err(Error::NoSuchQueue),
                    },
                    _ = news.changed() => {}
                    () = due => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use testkit::World;

    use crate::tests::{queue, receive, send, world};

    /// Whether a wait that begins now is over after `work`.
    async fn is_over(world: &World, name: &str, work: impl AsyncFnOnce()) -> bool {
        let cloud = world.cloud().clone();
        let input = json!({"QueueUrl": format!("/000000000000/{name}")});
        let waiting = tokio::spawn(async move {
            let mut cx = cloud::cx::Cx::internal(&cloud, "sqs.amazonaws.com");
            let caller = cx.caller().clone();
            cx.call_json(caller, "sqs", "AwaitMessages", &input).await
        });
        world.settle().await;
        work().await;
        world.settle().await;
        let over = waiting.is_finished();
        waiting.abort();
        over
    }

    #[tokio::test]
    async fn messages_queues_and_times_end_the_wait() {
        let world = world().await;
        assert!(!is_over(&world, "q", async || ()).await, "there is no queue");
        let made = is_over(&world, "q", async || {
            let url = queue(&world, "q", json!({"VisibilityTimeout": "30"})).await;
            send(&world, &url, "x").await;
        });
        assert!(made.await);
        let url = "/000000000000/q";
        assert!(is_over(&world, "q", async || ()).await, "a message is there");
        assert_eq!(receive(&world, url).await.len(), 1);
        assert!(!is_over(&world, "q", async || world.advance(Duration::from_secs(29)).await).await);
        assert!(is_over(&world, "q", async || world.advance(Duration::from_secs(1)).await).await);
        assert_eq!(receive(&world, url).await.len(), 1);
        let delayed = json!({"QueueUrl": url, "MessageBody": "d", "DelaySeconds": 5});
        assert!(
            is_over(&world, "q", async || {
                world.ok("sqs", "SendMessage", delayed).await;
                world.advance(Duration::from_secs(5)).await;
            })
            .await,
            "a delay that began during the wait"
        );
    }
}
