//! Background work: schedules that are due, replays, and events whose retention is over.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use serde_json::json;
use store::keyspace;
use store::layer::table::{self, Cursor, Paging};
use store::layer::{counter, timer};

use crate::error::Error;
use crate::keys::{ArchiveRow, Archived};
use crate::{archive, rule};

/// The rest after a failure of what waits for timers.
const BROKEN_MILLIS: i64 = 1_000;
/// Between two looks for old events.
const RETENTION_MILLIS: i64 = 10 * 60 * 1_000;
/// Events that one transaction deletes.
const SLICE: usize = 200;

/// Fires schedules.
pub(crate) const SCHEDULES: Job = Job {
    name: "events/schedules",
    every_millis: BROKEN_MILLIS,
    timer: Some(rule::TIMER),
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(when_due(cx, rule::TIMER, "FireSchedules"))
    },
};

/// Goes on with replays.
pub(crate) const REPLAYS: Job = Job {
    name: "events/replays",
    every_millis: BROKEN_MILLIS,
    timer: Some(archive::TIMER),
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(when_due(cx, archive::TIMER, "RunReplays"))
    },
};

/// Deletes what retention has passed.
pub(crate) const RETENTION: Job = Job {
    name: "events/retention",
    every_millis: RETENTION_MILLIS,
    timer: None,
    news: &[keyspace::EVENTS_ARCHIVE],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { retention(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Calls the operation that does what timers of a kind are for, when one of them is due.
async fn when_due(cx: &mut Cx, kind: &str, operation: &str) -> Result<Progress, Failure> {
    let now = cx.now().millis();
    let next = timer::next_at(&cx.snapshot().await?, kind).await?;
    if next.is_none_or(|next| next > now) {
        return Ok(Progress::Done);
    }
    let caller = cx.caller().clone();
    cx.call_json(caller, "events", operation, &json!({})).await?;
    Ok(Progress::More)
}

/// Where there are archives that do not keep events for ever, time alone makes them old.
async fn retention(cx: &mut Cx) -> Result<Progress, Error> {
    let now = cx.now().millis();
    let mut left = Progress::Done;
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let page = table::list::<ArchiveRow>(&view, (), &Paging::after(100, after)).await?;
        drop(view);
        for archive in page.items.iter().filter(|archive| archive.retention_days > 0) {
            left = Progress::At(now);
            let before = now - i64::from(archive.retention_days) * 24 * 3600 * 1_000;
            while expire(cx, archive, before).await? {}
        }
        after = page.next;
        if after.is_none() {
            return Ok(left);
        }
    }
}

/// Deletes a slice of old events; whether there may be more.
async fn expire(cx: &Cx, archive: &ArchiveRow, before_millis: i64) -> Result<bool, Error> {
    let archive = archive.clone();
    cx.transact(move |tx| {
        let archive = archive.clone();
        Box::pin(async move {
            let entries = archive.events().read(tx, None, SLICE).await?;
            let mut over = Vec::new();
            for entry in &entries {
                let archived: Archived = serde_json::from_slice(&entry.val).map_err(Failure::internal)?;
                if archived.kept_at_millis >= before_millis {
                    break;
                }
                over.push((entry.stamp, entry.val.len()));
            }
            let Some((last, _)) = over.last() else { return Ok::<_, Error>(false) };
            archive.events().trim(tx, *last)?;
            let [events, bytes] = archive.counters();
            let length: usize = over.iter().map(|(_, length)| length).sum();
            counter::add(tx, events, -i64::try_from(over.len()).unwrap_or(0))?;
            counter::add(tx, bytes, -i64::try_from(length).unwrap_or(0))?;
            Ok(over.len() == SLICE)
        })
    })
    .await
}
