//! The service through the door, with queues as targets.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::World;
use testkit::queues::{documents, messages};

mod archives;
mod buses;
mod endpoints;
mod rules;
mod services;
mod stacks;

async fn world() -> World {
    World::new(&[&crate::EVENTS, &sqs::SQS]).await
}

/// A queue that EventBridge may send to; its URL and ARN.
async fn queue(world: &World, name: &str) -> (String, String) {
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn,
    }]});
    let mut attributes = json!({"Policy": policy.to_string()});
    if name.ends_with(".fifo") {
        attributes["FifoQueue"] = json!("true");
        attributes["ContentBasedDeduplication"] = json!("true");
    }
    let made = world.ok("sqs", "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    (made["QueueUrl"].as_str().unwrap().to_owned(), arn)
}

/// A rule for events of the source `shop` with one target.
async fn rule(world: &World, name: &str, bus: &str, target: Value) -> Value {
    let pattern = json!({"source": ["shop"]}).to_string();
    let made = world
        .ok("events", "PutRule", json!({"Name": name, "EventBusName": bus, "EventPattern": pattern}))
        .await;
    let input = json!({"Rule": name, "EventBusName": bus, "Targets": [target]});
    let put = world.ok("events", "PutTargets", input).await;
    assert_eq!(put, json!({"FailedEntryCount": 0, "FailedEntries": []}));
    made["RuleArn"].clone()
}

async fn put(world: &World, bus: &str, detail: Value) -> Value {
    let entry = json!({
        "Source": "shop", "DetailType": "order", "Detail": detail.to_string(), "EventBusName": bus,
        "Resources": ["r"],
    });
    world.ok("events", "PutEvents", json!({"Entries": [entry]})).await
}

/// Lets background work happen.
async fn later(world: &World, seconds: u64) {
    world.advance(Duration::from_secs(seconds)).await;
    world.run_jobs().await;
}
