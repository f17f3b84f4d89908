//! Random writes against a model: table, index, counters and stream must all tell the same story.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use testkit::World;

use super::{item, ok, table, world};

/// What the table must hold, by key.
pub(super) type Model = BTreeMap<(String, i64), Value>;

/// One random write, on the cloud and on the model.
async fn step(world: &World, random: &mut StdRng, model: &mut Model) {
    let (p, s) = (["a", "b", "c"][random.random_range(0..3)], random.random_range(0..8i64));
    let place = (p.to_owned(), s);
    let key = item(p, s, json!({}));
    let x = format!("x{}", random.random_range(0..4));
    match random.random_range(0..5) {
        0 => {
            // Some items are in the index, some are not.
            let more = if random.random() { json!({"x": {"S": x}}) } else { json!({}) };
            let new = item(p, s, more);
            ok(world, "PutItem", json!({"TableName": "things", "Item": new})).await;
            model.insert(place, new);
        }
        1 => {
            ok(world, "DeleteItem", json!({"TableName": "things", "Key": key})).await;
            model.remove(&place);
        }
        2 => {
            let update = json!({
                "TableName": "things", "Key": key, "UpdateExpression": "SET x = :x ADD n :one",
                "ExpressionAttributeValues": {":x": {"S": x}, ":one": {"N": "1"}},
            });
            ok(world, "UpdateItem", update).await;
            let there = model.entry(place).or_insert(key);
            let n: i64 = there["n"]["N"].as_str().map_or(0, |n| n.parse().unwrap());
            there["x"] = json!({"S": x});
            there["n"] = json!({"N": (n + 1).to_string()});
        }
        3 => {
            let update = json!({"TableName": "things", "Key": key, "UpdateExpression": "REMOVE x", "ConditionExpression": "attribute_exists(p)"});
            let done = world.call("dynamodb", "UpdateItem", update).await;
            assert_eq!(done.is_ok(), model.contains_key(&place));
            if let Some(there) = model.get_mut(&place) {
                there.as_object_mut().unwrap().shift_remove("x");
            }
        }
        _ => transaction(world, random, model, place, key).await,
    }
}

/// A transaction that puts one item if another one is not there.
async fn transaction(
    world: &World,
    random: &mut StdRng,
    model: &mut Model,
    place: (String, i64),
    key: Value,
) {
    let other = (format!("d{}", random.random_range(0..3)), 1);
    let new = item(&other.0, other.1, json!({"x": {"S": "moved"}}));
    let items = json!([
        {"Delete": {"TableName": "things", "Key": key}},
        {"Put": {"TableName": "things", "Item": new, "ConditionExpression": "attribute_not_exists(p)"}},
    ]);
    let done = world.call("dynamodb", "TransactWriteItems", json!({"TransactItems": items})).await;
    assert_eq!(done.is_ok(), !model.contains_key(&other));
    if done.is_ok() {
        model.remove(&place);
        model.insert(other, new);
    }
}

/// All items of a scan, page by page, in a comparable order.
pub(super) async fn scanned(world: &World, index: Option<&str>) -> Vec<String> {
    let mut items = Vec::new();
    let mut input = json!({"TableName": "things", "Limit": 7});
    if let Some(index) = index {
        input["IndexName"] = json!(index);
    }
    loop {
        let page = ok(world, "Scan", input.clone()).await;
        items.extend(page["Items"].as_array().unwrap().iter().map(sorted));
        match page.get("LastEvaluatedKey") {
            Some(last) => input["ExclusiveStartKey"] = last.clone(),
            None => break,
        }
    }
    items.sort();
    items
}

/// An item as text with its attributes in order.
pub(super) fn sorted(item: &Value) -> String {
    let members: BTreeMap<&String, &Value> = item.as_object().unwrap().iter().collect();
    serde_json::to_string(&members).unwrap()
}

