//! Background work: messages go when their retention is over, FIFO queues forget what they have seen, and move tasks go on.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::layer::table::{self, Cursor, Paging};
use store::{Tx, keyspace};

use crate::error::Error;
use crate::keys::{AttemptRow, QueueRow, SeenRow};
use crate::move_task;

/// Queues that are looked at in one read.
const PAGE: usize = 200;
/// Rows that one transaction deletes: a slice, so that no commit is held up.
const SLICE: usize = 500;
/// Between two rounds: old messages are not given out in any case, this only frees their space.
const EVERY_MILLIS: i64 = 60 * 1000;

/// Deletes what retention has passed.
pub(crate) const RETENTION: Job = Job {
    name: "sqs/retention",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[keyspace::SQS_QUEUE, keyspace::SQS_MESSAGE, keyspace::SQS_DEDUPLICATION, keyspace::SQS_ATTEMPT],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { run(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Between two looks at move tasks, while there are some.
const MOVE_EVERY_MILLIS: i64 = 100;

/// Goes on with move tasks, in slices.
pub(crate) const MOVE: Job = Job {
    name: "sqs/move",
    every_millis: MOVE_EVERY_MILLIS,
    timer: None,
    news: &[keyspace::SQS_MOVE_TASK],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { move_task::go_on(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// A round looks at all queues: thousands in which nothing happens are not looked at each minute.
async fn run(cx: &mut Cx) -> Result<Progress, Error> {
    let now = cx.now().millis();
    let times = [expire_all(cx, now).await?, forget_attempts(cx, now).await?, forget(cx, now).await?];
    Ok(match times.into_iter().flatten().min() {
        Some(at) if at <= now => Progress::More,
        Some(at) => Progress::At(at),
        None => Progress::Done,
    })
}

/// Deletes old messages; when the next ones may be old.
async fn expire_all(cx: &Cx, now: i64) -> Result<Option<i64>, Error> {
    let mut next: Option<i64> = None;
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<QueueRow>(&view, (), &Paging::after(PAGE, after)).await?;
        let mut due = Vec::new();
        for queue in listing.items {
            match may_expire_at(&view, &queue).await? {
                Some(at) if at <= now => due.push(queue),
                at => next = [next, at].into_iter().flatten().min(),
            }
        }
        drop(view);
        for queue in &due {
            expire(cx, queue, now).await?;
            // A message that nobody receives again is old one day: it is looked at in each round.
            let again = now + EVERY_MILLIS;
            next = Some(next.map_or(again, |at| at.min(again)));
        }
        after = listing.next;
        if after.is_none() {
            return Ok(next);
        }
    }
}

/// When a message of the queue may be too old, at the earliest.
async fn may_expire_at(view: &Tx, queue: &QueueRow) -> Result<Option<i64>, Error> {
    let messages = queue.messages();
    if messages.is_bare(view).await? {
        return Ok(None);
    }
    let ready = messages.oldest(view).await?.map(|sent| sent + queue.retention_millis());
    // One that was received before, or was delayed, may be older than its place says.
    Ok([ready, messages.next_visible_at(view).await?].into_iter().flatten().min())
}

/// Deletes what was received under attempt ids that count no more; when the next ones do not.
async fn forget_attempts(cx: &Cx, now: i64) -> Result<Option<i64>, Error> {
    loop {
        let view = cx.snapshot().await?;
        let oldest = table::list_by::<AttemptRow>(&view, 1, (), &Paging::first(SLICE)).await?;
        drop(view);
        let next = oldest.items.iter().map(|row| row.until_millis).find(|until| *until > now);
        let over: Vec<AttemptRow> = oldest.items.into_iter().filter(|row| row.until_millis <= now).collect();
        if over.is_empty() {
            return Ok(next);
        }
        cx.transact(move |tx| {
            let over = over.clone();
            Box::pin(async move {
                for row in over {
                    table::delete::<AttemptRow>(tx, (&row.queue_id, &row.attempt)).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    }
}

async fn expire(cx: &Cx, queue: &QueueRow, now: i64) -> Result<(), Error> {
    let sent_before = now - queue.retention_millis();
    loop {
        let messages = queue.messages();
        let removed = cx
            .transact(move |tx| {
                let messages = messages.clone();
                Box::pin(async move { Ok::<_, Error>(messages.expire(tx, now, sent_before, SLICE).await?) })
            })
            .await?;
        if removed < SLICE {
            return Ok(());
        }
    }
}

/// Deletes what FIFO queues need not remember any more, a page of it; when there is more to delete.
async fn forget(cx: &Cx, now: i64) -> Result<Option<i64>, Error> {
    let view = cx.snapshot().await?;
    let oldest = table::list_by::<SeenRow>(&view, 1, (), &Paging::first(SLICE)).await?;
    drop(view);
    let next = oldest.items.iter().map(|seen| seen.until_millis).find(|until| *until > now);
    let over: Vec<SeenRow> = oldest.items.into_iter().filter(|seen| seen.until_millis <= now).collect();
    let next = if over.len() == SLICE { Some(now) } else { next };
    if !over.is_empty() {
        cx.transact(move |tx| {
            let over = over.clone();
            Box::pin(async move {
                for seen in over {
                    // Seen again meanwhile: it stays.
                    let key = (seen.queue_id.as_str(), seen.key.as_str());
                    let stored: Option<SeenRow> = table::get(tx, key).await?;
                    if stored.is_some_and(|stored| stored.until_millis <= now) {
                        table::delete::<SeenRow>(tx, key).await?;
                    }
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cloud::job::Progress;
    use serde_json::json;
    use store::layer::table::{self, Paging};

    use crate::keys::SeenRow;
    use crate::tests::{queue, receive, send, world};

    #[tokio::test]
    async fn old_messages_and_old_ids_go() {
        let world = world().await;
        let url = queue(&world, "q", json!({"MessageRetentionPeriod": "60"})).await;
        let fifo =
            queue(&world, "q.fifo", json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})).await;
        send(&world, &url, "old").await;
        world
            .ok("sqs", "SendMessage", json!({"QueueUrl": fifo, "MessageBody": "x", "MessageGroupId": "g"}))
            .await;
        world.advance(Duration::from_secs(61)).await;
        send(&world, &url, "new").await;
        let seen = async || {
            let view = world.cx().snapshot().await.unwrap();
            table::list::<SeenRow>(&view, (), &Paging::first(10)).await.unwrap().items.len()
        };
        world.run_jobs().await;
        let asked = json!({"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]});
        let counts = world.ok("sqs", "GetQueueAttributes", asked).await;
        assert_eq!(counts, json!({"Attributes": {"ApproximateNumberOfMessages": "1"}}));
        assert_eq!(seen().await, 1);
        world.advance(Duration::from_secs(300)).await;
        world.run_jobs().await;
        assert_eq!(seen().await, 0);
    }

    /// A round says when there is something for the next one.
    #[tokio::test]
    async fn a_round_knows_when_the_next_is_due() {
        let world = world().await;
        let round = async || {
            let left = super::run(&mut world.cx()).await.unwrap();
            let now = world.cx().now().millis();
            match left {
                Progress::At(at) => Some(at - now),
                Progress::Done => None,
                Progress::More => panic!("nothing is left over"),
            }
        };
        let url =
            queue(&world, "q", json!({"MessageRetentionPeriod": "600", "VisibilityTimeout": "30"})).await;
        assert_eq!(round().await, None);
        send(&world, &url, "x").await;
        assert_eq!(round().await, Some(600_000), "the message is kept for ten minutes");
        world.advance(Duration::from_secs(601)).await;
        assert_eq!(round().await, Some(60_000), "it looks again at what it has emptied");
        assert_eq!(round().await, None);
        // One that is leased is looked at when it comes back, and from then on until it is old.
        send(&world, &url, "y").await;
        assert_eq!(receive(&world, &url).await.len(), 1);
        assert_eq!(round().await, Some(30_000));
        world.advance(Duration::from_secs(31)).await;
        assert_eq!(round().await, Some(60_000));
        world.advance(Duration::from_secs(600)).await;
        assert_eq!((round().await, round().await), (Some(60_000), None));
    }
}
