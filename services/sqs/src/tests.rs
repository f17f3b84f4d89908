//! What the tests of all rooms use.

use serde_json::{Value, json};
use testkit::World;

/// A cloud with SQS alone.
pub(crate) async fn world() -> World {
    World::new(&[&crate::SQS]).await
}

/// Makes a queue and answers its URL.
pub(crate) async fn queue(world: &World, name: &str, attributes: Value) -> String {
    let input = json!({"QueueName": name, "Attributes": attributes});
    world.ok("sqs", "CreateQueue", input).await["QueueUrl"].as_str().unwrap().to_owned()
}

/// Sends a message.
pub(crate) async fn send(world: &World, url: &str, body: &str) -> Value {
    world.ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": body})).await
}

/// Receives up to ten messages, without waiting.
pub(crate) async fn receive(world: &World, url: &str) -> Vec<Value> {
    let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
    let answer = world.ok("sqs", "ReceiveMessage", input).await;
    answer["Messages"].as_array().cloned().unwrap_or_default()
}
