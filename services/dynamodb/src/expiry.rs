//! Removing expired items, in slices.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::layer::table::{self, Cursor, Paging};
use store::{Range, Scan, Tx};

use crate::error::Error;
use crate::keys;
use crate::limits::SLICE_ROWS;
use crate::record::Replaced;
use crate::table::{Table, TableRow};
use crate::work::Place;
use crate::write::{self, Change};

/// Between two sweeps. AWS promises days.
const EVERY_MILLIS: i64 = 30 * 1000;
/// Tables looked at in one read.
const PAGE: usize = 200;
/// DynamoDB leaves items alone that expired more than five years ago, as their time may be in another unit.
const TOO_OLD_SECS: u64 = 5 * 365 * 24 * 60 * 60;

/// Removes what has expired.
pub(crate) const EXPIRY: Job = Job {
    name: "dynamodb/expiry",
    every_millis: EVERY_MILLIS,
    timer: None,
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { sweep(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

async fn sweep(cx: &mut Cx) -> Result<Progress, Error> {
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<TableRow>(&view, (), &Paging::after(PAGE, after)).await?;
        drop(view);
        for row in listing.items.iter().filter(|row| row.ttl.is_some()) {
            while sweep_table(cx, Place::of(row)).await? {}
        }
        after = listing.next;
        if after.is_none() {
            return Ok(Progress::Done);
        }
    }
}

/// Removes the first expired items of a table. True when there may be more.
async fn sweep_table(cx: &Cx, place: Place) -> Result<bool, Error> {
    let now = cx.now().millis();
    cx.transact(move |tx| {
        let place = place.clone();
        Box::pin(async move { slice(tx, &place, now).await })
    })
    .await
}

async fn slice(tx: &mut Tx, place: &Place, now_millis: i64) -> Result<bool, Error> {
    let Some(row) = place.find(tx).await? else { return Ok(false) };
    let Some(ttl) = row.ttl.clone() else { return Ok(false) };
    let table = Table::new(row, store::Version::default());
    let now = u64::try_from(now_millis / 1000).unwrap_or(0);
    let oldest = keys::expired(table.space, ttl.number, now.saturating_sub(TOO_OLD_SECS)).to;
    let due = Range::new(oldest, keys::expired(table.space, ttl.number, now).to);
    let page = tx.scan(Scan::new(due).limit(SLICE_ROWS)).await?;
    for (entry, row) in page.rows {
        let key = Replaced::decode(&row)?.key;
        let Some(old) = write::get(tx, &table, &key).await? else {
            // It cannot be, but a sweep that stops at it would never end.
            tx.delete(entry)?;
            continue;
        };
        let change = Change { key, old: Some(old), new: None, by_expiry: true };
        write::apply(tx, &table, &change, now_millis).await?;
    }
    Ok(page.next.is_some())
}
