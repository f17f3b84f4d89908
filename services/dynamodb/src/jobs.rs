//! Background work.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use store::keyspace;
use store::layer::table::{self, Cursor, Paging, Record};

use crate::backup::BackupRow;
use crate::error::Error;
use crate::export::ExportRow;
use crate::import::ImportRow;
use crate::keys::{self, StreamRow, TokenRow};
use crate::limits::{STREAM_MILLIS, TRANSFER_MILLIS};
use crate::record::{self, Replaced};
use crate::recovery;
use crate::streams::{self, StreamName};
use crate::table::TableRow;
use crate::work::{self, Task, WorkRow};

/// How long it takes from the writing of work to its beginning.
const WORK_EVERY_MILLIS: i64 = 250;

/// Goes on with work in slices.
pub(crate) const WORK: Job = Job {
    name: "dynamodb/work",
    every_millis: WORK_EVERY_MILLIS,
    timer: None,
    news: &[keyspace::DYNAMODB_WORK],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { work(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Between two rounds of removing what is too old; it is not shown in any case, or not for long.
const RETENTION_EVERY_MILLIS: i64 = 60 * 1000;
/// Rows of a listing that are looked at in one read.
const PAGE: usize = 200;

/// Removes records, histories and client tokens that are too old.
pub(crate) const RETENTION: Job = Job {
    name: "dynamodb/retention",
    every_millis: RETENTION_EVERY_MILLIS,
    timer: None,
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { retain(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

async fn retain(cx: &mut Cx) -> Result<Progress, Error> {
    let now = cx.now().millis();
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<StreamRow>(&view, (), &Paging::after(PAGE, after)).await?;
        drop(view);
        for stream in &listing.items {
            let name = StreamName::read(&stream.arn())?;
            while trim_stream(cx, name.clone(), now - STREAM_MILLIS).await? {}
        }
        after = listing.next;
        if after.is_none() {
            break;
        }
    }
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<TableRow>(&view, (), &Paging::after(PAGE, after)).await?;
        drop(view);
        for row in &listing.items {
            let Some(recovery) = &row.recovery else { continue };
            let before = now - i64::from(recovery.days) * recovery::DAY_MILLIS;
            while trim_history(cx, row.space(), before).await? {}
        }
        after = listing.next;
        if after.is_none() {
            break;
        }
    }
    remove_backups(cx, now).await?;
    forget_transfers::<ExportRow>(cx, |row| row.ended_at_millis, now).await?;
    forget_transfers::<ImportRow>(cx, |row| row.ended_at_millis, now).await?;
    forget_tokens(cx, now).await
}

/// Forgets exports or imports that ended long ago.
async fn forget_transfers<R: Record + Clone>(
    cx: &Cx,
    ended_at: fn(&R) -> Option<i64>,
    now: i64,
) -> Result<(), Error> {
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<R>(&view, (), &Paging::after(PAGE, after)).await?;
        drop(view);
        for row in listing.items {
            if ended_at(&row).is_some_and(|at| at < now - TRANSFER_MILLIS) {
                cx.transact(move |tx| {
                    let key = row.key();
                    Box::pin(async move { Ok::<_, Error>(table::delete::<R>(tx, key).await.map(drop)?) })
                })
                .await?;
            }
        }
        after = listing.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Removes backups of deleted tables whose time is over.
async fn remove_backups(cx: &Cx, now: i64) -> Result<(), Error> {
    let mut after: Option<Cursor> = None;
    loop {
        let view = cx.snapshot().await?;
        let listing = table::list::<BackupRow>(&view, (), &Paging::after(PAGE, after)).await?;
        drop(view);
        for row in listing.items {
            if row.expires_at_millis.is_none_or(|at| at > now) {
                continue;
            }
            let id = cx.new_id();
            cx.transact(move |tx| {
                let (row, id) = (row.clone(), id.clone());
                Box::pin(async move {
                    let key = (&row.account, &row.region, &row.table, &row.id);
                    table::delete::<BackupRow>(tx, key).await?;
                    let task = Task::RemoveTable { table_id: row.space_id.clone() };
                    Ok::<_, Error>(table::put(tx, &WorkRow { begun_at_millis: now, id, task }).await?)
                })
            })
            .await?;
        }
        after = listing.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn trim_stream(cx: &Cx, name: StreamName, before: i64) -> Result<bool, Error> {
    cx.transact(move |tx| {
        let name = name.clone();
        Box::pin(async move { streams::trim(tx, &name, before).await })
    })
    .await
}

async fn trim_history(cx: &Cx, space: [u8; 8], before: i64) -> Result<bool, Error> {
    cx.transact(move |tx| {
        Box::pin(async move {
            let history = keys::history(space);
            record::trim(tx, &history, before, |row| Ok(Replaced::decode(row)?.at_millis)).await
        })
    })
    .await
}

/// Forgets client tokens whose time is over; the first page, and whether there is more.
async fn forget_tokens(cx: &Cx, now: i64) -> Result<Progress, Error> {
    let view = cx.snapshot().await?;
    let oldest = table::list_by::<TokenRow>(&view, 1, (), &Paging::first(PAGE)).await?;
    drop(view);
    let over: Vec<TokenRow> = oldest.items.into_iter().filter(|row| row.until_millis <= now).collect();
    let all_over = over.len() == PAGE;
    if !over.is_empty() {
        cx.transact(move |tx| {
            let over = over.clone();
            Box::pin(async move {
                for row in over {
                    let key = (row.account.as_str(), row.region.as_str(), row.token.as_str());
                    table::delete::<TokenRow>(tx, key).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    }
    Ok(if all_over { Progress::More } else { Progress::Done })
}

/// Does all work that there is, for those who cannot go on before it is done.
pub(crate) async fn finish_work(cx: &mut Cx) -> Result<(), Error> {
    while one_slice(cx).await? {}
    Ok(())
}

async fn work(cx: &mut Cx) -> Result<Progress, Error> {
    Ok(if one_slice(cx).await? { Progress::More } else { Progress::Done })
}

/// Does a slice of the oldest piece of work. False when there is none.
async fn one_slice(cx: &Cx) -> Result<bool, Error> {
    let view = cx.snapshot().await?;
    let list = table::list::<WorkRow>(&view, (), &Paging::first(1)).await?;
    drop(view);
    let Some(first) = list.items.into_iter().next() else { return Ok(false) };
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
    Ok(true)
}
