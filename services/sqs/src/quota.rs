//! How many calls a FIFO queue takes.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>: 300 in a second for
//! each of SendMessage, ReceiveMessage and DeleteMessage, batches counting as one. With high throughput
//! (`FifoThroughputLimit` of `perMessageGroupId`) sending is limited for each message group instead.
//!
//! Differs from AWS: calls are counted on each node, and the quotas of a region for high throughput have no counterpart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cloud::Cloud;
use store::Tx;

use crate::error::Error;
use crate::keys::QueueRow;
use crate::limits::FIFO_CALLS_A_SECOND;

/// The actions, each of which is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Send,
    Receive,
    Delete,
}

/// What is counted: the calls of an action of a queue, or for one of its groups.
type Counted = (String, Action, Option<String>);

/// The calls of the running second. There are no more kinds of them than calls.
#[derive(Default)]
struct Calls(Mutex<Second>);

#[derive(Default)]
struct Second {
    number: i64,
    counts: HashMap<Counted, u32>,
}

impl Calls {
    /// The counts of the second `number`.
    fn with<T>(&self, number: i64, work: impl FnOnce(&mut HashMap<Counted, u32>) -> T) -> T {
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if second.number != number {
            second.number = number;
            second.counts.clear();
        }
        work(&mut second.counts)
    }
}

/// Refuses a call that is one too many. It counts once its transaction is committed, however often that has to run.
/// `groups` are the message groups that it is for.
pub(crate) fn take<'a>(
    cloud: &Arc<Cloud>,
    tx: &mut Tx,
    queue: &QueueRow,
    action: Action,
    groups: impl Iterator<Item = &'a str>,
) -> Result<(), Error> {
    if !queue.is_fifo() {
        return Ok(());
    }
    let by_group = queue.shown("FifoThroughputLimit").as_deref() == Some("perMessageGroupId");
    let mut counted: Vec<Counted> = match (by_group, action) {
        (false, _) => vec![(queue.id.clone(), action, None)],
        (true, Action::Send) => {
            groups.map(|group| (queue.id.clone(), action, Some(group.to_owned()))).collect()
        }
        (true, Action::Receive | Action::Delete) => return Ok(()),
    };
    counted.sort_unstable_by(|one, two| one.2.cmp(&two.2));
    counted.dedup();
    let (calls, number) = (cloud.states().get::<Calls>(), cloud.clock().now().secs());
    let is_full = |count: Option<&u32>| count.is_some_and(|count| *count >= FIFO_CALLS_A_SECOND);
    if calls.with(number, |counts| counted.iter().any(|one| is_full(counts.get(one)))) {
        return Err(Error::RequestThrottled);
    }
    tx.on_commit(move |_| {
        calls.with(number, |counts| {
            for one in &counted {
                *counts.entry(one.clone()).or_default() += 1;
            }
        });
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};
    use testkit::World;

    use super::FIFO_CALLS_A_SECOND;
    use crate::tests::{queue, world};

    async fn fifo(world: &World, more: Value) -> String {
        let mut attributes = json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"});
        attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        queue(world, "q.fifo", attributes).await
    }

    async fn say(world: &World, url: &str, group: &str) -> Result<(), (String, u16)> {
        let input = json!({"QueueUrl": url, "MessageBody": world.cx().new_id(), "MessageGroupId": group});
        let answer = world.call("sqs", "SendMessage", input).await;
        answer.map(drop).map_err(|failure| (failure.code().to_owned(), failure.status()))
    }

    #[tokio::test]
    async fn a_fifo_queue_takes_so_many_calls_in_a_second() {
        let world = world().await;
        let url = fifo(&world, json!({})).await;
        for number in 0..FIFO_CALLS_A_SECOND {
            say(&world, &url, &format!("g{}", number % 7)).await.unwrap();
        }
        assert_eq!(say(&world, &url, "g").await, Err(("RequestThrottled".to_owned(), 403)));
        // Other actions have counts of their own, and a batch is one call.
        let entries: Vec<Value> = (0..10)
            .map(|id| json!({"Id": id.to_string(), "MessageBody": id.to_string(), "MessageGroupId": "g"}))
            .collect();
        let batch = json!({"QueueUrl": url, "Entries": entries});
        for _ in 0..FIFO_CALLS_A_SECOND {
            world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await;
        }
        assert_eq!(
            world.error("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await,
            ("RequestThrottled".to_owned(), "Request is throttled.".to_owned())
        );
        assert_eq!(world.error("sqs", "SendMessageBatch", batch.clone()).await.0, "RequestThrottled");
        world.advance(Duration::from_secs(1)).await;
        for _ in 0..FIFO_CALLS_A_SECOND {
            world.ok("sqs", "SendMessageBatch", batch.clone()).await;
        }
        assert_eq!(world.error("sqs", "SendMessageBatch", batch).await.0, "RequestThrottled");
    }

    #[tokio::test]
    async fn with_high_throughput_each_group_has_a_count_of_its_own() {
        let world = world().await;
        let high = json!({"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"});
        let url = fifo(&world, high).await;
        for _ in 0..FIFO_CALLS_A_SECOND {
            say(&world, &url, "one").await.unwrap();
        }
        assert_eq!(say(&world, &url, "one").await, Err(("RequestThrottled".to_owned(), 403)));
        say(&world, &url, "two").await.unwrap();
        for _ in 0..=FIFO_CALLS_A_SECOND {
            world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await;
        }
    }

    #[tokio::test]
    async fn standard_queues_have_no_such_quota() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        for _ in 0..=FIFO_CALLS_A_SECOND {
            world.ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": "b"})).await;
        }
    }
}
