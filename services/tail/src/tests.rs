//! Listening in on queues, topics and buses.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::World;

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";
const BUS: &str = "arn:aws:events:us-east-1:000000000000:event-bus/default";

async fn world() -> World {
    let world = World::new(&[&crate::TAIL, &sqs::SQS, &sns::SNS, &events::EVENTS]).await;
    world.ok("sqs", "CreateQueue", json!({"QueueName": "q"})).await;
    world.ok("sns", "CreateTopic", json!({"Name": "t"})).await;
    world
}

async fn open(world: &World, arn: &str) -> Value {
    world.ok("cloudlet", "Tail", json!({"Arn": arn})).await["TapId"].clone()
}

async fn poll(world: &World, arn: &str, tap: &Value) -> Vec<Value> {
    let answer = world.ok("cloudlet", "Tail", json!({"Arn": arn, "TapId": tap})).await;
    let texts = answer["Messages"].as_array().unwrap();
    texts.iter().map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn everything_that_comes_is_heard_and_nothing_is_taken() {
    let world = world().await;
    let (queue, topic, bus) = (open(&world, QUEUE).await, open(&world, TOPIC).await, open(&world, BUS).await);
    let url = "/000000000000/q";
    world.ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": "one"})).await;
    let batch = json!({"QueueUrl": url, "Entries": [{"Id": "1", "MessageBody": "two"}]});
    world.ok("sqs", "SendMessageBatch", batch).await;
    let heard = poll(&world, QUEUE, &queue).await;
    assert_eq!((&heard[0]["Body"], &heard[1]["Body"]), (&json!("one"), &json!("two")));
    let received = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
    let received = world.ok("sqs", "ReceiveMessage", received).await;
    assert_eq!(received["Messages"].as_array().unwrap().len(), 2);
    world.ok("sns", "Publish", json!({"TopicArn": TOPIC, "Message": "hello", "Subject": "s"})).await;
    let heard = poll(&world, TOPIC, &topic).await;
    assert_eq!((&heard[0]["Message"], &heard[0]["Subject"]), (&json!("hello"), &json!("s")));
    let entry = json!({"Source": "shop", "DetailType": "order", "Detail": "{\"x\":1}"});
    world.ok("events", "PutEvents", json!({"Entries": [entry]})).await;
    let heard = poll(&world, BUS, &bus).await;
    assert_eq!((&heard[0]["source"], &heard[0]["detail"]), (&json!("shop"), &json!({"x": 1})));
}

#[tokio::test]
async fn a_poll_waits_and_a_tap_without_polls_ends() {
    let world = world().await;
    let tap = open(&world, QUEUE).await;
    let send = async {
        world.advance(Duration::from_secs(3)).await;
        let input = json!({"QueueUrl": "/000000000000/q", "MessageBody": "late"});
        world.ok("sqs", "SendMessage", input).await;
    };
    let (heard, ()) = tokio::join!(poll(&world, QUEUE, &tap), send);
    assert_eq!(heard[0]["Body"], "late");
    let (heard, ()) = tokio::join!(poll(&world, QUEUE, &tap), world.advance(Duration::from_secs(11)));
    assert!(heard.is_empty());
    world.advance(Duration::from_secs(61)).await;
    let gone = world.error("cloudlet", "Tail", json!({"Arn": QUEUE, "TapId": tap})).await;
    assert_eq!(gone.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn slow_listeners_lose_the_oldest() {
    let world = world().await;
    let tap = open(&world, QUEUE).await;
    for n in 0..101 {
        let entries: Vec<Value> =
            (0..10).map(|m| json!({"Id": m.to_string(), "MessageBody": format!("{n} {m}")})).collect();
        world.ok("sqs", "SendMessageBatch", json!({"QueueUrl": "/000000000000/q", "Entries": entries})).await;
    }
    let answer = world.ok("cloudlet", "Tail", json!({"Arn": QUEUE, "TapId": tap})).await;
    assert_eq!((answer["Messages"].as_array().unwrap().len(), &answer["Missed"]), (1000, &json!(10)));
    assert!(answer["Messages"][0].as_str().unwrap().contains("1 0"));
}

#[tokio::test]
async fn not_everybody_may_listen() {
    let world = world().await;
    let denied = world.call_as(testkit::nobody(), "cloudlet", "Tail", json!({"Arn": QUEUE})).await;
    assert_eq!(denied.unwrap_err().code(), "AccessDeniedException");
    let other = cloud::caller::Caller::root("111111111111", "us-east-1");
    assert!(world.call_as(other, "cloudlet", "Tail", json!({"Arn": QUEUE})).await.is_err());
    for wrong in [
        "x",
        "arn:aws:s3:::b",
        "arn:aws:events:us-east-1:000000000000:rule/r",
        "arn:aws:sqs:eu-west-1:000000000000:q",
    ] {
        assert_eq!(
            world.error("cloudlet", "Tail", json!({"Arn": wrong})).await.0,
            "ValidationException",
            "{wrong}"
        );
    }
    let (mine, theirs) = (open(&world, QUEUE).await, json!({"Arn": TOPIC}));
    let mut mixed = theirs;
    mixed["TapId"] = mine;
    assert_eq!(world.error("cloudlet", "Tail", mixed).await.0, "ResourceNotFoundException");
    for _ in 0..99 {
        open(&world, QUEUE).await;
    }
    assert_eq!(world.error("cloudlet", "Tail", json!({"Arn": QUEUE})).await.0, "LimitExceededException");
}
