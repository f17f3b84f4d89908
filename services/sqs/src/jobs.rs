//! Background work: messages go when their retention is over, FIFO queues forget what they have seen, and move tasks go on.

use std::sync::{Mutex, PoisonError};

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::layer::table::{self, Cursor, Paging};
use store::{Tx, Version, keyspace};
use tokio::sync::watch;

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

/// When there is something to do for the next time, as far as the last round knows.
#[derive(Default)]
struct Rounds(Mutex<Option<Round>>);

struct Round {
    changes: Vec<watch::Receiver<Version>>,
    next_millis: Option<i64>,
}

impl Rounds {
    /// Whether a round may find something: something was written since the last one, or its time has come. Thousands of
    /// queues in which nothing happens are not looked at each minute.
    fn is_due(&self, cx: &Cx) -> bool {
        let now = cx.now().millis();
        let prefixes =
            [keyspace::SQS_QUEUE, keyspace::SQS_MESSAGE, keyspace::SQS_DEDUPLICATION, keyspace::SQS_ATTEMPT];
        let watch = |prefix: &keyspace::Prefix| cx.cloud().store().watch(prefix.0.to_vec().into());
        let mut round = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let round = round.get_or_insert_with(|| Round {
            changes: prefixes.iter().map(watch).collect(),
            // What was written before this process is found by the first round.
            next_millis: Some(now),
        });
        let mut is_due = round.next_millis.is_some_and(|at| at <= now);
        for changes in &mut round.changes {
            is_due |= changes.has_changed().unwrap_or(true);
            changes.mark_unchanged();
        }
        if is_due {
            // A round that breaks off is due again.
            round.next_millis = Some(now);
        }
        is_due
    }

    fn note(&self, next_millis: Option<i64>) {
        if let Some(round) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            round.next_millis = next_millis;
        }
    }
}

async fn run(cx: &mut Cx) -> Result<Progress, Error> {
    let rounds = cx.state::<Rounds>();
    if !rounds.is_due(cx) {
        return Ok(Progress::Done);
    }
    let now = cx.now().millis();
    let times = [expire_all(cx, now).await?, forget_attempts(cx, now).await?, forget(cx, now).await?];
    let next = times.into_iter().flatten().min();
    rounds.note(next);
    Ok(if next.is_some_and(|at| at <= now) { Progress::More } else { Progress::Done })
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

    /// A round looks at all queues: there is none while nothing can be old.
    #[tokio::test]
    async fn a_round_is_due_after_a_change_or_when_its_time_has_come() {
        let world = world().await;
        let rounds = world.cx().state::<super::Rounds>();
        let is_due = async || {
            let is_due = rounds.is_due(&world.cx());
            super::run(&mut world.cx()).await.unwrap();
            is_due
        };
        let url =
            queue(&world, "q", json!({"MessageRetentionPeriod": "600", "VisibilityTimeout": "30"})).await;
        assert!(is_due().await);
        assert!(!is_due().await, "nothing has happened");
        send(&world, &url, "x").await;
        assert!(is_due().await);
        world.advance(Duration::from_secs(500)).await;
        assert!(!is_due().await, "the message is kept for ten minutes");
        world.advance(Duration::from_secs(101)).await;
        assert!(is_due().await);
        let asked = json!({"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]});
        let counts = world.ok("sqs", "GetQueueAttributes", asked).await;
        assert_eq!(counts["Attributes"]["ApproximateNumberOfMessages"], "0");
        // One that nobody receives again is looked at from then on, until it is old.
        send(&world, &url, "y").await;
        assert_eq!(receive(&world, &url).await.len(), 1);
        assert!(is_due().await && !is_due().await);
        world.advance(Duration::from_secs(31)).await;
        assert!(is_due().await);
        world.advance(Duration::from_secs(600)).await;
        assert!(is_due().await);
        let view = world.cx().snapshot().await.unwrap();
        let row = crate::keys::find(&view, "000000000000", "us-east-1", "q").await.unwrap().unwrap();
        assert_eq!(row.messages().next_visible_at(&view).await.unwrap(), None);
    }
}
