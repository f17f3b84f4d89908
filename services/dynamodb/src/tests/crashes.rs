//! Random histories with crashes, on whatever store the tests run: a call is cut off at some moment, its node is never
//! seen again, another one goes on. What was acknowledged is there; what was cut off happened whole or not at all; and
//! table, index, counters and stream tell one story.

use std::pin::pin;
use std::task::Poll;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use testkit::World;

use super::model::{Model, index_of, replayed, scanned, sorted};
use super::{item, ok, table};

/// Nodes of a history: each crash costs one.
const NODES: u32 = 12;
/// Steps of a history.
const STEPS: usize = 160;

/// What a step asks for, and what the model is after it.
struct Step {
    operation: &'static str,
    input: Value,
    after: Model,
    /// Whether it succeeds.
    is_taken: bool,
}

fn step(random: &mut StdRng, model: &Model) -> Step {
    let mut place = || (["a", "b", "c"][random.random_range(0..3)].to_owned(), random.random_range(0..8i64));
    let (one, two) = (place(), place());
    let x = format!("x{}", random.random_range(0..4));
    let key = |place: &(String, i64)| item(&place.0, place.1, json!({}));
    let (mut after, mut is_taken) = (model.clone(), true);
    let (operation, input) = match random.random_range(0..6) {
        0 | 1 => {
            let more = if random.random() { json!({"x": {"S": x}}) } else { json!({}) };
            let new = item(&one.0, one.1, more);
            after.insert(one, new.clone());
            ("PutItem", json!({"TableName": "things", "Item": new}))
        }
        2 => {
            after.remove(&one);
            ("DeleteItem", json!({"TableName": "things", "Key": key(&one)}))
        }
        3 => {
            let there = after.entry(one.clone()).or_insert_with(|| key(&one));
            let n: i64 = there["n"]["N"].as_str().map_or(0, |n| n.parse().unwrap());
            there["n"] = json!({"N": (n + 1).to_string()});
            let update = json!({
                "TableName": "things", "Key": key(&one), "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            });
            ("UpdateItem", update)
        }
        4 => {
            let new = item(&two.0, two.1, json!({"x": {"S": x}}));
            after.remove(&one);
            after.insert(two.clone(), new.clone());
            let requests = match one == two {
                true => json!([{"PutRequest": {"Item": new}}]),
                false => json!([{"DeleteRequest": {"Key": key(&one)}}, {"PutRequest": {"Item": new}}]),
            };
            ("BatchWriteItem", json!({"RequestItems": {"things": requests}}))
        }
        _ => {
            // Moves the first item to the second place, if that is free and the first is not.
            let moved = item(&two.0, two.1, json!({"x": {"S": "moved"}}));
            is_taken = model.contains_key(&one) && !model.contains_key(&two) && one != two;
            if is_taken {
                after.remove(&one);
                after.insert(two, moved.clone());
            }
            let items = json!([
                {"Delete": {"TableName": "things", "Key": key(&one), "ConditionExpression": "attribute_exists(p)"}},
                {"Put": {"TableName": "things", "Item": moved, "ConditionExpression": "attribute_not_exists(p)"}},
            ]);
            ("TransactWriteItems", json!({"TransactItems": items}))
        }
    };
    Step { operation, input, after, is_taken }
}

/// Lets a call go on for so many turns. None when it was not at its end by then: it is never heard of again.
async fn cut_off<T>(call: impl Future<Output = T>, turns: u32) -> Option<T> {
    let mut call = pin!(call);
    let mut left = turns;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        call.as_mut().poll(cx).map(Some)
    })
    .await
}

/// What a dead node had handed to the store is through when later writes are.
async fn settle(world: &World) {
    for n in 0..3 {
        let item = item("settled", n, json!({}));
        ok(world, "PutItem", json!({"TableName": "others", "Item": item})).await;
    }
}

/// Everything tells the model's story.
async fn check(world: &World, model: &Model, seed: u64) {
    let mut wanted: Vec<String> = model.values().map(sorted).collect();
    wanted.sort();
    assert_eq!(scanned(world, None).await, wanted, "seed {seed}: the table");
    let described = ok(world, "DescribeTable", json!({"TableName": "things"})).await["Table"].clone();
    let mut streamed = replayed(world, &described["LatestStreamArn"]).await;
    streamed.sort();
    assert_eq!(streamed, wanted, "seed {seed}: the stream");
    let mut indexed: Vec<String> =
        model.values().filter(|item| item.get("x").is_some()).map(sorted).collect();
    indexed.sort();
    assert_eq!(scanned(world, Some("by-x")).await, indexed, "seed {seed}: the index");
    assert_eq!(described["ItemCount"], model.len(), "seed {seed}: the count of items");
    assert_eq!(
        described["GlobalSecondaryIndexes"][0]["ItemCount"],
        indexed.len(),
        "seed {seed}: of the index"
    );
}

