//! INSERT, UPDATE and DELETE.

use std::sync::Arc;

use ddbexpr::partiql::{Change as Asked, Insert, Returning, Statement};
use serde_json::Value as Json;
use store::Tx;

use super::{Outcome, key_attributes};
use crate::error::Error;
use crate::item::{self, IndexWords};
use crate::ops::{put_item, update_item};
use crate::request::{self, ReturnOnFailure};
use crate::table::Table;
use crate::write::{self, Change};

/// Runs a statement that writes.
pub(crate) async fn run(
    tx: &mut Tx,
    table: &Arc<Table>,
    statement: &Statement,
    on_failure: Option<ReturnOnFailure>,
    now_millis: i64,
) -> Result<Outcome, Error> {
    let (change, items) = match statement {
        Statement::Insert(asked) => {
            let change = insert(table, asked)?;
            if write::get(tx, table, &change.key).await?.is_some() {
                return Err(Error::DuplicateItem);
            }
            (change, Vec::new())
        }
        Statement::Update(asked) => update(tx, table, asked, on_failure).await?,
        Statement::Delete(asked) => delete(tx, table, asked, on_failure).await?,
        Statement::Select(_) => return Err(Error::validation("Unsupported operation in transaction.")),
        Statement::Exists(_) => {
            return Err(Error::validation("EXISTS can only be used in ExecuteTransaction write requests."));
        }
    };
    let written = write::apply(tx, table, &change, now_millis).await?;
    Ok(Outcome { items, units: written.units, ..Outcome::default() })
}

/// The one item of an outcome, for operations that show no more.
pub(crate) fn single(outcome: &mut Outcome) -> Option<Json> {
    outcome.items.pop()
}

/// A new item for its place, where nothing may be.
pub(crate) fn insert(table: &Table, asked: &Insert) -> Result<Change, Error> {
    item::check_size(&asked.item, put_item::TOO_LARGE)?;
    let key = item::place_of_new(&table.row, &asked.item)?;
    item::check_index_keys(&table.row, &asked.item, IndexWords::Put)?;
    Ok(Change { key, old: None, new: Some(asked.item.clone()), by_expiry: false })
}

async fn update(
    tx: &Tx,
    table: &Table,
    asked: &Asked,
    on_failure: Option<ReturnOnFailure>,
) -> Result<(Change, Vec<Json>), Error> {
    let (partition, sort) = key_attributes(&table.row, &table.row.key);
    let named = asked.key(partition, sort)?;
    let key = item::place_of_key(&table.row, &named)?;
    update_item::check_update(&table.row, &asked.update)?;
    let old = write::get(tx, table, &key).await?;
    // The condition names the key, so it does not hold for an item that is not there.
    request::require(Some(&asked.condition), old.as_ref(), on_failure)?;
    let new = update_item::updated(Some(&asked.update), old.as_ref(), &named)?;
    item::check_size(&new, "Item size to update has exceeded the maximum allowed size")?;
    item::check_index_keys(&table.row, &new, IndexWords::Update)?;
    let change = Change { key, old, new: Some(new), by_expiry: false };
    let shown = returned(asked, &change);
    Ok((change, shown))
}

async fn delete(
    tx: &Tx,
    table: &Table,
    asked: &Asked,
    on_failure: Option<ReturnOnFailure>,
) -> Result<(Change, Vec<Json>), Error> {
    let (partition, sort) = key_attributes(&table.row, &table.row.key);
    let key = item::place_of_key(&table.row, &asked.key(partition, sort)?)?;
    let old = write::get(tx, table, &key).await?;
    // Nothing to delete is no error, unlike a condition that does not hold.
    if old.is_some() {
        request::require(Some(&asked.condition), old.as_ref(), on_failure)?;
    }
    let change = Change { key, old, new: None, by_expiry: false };
    let shown = returned(asked, &change);
    Ok((change, shown))
}

/// What RETURNING shows. What is not there is not shown, not even empty.
fn returned(asked: &Asked, change: &Change) -> Vec<Json> {
    let Some(returning) = asked.returning else { return Vec::new() };
    let item = match returning {
        Returning::AllOld | Returning::ModifiedOld => &change.old,
        Returning::AllNew | Returning::ModifiedNew => &change.new,
    };
    let Some(item) = item else { return Vec::new() };
    match returning {
        Returning::AllOld | Returning::AllNew => vec![request::write(item)],
        Returning::ModifiedOld | Returning::ModifiedNew => {
            let touched = asked.update.touched(item);
            if touched.is_empty() { Vec::new() } else { vec![request::write(&touched)] }
        }
    }
}
