//! Items and their keys: what a key must be, and where an item stands.

use ddbexpr::limits::{ITEM_BYTES_MAX, PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX};
use ddbexpr::{Item, Value, key as order, size};
use serde_json::Value as Json;

use crate::error::Error;
use crate::keys::ItemKey;
use crate::table::{IndexRow, KeyNames, Projected, TableRow};

/// Reads a map of attribute values as it stands in a request.
pub(crate) fn read(json: &Json) -> Result<Item, Error> {
    Ok(ddbexpr::json::read_item(json)?)
}

/// The same for an optional member; an explicit null counts as absent.
pub(crate) fn read_optional(json: Option<&Json>) -> Result<Option<Item>, Error> {
    json.filter(|json| !json.is_null()).map(read).transpose()
}

/// The place of an item that is to be put, which must have the key attributes among its others.
pub(crate) fn place_of_new(table: &TableRow, item: &Item) -> Result<ItemKey, Error> {
    for name in table.key.iter() {
        let expected = table.kind_of(name).value_kind();
        let value = item
            .get(name)
            .ok_or_else(|| Error::parameter(format_args!("Missing the key {name} in the item")))?;
        if value.kind() != expected {
            return Err(Error::parameter(format_args!(
                "Type mismatch for key {name} expected: {} actual: {}",
                expected.name(),
                value.kind().name()
            )));
        }
    }
    place(&table.key, item)
}

/// The place that a request names by the key attributes alone.
pub(crate) fn place_of_key(table: &TableRow, key: &Item) -> Result<ItemKey, Error> {
    let fits = key.len() == table.key.iter().count()
        && table
            .key
            .iter()
            .all(|name| key.get(name).is_some_and(|value| value.kind() == table.kind_of(name).value_kind()));
    if !fits {
        return Err(Error::validation("The provided key element does not match the schema"));
    }
    place(&table.key, key)
}

/// The place of an item whose key attributes are known to be of the right types.
pub(crate) fn place(names: &KeyNames, item: &Item) -> Result<ItemKey, Error> {
    for name in names.iter() {
        order::require_content(name, &item[name])?;
    }
    check_sizes(names, item)?;
    Ok(place_stored(names, item))
}

/// The place of an item that is stored.
pub(crate) fn place_stored(names: &KeyNames, item: &Item) -> ItemKey {
    ItemKey::new(&item[&names.hash], names.range.as_ref().map(|name| &item[name]))
}

fn check_sizes(names: &KeyNames, item: &Item) -> Result<(), Error> {
    // The missing blank is DynamoDB's.
    if size::value(&item[&names.hash]) > PARTITION_KEY_BYTES_MAX {
        return Err(Error::parameter(format_args!(
            "Size of hashkey has exceeded the maximum size limit of{PARTITION_KEY_BYTES_MAX} bytes"
        )));
    }
    let range = names.range.as_ref().map(|name| &item[name]);
    if range.is_some_and(|range| size::value(range) > SORT_KEY_BYTES_MAX) {
        return Err(Error::parameter(format_args!(
            "Aggregated size of all range keys has exceeded the size limit of {SORT_KEY_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}

/// The key attributes of an item.
pub(crate) fn key_of(names: &KeyNames, item: &Item) -> Item {
    names.iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
}

/// Refuses an item over 400 KB.
pub(crate) fn check_size(item: &Item, text: &str) -> Result<(), Error> {
    if size::item(item) > ITEM_BYTES_MAX { Err(Error::validation(text)) } else { Ok(()) }
}

/// What refuses a value under the key of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexWords {
    /// Of a whole item.
    Put,
    /// Of an update.
    Update,
}

/// Refuses an item whose attributes cannot stand in the keys of the table's indexes. An item without such attributes
/// is simply not in the index.
pub(crate) fn check_index_keys(table: &TableRow, item: &Item, words: IndexWords) -> Result<(), Error> {
    for index in &table.indexes {
        for name in index.key.iter().filter(|name| !table.key.has(name)) {
            if let Some(value) = item.get(name) {
                check_index_key(table, index, name, value, words)?;
            }
        }
        if is_indexed(index, item) {
            check_sizes(&index.key, item)?;
        }
    }
    Ok(())
}

fn check_index_key(
    table: &TableRow,
    index: &IndexRow,
    name: &str,
    value: &Value,
    words: IndexWords,
) -> Result<(), Error> {
    let expected = table.kind_of(name).value_kind();
    if value.kind() != expected {
        return Err(Error::parameter(format_args!(
            "Type mismatch for Index Key {name} Expected: {} Actual: {} IndexName: {}",
            expected.name(),
            value.kind().name(),
            index.name
        )));
    }
    let kind = match value {
        Value::S(text) if text.is_empty() => "string",
        Value::B(bytes) if bytes.is_empty() => "binary",
        _ => return Ok(()),
    };
    Err(Error::validation(match words {
        IndexWords::Put => format!(
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value. IndexName: {}, IndexKey: {name}",
            index.name
        ),
        IndexWords::Update => format!(
            "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value."
        ),
    }))
}

/// Whether the index has an entry for the item.
pub(crate) fn is_indexed(index: &IndexRow, item: &Item) -> bool {
    index.key.iter().all(|name| item.contains_key(name))
}

/// What the index holds of an item.
pub(crate) fn project(table: &TableRow, index: &IndexRow, item: &Item) -> Item {
    match &index.projected {
        Projected::All => item.clone(),
        Projected::KeysOnly => keep(table, index, &[], item),
        Projected::Include(names) => keep(table, index, names, item),
    }
}

fn keep(table: &TableRow, index: &IndexRow, included: &[String], item: &Item) -> Item {
    let names = table.key.iter().chain(index.key.iter()).chain(included.iter().map(String::as_str));
    names.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
}

/// Whether the index holds all attributes of these names.
pub(crate) fn covers<'a>(
    table: &TableRow,
    index: &IndexRow,
    mut names: impl Iterator<Item = &'a str>,
) -> bool {
    match &index.projected {
        Projected::All => true,
        Projected::KeysOnly => names.all(|name| table.key.has(name) || index.key.has(name)),
        Projected::Include(included) => names.all(|name| {
            table.key.has(name) || index.key.has(name) || included.iter().any(|other| other == name)
        }),
    }
}
