//! Work that goes on in slices after the operation that began it: backfills, copies, removals.
//!
//! Each piece of work is a row; a slice does some of it and writes how far it came in the same transaction. So a crash
//! between two slices costs nothing, and no slice holds up other commits.

use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Record};
use store::tuple::Tuple;
use store::{Range, Scan, Tx};

use crate::backup::BackupRow;
use crate::error::Error;
use crate::export::{ExportPhase, ExportRow};
use crate::item::{self, IndexWords};
use crate::keys::{self, ItemKey, Rows};
use crate::limits::{SLICE_BYTES, SLICE_ROWS};
use crate::record::{self, Replaced};
use crate::table::{IndexRow, Table, TableRow};
use crate::write::{self, Change};

/// Changes that one transaction takes back; each may be as large as an item.
const UNDONE_ROWS: usize = 20;
/// Rows that one transaction removes.
const REMOVED_ROWS: usize = 1000;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Removes all rows of a table that is gone.
    RemoveTable { table_id: String },
    /// Removes the entries of an index that is gone.
    RemoveIndex { table_id: String, number: u32 },
    /// Removes what a table's writes replaced before recovery was switched off.
    RemoveHistory { table_id: String, before_millis: i64 },
    /// Copies all items of a table or backup.
    Copy { from_id: String, to: CopyTo, after: Option<String> },
    /// Takes back what the writes to a table have changed in a copy of it since a time.
    Undo { from_id: String, place: Place, back_to_millis: i64, after: Option<String> },
    /// The same in the space of an export.
    Rewind { from_id: String, export: ExportKey, after: Option<String> },
    /// Makes the entries of an index for the items that were there before it.
    Backfill { table: Place, number: u32, after: Option<String> },
}

/// Where a copy goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum CopyTo {
    /// Into a backup.
    Backup { account: String, region: String, table: String, id: String },
    /// Into the space of an export, whose time it then goes back to.
    Export { account: String, region: String, table: String, id: String },
    /// Into a new table, which then goes back to a time if one is given.
    Table { place: Place, back_to_millis: Option<i64> },
}

/// The key of an export's row.
pub(crate) type ExportKey = (String, String, String, String);

/// A table, and which one of those that had its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) table_id: String,
}

impl Place {
    /// The place of a table.
    pub(crate) fn of(row: &TableRow) -> Self {
        Self {
            account: row.account.clone(),
            region: row.region.clone(),
            name: row.name.clone(),
            table_id: row.id.clone(),
        }
    }

    /// The table, if it is still there.
    pub(crate) async fn find(&self, tx: &Tx) -> Result<Option<TableRow>, Error> {
        let row: Option<TableRow> = table::get(tx, (&self.account, &self.region, &self.name)).await?;
        Ok(row.filter(|row| row.id == self.table_id))
    }
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorkRow {
    pub(crate) begun_at_millis: i64,
    pub(crate) id: String,
    pub(crate) task: Task,
}

impl Record for WorkRow {
    const PREFIX: Prefix = keyspace::DYNAMODB_WORK;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((self.begun_at_millis, &self.id))
    }
}

/// Begins a piece of work with the transaction.
pub(crate) async fn begin(cx: &mut Cx, task: Task) -> Result<(), Error> {
    let row = WorkRow { begun_at_millis: cx.now().millis(), id: cx.new_id(), task };
    Ok(table::put(cx.tx(), &row).await?)
}

/// Does a slice of a piece of work. None when it is done; otherwise what is left.
pub(crate) async fn slice(tx: &mut Tx, task: &Task) -> Result<Option<Task>, Error> {
    match task {
        Task::RemoveTable { table_id } => {
            let space = keys::space_of(table_id);
            let parts = [
                Rows::items(space).all(),
                keys::entries_of(space, None),
                keys::counters(space, None),
                keys::history_range(space),
            ];
            for part in parts {
                if remove(tx, part).await? {
                    return Ok(Some(task.clone()));
                }
            }
            Ok(None)
        }
        Task::RemoveIndex { table_id, number } => {
            let space = keys::space_of(table_id);
            for part in [keys::entries_of(space, Some(*number)), keys::counters(space, Some(*number))] {
                if remove(tx, part).await? {
                    return Ok(Some(task.clone()));
                }
            }
            Ok(None)
        }
        Task::RemoveHistory { table_id, before_millis } => {
            let history = keys::history(keys::space_of(table_id));
            let more = record::trim(tx, &history, *before_millis, |row| Ok(Replaced::decode(row)?.at_millis));
            Ok(more.await?.then(|| task.clone()))
        }
        Task::Copy { from_id, to, after } => copy(tx, from_id, to, after.as_deref()).await,
        Task::Undo { from_id, place, back_to_millis, after } => {
            undo(tx, from_id, place, *back_to_millis, after.as_deref()).await
        }
        Task::Rewind { from_id, export, after } => rewind(tx, from_id, export, after.as_deref()).await,
        Task::Backfill { table, number, after } => backfill(tx, table, *number, after.as_deref()).await,
    }
}

