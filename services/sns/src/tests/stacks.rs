//! CloudFormation resource types.

use cloud::resource::{ResourceRequest, ResourceType as _};
use serde_json::Map;

use super::*;
use crate::stack::{Subscription, Topic, TopicPolicy};

fn request(properties: Value, physical_id: Option<&str>) -> ResourceRequest {
    testkit::stacks::request("Thing", properties, physical_id)
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[tokio::test]
async fn a_topic_is_made_changed_and_deleted() {
    let world = world().await;
    let mut cx = world.stack_cx();
    let phone = |number: &str| json!({"Protocol": "sms", "Endpoint": number});
    let properties = json!({"DisplayName": "one", "Subscription": [phone("+15550000001"), phone("+15550000002")],
        "Tags": [{"Key": "a", "Value": "1"}]});
    let made = Topic.create(&mut cx, &request(properties.clone(), None)).await.unwrap();
    let again = Topic.create(&mut cx, &request(properties.clone(), None)).await.unwrap();
    assert_eq!(made.physical_id, again.physical_id, "a repeated creation finds the first");
    let arn = made.physical_id.as_str();
    assert!(arn.starts_with("arn:aws:sns:us-east-1:000000000000:demo-Thing-"), "{arn}");
    assert_eq!(made.attributes["TopicArn"], arn);
    let changed =
        request(json!({"SignatureVersion": "2", "Subscription": [phone("+15550000002")]}), Some(arn));
    Topic.update(&mut cx, &changed, &object(properties)).await.unwrap();
    let shown = world.ok("sns", "GetTopicAttributes", json!({"TopicArn": arn})).await["Attributes"].clone();
    assert_eq!((&shown["DisplayName"], &shown["SignatureVersion"]), (&json!(""), &json!("2")));
    assert_eq!(shown["SubscriptionsConfirmed"], "1");
    let tags = world.ok("sns", "ListTagsForResource", json!({"ResourceArn": arn})).await;
    let names: Vec<&Value> = tags["Tags"].as_array().unwrap().iter().map(|tag| &tag["Key"]).collect();
    assert!(names.contains(&&json!("STAGE")) && !names.contains(&&json!("a")), "{names:?}");
    for _ in 0..2 {
        Topic.delete(&mut cx, &changed).await.unwrap();
    }
    let fifo = Topic.create(&mut cx, &request(json!({"FifoTopic": true}), None)).await.unwrap();
    assert!(fifo.physical_id.ends_with(".fifo"));
}

#[tokio::test]
async fn a_topic_of_somebody_else_is_left_alone() {
    let world = world().await;
    topic(&world, "t", json!({})).await;
    let failure =
        Topic.create(&mut world.stack_cx(), &request(json!({"TopicName": "t"}), None)).await.unwrap_err();
    assert_eq!(failure.message(), "Resource of type 'AWS::SNS::Topic' with identifier 't' already exists.");
}

#[tokio::test]
async fn subscriptions_and_policies() {
    let world = world().await;
    let mut cx = world.stack_cx();
    let arn = topic(&world, "t", json!({})).await;
    let queue = "arn:aws:sqs:us-east-1:000000000000:q";
    let old = json!({"TopicArn": arn, "Protocol": "sqs", "Endpoint": queue, "FilterPolicy": {"a": {"b": ["x"]}},
        "FilterPolicyScope": "MessageBody", "RawMessageDelivery": true});
    let made = Subscription.create(&mut cx, &request(old.clone(), None)).await.unwrap();
    let shown = async || {
        let asked = json!({"SubscriptionArn": made.physical_id});
        world.ok("sns", "GetSubscriptionAttributes", asked).await["Attributes"].clone()
    };
    assert_eq!(
        (&shown().await["RawMessageDelivery"], &shown().await["FilterPolicyScope"]),
        (&json!("true"), &json!("MessageBody"))
    );
    let new = json!({"TopicArn": arn, "Protocol": "sqs", "Endpoint": queue, "FilterPolicy": {"a": ["x"]}});
    let changed = request(new, Some(&made.physical_id));
    Subscription.update(&mut cx, &changed, &object(old)).await.unwrap();
    let now = shown().await;
    assert_eq!(
        (&now["FilterPolicy"], &now["RawMessageDelivery"]),
        (&json!("{\"a\":[\"x\"]}"), &json!("false"))
    );
    assert_eq!(now["FilterPolicyScope"], "MessageAttributes");
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "sns:Publish", "Resource": arn}]});
    let policy = request(json!({"PolicyDocument": document, "Topics": [arn]}), None);
    let id = TopicPolicy.create(&mut cx, &policy).await.unwrap().physical_id;
    let stored = async || {
        let shown = world.ok("sns", "GetTopicAttributes", json!({"TopicArn": arn})).await;
        shown["Attributes"]["Policy"].as_str().unwrap().to_owned()
    };
    assert_eq!(stored().await, document.to_string());
    let policy = request(json!({"PolicyDocument": document, "Topics": [arn]}), Some(&id));
    TopicPolicy.delete(&mut cx, &policy).await.unwrap();
    assert!(stored().await.contains("__default_policy_ID"));
    for _ in 0..2 {
        Subscription.delete(&mut cx, &changed).await.unwrap();
    }
}
