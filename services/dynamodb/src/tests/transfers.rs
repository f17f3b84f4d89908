//! What the tests of exports and imports share: a cloud that has S3, and its objects.

use std::io::Read as _;

use bytes::Bytes;
use cloud::client::s3;
use cloud::cx::Cx;
use serde_json::{Value, json};
use testkit::World;

/// A world with DynamoDB and S3, and a bucket.
pub(crate) async fn world() -> World {
    let world = World::new(&[&crate::DYNAMODB, &crate::DYNAMODB_STREAMS, &::s3::S3]).await;
    world.ok("s3", "CreateBucket", json!({"Bucket": "files"})).await;
    world
}

fn cx(world: &World) -> Cx {
    Cx::outer(world.cloud(), testkit::root())
}

/// Puts an object into the bucket.
pub(crate) async fn put(world: &World, key: &str, body: impl Into<Bytes>) {
    s3::put_object(&mut cx(world), testkit::root(), "files", key, None, body.into()).await.unwrap();
}

/// All keys of the bucket.
pub(crate) async fn keys(world: &World) -> Vec<String> {
    s3::list_objects(&mut cx(world), testkit::root(), "files", "", None, None).await.unwrap().0
}

/// An object of the bucket.
pub(crate) async fn get(world: &World, key: &str) -> Vec<u8> {
    use futures::TryStreamExt as _;
    let stream = s3::get_object(&mut cx(world), testkit::root(), "files", key, None).await.unwrap();
    let pieces: Vec<Bytes> = stream.take().unwrap().try_collect().await.unwrap();
    pieces.concat()
}

/// The lines of JSON in bytes.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Unpacks a file.
pub(crate) fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}
