//! BatchGetItem.

use std::collections::{BTreeMap, BTreeSet};

use cloud::prelude::*;
use ddbexpr::{Projection, size};
use serde_json::Value as Json;

use super::get_item;
use crate::access::{self, Facts};
use crate::capacity::{ConsumedCapacity, ReturnConsumedCapacity, Units, read_units};
use crate::error::Error;
use crate::item;
use crate::keys::ItemKey;
use crate::limits::{BATCH_GET_BYTES_MAX, BATCH_GET_MAX};
use crate::request::{self, Names};
use crate::tables::{self, TableName};
use crate::write;

/// What is read of one table.
#[derive(Clone, Shape)]
pub(crate) struct KeysAndAttributes {
    #[shape(len = 1..=100)]
    keys: Vec<Json>,
    #[shape(len = 1..)]
    attributes_to_get: Option<Vec<String>>,
    consistent_read: Option<bool>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<Names>,
}

#[derive(Shape)]
pub(crate) struct Input {
    request_items: BTreeMap<String, KeysAndAttributes>,
    return_consumed_capacity: Option<ReturnConsumedCapacity>,
}

#[derive(Shape)]
pub(crate) struct Output {
    responses: BTreeMap<String, Vec<Json>>,
    unprocessed_keys: BTreeMap<String, KeysAndAttributes>,
    consumed_capacity: Option<Vec<ConsumedCapacity>>,
}

impl KeysAndAttributes {
    fn projection(&self) -> Result<Option<Projection>, Error> {
        get_item::projection(
            self.projection_expression.as_deref(),
            self.attributes_to_get.as_ref(),
            self.expression_attribute_names.as_ref(),
        )
    }
}

/// Refuses a caller who may not do `action` on the table; each table of a batch has its own policy.
pub(crate) async fn permit(
    cx: &mut Cx,
    action: &str,
    table_name: &str,
    facts: Facts<'_>,
) -> Result<(), Error> {
    let resource = Resource::One(TableName::read(cx, table_name)?.arn());
    let conditions =
        if access::is_bound(cx) { facts.conditions(cx, table_name).await? } else { Conditions::new() };
    let policy = tables::policy(cx, table_name).await?;
    Ok(cx.require_with(action, &resource, policy.as_deref(), &conditions).await?)
}

pub(crate) struct BatchGetItem;

impl Operation for BatchGetItem {
    const NAME: &'static str = "BatchGetItem";
    const KIND: Kind = Kind::Read;
    // Access is decided for each table.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        for (name, asked) in &input.request_items {
            let projection = asked.projection().unwrap_or_default();
            permit(cx, "dynamodb:BatchGetItem", name, input.facts(asked, projection.as_ref())).await?;
        }
        check(&input)?;
        let mut output =
            Output { responses: BTreeMap::new(), unprocessed_keys: BTreeMap::new(), consumed_capacity: None };
        let mut told = Vec::new();
        let mut left = BATCH_GET_BYTES_MAX;
        for (name, asked) in &input.request_items {
            let projection = asked.projection()?;
            let found = read(cx, name, asked).await?;
            let is_consistent = asked.consistent_read.unwrap_or(false);
            let (mut items, mut units, mut rest) = (Vec::new(), 0.0, Vec::new());
            for (key, item) in asked.keys.iter().zip(found) {
                let bytes = item.as_ref().map_or(0, size::item);
                if bytes > left {
                    rest.push(key.clone());
                    continue;
                }
                left -= bytes;
                units += read_units(bytes, is_consistent);
                items.extend(item.as_ref().map(|item| match &projection {
                    Some(projection) => request::write(&projection.of_item(item)),
                    None => request::write(item),
                }));
            }
            output.responses.insert(name.clone(), items);
            if !rest.is_empty() {
                let rest = KeysAndAttributes { keys: rest, ..asked.clone() };
                output.unprocessed_keys.insert(name.clone(), rest);
            }
            told.extend(Units::of_table(units).tell(input.return_consumed_capacity, name));
        }
        output.consumed_capacity = (!told.is_empty()).then_some(told);
        Ok(output)
    }
}

