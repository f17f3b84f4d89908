//! Background work: FIFO topics forget what they have seen, and subscriptions that nobody confirms go.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::keyspace;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{PENDING, SeenRow, SubscriptionRow};
use crate::limits::CONFIRMATION_MILLIS;

/// Rows that one transaction deletes: a slice, so that no commit is held up.
const SLICE: usize = 500;
/// Between two rounds: what is over counts no more in any case, this only frees its space.
const EVERY_MILLIS: i64 = 60 * 1000;

/// Deletes what is over.
pub(crate) const FORGET: Job = Job {
    name: "sns/forget",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[keyspace::SNS_DEDUPLICATION, keyspace::SNS_SUBSCRIPTION],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { run(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

async fn run(cx: &mut Cx) -> Result<Progress, Error> {
    let now = cx.now().millis();
    let seen = cx.transact(move |tx| {
        Box::pin(async move {
            let oldest = table::list_by::<SeenRow>(tx, 1, (), &Paging::first(SLICE)).await?;
            let (over, next) = over(oldest.items, now, |row| row.until_millis);
            for row in &over {
                table::delete::<SeenRow>(tx, (row.topic_id.as_str(), row.key.as_str())).await?;
            }
            Ok::<_, Error>(next)
        })
    });
    let seen = seen.await?;
    let pending = cx.transact(move |tx| {
        Box::pin(async move {
            let oldest = table::list_by::<SubscriptionRow>(tx, PENDING, (), &Paging::first(SLICE)).await?;
            let (over, next) = over(oldest.items, now, |row| row.created_at_millis + CONFIRMATION_MILLIS);
            for row in &over {
                let key = (row.account.as_str(), row.region.as_str(), row.topic.as_str(), row.id.as_str());
                table::delete::<SubscriptionRow>(tx, key).await?;
            }
            Ok::<_, Error>(next)
        })
    });
    Ok(match [seen, pending.await?].into_iter().flatten().min() {
        Some(at) if at <= now => Progress::More,
        Some(at) => Progress::At(at),
        None => Progress::Done,
    })
}

/// Of a slice of rows, the first to end first: those that are over, and when the next one is; now when all are.
fn over<Row>(rows: Vec<Row>, now: i64, end: impl Fn(&Row) -> i64) -> (Vec<Row>, Option<i64>) {
    let count = rows.len();
    let next = rows.iter().map(&end).find(|at| *at > now);
    let over: Vec<Row> = rows.into_iter().filter(|row| end(row) <= now).collect();
    let next = if over.len() == count && count == SLICE { Some(now) } else { next };
    (over, next)
}
