//! How many messages of a queue are in flight: received, and neither deleted nor visible again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cloud::Cloud;

use crate::error::Error;
use crate::keys::QueueRow;
use crate::limits::{IN_FLIGHT_FIFO_MAX, IN_FLIGHT_MAX};

/// Queues that are remembered; beyond that all are counted anew.
const KEPT_MAX: usize = 10_000;

/// How many messages each queue may still give before it has to be counted again. A count looks at many rows; most
/// queues are counted once, because what they give comes back.
#[derive(Default)]
pub(crate) struct InFlight {
    room: Mutex<HashMap<String, i64>>,
    #[cfg(test)]
    limit: std::sync::atomic::AtomicI64,
}

impl InFlight {
    fn limit(&self, queue: &QueueRow) -> i64 {
        #[cfg(test)]
        {
            let limit = self.limit.load(std::sync::atomic::Ordering::Relaxed);
            if limit > 0 {
                return limit;
            }
        }
        if queue.is_fifo() { IN_FLIGHT_FIFO_MAX } else { IN_FLIGHT_MAX }
    }

    /// Whether the queue may give a message.
    pub(crate) async fn has_room(&self, cloud: &Arc<Cloud>, queue: &QueueRow) -> Result<bool, Error> {
        let known = self.room.lock().unwrap_or_else(PoisonError::into_inner).get(&queue.id).copied();
        if known.is_some_and(|room| room > 0) {
            return Ok(true);
        }
        // In a view of its own: what is counted changes all the time, and is no reason to run a transaction again.
        let view = store::snapshot(cloud.store()).await?;
        let counts = queue.messages().counts(&view, cloud.clock().now().millis()).await?;
        let room = self.limit(queue) - counts.in_flight;
        let mut kept = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(queue.id.clone(), room);
        Ok(room > 0)
    }

    /// Notes that the queue has given messages.
    pub(crate) fn took(&self, queue: &QueueRow, count: usize) {
        let mut kept = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = kept.get_mut(&queue.id) {
            *room -= i64::try_from(count).unwrap_or(i64::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use serde_json::json;

    use super::InFlight;
    use crate::tests::{queue, receive, send, world};

    #[tokio::test]
    async fn a_standard_queue_gives_so_many_and_then_an_error() {
        let world = world().await;
        world.cx().state::<InFlight>().limit.store(3, Ordering::Relaxed);
        let url = queue(&world, "q", json!({})).await;
        for body in ["a", "b", "c", "d"] {
            send(&world, &url, body).await;
        }
        let one = || world.call("sqs", "ReceiveMessage", json!({"QueueUrl": url}));
        let mut handles = Vec::new();
        for _ in 0..3 {
            handles.push(one().await.unwrap()["Messages"][0]["ReceiptHandle"].clone());
        }
        let failure = one().await.unwrap_err();
        assert_eq!((failure.code(), failure.status()), ("OverLimit", 403));
        // A long poll waits, and gets one when there is room again.
        world.ok("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handles[0]})).await;
        assert!(one().await.unwrap()["Messages"][0]["Body"].is_string());
        let waiting = json!({"QueueUrl": url, "WaitTimeSeconds": 1});
        let (answer, ()) =
            tokio::join!(world.call("sqs", "ReceiveMessage", waiting), world.advance(Duration::from_secs(2)));
        assert_eq!(answer.unwrap(), json!({}));
    }

    #[tokio::test]
    async fn a_fifo_queue_just_gives_nothing() {
        let world = world().await;
        world.cx().state::<InFlight>().limit.store(1, Ordering::Relaxed);
        let url =
            queue(&world, "q.fifo", json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})).await;
        for group in ["g", "h"] {
            let input = json!({"QueueUrl": url, "MessageBody": group, "MessageGroupId": group});
            world.ok("sqs", "SendMessage", input).await;
        }
        let one = json!({"QueueUrl": url, "MaxNumberOfMessages": 1});
        assert!(world.ok("sqs", "ReceiveMessage", one).await["Messages"][0]["Body"].is_string());
        assert!(receive(&world, &url).await.is_empty());
        world.advance(Duration::from_secs(31)).await;
        assert!(!receive(&world, &url).await.is_empty());
    }
}
