//! The steps of an import: one object after the other.

use std::sync::Arc;

use cloud::caller::Caller;
use cloud::client::s3;
use cloud::prelude::*;
use ddbexpr::Item;
use futures::StreamExt as _;
use store::Tx;
use store::layer::table;

use super::records::{Cutter, Read, Reader};
use super::unpack::Unpack;
use super::{ImportPhase, ImportRow};
use crate::error::Error;
use crate::item::{self, IndexWords};
use crate::keys::ItemKey;
use crate::limits::{IMPORT_OBJECTS_MAX, IMPORT_RECORD_BYTES_MAX, SLICE_BYTES, SLICE_ROWS};
use crate::table::{Table, TableRow};
use crate::transfers::{Failed, PRINCIPAL};
use crate::work::{Task, WorkRow};
use crate::write::{self, Change};

/// The records that go into one transaction.
#[derive(Clone, Debug, Default)]
struct Batch {
    items: Vec<(ItemKey, Item)>,
    /// All records, also those that are no items.
    records: u64,
    processed: i64,
    bytes: i64,
    errors: i64,
}

/// The next step: the rest of an object, or the end.
pub(crate) async fn step(cx: &mut Cx, row: ImportRow) -> Result<(), Error> {
    let there = row.place().find(&cx.snapshot().await?).await?;
    if there.is_none() {
        return end(cx, row, ImportPhase::Cancelled).await;
    }
    let done = match row.caller.restore(PRINCIPAL) {
        Some(caller) => next_object(cx, caller, row.clone()).await,
        None => Ok(Err(Failed::of_narrowed())),
    };
    match done {
        Ok(Ok(())) => Ok(()),
        Ok(Err(failed)) => end(cx, row, ImportPhase::Failed(failed)).await,
        Err(Error::Internal(failure)) => match Failed::of_s3(&failure) {
            Some(failed) => end(cx, row, ImportPhase::Failed(failed)).await,
            None => Err(failure.into()),
        },
        Err(error) => Err(error),
    }
}

async fn next_object(cx: &mut Cx, caller: Caller, mut row: ImportRow) -> Result<Result<(), Failed>, Error> {
    if row.object.is_none() || row.records_done.is_none() {
        let (prefix, owner) = (row.prefix.as_deref().unwrap_or_default(), row.bucket_owner.as_deref());
        let after = row.object.as_deref();
        let listed = s3::list_objects(cx, caller.clone(), &row.bucket, prefix, after, owner).await?;
        let Some(key) = listed.0.into_iter().next() else {
            if row.objects == 0 {
                return Ok(Err(Failed {
                    code: "S3NoSuchKey".to_owned(),
                    message: "No objects were found under the S3KeyPrefix".to_owned(),
                }));
            }
            return end(cx, row, ImportPhase::Completed).await.map(Ok);
        };
        if row.objects == IMPORT_OBJECTS_MAX {
            return Ok(Err(Failed {
                code: "TooManyObjects".to_owned(),
                message: format!("an import takes at most {IMPORT_OBJECTS_MAX} objects"),
            }));
        }
        (row.object, row.records_done, row.objects) = (Some(key), Some(0), row.objects + 1);
    }
    read(cx, caller, row).await.map(Ok)
}

/// Reads what is left of the row's object.
async fn read(cx: &mut Cx, caller: Caller, row: ImportRow) -> Result<(), Error> {
    let key = row.object.clone().unwrap_or_default();
    let stream = s3::get_object(cx, caller, &row.bucket, &key, None).await?;
    let mut pieces = stream.take().ok_or_else(|| Failure::internal("the body of an object was taken"))?;
    let (format, target) = (row.format.clone(), row.target.clone());
    let (mut unpack, mut cutter) = (Unpack::new(row.is_packed), Cutter::new(&format));
    let mut reader = Reader::new(&format, &target);
    let mut import = Importing { skip: row.records_done.unwrap_or_default(), row, batch: Batch::default() };
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(Failure::internal)?;
        let Ok(bytes) = unpack.push(&piece) else { return import.spoiled(cx).await };
        cutter.push(&bytes);
        for record in cutter.take() {
            import.take(cx, &mut reader, &record).await?;
        }
        if cutter.waiting() > IMPORT_RECORD_BYTES_MAX {
            return import.spoiled(cx).await;
        }
    }
    let Ok(bytes) = unpack.finish() else { return import.spoiled(cx).await };
    cutter.push(&bytes);
    for record in cutter.take() {
        import.take(cx, &mut reader, &record).await?;
    }
    if let Some(record) = cutter.finish() {
        import.take(cx, &mut reader, &record).await?;
    }
    import.close(cx).await
}

/// An object that is being read.
struct Importing {
    row: ImportRow,
    /// Records that were done before.
    skip: u64,
    batch: Batch,
}

