//! BatchWriteItem.
//!
//! Everything is always processed: `UnprocessedItems` is empty.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud::prelude::*;
use ddbexpr::{Item, size};
use serde_json::Value as Json;
use store::{Key, Tx};

use super::batch_get_item::permit;
use super::put_item::TOO_LARGE;
use crate::access::Facts;
use crate::capacity::{
    ConsumedCapacity, ItemCollectionMetrics, ReturnConsumedCapacity, ReturnItemCollectionMetrics, Units,
};
use crate::error::Error;
use crate::item::{self, IndexWords};
use crate::keys::{self, ItemKey};
use crate::limits::{BATCH_WRITE_MAX, BATCH_WRITE_SLICE_BYTES};
use crate::table::Table;
use crate::tables::{self, TableName, Tables};
use crate::write::{self, Change};

/// An item to be put.
#[derive(Clone, Shape)]
pub(crate) struct PutRequest {
    item: Json,
}

/// An item to be deleted.
#[derive(Clone, Shape)]
pub(crate) struct DeleteRequest {
    key: Json,
}

/// One of the requests.
#[derive(Clone, Shape)]
pub(crate) struct WriteRequest {
    put_request: Option<PutRequest>,
    delete_request: Option<DeleteRequest>,
}

#[derive(Shape)]
pub(crate) struct Input {
    request_items: BTreeMap<String, Vec<WriteRequest>>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
    return_item_collection_metrics: Option<ReturnItemCollectionMetrics>,
}

#[derive(Shape)]
pub(crate) struct Output {
    unprocessed_items: BTreeMap<String, Vec<WriteRequest>>,
    item_collection_metrics: Option<BTreeMap<String, Vec<ItemCollectionMetrics>>>,
    consumed_capacity: Option<Vec<ConsumedCapacity>>,
}

/// A request that was read.
#[derive(Clone, Debug)]
struct Wanted {
    table_name: String,
    table: TableName,
    /// The new item, or the key of the old one.
    item: Item,
    is_put: bool,
}

impl WriteRequest {
    fn subject(&self) -> Option<(&Json, bool)> {
        match (&self.put_request, &self.delete_request) {
            (Some(put), None) => Some((&put.item, true)),
            (None, Some(delete)) => Some((&delete.key, false)),
            _ => None,
        }
    }
}

impl Wanted {
    fn place(&self, table: &Table) -> Result<ItemKey, Error> {
        if !self.is_put {
            return item::place_of_key(&table.row, &self.item);
        }
        // In a batch, a wrong key of a new item has the words for keys.
        let key = item::key_of(&table.row.key, &self.item);
        let place = item::place_of_key(&table.row, &key)?;
        item::check_index_keys(&table.row, &self.item, IndexWords::Put)?;
        Ok(place)
    }
}

pub(crate) struct BatchWriteItem;

impl Operation for BatchWriteItem {
    const NAME: &'static str = "BatchWriteItem";
    // A batch is no transaction: it may be more than one commit can hold.
    const KIND: Kind = Kind::Free;
    // Access is decided for each table.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        for (name, requests) in &input.request_items {
            permit(cx, "dynamodb:BatchWriteItem", name, input.facts(requests)).await?;
        }
        let wanted = read(cx, &input)?;
        check(cx, &wanted).await?;
        let mut units: BTreeMap<String, Units> = BTreeMap::new();
        let mut collections: BTreeMap<String, Vec<ItemCollectionMetrics>> = BTreeMap::new();
        for slice in slices(wanted) {
            for (name, more, metrics) in write(cx, slice).await? {
                units.entry(name.clone()).or_default().add(&more);
                if let Some(metrics) = metrics {
                    let all = collections.entry(name).or_default();
                    if !all.iter().any(|other| other.item_collection_key == metrics.item_collection_key) {
                        all.push(metrics);
                    }
                }
            }
        }
        let told: Vec<_> = units
            .iter()
            .filter_map(|(name, units)| units.tell(input.return_consumed_capacity, name))
            .collect();
        let metrics = input.return_item_collection_metrics == Some(ReturnItemCollectionMetrics::Size);
        Ok(Output {
            unprocessed_items: BTreeMap::new(),
            item_collection_metrics: (metrics && !collections.is_empty()).then_some(collections),
            consumed_capacity: (!told.is_empty()).then_some(told),
        })
    }
}

impl Input {
    fn facts<'a>(&self, requests: &'a [WriteRequest]) -> Facts<'a> {
        let keys: Vec<&Json> = requests.iter().filter_map(|request| Some(request.subject()?.0)).collect();
        let mut facts = Facts::default();
        keys.iter().for_each(|key| facts.attributes.add_members(Some(*key)));
        Facts { keys, return_consumed_capacity: self.return_consumed_capacity, ..facts }
    }
}

fn read(cx: &Cx, input: &Input) -> Result<Vec<Arc<Wanted>>, Error> {
    if input.request_items.is_empty() {
        // nubo-db/dynamodb-conformance, tests/tier3/error-messages/batchWriteItem
        return Err(Error::validation("The requestItems parameter is required for BatchWriteItem"));
    }
    let count: usize = input.request_items.values().map(Vec::len).sum();
    if count > BATCH_WRITE_MAX {
        return Err(Error::validation("Too many items requested for the BatchWriteItem call"));
    }
    let mut wanted = Vec::with_capacity(count);
    for (table_name, requests) in &input.request_items {
        if requests.is_empty() {
            return Err(Error::validation(format!(
                "1 validation error detected: Value '{{{table_name}=[]}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
            )));
        }
        for request in requests {
            let (subject, is_put) = request.subject().ok_or_else(|| {
                Error::validation(
                    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
                )
            })?;
            let item = item::read(subject)?;
            if is_put {
                item::check_size(&item, TOO_LARGE)?;
            }
            let table = TableName::read(cx, table_name)?;
            wanted.push(Arc::new(Wanted { table_name: table_name.clone(), table, item, is_put }));
        }
    }
    Ok(wanted)
}

