//! Deliveries that no policy allows: they go to the queue for the dead, or are dropped where AWS drops them, and the trace
//! has the refusal.

use std::time::Duration;

use cloud::trace::{self, Record};
use cloudlet::services::SERVICES;
use serde_json::{Value, json};
use testkit::World;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:closed";

/// A cloud with a queue, a topic and a function that let nobody in. Whether the function is there is told to nobody
/// either.
async fn world() -> World {
    let world = World::new(SERVICES).await;
    world.cloud().start();
    world.ok("sqs", "CreateQueue", json!({"QueueName": "closed"})).await;
    world.ok("sns", "CreateTopic", json!({"Name": "closed"})).await;
    world
}

fn arn(service: &str, name: &str) -> String {
    format!("arn:aws:{service}:us-east-1:000000000000:{name}")
}

/// A queue for the dead of a service.
async fn dead(world: &World, principal: &str) -> String {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": principal}, "Action": "sqs:SendMessage", "Resource": "*"}]});
    let input = json!({"QueueName": "dead", "Attributes": {"Policy": policy.to_string()}});
    world.ok("sqs", "CreateQueue", input).await["QueueUrl"].as_str().unwrap().to_owned()
}

/// So many messages of a queue, as soon as they are there.
async fn messages(world: &World, url: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    for _ in 0..5_000 {
        let asked = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]});
        let answer = world.ok("sqs", "ReceiveMessage", asked).await;
        found.extend(answer["Messages"].as_array().into_iter().flatten().cloned());
        if found.len() >= count {
            return found;
        }
        world.advance(Duration::from_millis(20)).await;
    }
    panic!("{} of {count} messages came", found.len());
}

/// The calls by `principal` that were denied, as `service:operation`, once the cloud has come to rest.
async fn denied(world: World, principal: &str) -> Vec<String> {
    let hour = world.cloud().clock().now().secs() / 3600;
    world.cloud().stop().await;
    let view = store::snapshot(world.cloud().store()).await.unwrap();
    let rows = trace::stream(hour).read(&view, None, 1_000).await.unwrap();
    let records = rows.iter().flat_map(|row| trace::records(&row.val).unwrap());
    let is_denied = |record: &Record| {
        let denied = record
            .error
            .as_deref()
            .is_some_and(|code| code.starts_with("AccessDenied") || code == "AuthorizationError");
        denied && record.caller == principal
    };
    let calls = records.filter(is_denied).map(|record| format!("{}:{}", record.service, record.operation));
    let mut calls: Vec<String> = calls.collect();
    calls.sort();
    calls
}

#[tokio::test]
async fn what_sns_may_not_deliver_goes_to_the_queue_for_the_dead() {
    let world = world().await;
    let url = dead(&world, "sns.amazonaws.com").await;
    let topic = world.ok("sns", "CreateTopic", json!({"Name": "t"})).await["TopicArn"].clone();
    let redrive = json!({"deadLetterTargetArn": arn("sqs", "dead")}).to_string();
    for (protocol, endpoint) in [("sqs", arn("sqs", "closed")), ("lambda", FUNCTION.to_owned())] {
        let input = json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint,
            "Attributes": {"RedrivePolicy": redrive}});
        world.ok("sns", "Subscribe", input).await;
    }
    world.ok("sns", "Publish", json!({"TopicArn": topic, "Message": "m"})).await;
    assert_eq!(messages(&world, &url, 2).await.len(), 2);
    assert_eq!(denied(world, "sns.amazonaws.com").await, ["lambda:AcceptEvent", "sqs:SendMessage"]);
}

#[tokio::test]
async fn what_event_bridge_may_not_deliver_goes_to_the_queue_for_the_dead() {
    let world = world().await;
    let url = dead(&world, "events.amazonaws.com").await;
    let rule = json!({"Name": "r", "EventPattern": json!({"source": ["shop"]}).to_string()});
    world.ok("events", "PutRule", rule).await;
    let targets: Vec<Value> = [arn("sqs", "closed"), arn("sns", "closed"), FUNCTION.to_owned()]
        .iter()
        .enumerate()
        .map(|(id, target)| {
            json!({"Id": id.to_string(), "Arn": target, "DeadLetterConfig": {"Arn": arn("sqs", "dead")}})
        })
        .collect();
    let put = world.ok("events", "PutTargets", json!({"Rule": "r", "Targets": targets})).await;
    assert_eq!(put["FailedEntryCount"], 0);
    let entry = json!({"Source": "shop", "DetailType": "t", "Detail": "{}"});
    world.ok("events", "PutEvents", json!({"Entries": [entry]})).await;
    for message in messages(&world, &url, 3).await {
        // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        assert_eq!(message["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS");
    }
    let calls = denied(world, "events.amazonaws.com").await;
    assert_eq!(calls, ["lambda:AcceptEvent", "sns:Publish", "sqs:SendMessage"]);
}

/// S3 has no queue for the dead.
#[tokio::test]
async fn what_s3_may_not_deliver_is_dropped() {
    let world = world().await;
    world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
    // No event may have two of them.
    let wanted = |member: &str, arn: String, prefix: &str| {
        let rules = json!([{"Name": "prefix", "Value": prefix}]);
        json!([{member: arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}])
    };
    let configuration = json!({
        "QueueConfigurations": wanted("QueueArn", arn("sqs", "closed"), "q"),
        "TopicConfigurations": wanted("TopicArn", arn("sns", "closed"), "t"),
        "LambdaFunctionConfigurations": wanted("LambdaFunctionArn", FUNCTION.to_owned(), "f"),
    });
    let input = json!({"Bucket": "photos", "NotificationConfiguration": configuration,
        "SkipDestinationValidation": true});
    world.ok("s3", "PutBucketNotificationConfiguration", input).await;
    for key in ["q", "t", "f"] {
        world.ok("s3", "PutObject", json!({"Bucket": "photos", "Key": key, "Body": "YQ=="})).await;
    }
    // The refusals are for good: nothing of it is left to be delivered.
    for _ in 0..5_000 {
        let view = store::snapshot(world.cloud().store()).await.unwrap();
        if store::layer::outbox::lanes(&view, None, 10).await.unwrap().is_empty() {
            break;
        }
        world.advance(Duration::from_millis(20)).await;
    }
    let asked =
        json!({"QueueUrl": "/000000000000/closed", "AttributeNames": ["ApproximateNumberOfMessages"]});
    let counts = world.ok("sqs", "GetQueueAttributes", asked).await;
    assert_eq!(counts["Attributes"]["ApproximateNumberOfMessages"], "0");
    let calls = denied(world, "s3.amazonaws.com").await;
    assert_eq!(calls, ["lambda:AcceptEvent", "sns:Publish", "sqs:SendMessage"]);
}
