//! Background work: events are deleted when their group's retention has passed.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::layer::table::{self, Paging};
use store::{Error, Range, Scan, Tx};

use crate::keys::{self, GroupRow, StreamRow};
use crate::limits::{DAY_MILLIS, EVENT_OVERHEAD_BYTES};

/// Groups or streams that are looked at in one read.
const PAGE: usize = 200;
/// Events that one transaction deletes: a slice, so that no commit is held up.
const SLICE_EVENTS: usize = 1000;
/// Between two rounds. AWS takes up to three days; a test of retention should not.
const EVERY_MILLIS: i64 = 10 * 60 * 1000;

/// Deletes what retention has passed.
pub(crate) const RETENTION: Job = Job {
    name: "logs/retention",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> { Box::pin(run(cx)) },
};

async fn run(cx: &mut Cx) -> Result<Progress, Failure> {
    let now_millis = cx.now().millis();
    for group in groups_with_retention(cx).await? {
        let days = group.retention_days.unwrap_or(i32::MAX);
        let limit = now_millis - i64::from(days) * DAY_MILLIS;
        for stream in streams(cx, group.id).await? {
            let expired = stream.between(None, Some(limit));
            while cx.transact(|tx| Box::pin(delete_slice(tx, group.id, expired.clone()))).await? {}
        }
    }
    Ok(Progress::Done)
}

/// Deletes the first slice of a range; whether there is more.
async fn delete_slice(tx: &mut Tx, group_id: u64, range: Range) -> Result<bool, Failure> {
    let page = tx.scan(Scan::new(range.clone()).limit(SLICE_EVENTS)).await?;
    if page.rows.is_empty() {
        return Ok(false);
    }
    let mut bytes = 0;
    for (key, value) in &page.rows {
        let events = keys::events(key, value)?;
        bytes += events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum::<usize>();
        tx.delete(key.clone())?;
    }
    tx.add(keys::bytes_of_group(group_id), -i64::try_from(bytes).unwrap_or(i64::MAX))?;
    Ok(page.next.is_some())
}

async fn groups_with_retention(cx: &Cx) -> Result<Vec<GroupRow>, Error> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<GroupRow>(&view, (), &Paging::after(PAGE, after)).await?;
        found.extend(listing.items.into_iter().filter(|group| group.retention_days.is_some()));
        match listing.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

async fn streams(cx: &Cx, group_id: u64) -> Result<Vec<StreamRow>, Error> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<StreamRow>(&view, group_id, &Paging::after(PAGE, after)).await?;
        found.extend(listing.items);
        match listing.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}
