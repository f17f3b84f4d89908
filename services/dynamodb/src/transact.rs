//! Transactions: several actions, of which all happen or none.
//!
//! Differs from AWS: transactions that touch the same items wait for each other; AWS cancels one of them with the
//! reason `TransactionConflict`. A transaction that is over 32 MB with all index entries, stream records and history is
//! refused as one over 4 MB.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud::prelude::*;
use ddbexpr::{Condition, Item, Update, size};
use store::Key;

use crate::capacity::{ItemCollectionMetrics, Units, write_units};
use crate::error::{Error, Reason, TOO_MUCH};
use crate::item::{self, IndexWords};
use crate::keys::{self, ItemKey};
use crate::limits::TRANSACT_BYTES_MAX;
use crate::ops::{put_item, update_item};
use crate::request::ReturnOnFailure;
use crate::table::Table;
use crate::tables::{self, TableName};
use crate::write::{self, Change};

/// Two actions on one item.
pub(crate) const TWICE: &str = "Transaction request cannot include multiple operations on one item";

/// What an action does when its condition holds.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing.
    Check,
    /// Puts the item.
    Put,
    /// Puts the item where none is.
    Insert,
    /// Changes the item.
    Update(Update),
    /// Removes the item.
    Delete,
}

/// An action.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) table: TableName,
    /// The table as the request names it.
    pub(crate) table_name: String,
    /// The new item of a Put or an Insert, the key otherwise.
    pub(crate) item: Item,
    pub(crate) step: Step,
    pub(crate) condition: Option<Condition>,
    pub(crate) on_failure: Option<ReturnOnFailure>,
}

/// What a transaction has done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Units by the names of the tables in the request; already doubled.
    pub(crate) units: BTreeMap<String, Units>,
    /// The item collections that were touched, by table.
    pub(crate) collections: BTreeMap<String, Vec<ItemCollectionMetrics>>,
    /// The sizes of the items, by table: what a repetition reads.
    pub(crate) sizes: BTreeMap<String, Vec<u64>>,
}

/// An action with what it is about.
struct Ready<'a> {
    action: &'a Action,
    table: Arc<Table>,
    key: ItemKey,
    old: Option<Item>,
}

/// Does all actions in the transaction of `cx`, or says why not.
pub(crate) async fn run(cx: &mut Cx, actions: &[Action]) -> Result<Done, Error> {
    let mut opened: BTreeMap<&TableName, Arc<Table>> = BTreeMap::new();
    for Action { table, .. } in actions {
        if !opened.contains_key(table) {
            opened.insert(table, tables::open(cx, table).await?);
        }
    }
    let mut reasons = vec![Reason::NONE; actions.len()];
    let mut placed = Vec::with_capacity(actions.len());
    let mut seen = BTreeSet::new();
    for (index, action) in actions.iter().enumerate() {
        let table = opened[&action.table].clone();
        match place(action, &table) {
            Ok(key) => {
                if !seen.insert((&action.table, key.clone())) {
                    return Err(Error::validation(TWICE));
                }
                placed.push((index, action, table, key));
            }
            Err(error) => reasons[index] = Reason::of(error)?,
        }
    }
    // One read for all: each on its own costs as much as the rest of its action.
    let rows: Vec<Key> = placed.iter().map(|(_, _, table, key)| key.row(table.space)).collect();
    let rows = cx.tx().get_many(&rows).await?;
    let mut ready = Vec::with_capacity(placed.len());
    for ((index, action, table, key), row) in placed.into_iter().zip(rows) {
        let old = row.map(|row| keys::decode_item(&row)).transpose()?;
        ready.push((index, Ready { action, table, key, old }));
    }
    let mut changes = Vec::with_capacity(ready.len());
    for (index, ready) in &ready {
        match judge(ready) {
            Ok(change) => changes.push((ready, change)),
            Err(Verdict::Cancels(reason)) => reasons[*index] = reason,
            Err(Verdict::Fails(error)) => return Err(error),
        }
    }
    if reasons.iter().any(|reason| reason.code != Reason::NONE.code) {
        return Err(Error::cancelled(reasons));
    }
    check_size(&changes)?;
    apply(cx, changes).await
}

