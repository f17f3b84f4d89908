//! Background work: messages go when their retention is over, FIFO queues forget what they have seen, and move tasks go on.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::layer::table::{self, Cursor, Paging};

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
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { run(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Between two looks at move tasks. A look costs nothing while there are none.
const MOVE_EVERY_MILLIS: i64 = 100;

/// Goes on with move tasks, in slices.
pub(crate) const MOVE: Job = Job {
    name: "sqs/move",
    every_millis: MOVE_EVERY_MILLIS,
    timer: None,
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move {
            let has_more = move_task::go_on(cx).await.map_err(cloud::ApiError::into_failure)?;
            Ok(if has_more { Progress::More } else { Progress::Done })
        })
    },
};

async fn run(cx: &mut Cx) -> Result<Progress, Error> {
    let now = cx.now().millis();
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<QueueRow>(&view, (), &Paging::after(PAGE, after)).await?;
        let mut used = Vec::new();
        for queue in listing.items {
            if !queue.messages().is_bare(&view).await? {
                used.push(queue);
            }
        }
        drop(view);
        for queue in &used {
            expire(cx, queue, now).await?;
        }
        after = listing.next;
        if after.is_none() {
            break;
        }
    }
    forget_attempts(cx, now).await?;
    forget(cx, now).await
}

/// Deletes what was received under attempt ids that count no more.
async fn forget_attempts(cx: &Cx, now: i64) -> Result<(), Error> {
    loop {
        let view = cx.snapshot().await?;
        let oldest = table::list_by::<AttemptRow>(&view, 1, (), &Paging::first(SLICE)).await?;
        drop(view);
        let over: Vec<AttemptRow> = oldest.items.into_iter().filter(|row| row.until_millis <= now).collect();
        if over.is_empty() {
            return Ok(());
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
    let sent_before = now - queue.number("MessageRetentionPeriod") * 1000;
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

/// Deletes what FIFO queues need not remember any more; the first page, and whether there is more.
async fn forget(cx: &Cx, now: i64) -> Result<Progress, Error> {
    let view = cx.snapshot().await?;
    let oldest = table::list_by::<SeenRow>(&view, 1, (), &Paging::first(SLICE)).await?;
    drop(view);
    let over: Vec<SeenRow> = oldest.items.into_iter().filter(|seen| seen.until_millis <= now).collect();
    let all_over = over.len() == SLICE;
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
    Ok(if all_over { Progress::More } else { Progress::Done })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use store::layer::table::{self, Paging};

    use crate::keys::SeenRow;
    use crate::tests::{queue, send, world};

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
}
