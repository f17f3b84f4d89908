//! The service through the door, with queues as subscribers.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::World;
use testkit::queues::{bodies, documents, messages};

mod access;
mod confirmations;
mod crashes;
mod delivery;
mod endpoints;
mod fifo;
mod promises;
mod stacks;
mod subscriptions;
mod topics;

pub(crate) async fn world() -> World {
    World::new(&[&crate::SNS, &sqs::SQS]).await
}

async fn topic(world: &World, name: &str, attributes: Value) -> String {
    let made = world.ok("sns", "CreateTopic", json!({"Name": name, "Attributes": attributes})).await;
    made["TopicArn"].as_str().unwrap().to_owned()
}

/// A queue that SNS may send to; its URL and ARN.
async fn queue(world: &World, name: &str) -> (String, String) {
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:*"}},
    }]});
    let mut attributes = json!({"Policy": policy.to_string()});
    if name.ends_with(".fifo") {
        attributes["FifoQueue"] = json!("true");
    }
    let made = world.ok("sqs", "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    (made["QueueUrl"].as_str().unwrap().to_owned(), arn)
}

/// Subscribes; the subscription's ARN.
async fn subscribe(world: &World, topic: &str, protocol: &str, endpoint: &str, attributes: Value) -> String {
    let input = json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint, "Attributes": attributes,
        "ReturnSubscriptionArn": true});
    let made = world.ok("sns", "Subscribe", input).await;
    made["SubscriptionArn"].as_str().unwrap().to_owned()
}

/// A topic with one queue; the topic's ARN and the queue's URL.
async fn pair(world: &World, attributes: Value) -> (String, String) {
    let topic = topic(world, "t", json!({})).await;
    let (url, arn) = queue(world, "q").await;
    subscribe(world, &topic, "sqs", &arn, attributes).await;
    (topic, url)
}

async fn publish(world: &World, topic: &str, message: &str) -> Value {
    world.ok("sns", "Publish", json!({"TopicArn": topic, "Message": message})).await
}

async fn inbox(world: &World) -> Vec<Value> {
    world.ok("sns", "ListInboxMessages", json!({})).await["Messages"].as_array().cloned().unwrap_or_default()
}

/// Moves the clock until `done`.
async fn until(world: &World, step: Duration, done: impl AsyncFn(&World) -> bool) {
    for _ in 0..20_000 {
        if done(world).await {
            return;
        }
        world.advance(step).await;
    }
    panic!("it never came to be");
}