/// Refuses the whole batch when any of it cannot be done.
async fn check(cx: &Cx, wanted: &[Arc<Wanted>]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for wanted in wanted {
        let table = tables::reading(cx, &wanted.table).await?;
        if !seen.insert((&wanted.table, wanted.place(&table)?)) {
            return Err(Error::validation("Provided list of item keys contains duplicates"));
        }
    }
    Ok(())
}

/// Parts of a batch that fit into a commit each.
fn slices(wanted: Vec<Arc<Wanted>>) -> Vec<Vec<Arc<Wanted>>> {
    let mut slices: Vec<Vec<Arc<Wanted>>> = Vec::new();
    let mut bytes = usize::MAX;
    for wanted in wanted {
        let more = size::item(&wanted.item);
        if bytes.saturating_add(more) > BATCH_WRITE_SLICE_BYTES {
            slices.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(last) = slices.last_mut() {
            last.push(wanted);
        }
    }
    slices
}

type Cost = (String, Units, Option<ItemCollectionMetrics>);

async fn write(cx: &Cx, slice: Vec<Arc<Wanted>>) -> Result<Vec<Cost>, Error> {
    let tables = cx.state::<Tables>();
    let now = cx.now().millis();
    cx.transact(move |tx| {
        let (slice, tables) = (slice.clone(), tables.clone());
        Box::pin(async move { write_slice(tx, &tables, &slice, now).await })
    })
    .await
}

async fn write_slice(
    tx: &mut Tx,
    tables: &Tables,
    slice: &[Arc<Wanted>],
    now: i64,
) -> Result<Vec<Cost>, Error> {
    let mut opened: BTreeMap<&TableName, Arc<Table>> = BTreeMap::new();
    let mut placed = Vec::with_capacity(slice.len());
    for wanted in slice {
        if !opened.contains_key(&wanted.table) {
            let table = tables::load_in(tx, tables, &wanted.table).await?.ok_or(Error::NotFound)?;
            opened.insert(&wanted.table, table);
        }
        let table = opened[&wanted.table].clone();
        let key = wanted.place(&table)?;
        placed.push((wanted, table, key));
    }
    let rows: Vec<Key> = placed.iter().map(|(_, table, key)| key.row(table.space)).collect();
    let rows = tx.get_many(&rows).await?;
    let mut costs = Vec::with_capacity(slice.len());
    for ((wanted, table, key), row) in placed.into_iter().zip(rows) {
        let old = row.map(|row| keys::decode_item(&row)).transpose()?;
        let new = wanted.is_put.then(|| wanted.item.clone());
        let written = write::apply(tx, &table, &Change { key, old, new, by_expiry: false }, now).await?;
        let metrics =
            written.collection_bytes.map(|bytes| ItemCollectionMetrics::of(&table.row, &wanted.item, bytes));
        costs.push((wanted.table_name.clone(), written.units, metrics));
    }
    Ok(costs)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{error, item, ok, table, world};

    fn put(p: &str, s: i64, more: Value) -> Value {
        json!({"PutRequest": {"Item": item(p, s, more)}})
    }

    #[tokio::test]
    async fn large_batches_are_written() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let puts: Vec<Value> =
            (0..25).map(|s| put("a", s, json!({"x": {"S": "x".repeat(400_000)}}))).collect();
        let input = json!({"RequestItems": {"things": puts}, "ReturnConsumedCapacity": "TOTAL"});
        let answer = ok(&world, "BatchWriteItem", input).await;
        assert_eq!(answer["UnprocessedItems"], json!({}));
        assert_eq!(answer["ConsumedCapacity"][0]["CapacityUnits"], 25.0 * 391.0);
        let deletes: Vec<Value> =
            (0..25).map(|s| json!({"DeleteRequest": {"Key": item("a", s, json!({}))}})).collect();
        ok(&world, "BatchWriteItem", json!({"RequestItems": {"things": deletes}})).await;
        assert_eq!(ok(&world, "Scan", json!({"TableName": "things"})).await["Count"], 0);
    }

    /// nubo-db/dynamodb-conformance, tests/tier3/error-messages/batchWriteItem
    #[tokio::test]
    async fn wrong_requests_in_dynamodbs_words() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let mismatch = "The provided key element does not match the schema";
        let delete = json!({"DeleteRequest": {"Key": item("a", 1, json!({}))}});
        let cases = [
            (json!({}), "The requestItems parameter is required for BatchWriteItem"),
            (
                json!({"things": [put("a", 1, json!({})), delete]}),
                "Provided list of item keys contains duplicates",
            ),
            (json!({"things": [put("a", 1, json!({"p": {"N": "1"}}))]}), mismatch),
            (json!({"nothing": [put("a", 1, json!({}))]}), "Requested resource not found"),
            (
                json!({"things": [put("", 1, json!({}))]}),
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
            ),
        ];
        for (items, text) in cases {
            assert_eq!(error(&world, "BatchWriteItem", json!({"RequestItems": items})).await.1, text);
        }
        let many: Vec<Value> = (0..26).map(|s| put("a", s, json!({}))).collect();
        let code = error(&world, "BatchWriteItem", json!({"RequestItems": {"things": many}})).await.0;
        assert_eq!(code, "ValidationException");
        assert_eq!(ok(&world, "Scan", json!({"TableName": "things"})).await["Count"], 0);
    }
}
