//! Topics as targets, and events of services.

use super::*;

async fn topic(world: &World, allowed: bool) -> (String, String) {
    let (url, queue) = queue(world, "subscriber").await;
    let made = world.ok("sns", "CreateTopic", json!({"Name": "t"})).await;
    let topic = made["TopicArn"].as_str().unwrap().to_owned();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "sqs:SendMessage", "Resource": queue}]});
    world
        .ok(
            "sqs",
            "SetQueueAttributes",
            json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}}),
        )
        .await;
    let input = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": {"RawMessageDelivery": "true"}});
    world.ok("sns", "Subscribe", input).await;
    if allowed {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
            "Resource": topic, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}},
        }]});
        let set = json!({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy.to_string()});
        world.ok("sns", "SetTopicAttributes", set).await;
    }
    (topic, url)
}

/// Bus, topic and queue in one transaction.
#[tokio::test]
async fn topics_are_targets() {
    let world = World::new(&[&crate::EVENTS, &sqs::SQS, &sns::SNS]).await;
    let (topic, url) = topic(&world, true).await;
    rule(&world, "r", "default", json!({"Id": "1", "Arn": topic, "InputPath": "$.detail"})).await;
    put(&world, "default", json!({"total": 5})).await;
    assert_eq!(documents(&world, &url).await, [json!({"total": 5})]);
}

#[tokio::test]
async fn a_topic_that_does_not_let_events_in_gets_none() {
    let world = World::new(&[&crate::EVENTS, &sqs::SQS, &sns::SNS]).await;
    let (topic, url) = topic(&world, false).await;
    let (dead_url, dead) = queue(&world, "dead").await;
    rule(&world, "r", "default", json!({"Id": "1", "Arn": topic, "DeadLetterConfig": {"Arn": dead}})).await;
    put(&world, "default", json!({"total": 5})).await;
    assert!(documents(&world, &url).await.is_empty());
    let letters = messages(&world, &dead_url).await;
    assert_eq!(letters[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS");
}

#[tokio::test]
async fn services_tell_what_happens_in_them() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    let pattern = json!({"source": ["aws.s3"]}).to_string();
    world.ok("events", "PutRule", json!({"Name": "r", "EventPattern": pattern})).await;
    world.ok("events", "PutTargets", json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": arn}]})).await;
    let input = json!({"Source": "aws.s3", "DetailType": "Object Created", "Detail": "{\"a\":1}",
        "Resources": ["arn:aws:s3:::b"], "Time": 0});
    world.ok("events", "PutServiceEvent", input).await;
    let got = documents(&world, &url).await;
    assert_eq!((&got[0]["detail-type"], &got[0]["detail"]), (&json!("Object Created"), &json!({"a": 1})));
}
