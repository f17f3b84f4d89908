//! The service through the door.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::caller::Caller;
use serde_json::{Value, json};
use testkit::World;

mod access;
mod cbor;
mod consumers;
mod feeds;
mod records;
mod shards;
mod stacks;
mod streams;

const ARN: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

async fn world() -> World {
    World::new(&[&crate::KINESIS]).await
}

/// A world with the stream `s` of some shards.
async fn streaming(shards: u32) -> World {
    let world = world().await;
    ok(&world, "CreateStream", json!({"StreamName": "s", "ShardCount": shards})).await;
    settle(&world).await;
    world
}

async fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok("kinesis", operation, input).await
}

async fn error(world: &World, operation: &str, input: Value) -> (String, String) {
    world.error("kinesis", operation, input).await
}

/// Lets the last change of a stream be over.
async fn settle(world: &World) {
    world.advance(Duration::from_secs(1)).await;
}

/// A client that came over the network: limits of reading hold for such.
fn client() -> Caller {
    let mut caller = testkit::root();
    caller.origin.ip = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    caller
}

fn text(data: &Value) -> String {
    String::from_utf8(STANDARD.decode(data.as_str().unwrap()).unwrap()).unwrap()
}

async fn put(world: &World, key: &str, data: &str) -> Value {
    let input = json!({"StreamName": "s", "PartitionKey": key, "Data": STANDARD.encode(data)});
    ok(world, "PutRecord", input).await
}

async fn iterator(world: &World, shard: &str, kind: &str, more: Value) -> Value {
    let mut input = json!({"StreamName": "s", "ShardId": shard, "ShardIteratorType": kind});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    ok(world, "GetShardIterator", input).await["ShardIterator"].clone()
}

async fn get(world: &World, iterator: &Value) -> Value {
    ok(world, "GetRecords", json!({"ShardIterator": iterator})).await
}

/// The data of the records of an answer.
fn datas(answer: &Value) -> Vec<String> {
    answer["Records"].as_array().unwrap().iter().map(|record| text(&record["Data"])).collect()
}

/// All data of a shard, from its beginning.
async fn all(world: &World, shard: &str) -> Vec<String> {
    datas(&get(world, &iterator(world, shard, "TRIM_HORIZON", json!({})).await).await)
}

async fn shard_list(world: &World, more: Value) -> Vec<Value> {
    let mut input = json!({"StreamName": "s"});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    ok(world, "ListShards", input).await["Shards"].as_array().unwrap().clone()
}

fn ids(shards: &[Value]) -> Vec<u32> {
    let id = |shard: &Value| shard["ShardId"].as_str().unwrap()["shardId-".len()..].parse().unwrap();
    shards.iter().map(id).collect()
}
