//! Changing an item: the row, its index entries, counters, stream record and history, all in one transaction.

use ddbexpr::{Item, Value, size};
use store::layer::counter;
use store::{Key, Range, Tx};

use crate::capacity::{ItemCollectionMetrics, ReturnItemCollectionMetrics, Units, write_units};
use crate::error::Error;
use crate::item::{is_indexed, key_of, project};
use crate::keys::{self, Counted, ItemKey, Rows};
use crate::limits::COLLECTION_BYTES_MAX;
use crate::record::{Event, Replaced, StreamRecord, Unreplicated};
use crate::table::{IndexRow, Table, TableRow};

/// An item before and after.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) key: ItemKey,
    pub(crate) old: Option<Item>,
    pub(crate) new: Option<Item>,
    /// It expired.
    pub(crate) by_expiry: bool,
}

/// What a change has cost, and how large its item collection is now when the table has local indexes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) units: Units,
    pub(crate) collection_bytes: Option<i64>,
}

impl Written {
    /// The metrics of the item collection, when they are asked for and there is one.
    pub(crate) fn metrics(
        &self,
        asked: Option<ReturnItemCollectionMetrics>,
        table: &TableRow,
        item: Option<&Item>,
    ) -> Option<ItemCollectionMetrics> {
        let bytes = self.collection_bytes.filter(|_| asked == Some(ReturnItemCollectionMetrics::Size))?;
        Some(ItemCollectionMetrics::of(table, item?, bytes))
    }
}

/// The item at a place.
pub(crate) async fn get(tx: &Tx, table: &Table, key: &ItemKey) -> Result<Option<Item>, Error> {
    tx.get(&key.row(table.space)).await?.map(|row| keys::decode_item(&row)).transpose()
}

/// The items at several places, in their order.
pub(crate) async fn get_many(tx: &Tx, table: &Table, keys: &[ItemKey]) -> Result<Vec<Option<Item>>, Error> {
    let places: Vec<Key> = keys.iter().map(|key| key.row(table.space)).collect();
    let rows = tx.get_many(&places).await?;
    rows.into_iter().map(|row| row.map(|row| crate::keys::decode_item(&row)).transpose()).collect()
}

/// Makes a change.
pub(crate) async fn apply(
    tx: &mut Tx,
    table: &Table,
    change: &Change,
    now_millis: i64,
) -> Result<Written, Error> {
    let (old_bytes, new_bytes) = (bytes_of(change.old.as_ref()), bytes_of(change.new.as_ref()));
    let mut written =
        Written { units: Units::of_table(write_units(old_bytes.max(new_bytes))), collection_bytes: None };
    if change.old == change.new {
        if table.row.indexes_of(false).next().is_some() {
            written.collection_bytes = Some(collection_bytes(tx, table, &change.key).await?);
        }
        return Ok(written);
    }
    let row = change.key.row(table.space);
    match &change.new {
        Some(item) => tx.put(row, keys::encode_item(item)?).map_err(Error::of_write)?,
        None => tx.delete(row)?,
    }
    count(tx, table, 0, change)?;
    let mut collection_growth = new_bytes as i64 - old_bytes as i64;
    for index in &table.row.indexes {
        let (units, growth) = change_entry(tx, table, index, change).await?;
        written.units.add_index(&index.name, index.is_global, units);
        if !index.is_global {
            collection_growth += growth;
        }
    }
    change_expiry(tx, table, change)?;
    if table.row.indexes_of(false).next().is_some() {
        written.collection_bytes = Some(grow_collection(tx, table, change, collection_growth).await?);
    }
    remember(tx, table, change, now_millis)?;
    Ok(written)
}

fn bytes_of(item: Option<&Item>) -> usize {
    item.map_or(0, size::item)
}

/// Counts items and bytes of a table or index.
fn count(tx: &mut Tx, table: &Table, number: u32, change: &Change) -> Result<(), Error> {
    let items = i64::from(change.new.is_some()) - i64::from(change.old.is_some());
    let bytes = bytes_of(change.new.as_ref()) as i64 - bytes_of(change.old.as_ref()) as i64;
    for (counted, n) in [(Counted::Items, items), (Counted::Bytes, bytes)] {
        if n != 0 {
            counter::add(tx, keys::counter(table.space, number, counted), n)?;
        }
    }
    Ok(())
}

