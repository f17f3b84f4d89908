//! Background work.

use std::sync::{Mutex, PoisonError};

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::layer::table::{self, Paging};
use store::{Version, keyspace};
use tokio::sync::watch;

use crate::error::Error;
use crate::work::{self, WorkRow};

/// Between two looks at the list of work. A look costs nothing when nothing was written there.
const WORK_EVERY_MILLIS: i64 = 250;

/// Goes on with work in slices.
pub(crate) const WORK: Job = Job {
    name: "dynamodb/work",
    every_millis: WORK_EVERY_MILLIS,
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { work(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Tells whether there may be work.
#[derive(Default)]
struct News(Mutex<Option<watch::Receiver<Version>>>);

impl News {
    fn any(&self, cx: &Cx) -> bool {
        let mut receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let prefix = keyspace::DYNAMODB_WORK.0.to_vec();
        match &mut *receiver {
            // What was begun before this process is found by the first look.
            None => {
                *receiver = Some(cx.cloud().store().watch(prefix.into()));
                true
            }
            Some(receiver) => {
                let changed = receiver.has_changed().unwrap_or(true);
                receiver.mark_unchanged();
                changed
            }
        }
    }
}

async fn work(cx: &mut Cx) -> Result<Progress, Error> {
    if !cx.state::<News>().any(cx) {
        return Ok(Progress::Done);
    }
    let view = cx.snapshot().await?;
    let list = table::list::<WorkRow>(&view, (), &Paging::first(1)).await?;
    drop(view);
    let Some(first) = list.items.into_iter().next() else { return Ok(Progress::Done) };
    // The change of the row below is news again: the next slice comes at once.
    cx.transact(move |tx| {
        let first = first.clone();
        Box::pin(async move {
            let key = (first.begun_at_millis, first.id.as_str());
            // Another node may have done this slice.
            let Some(row) = table::get::<WorkRow>(tx, key).await? else { return Ok(()) };
            match work::slice(tx, &row.task).await? {
                Some(task) => table::put(tx, &WorkRow { task, ..row }).await?,
                None => {
                    table::delete::<WorkRow>(tx, key).await?;
                }
            }
            Ok::<_, Error>(())
        })
    })
    .await?;
    Ok(Progress::More)
}
