//! Background work: removing what is too old.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::layer::table::{self, Cursor, Paging};
use store::{Stamp, Tx, keyspace};

use crate::error::Error;
use crate::keys::{Part, RemovalRow, ShardRow, StreamRow};
use crate::limits::SLICE_ROWS;
use crate::settings;

/// Between two rounds of removing old records; they are not shown in any case.
const RETENTION_EVERY_MILLIS: i64 = 60 * 1000;
/// How long it takes until what has to be removed is.
const REMOVAL_EVERY_MILLIS: i64 = 1000;
/// Rows of a listing that are read at once.
const PAGE: usize = 100;

/// Removes records that are older than their stream's retention, closed shards without records, and streams that are gone.
pub(crate) const RETENTION: Job = Job {
    name: "kinesis/retention",
    every_millis: RETENTION_EVERY_MILLIS,
    timer: None,
    news: &[keyspace::KINESIS_STREAM],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { retain(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Removes the records of deleted streams and shards, in slices.
pub(crate) const REMOVAL: Job = Job {
    name: "kinesis/removal",
    every_millis: REMOVAL_EVERY_MILLIS,
    timer: None,
    news: &[keyspace::KINESIS_REMOVAL],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { remove(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Where there are streams, time alone makes records old.
async fn retain(cx: &mut Cx) -> Result<Progress, Error> {
    let now = cx.now().millis();
    let mut left = Progress::Done;
    let mut after: Option<Cursor> = None;
    loop {
        let page = table::list::<StreamRow>(&cx.snapshot().await?, (), &Paging::after(PAGE, after)).await?;
        for row in page.items {
            left = Progress::At(now);
            match row.status(now) {
                Some(_) => retain_stream(cx, &row, now).await?,
                None => forget_stream(cx, row).await?,
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(left);
        }
    }
}

async fn retain_stream(cx: &Cx, row: &StreamRow, now: i64) -> Result<(), Error> {
    let horizon = row.horizon(now);
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let page = table::list::<ShardRow>(&view, row.id.as_str(), &Paging::after(PAGE, after)).await?;
        drop(view);
        for shard in page.items {
            if shard.closed_at_millis.is_some_and(|at| at < horizon) {
                forget_shard(cx, row, shard.index).await?;
            } else {
                while trim(cx, row, shard.index, horizon).await? {}
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Removes a slice of the records of a shard that came before `horizon`. True when there may be more.
async fn trim(cx: &Cx, row: &StreamRow, shard: u32, horizon: i64) -> Result<bool, Error> {
    let log = row.log(shard);
    cx.transact(move |tx| {
        let log = log.clone();
        Box::pin(async move {
            let page = log.read(tx, None, SLICE_ROWS).await?;
            let mut through: Option<Stamp> = None;
            for entry in &page {
                match Part::decode(&entry.val)? {
                    Part::Head(stored, _) if stored.at_millis >= horizon => break,
                    // What belongs to a record that goes, goes with it.
                    Part::Head(..) | Part::More(_) => through = Some(entry.stamp),
                }
            }
            let Some(through) = through else { return Ok(false) };
            log.trim(tx, through)?;
            Ok::<_, Error>(page.last().is_some_and(|last| last.stamp == through))
        })
    })
    .await
}

/// Removes a shard that was closed so long ago that none of its records is left.
async fn forget_shard(cx: &Cx, row: &StreamRow, shard: u32) -> Result<(), Error> {
    let row = row.clone();
    cx.transact(move |tx| {
        let row = row.clone();
        Box::pin(async move {
            // The row is written, too: what is kept in memory is good for its version.
            let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
            let Some(current) = table::get::<StreamRow>(tx, key).await?.filter(|now| now.id == row.id) else {
                return Ok(());
            };
            table::delete::<ShardRow>(tx, (&row.id, i64::from(shard))).await?;
            table::put(tx, &settings::removal(&row, shard)).await?;
            Ok::<_, Error>(table::put(tx, &current).await?)
        })
    })
    .await
}

/// Removes the row of a stream that is gone; its records are removed elsewhere.
async fn forget_stream(cx: &Cx, row: StreamRow) -> Result<(), Error> {
    cx.transact(move |tx| {
        let row = row.clone();
        Box::pin(async move {
            let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
            if table::get::<StreamRow>(tx, key).await?.is_some_and(|now| now.id == row.id) {
                table::delete::<StreamRow>(tx, key).await?;
            }
            Ok::<_, Error>(())
        })
    })
    .await
}

async fn remove(cx: &mut Cx) -> Result<Progress, Error> {
    let list = table::list::<RemovalRow>(&cx.snapshot().await?, (), &Paging::first(PAGE)).await?;
    for row in list.items {
        while remove_slice(cx, &row).await? {}
    }
    Ok(if list.next.is_some() { Progress::More } else { Progress::Done })
}

/// Removes a slice of records, and the order when nothing is left. True when there is more.
async fn remove_slice(cx: &Cx, row: &RemovalRow) -> Result<bool, Error> {
    let row = row.clone();
    cx.transact(move |tx| {
        let row = row.clone();
        Box::pin(async move { slice(tx, &row).await })
    })
    .await
}

async fn slice(tx: &mut Tx, row: &RemovalRow) -> Result<bool, Error> {
    let log = row.log();
    match log.read(tx, None, SLICE_ROWS).await?.last() {
        Some(last) => log.trim(tx, last.stamp)?,
        None => {
            table::delete::<RemovalRow>(tx, (&row.stream, i64::from(row.shard))).await?;
            return Ok(false);
        }
    }
    Ok(true)
}