/// Changes the entry of an index; answers what that costs, and by how many bytes the entry grew.
///
/// An index pays for what its entry's change is: nothing when what it holds stays the same, one write when it comes,
/// goes or changes in place, two when it moves.
pub(crate) async fn change_entry(
    tx: &mut Tx,
    table: &Table,
    index: &IndexRow,
    change: &Change,
) -> Result<(f64, i64), Error> {
    let held = |item: &Option<Item>| {
        item.as_ref().filter(|item| is_indexed(index, item)).map(|item| project(&table.row, index, item))
    };
    let (mut old, new) = (held(&change.old), held(&change.new));
    let place = |item: &Item| entry_key(table, index, item, &change.key);
    let mut old_place = old.as_ref().map(place);
    // Of an index that is being filled, the entry of this item may not be there yet: it counts when it comes.
    if let (true, Some(from)) = (index.is_backfilling, &old_place)
        && tx.get(from).await?.is_none()
    {
        (old, old_place) = (None, None);
    }
    if old == new {
        return Ok((0.0, 0));
    }
    let new_place = new.as_ref().map(place);
    let (old_bytes, new_bytes) = (bytes_of(old.as_ref()), bytes_of(new.as_ref()));
    let units = match (&old_place, &new_place) {
        (Some(from), Some(to)) if from != to => write_units(old_bytes) + write_units(new_bytes),
        _ => write_units(old_bytes.max(new_bytes)),
    };
    if let Some(from) = old_place.filter(|from| Some(from) != new_place.as_ref()) {
        tx.delete(from)?;
    }
    if let (Some(to), Some(item)) = (new_place, &new) {
        tx.put(to, keys::encode_item(item)?).map_err(Error::of_write)?;
    }
    let entries = Change { key: change.key.clone(), old, new, by_expiry: false };
    count(tx, table, index.number, &entries)?;
    Ok((units, new_bytes as i64 - old_bytes as i64))
}

/// The key of an item's entry in an index that has it.
pub(crate) fn entry_key(table: &Table, index: &IndexRow, item: &Item, key: &ItemKey) -> Key {
    let rows = Rows::entries(table.space, index.number, index.key.range.is_some());
    rows.entry(&item[&index.key.hash], index.key.range.as_ref().map(|name| &item[name]), key)
}

/// The seconds since 1970 at which an item expires. Expiry counts only numbers.
pub(crate) fn expires_at(item: &Item, attribute: &str) -> Option<u64> {
    let Value::N(number) = item.get(attribute)? else { return None };
    // Fractions count for nothing.
    let whole = number.to_string();
    let whole = whole.split_once('.').map_or(whole.as_str(), |(whole, _)| whole);
    whole.parse().ok()
}

/// Changes the entry by which an expiring item is found.
pub(crate) fn change_expiry(tx: &mut Tx, table: &Table, change: &Change) -> Result<(), Error> {
    let Some(ttl) = &table.row.ttl else { return Ok(()) };
    let at = |item: &Option<Item>| item.as_ref().and_then(|item| expires_at(item, &ttl.attribute));
    let (old, new) = (at(&change.old), at(&change.new));
    if old == new {
        return Ok(());
    }
    if let Some(at) = old {
        tx.delete(keys::expiry_entry(table.space, ttl.number, at, &change.key))?;
    }
    if let Some(at) = new {
        tx.put(
            keys::expiry_entry(table.space, ttl.number, at, &change.key),
            Replaced { at_millis: 0, key: change.key.clone(), old: None }.encode(),
        )?;
    }
    Ok(())
}

async fn collection_bytes(tx: &mut Tx, table: &Table, key: &ItemKey) -> Result<i64, Error> {
    let counter = keys::collection_counter(table.space, key);
    // An estimate: two writes to one collection must not run into each other because of it.
    tx.dont_conflict(Range::prefix(counter.clone()));
    Ok(tx.get_counter(&counter).await?)
}

async fn grow_collection(tx: &mut Tx, table: &Table, change: &Change, growth: i64) -> Result<i64, Error> {
    if growth != 0 {
        counter::add(tx, keys::collection_counter(table.space, &change.key), growth)?;
    }
    let bytes = collection_bytes(tx, table, &change.key).await?;
    if growth > 0 && bytes > COLLECTION_BYTES_MAX {
        return Err(Error::CollectionTooLarge);
    }
    Ok(bytes)
}

/// Writes the stream record, the change for Kinesis and the history entry.
fn remember(tx: &mut Tx, table: &Table, change: &Change, now_millis: i64) -> Result<(), Error> {
    let row = &table.row;
    if let Some(stream) = row.open_stream() {
        let (old, new) = (stream.view.has_old(), stream.view.has_new());
        let record = record_of(table, change, now_millis, (old, new));
        let records = keys::records(&row.account, &row.region, &row.name, &stream.label);
        keys::append(tx, &records, &record.encode())?;
    }
    if let Some(destination) = row.destination() {
        let record = record_of(table, change, now_millis, (true, true));
        let precision = destination.precision;
        let waiting = Unreplicated { table: row.name.clone(), precision, record };
        keys::append(tx, &keys::unreplicated(&destination.stream_arn), &waiting.encode())?;
    }
    if row.recovery.is_some() {
        let replaced = Replaced { at_millis: now_millis, key: change.key.clone(), old: change.old.clone() };
        keys::append(tx, &keys::history(table.space), &replaced.encode())?;
    }
    Ok(())
}

/// The record of a change, with the old image and the new one or without.
fn record_of(table: &Table, change: &Change, now_millis: i64, images: (bool, bool)) -> StreamRecord {
    let event = match (&change.old, &change.new) {
        (Some(_), Some(_)) => Event::Modify,
        (_, None) => Event::Remove,
        (None, Some(_)) => Event::Insert,
    };
    let any = change.old.as_ref().or(change.new.as_ref());
    StreamRecord {
        event,
        at_millis: now_millis,
        by_expiry: change.by_expiry,
        keys: any.map(|item| key_of(&table.row.key, item)).unwrap_or_default(),
        new: change.new.clone().filter(|_| images.1),
        old: change.old.clone().filter(|_| images.0),
    }
}
