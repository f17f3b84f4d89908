//! FIFO topics.

use super::*;

async fn fifo(world: &World, attributes: Value) -> (String, String) {
    let mut all = json!({"FifoTopic": "true"});
    all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    let topic = topic(world, "t.fifo", all).await;
    let (url, arn) = queue(world, "q.fifo").await;
    subscribe(world, &topic, "sqs", &arn, json!({"RawMessageDelivery": "true"})).await;
    (topic, url)
}

#[tokio::test]
async fn order_holds_and_duplicates_are_dropped_for_five_minutes() {
    let world = world().await;
    let (topic, url) = fifo(&world, json!({"ContentBasedDeduplication": "true"})).await;
    let say = |text: &str, group: &str| json!({"TopicArn": topic, "Message": text, "MessageGroupId": group});
    let first = world.ok("sns", "Publish", say("0", "g")).await;
    assert_eq!(first["SequenceNumber"].as_str().map(str::len), Some(20));
    assert_eq!(world.ok("sns", "Publish", say("0", "g")).await, first);
    for number in 1..10 {
        world.ok("sns", "Publish", say(&number.to_string(), "g")).await;
    }
    let expected: Vec<String> = (0..10).map(|number: u32| number.to_string()).collect();
    let got = messages(&world, &url).await;
    assert_eq!(got.iter().map(|one| one["Body"].as_str().unwrap()).collect::<Vec<_>>(), expected);
    assert_eq!(got[0]["Attributes"]["MessageGroupId"], "g");
    world.advance(Duration::from_secs(301)).await;
    world.run_jobs().await;
    assert_ne!(world.ok("sns", "Publish", say("0", "g")).await["MessageId"], first["MessageId"]);
    assert_eq!(bodies(&world, &url).await, ["0"]);
}

#[tokio::test]
async fn the_scope_of_duplicates_may_be_the_group() {
    let world = world().await;
    let attributes = json!({"ContentBasedDeduplication": "true", "FifoThroughputScope": "MessageGroup"});
    let arn = topic(&world, "t.fifo", json!({"FifoTopic": "true"})).await;
    for (name, value) in attributes.as_object().unwrap() {
        let set = json!({"TopicArn": arn, "AttributeName": name, "AttributeValue": value});
        world.ok("sns", "SetTopicAttributes", set).await;
    }
    let (url, queue) = queue(&world, "q").await;
    subscribe(&world, &arn, "sqs", &queue, json!({"RawMessageDelivery": "true"})).await;
    for group in ["a", "b", "b"] {
        let input = json!({"TopicArn": arn, "Message": "same", "MessageGroupId": group});
        world.ok("sns", "Publish", input).await;
    }
    assert_eq!(bodies(&world, &url).await, ["same", "same"]);
}

#[tokio::test]
async fn groups_and_ids_are_needed() {
    let world = world().await;
    let (topic, _) = fifo(&world, json!({})).await;
    for (input, message) in [
        (
            json!({"TopicArn": topic, "Message": "m", "MessageDeduplicationId": "d"}),
            "The MessageGroupId parameter is required for FIFO topics",
        ),
        (
            json!({"TopicArn": topic, "Message": "m", "MessageGroupId": "g"}),
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        ),
        (
            json!({"TopicArn": topic, "Message": "m", "MessageGroupId": "a b", "MessageDeduplicationId": "d"}),
            "MessageGroupId Reason: can only include alphanumeric and punctuation characters and be 1 to 128 in length",
        ),
    ] {
        assert_eq!(world.error("sns", "Publish", input).await.1, format!("Invalid parameter: {message}"));
    }
    let other = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "user@example.com"});
    assert_eq!(world.error("sns", "Subscribe", other).await.0, "InvalidParameter");
}

/// FIFO topics sign nothing.
#[tokio::test]
async fn notifications_have_a_number_and_no_signature() {
    let world = world().await;
    let arn = topic(&world, "t.fifo", json!({"FifoTopic": "true"})).await;
    let (url, queue) = queue(&world, "q.fifo").await;
    subscribe(&world, &arn, "sqs", &queue, json!({})).await;
    let input =
        json!({"TopicArn": arn, "Message": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d"});
    let sent = world.ok("sns", "Publish", input).await;
    let got = documents(&world, &url).await;
    assert_eq!(got[0]["SequenceNumber"], sent["SequenceNumber"]);
    let names: Vec<&str> = got[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"]
    );
}