/// Removes the first rows of a range. True when there were any.
async fn remove(tx: &mut Tx, range: Range) -> Result<bool, Error> {
    let page = tx.scan(Scan::new(range.clone()).limit(REMOVED_ROWS).keys_only()).await?;
    let to = page.next.unwrap_or(range.to);
    tx.delete_range(Range::new(range.from, to))?;
    Ok(!page.rows.is_empty())
}

/// The next rows of a range: their keys without the part that all have, and their items.
pub(crate) async fn next_items(
    tx: &Tx,
    rows: &Rows,
    after: Option<&str>,
) -> Result<(Vec<ddbexpr::Item>, Option<String>), Error> {
    let mut scan = Scan::new(rows.all()).limit(SLICE_ROWS);
    scan.bytes_max = SLICE_BYTES;
    if let Some(after) = after {
        scan.range.from = keys::unhex(after)?.into();
    }
    let page = tx.scan(scan).await?;
    let items = page.rows.iter().map(|(_, row)| keys::decode_item(row)).collect::<Result<_, _>>()?;
    Ok((items, page.next.map(|next| keys::hex(&next))))
}

async fn copy(tx: &mut Tx, from_id: &str, to: &CopyTo, after: Option<&str>) -> Result<Option<Task>, Error> {
    let (items, next) = next_items(tx, &Rows::items(keys::space_of(from_id)), after).await?;
    let rest = next.map(|next| Task::Copy { from_id: from_id.to_owned(), to: to.clone(), after: Some(next) });
    match to {
        CopyTo::Backup { account, region, table, id } => {
            let key = (account.as_str(), region.as_str(), table.as_str(), id.as_str());
            let Some(mut backup) = table::get::<BackupRow>(tx, key).await? else { return Ok(None) };
            let space = keys::space_of(&backup.space_id);
            for item in &items {
                let place = item::place_stored(&backup.source.key, item);
                tx.put(place.row(space), keys::encode_item(item)?)?;
            }
            if rest.is_none() {
                backup.is_complete = true;
                table::put(tx, &backup).await?;
            }
            Ok(rest)
        }
        CopyTo::Export { account, region, table, id } => {
            let export = (account.clone(), region.clone(), table.clone(), id.clone());
            let Some(row) = table::get::<ExportRow>(tx, &export).await? else { return Ok(None) };
            for item in &items {
                let place = item::place_stored(&row.source.key, item);
                tx.put(place.row(keys::space_of(&row.space_id)), keys::encode_item(item)?)?;
            }
            Ok(rest.or_else(|| Some(Task::Rewind { from_id: from_id.to_owned(), export, after: None })))
        }
        CopyTo::Table { place, back_to_millis } => {
            let Some(row) = place.find(tx).await? else { return Ok(None) };
            let table = Table::new(row, store::Version::default());
            for item in items {
                let key = item::place_stored(&table.row.key, &item);
                let change = Change { key, old: None, new: Some(item), by_expiry: false };
                write::apply(tx, &table, &change, 0).await?;
            }
            match (rest, back_to_millis) {
                (None, Some(time)) => Ok(Some(Task::Undo {
                    from_id: from_id.to_owned(),
                    place: place.clone(),
                    back_to_millis: *time,
                    after: None,
                })),
                (None, None) => finish_table(tx, table.row).await.map(|()| None),
                (rest, _) => Ok(rest),
            }
        }
    }
}

/// A restored or imported table is ready.
async fn finish_table(tx: &mut Tx, mut row: TableRow) -> Result<(), Error> {
    row.is_creating = false;
    Ok(table::put(tx, &row).await?)
}

/// What the next entries of a history take back to a time: the items of these places as they were, and where to go on.
/// The first change of an item after the time tells what the item was at that time; later ones do not count. Items that
/// were taken back already are marked by rows in the space `marks`.
async fn taken_back(
    tx: &mut Tx,
    from_id: &str,
    marks: &str,
    back_to_millis: i64,
    after: Option<&str>,
) -> Result<(Vec<(ItemKey, Option<ddbexpr::Item>)>, Option<String>), Error> {
    let after = match after {
        Some(text) => Some(record::stamp(&keys::unhex(text)?)?),
        None => None,
    };
    let history = keys::history(keys::space_of(from_id));
    // What is written to the source meanwhile does not matter to this copy, and must not run into it.
    tx.dont_conflict(keys::history_range(keys::space_of(from_id)));
    let entries = record::read(tx, &history, after, UNDONE_ROWS).await?;
    let last = entries.last().map(|entry| keys::hex(&entry.last.0));
    let mut items = Vec::new();
    for entry in &entries {
        let replaced = Replaced::decode(&entry.payload)?;
        let mark = replaced.key.row(keys::space_of(marks));
        if replaced.at_millis > back_to_millis && tx.get(&mark).await?.is_none() {
            tx.put(mark, store::Val::new())?;
            items.push((replaced.key, replaced.old));
        }
    }
    Ok((items, last.filter(|_| entries.len() == UNDONE_ROWS)))
}