/// The items that a stream's records lead to.
pub(super) async fn replayed(world: &World, arn: &Value) -> Vec<String> {
    let described = world.ok("dynamodbstreams", "DescribeStream", json!({"StreamArn": arn})).await;
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let input = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let mut iterator = world.ok("dynamodbstreams", "GetShardIterator", input).await["ShardIterator"].clone();
    let mut items: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let input = json!({"ShardIterator": iterator, "Limit": 13});
        let answer = world.ok("dynamodbstreams", "GetRecords", input).await;
        let records = answer["Records"].as_array().unwrap();
        if records.is_empty() {
            return items.into_values().collect();
        }
        for record in records {
            let change = &record["dynamodb"];
            let before = items.remove(&sorted(&change["Keys"]));
            assert_eq!(
                before,
                change.get("OldImage").map(sorted),
                "each record begins where the last one ended"
            );
            if let Some(new) = change.get("NewImage") {
                items.insert(sorted(&change["Keys"]), sorted(new));
            }
        }
        iterator = answer["NextShardIterator"].clone();
    }
}

/// The index of the tables whose stories are told.
pub(super) fn index_of() -> Value {
    json!({
        "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-x",
            "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    })
}

#[tokio::test]
async fn table_index_counters_and_stream_tell_one_story() {
    for seed in [1, 2, 3] {
        println!("seed {seed}");
        let world = world().await;
        let mut more = index_of();
        more["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
        table(&world, "things", more).await;
        let (mut random, mut model) = (StdRng::seed_from_u64(seed), Model::new());
        for _ in 0..200 {
            step(&world, &mut random, &mut model).await;
        }
        let mut wanted: Vec<String> = model.values().map(sorted).collect();
        wanted.sort();
        assert_eq!(scanned(&world, None).await, wanted, "seed {seed}");
        let described = ok(&world, "DescribeTable", json!({"TableName": "things"})).await["Table"].clone();
        let mut streamed = replayed(&world, &described["LatestStreamArn"]).await;
        streamed.sort();
        assert_eq!(streamed, wanted, "seed {seed}");
        let mut indexed: Vec<String> =
            model.values().filter(|item| item.get("x").is_some()).map(sorted).collect();
        indexed.sort();
        assert_eq!(scanned(&world, Some("by-x")).await, indexed, "seed {seed}");
        assert_eq!(described["ItemCount"], model.len());
        assert_eq!(described["GlobalSecondaryIndexes"][0]["ItemCount"], indexed.len());
    }
}

/// Two writers move an amount between accounts in transactions; what is read together always adds up.
#[tokio::test]
async fn transactions_are_serializable() {
    let world = world().await;
    table(&world, "things", json!({})).await;
    let account = |p: &str, n: i64| item(p, 1, json!({"n": {"N": n.to_string()}}));
    for p in ["a", "b"] {
        ok(&world, "PutItem", json!({"TableName": "things", "Item": account(p, 50)})).await;
    }
    let transfer = |from: &str, to: &str| {
        let add = |p: &str, n: &str| {
            json!({"Update": {"TableName": "things", "Key": item(p, 1, json!({})), "UpdateExpression": "ADD n :n",
                "ExpressionAttributeValues": {":n": {"N": n}}}})
        };
        json!({"TransactItems": [add(from, "-1"), add(to, "1")]})
    };
    let gets = ["a", "b"].map(|p| json!({"Get": {"TableName": "things", "Key": item(p, 1, json!({}))}}));
    let writer = async |from: &str, to: &str| {
        for _ in 0..30 {
            ok(&world, "TransactWriteItems", transfer(from, to)).await;
        }
    };
    let reader = async || {
        for _ in 0..30 {
            let read = ok(&world, "TransactGetItems", json!({"TransactItems": gets})).await;
            let n = |at: usize| -> i64 {
                read["Responses"][at]["Item"]["n"]["N"].as_str().unwrap().parse().unwrap()
            };
            assert_eq!(n(0) + n(1), 100);
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writer("a", "b"), writer("b", "a"), writer("a", "b"), reader());
    let read = ok(&world, "TransactGetItems", json!({"TransactItems": gets})).await;
    assert_eq!(read["Responses"][0]["Item"]["n"]["N"], "20");
}