async fn history(seed: u64) -> usize {
    println!("seed {seed}");
    let mut nodes = World::nodes(&[&crate::DYNAMODB, &crate::DYNAMODB_STREAMS], NODES).await;
    let mut more = index_of();
    more["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
    table(&nodes[0], "things", more).await;
    table(&nodes[0], "others", json!({})).await;
    let (mut random, mut model, mut crashes) = (StdRng::seed_from_u64(seed), Model::new(), 0);
    for _ in 0..STEPS {
        let node = &nodes[random.random_range(0..nodes.len())];
        let step = step(&mut random, &model);
        let call = node.call("dynamodb", step.operation, step.input.clone());
        if nodes.len() == 1 || random.random_range(0..8) > 0 {
            let done = call.await;
            assert_eq!(done.is_ok(), step.is_taken, "seed {seed}: {} {}", step.operation, step.input);
            model = step.after;
            continue;
        }
        let done = cut_off(call, random.random_range(1..6)).await;
        let dead = random.random_range(0..nodes.len());
        drop(nodes.swap_remove(dead));
        settle(&nodes[0]).await;
        crashes += usize::from(done.is_none());
        let now = scanned(&nodes[0], None).await;
        let told = |model: &Model| {
            let mut all: Vec<String> = model.values().map(sorted).collect();
            all.sort();
            all
        };
        if now == told(&step.after) {
            model = step.after;
        } else {
            assert_eq!(now, told(&model), "seed {seed}: {} was cut in two", step.operation);
            assert!(done.is_none_or(|done| done.is_err()), "seed {seed}: an acknowledged write is lost");
        }
        check(&nodes[0], &model, seed).await;
    }
    check(&nodes[0], &model, seed).await;
    crashes
}

#[tokio::test]
async fn histories_with_crashes_tell_one_story() {
    let seeds = match std::env::var("CLOUDLET_TEST_SEED") {
        Ok(seed) => vec![seed.parse().expect("a seed is a number")],
        Err(_) => vec![11, 12, 13],
    };
    for seed in seeds {
        let crashes = history(seed).await;
        println!("seed {seed}: {crashes} calls were cut off");
    }
}

/// An index is made for the items that are there while its node dies between slices, and again.
#[tokio::test]
async fn an_index_is_filled_across_crashes() {
    for seed in [21, 22] {
        println!("seed {seed}");
        let mut random = StdRng::seed_from_u64(seed);
        let mut nodes = World::nodes(&[&crate::DYNAMODB, &crate::DYNAMODB_STREAMS], NODES).await;
        let stream = json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
        table(&nodes[0], "things", json!({"StreamSpecification": stream})).await;
        let mut model = Model::new();
        for s in 0..700 {
            let new = item("a", s, json!({"x": {"S": format!("x{}", s % 5)}}));
            model.insert(("a".to_owned(), s), new.clone());
            ok(&nodes[0], "PutItem", json!({"TableName": "things", "Item": new})).await;
        }
        let index = &index_of()["GlobalSecondaryIndexes"][0];
        let update = json!({
            "TableName": "things", "GlobalSecondaryIndexUpdates": [{"Create": index}],
            "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
        });
        ok(&nodes[0], "UpdateTable", update).await;
        while nodes.len() > 1 {
            let node = nodes.swap_remove(0);
            let turns = random.random_range(1..60);
            cut_off(node.run_jobs(), turns).await;
            drop(node);
            // What is not in the index yet is changed and removed as well.
            let s = random.random_range(0..700);
            if let Some(there) = model.get_mut(&("a".to_owned(), s)) {
                *there = item("a", s, json!({"x": {"S": "changed"}}));
                ok(&nodes[0], "PutItem", json!({"TableName": "things", "Item": there.clone()})).await;
            }
            let s = random.random_range(0..700);
            model.remove(&("a".to_owned(), s));
            let gone = json!({"TableName": "things", "Key": item("a", s, json!({}))});
            ok(&nodes[0], "DeleteItem", gone).await;
        }
        nodes[0].run_jobs().await;
        check(&nodes[0], &model, seed).await;
    }
}