impl Importing {
    async fn take(&mut self, cx: &Cx, reader: &mut Reader<'_>, record: &[u8]) -> Result<(), Error> {
        // Also what is skipped is read: the names of columns are among it.
        let read = reader.read(record);
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        let batch = &mut self.batch;
        batch.records += 1;
        batch.bytes += i64::try_from(record.len() + 1).unwrap_or(i64::MAX);
        match read {
            Read::Nothing => {}
            Read::Item(item) => {
                batch.processed += 1;
                match place(&self.row.target, &item) {
                    Ok(key) => batch.items.push((key, item)),
                    Err(_) => batch.errors += 1,
                }
            }
            Read::Wrong => {
                batch.processed += 1;
                batch.errors += 1;
            }
        }
        if batch.records as usize >= SLICE_ROWS || batch.bytes as usize >= SLICE_BYTES {
            self.commit(cx, false).await?;
        }
        Ok(())
    }

    /// The rest of the object cannot be read: it counts as one error.
    async fn spoiled(mut self, cx: &Cx) -> Result<(), Error> {
        self.batch.errors += 1;
        self.close(cx).await
    }

    async fn close(mut self, cx: &Cx) -> Result<(), Error> {
        self.commit(cx, true).await
    }

    async fn commit(&mut self, cx: &Cx, is_last: bool) -> Result<(), Error> {
        let (batch, row) = (Arc::new(std::mem::take(&mut self.batch)), self.row.clone());
        let next = cx.transact(move |tx| Box::pin(commit(tx, row.clone(), batch.clone(), is_last))).await?;
        self.row = next;
        Ok(())
    }
}

/// What refuses an item in a request refuses it here.
fn place(target: &TableRow, item: &Item) -> Result<ItemKey, Error> {
    let key = item::place_of_new(target, item)?;
    item::check_index_keys(target, item, IndexWords::Put)?;
    item::check_size(item, crate::ops::put_item::TOO_LARGE)?;
    Ok(key)
}

/// Puts the items of a batch and writes down how far the import came.
async fn commit(tx: &mut Tx, row: ImportRow, batch: Arc<Batch>, is_last: bool) -> Result<ImportRow, Error> {
    let key = (&row.account, &row.region, &row.table, &row.id);
    let there: Option<ImportRow> = table::get(tx, key).await?;
    // Another object, or another place in it: someone else goes on with the import.
    let is_ours = there.as_ref().is_some_and(|there| {
        let same = (&there.object, there.records_done) == (&row.object, row.records_done);
        let begins = there.records_done.is_none() && there.objects + 1 == row.objects;
        there.phase == ImportPhase::Running && (same || begins)
    });
    let Some(target) = row.place().find(tx).await?.filter(|_| is_ours) else {
        return Err(Failure::internal("an import goes on elsewhere, or its table is gone").into());
    };
    let target = Table::new(target, store::Version::default());
    let mut next = row;
    for (key, item) in &batch.items {
        let old = write::get(tx, &target, key).await?;
        let change = Change { key: key.clone(), old, new: Some(item.clone()), by_expiry: false };
        let before = tx.savepoint();
        match write::apply(tx, &target, &change, 0).await {
            Ok(_) => next.imported += 1,
            Err(Error::Validation(_) | Error::CollectionTooLarge) => {
                tx.roll_back_to(before);
                next.errors += 1;
            }
            Err(error) => return Err(error),
        }
    }
    next.processed += batch.processed;
    next.processed_bytes += batch.bytes;
    next.errors += batch.errors;
    next.records_done = match is_last {
        true => None,
        false => next.records_done.map(|done| done + batch.records),
    };
    table::put(tx, &next).await?;
    Ok(next)
}

/// Ends an import. Its table is ready, or goes with what it has.
async fn end(cx: &Cx, row: ImportRow, phase: ImportPhase) -> Result<(), Error> {
    let (now, id) = (cx.now().millis(), cx.new_id());
    cx.transact(move |tx| {
        let (row, phase, id) = (row.clone(), phase.clone(), id.clone());
        Box::pin(async move {
            let key = (&row.account, &row.region, &row.table, &row.id);
            let there: Option<ImportRow> = table::get(tx, key).await?;
            let Some(mut there) = there.filter(|there| there.phase == ImportPhase::Running) else {
                return Ok(());
            };
            if let Some(mut target) = there.place().find(tx).await? {
                if phase == ImportPhase::Completed {
                    target.is_creating = false;
                    table::put(tx, &target).await?;
                } else {
                    let key = (&target.account, &target.region, &target.name);
                    table::delete::<TableRow>(tx, key).await?;
                    let task = Task::RemoveTable { table_id: target.id };
                    table::put(tx, &WorkRow { begun_at_millis: now, id, task }).await?;
                }
            }
            (there.phase, there.ended_at_millis) = (phase, Some(now));
            table::put(tx, &there).await?;
            Ok::<_, Error>(())
        })
    })
    .await
}