fn place(action: &Action, table: &Table) -> Result<ItemKey, Error> {
    match &action.step {
        Step::Put | Step::Insert => {
            let key = item::place_of_new(&table.row, &action.item)?;
            item::check_index_keys(&table.row, &action.item, IndexWords::Put)?;
            item::check_size(&action.item, put_item::TOO_LARGE)?;
            Ok(key)
        }
        Step::Update(update) => {
            update_item::check_update(&table.row, update)?;
            item::place_of_key(&table.row, &action.item)
        }
        Step::Check | Step::Delete => item::place_of_key(&table.row, &action.item),
    }
}

/// Why an action cannot be done.
enum Verdict {
    /// The transaction is cancelled.
    Cancels(Reason),
    /// The request is wrong.
    Fails(Error),
}

impl From<Error> for Verdict {
    fn from(error: Error) -> Self {
        Reason::of(error).map_or_else(Self::Fails, Self::Cancels)
    }
}

/// The change that an action makes; none for a check.
fn judge(ready: &Ready<'_>) -> Result<Option<Change>, Verdict> {
    let Ready { action, table, key, old } = ready;
    let nothing = Item::new();
    let holds = |condition: &Condition| condition.holds(old.as_ref().unwrap_or(&nothing));
    if !action.condition.as_ref().is_none_or(holds) {
        let shown = old.as_ref().filter(|_| action.on_failure == Some(ReturnOnFailure::AllOld));
        return Err(Verdict::Cancels(Reason::condition_failed(shown)));
    }
    let new = match &action.step {
        Step::Check => return Ok(None),
        Step::Insert if old.is_some() => return Err(Verdict::Cancels(Reason::duplicate())),
        Step::Put | Step::Insert => Some(action.item.clone()),
        Step::Delete => None,
        Step::Update(update) => {
            let new = update_item::updated(Some(update), old.as_ref(), &action.item)?;
            item::check_size(&new, "Item size to update has exceeded the maximum allowed size")?;
            item::check_index_keys(&table.row, &new, IndexWords::Update)?;
            Some(new)
        }
    };
    Ok(Some(Change { key: key.clone(), old: old.clone(), new, by_expiry: false }))
}

fn check_size(changes: &[(&Ready<'_>, Option<Change>)]) -> Result<(), Error> {
    let sizes = changes.iter().filter_map(|(_, change)| Some(size::item(change.as_ref()?.new.as_ref()?)));
    if sizes.sum::<usize>() > TRANSACT_BYTES_MAX {
        return Err(Error::validation(TOO_MUCH));
    }
    Ok(())
}

async fn apply(cx: &mut Cx, changes: Vec<(&Ready<'_>, Option<Change>)>) -> Result<Done, Error> {
    let now = cx.now().millis();
    let mut done = Done::default();
    for (ready, change) in changes {
        let name = &ready.action.table_name;
        let old_bytes = ready.old.as_ref().map_or(0, size::item);
        let (units, bytes) = match change {
            None => (Units::of_table(write_units(old_bytes)), old_bytes),
            Some(change) => {
                let written = write::apply(cx.tx(), &ready.table, &change, now).await?;
                if let Some(bytes) = written.collection_bytes {
                    let metrics = ItemCollectionMetrics::of(&ready.table.row, &ready.action.item, bytes);
                    done.collections.entry(name.clone()).or_default().push(metrics);
                }
                let new_bytes = change.new.as_ref().map_or(0, size::item);
                (written.units, old_bytes.max(new_bytes))
            }
        };
        done.units.entry(name.clone()).or_default().add(&units.doubled());
        done.sizes.entry(name.clone()).or_default().push(bytes as u64);
    }
    Ok(done)
}