/// Takes back the changes of a copied table since a time.
async fn undo(
    tx: &mut Tx,
    from_id: &str,
    place: &Place,
    back_to_millis: i64,
    after: Option<&str>,
) -> Result<Option<Task>, Error> {
    let marks = format!("undone for {}", place.table_id);
    let remove_marks = Task::RemoveTable { table_id: marks.clone() };
    let Some(row) = place.find(tx).await? else { return Ok(Some(remove_marks)) };
    let table = Table::new(row, store::Version::default());
    let (items, next) = taken_back(tx, from_id, &marks, back_to_millis, after).await?;
    for (key, old) in items {
        let now = write::get(tx, &table, &key).await?;
        let change = Change { key, old: now, new: old, by_expiry: false };
        write::apply(tx, &table, &change, 0).await?;
    }
    if next.is_some() {
        let (from_id, place) = (from_id.to_owned(), place.clone());
        return Ok(Some(Task::Undo { from_id, place, back_to_millis, after: next }));
    }
    finish_table(tx, table.row).await?;
    Ok(Some(remove_marks))
}

/// Takes back the changes in the space of an export; then its files can be written.
async fn rewind(
    tx: &mut Tx,
    from_id: &str,
    export: &ExportKey,
    after: Option<&str>,
) -> Result<Option<Task>, Error> {
    let marks = format!("undone for {}", export.3);
    let remove_marks = Task::RemoveTable { table_id: marks.clone() };
    let Some(mut row) = table::get::<ExportRow>(tx, export).await? else { return Ok(Some(remove_marks)) };
    let space = keys::space_of(&row.space_id);
    let (items, next) = taken_back(tx, from_id, &marks, row.at_millis, after).await?;
    for (key, old) in items {
        match old {
            Some(item) => tx.put(key.row(space), keys::encode_item(&item)?)?,
            None => tx.delete(key.row(space))?,
        }
    }
    if next.is_some() {
        let (from_id, export) = (from_id.to_owned(), export.clone());
        return Ok(Some(Task::Rewind { from_id, export, after: next }));
    }
    row.phase = ExportPhase::Writing { after: None };
    table::put(tx, &row).await?;
    Ok(Some(remove_marks))
}

async fn backfill(
    tx: &mut Tx,
    place: &Place,
    number: u32,
    after: Option<&str>,
) -> Result<Option<Task>, Error> {
    let Some(row) = place.find(tx).await? else { return Ok(None) };
    let is_expiry = row.ttl.as_ref().is_some_and(|ttl| ttl.number == number);
    let index = row.indexes.iter().find(|index| index.number == number).cloned();
    if index.is_none() && !is_expiry {
        return Ok(None);
    }
    let table = Table::new(row, store::Version::default());
    let (items, next) = next_items(tx, &Rows::items(table.space), after).await?;
    for item in items {
        let key = item::place_stored(&table.row.key, &item);
        let change = Change { key, old: None, new: Some(item), by_expiry: false };
        match &index {
            Some(index) => fill(tx, &table, index, &change).await?,
            None => write::change_expiry(tx, &table, &change)?,
        }
    }
    if next.is_some() {
        return Ok(Some(Task::Backfill { table: place.clone(), number, after: next }));
    }
    if index.is_some() {
        let mut row = table.row;
        for index in row.indexes.iter_mut().filter(|index| index.number == number) {
            index.is_backfilling = false;
        }
        table::put(tx, &row).await?;
    }
    Ok(None)
}

/// Makes the entry of one item. An item that cannot be in the index is left out, as DynamoDB does with the items that
/// are there before the index; so is one that was written meanwhile and has its entry already.
async fn fill(tx: &mut Tx, table: &Table, index: &IndexRow, change: &Change) -> Result<(), Error> {
    let Some(item) = &change.new else { return Ok(()) };
    let mut only = table.row.clone();
    only.indexes = vec![index.clone()];
    if !item::is_indexed(index, item) || item::check_index_keys(&only, item, IndexWords::Put).is_err() {
        return Ok(());
    }
    let entry = write::entry_key(table, index, item, &change.key);
    if tx.get(&entry).await?.is_none() {
        write::change_entry(tx, table, index, change).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let stored = r#"{"begun_at_millis":1,"id":"i","task":{"Backfill":{"table":{"account":"a","region":"r",
            "name":"n","table_id":"t"},"number":2,"after":null}}}"#;
        let row: WorkRow = serde_json::from_str(stored).unwrap();
        assert!(matches!(row.task, Task::Backfill { number: 2, .. }));
    }
}
