//! Stories over several operations.

mod multipart;
mod notifications;
mod objects;
mod settings;
mod stack;
mod web;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::World;

/// A world with the bucket `photos`.
async fn world() -> World {
    let world = World::new(&[&crate::S3]).await;
    world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
    world
}

/// An input that names the bucket.
fn input(more: Value) -> Value {
    let mut input = json!({"Bucket": "photos"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn body(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of an object.
async fn read(world: &World, key: &str) -> Vec<u8> {
    let mut cx = world.cx();
    let (_, entry) = world.cloud().registry().operation("s3", "GetObject").unwrap();
    let doc = wire::json::from_value((entry.input)(), &input(json!({"Key": key}))).unwrap();
    let answer = cx.call(testkit::root(), "s3", "GetObject", doc).await.unwrap();
    match answer.member(1) {
        shape::Doc::Stream(stream) => stream.collect(64 << 20).await.unwrap().to_vec(),
        other => panic!("{other:?}"),
    }
}