impl Input {
    fn facts<'a>(&self, asked: &'a KeysAndAttributes, projection: Option<&Projection>) -> Facts<'a> {
        let mut facts = Facts { keys: asked.keys.iter().collect(), ..Facts::default() };
        facts.select = Some("ALL_ATTRIBUTES");
        facts.attributes.add_members(asked.keys.first());
        let mut facts = facts.projection(projection);
        facts.return_consumed_capacity = self.return_consumed_capacity;
        facts
    }
}

fn check(input: &Input) -> Result<(), Error> {
    if input.request_items.is_empty() {
        // nubo-db/dynamodb-conformance, tests/tier3/error-messages/batchGetItem
        return Err(Error::validation("The requestItems parameter is required for BatchGetItem"));
    }
    let count: usize = input.request_items.values().map(|asked| asked.keys.len()).sum();
    if count > BATCH_GET_MAX {
        return Err(Error::validation("Too many items requested for the BatchGetItem call"));
    }
    Ok(())
}

async fn read(
    cx: &mut Cx,
    name: &str,
    asked: &KeysAndAttributes,
) -> Result<Vec<Option<ddbexpr::Item>>, Error> {
    let name = TableName::read(cx, name)?;
    let keys: Vec<_> = asked.keys.iter().map(item::read).collect::<Result<_, _>>()?;
    let table = tables::reading(cx, &name).await?;
    let places: Vec<ItemKey> =
        keys.iter().map(|key| item::place_of_key(&table.row, key)).collect::<Result<_, _>>()?;
    if places.iter().collect::<BTreeSet<_>>().len() < places.len() {
        return Err(Error::validation("Provided list of item keys contains duplicates"));
    }
    write::get_many(cx.tx(), &table, &places).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{error, item, ok, table, world};

    fn key(p: &str) -> Value {
        item(p, 1, json!({}))
    }

    #[tokio::test]
    async fn items_of_several_tables() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        table(&world, "others", json!({})).await;
        ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", 1, json!({"x": {"S": "1"}}))}))
            .await;
        ok(&world, "PutItem", json!({"TableName": "others", "Item": key("b")})).await;
        let input = json!({
            "RequestItems": {
                "things": {"Keys": [key("a"), key("none")], "ProjectionExpression": "x"},
                "others": {"Keys": [key("b")], "ConsistentRead": true},
            },
            "ReturnConsumedCapacity": "TOTAL",
        });
        let wanted = json!({
            "Responses": {"things": [{"x": {"S": "1"}}], "others": [key("b")]},
            "UnprocessedKeys": {},
            "ConsumedCapacity": [
                {"TableName": "others", "CapacityUnits": 1}, {"TableName": "things", "CapacityUnits": 1},
            ],
        });
        assert_eq!(ok(&world, "BatchGetItem", input).await, wanted);
    }

    #[tokio::test]
    async fn sixteen_megabytes_are_the_most() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let keys: Vec<Value> = (0..43).map(|s| item("a", s, json!({}))).collect();
        for s in 0..43 {
            let more = json!({"x": {"S": "x".repeat(400_000)}});
            ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", s, more)})).await;
        }
        let input = json!({"RequestItems": {"things": {"Keys": keys}}});
        let answer = ok(&world, "BatchGetItem", input).await;
        let read = answer["Responses"]["things"].as_array().unwrap().len();
        let left = answer["UnprocessedKeys"]["things"]["Keys"].as_array().unwrap().len();
        assert_eq!((read, left), (41, 2));
    }

    /// nubo-db/dynamodb-conformance, tests/tier3/error-messages/batchGetItem
    #[tokio::test]
    async fn wrong_requests_in_dynamodbs_words() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let cases = [
            (json!({}), "The requestItems parameter is required for BatchGetItem"),
            (
                json!({"things": {"Keys": [key("a"), key("a")]}}),
                "Provided list of item keys contains duplicates",
            ),
            (
                json!({"things": {"Keys": [{"p": {"S": "a"}}]}}),
                "The provided key element does not match the schema",
            ),
            (json!({"nothing": {"Keys": [key("a")]}}), "Requested resource not found"),
            (
                json!({"things": {"Keys": [key("a")], "AttributesToGet": ["p"], "ProjectionExpression": "p"}}),
                "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
            ),
        ];
        for (items, text) in cases {
            assert_eq!(error(&world, "BatchGetItem", json!({"RequestItems": items})).await.1, text);
        }
    }
}
