//! Subscription filters, with a stream and a function that remembers its events.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::prelude::*;
use cloud::service::Service;
use testkit::lambda::{self, Answer, Call, Functions};

use super::*;

/// The function `f` lets CloudWatch Logs in for the group `g`.
struct Subscribers;

impl Functions for Subscribers {
    fn policy(_call: &Call) -> Option<String> {
        let statement = json!({
            "Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "lambda:InvokeFunction",
            "Resource": FUNCTION,
            "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:logs:us-east-1:000000000000:log-group:g:*"}},
        });
        Some(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
    }

    /// CloudWatch Logs asks whether it may.
    async fn invoke(_cx: &mut Cx, call: Call) -> Result<Answer, Failure> {
        assert_eq!(call.invocation_type, "DryRun");
        Ok(Answer::nothing())
    }
}

static LAMBDA: Service = lambda::service::<Subscribers>();

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/k";
const ROLE: &str = "arn:aws:iam::000000000000:role/r";

async fn subscribed() -> World {
    let world = World::new(&[&LOGS, &LAMBDA, &kinesis::KINESIS, &iam::IAM]).await;
    world.cloud().start();
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    world.ok("logs", "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    world
}

fn filter_on(name: &str, pattern: &str, destination: &str) -> Value {
    json!({"logGroupName": "g", "filterName": name, "filterPattern": pattern, "destinationArn": destination})
}

/// The message in the base64 of its gzip.
fn opened(data: &Value) -> Value {
    let bytes = STANDARD.decode(data.as_str().expect("base64")).expect("base64");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
    serde_json::from_str(&text).expect("JSON")
}

/// Lets deliveries happen, and gives the messages that the function got since.
async fn called(world: &World) -> Vec<Value> {
    world.advance(Duration::from_secs(1)).await;
    let events = lambda::calls(world).into_iter().filter(|call| call.invocation_type == "Event");
    events.map(|call| opened(&call.event["awslogs"]["data"])).collect()
}

#[tokio::test]
async fn a_function_gets_what_its_pattern_wants() {
    let world = subscribed().await;
    world.ok("logs", "PutSubscriptionFilter", filter_on("f", "ERROR", FUNCTION)).await;
    put(&world, "s", &[(now(), "ERROR one"), (now(), "fine"), (now() + 5, "ERROR two")]).await;
    put(&world, "s", &[(now(), "fine")]).await;
    let got = called(&world).await;
    assert_eq!(got.len(), 1);
    let keys: Vec<&String> = got[0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "logEvents"]);
    assert_eq!(
        (&got[0]["messageType"], &got[0]["owner"], &got[0]["logStream"], &got[0]["subscriptionFilters"]),
        (&json!("DATA_MESSAGE"), &json!("000000000000"), &json!("s"), &json!(["f"]))
    );
    // The events are those that the group shows, by their ids.
    let shown = filter(&world, json!({"filterPattern": "ERROR"})).await;
    let expected: Vec<Value> = shown["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| json!({"id": event["eventId"], "timestamp": event["timestamp"], "message": event["message"]}))
        .collect();
    assert_eq!(got[0]["logEvents"], json!(expected));
    // A filter that is gone wants nothing any more, nor does one of a group that is.
    world.ok("logs", "DeleteSubscriptionFilter", json!({"logGroupName": "g", "filterName": "f"})).await;
    put(&world, "s", &[(now(), "ERROR three")]).await;
    world.ok("logs", "PutSubscriptionFilter", filter_on("f", "", FUNCTION)).await;
    world.ok("logs", "DeleteLogGroup", json!({"logGroupName": "g"})).await;
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    world.ok("logs", "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    put(&world, "s", &[(now(), "ERROR four")]).await;
    assert_eq!(called(&world).await, Vec::<Value>::new());
}

#[tokio::test]
async fn large_batches_come_in_parts() {
    let world = subscribed().await;
    world.ok("logs", "PutSubscriptionFilter", filter_on("f", "", FUNCTION)).await;
    // Random hexadecimal digits become half as long at best.
    let noise = |n: u64| {
        let mut state = n + 1;
        let mut digit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + u8::try_from((state >> 40) % 90).expect("small"))
        };
        (0..100_000).map(|_| digit()).collect::<String>()
    };
    let texts: Vec<String> = (0..10).map(noise).collect();
    let events: Vec<(i64, &str)> = texts.iter().map(|text| (now(), text.as_str())).collect();
    put(&world, "s", &events).await;
    let got = called(&world).await;
    assert_eq!(got.len(), 2);
    let mut messages: Vec<&Value> = got
        .iter()
        .flat_map(|part| part["logEvents"].as_array().expect("events"))
        .map(|e| &e["message"])
        .collect();
    messages.sort_by_key(|message| texts.iter().position(|text| *message == text));
    assert_eq!(messages, texts.iter().map(|text| json!(text)).collect::<Vec<_>>().iter().collect::<Vec<_>>());
}

async fn role(world: &World) {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]});
    let made = json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()});
    world.ok("iam", "CreateRole", made).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": STREAM,
    }]});
    let policy = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", policy).await;
}

#[tokio::test]
async fn a_stream_gets_a_test_message_and_then_events() {
    let world = subscribed().await;
    role(&world).await;
    let mut input = filter_on("f", "", STREAM);
    refused(
        &world,
        "PutSubscriptionFilter",
        input.clone(),
        INVALID,
        "destinationArn for vendor kinesis cannot be used without roleArn",
    )
    .await;
    input["roleArn"] = json!(ROLE);
    refused(
        &world,
        "PutSubscriptionFilter",
        input.clone(),
        INVALID,
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.",
    )
    .await;
    world.ok("kinesis", "CreateStream", json!({"StreamName": "k", "ShardCount": 1})).await;
    world.advance(Duration::from_secs(1)).await;
    let mut other = input.clone();
    other["roleArn"] = json!("arn:aws:iam::000000000000:role/other");
    assert_eq!(world.error("logs", "PutSubscriptionFilter", other).await.0, INVALID);
    world.ok("logs", "PutSubscriptionFilter", input).await;
    put(&world, "s", &[(now(), "one")]).await;
    world.advance(Duration::from_secs(1)).await;
    let from =
        json!({"StreamName": "k", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = world.ok("kinesis", "GetShardIterator", from).await["ShardIterator"].clone();
    let found = world.ok("kinesis", "GetRecords", json!({"ShardIterator": iterator})).await;
    let messages: Vec<Value> =
        found["Records"].as_array().expect("records").iter().map(|record| opened(&record["Data"])).collect();
    assert_eq!(messages.len(), 2);
    assert_eq!(
        messages[0],
        json!({
            "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
            "subscriptionFilters": [], "logEvents": [{
                "id": "", "timestamp": now() + 1000,
                "message": "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.",
            }],
        })
    );
    assert_eq!(messages[1]["logEvents"][0]["message"], "one");
    let described = world.ok("logs", "DescribeSubscriptionFilters", json!({"logGroupName": "g"})).await;
    assert_eq!(
        described["subscriptionFilters"][0],
        json!({
            "filterName": "f", "logGroupName": "g", "filterPattern": "", "destinationArn": STREAM, "roleArn": ROLE,
            "distribution": "ByLogStream", "applyOnTransformedLogs": false, "creationTime": now() + 1000,
        })
    );
}

#[tokio::test]
async fn wrong_filters_are_refused() {
    let world = subscribed().await;
    let text = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.";
    let other = FUNCTION.replace("function:f", "function:h");
    refused(&world, "PutSubscriptionFilter", filter_on("f", "", &other), INVALID, text).await;
    // Recorded: test_put_subscription_filter_errors.
    let far = FUNCTION.replace("000000000000", "123456789012");
    let text = "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.";
    refused(&world, "PutSubscriptionFilter", filter_on("f", "", &far), "AccessDeniedException", text).await;
    let mut with_role = filter_on("f", "", FUNCTION);
    with_role["roleArn"] = json!(ROLE);
    let text = "destinationArn for vendor lambda cannot be used with roleArn";
    refused(&world, "PutSubscriptionFilter", with_role, INVALID, text).await;
    let mut own = filter_on("f", "", FUNCTION);
    own["logGroupName"] = json!("/aws/lambda/f");
    assert_eq!(world.error("logs", "PutSubscriptionFilter", own).await.0, INVALID);
    let mut missing = filter_on("f", "", FUNCTION);
    missing["logGroupName"] = json!("none");
    assert_eq!(world.error("logs", "PutSubscriptionFilter", missing).await.0, INVALID);
    for (pattern, destination) in
        [("{ $.x", FUNCTION), ("", "arn:aws:firehose:us-east-1:000000000000:deliverystream/d"), ("", "x")]
    {
        let input = filter_on("f", pattern, destination);
        assert_eq!(world.error("logs", "PutSubscriptionFilter", input).await.0, INVALID);
    }
    for name in ["a", "b", "a"] {
        world.ok("logs", "PutSubscriptionFilter", filter_on(name, "", FUNCTION)).await;
    }
    refused(
        &world,
        "PutSubscriptionFilter",
        filter_on("c", "", FUNCTION),
        "LimitExceededException",
        "Resource limit exceeded.",
    )
    .await;
    let page =
        world.ok("logs", "DescribeSubscriptionFilters", json!({"logGroupName": "g", "limit": 1})).await;
    assert_eq!(page["subscriptionFilters"][0]["filterName"], "a");
    let rest = json!({"logGroupName": "g", "nextToken": page["nextToken"]});
    let rest = world.ok("logs", "DescribeSubscriptionFilters", rest).await;
    assert_eq!(
        (rest["subscriptionFilters"].as_array().map(Vec::len), rest.get("nextToken")),
        (Some(1), None)
    );
    let prefix = json!({"logGroupName": "g", "filterNamePrefix": "b"});
    let found = world.ok("logs", "DescribeSubscriptionFilters", prefix).await;
    assert_eq!(found["subscriptionFilters"][0]["filterName"], "b");
    refused(
        &world,
        "DeleteSubscriptionFilter",
        json!({"logGroupName": "g", "filterName": "c"}),
        NOT_FOUND,
        "The specified subscription filter does not exist.",
    )
    .await;
}

#[tokio::test]
async fn a_filter_follows_its_template() {
    let world = subscribed().await;
    let request = |pattern: &str, id: Option<&str>| ResourceRequest {
        stack_name: "demo".into(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/demo/1".into(),
        logical_id: "Filter".into(),
        physical_id: id.map(str::to_owned),
        token: "t".into(),
        repeated: false,
        properties: json!({"LogGroupName": "g", "FilterPattern": pattern, "DestinationArn": FUNCTION})
            .as_object()
            .cloned()
            .expect("an object"),
        tags: BTreeMap::new(),
    };
    let kind = stack::SubscriptionFilter;
    let made = kind.create(&mut world.stack_cx(), &request("a", None)).await.expect("made");
    assert!(made.physical_id.starts_with("demo-Filter-"), "{}", made.physical_id);
    let changed = request("b", Some(&made.physical_id));
    let old = serde_json::Map::new();
    kind.update(&mut world.stack_cx(), &changed, &old).await.expect("updated");
    let described = || world.ok("logs", "DescribeSubscriptionFilters", json!({"logGroupName": "g"}));
    assert_eq!(described().await["subscriptionFilters"][0]["filterPattern"], "b");
    for _ in 0..2 {
        kind.delete(&mut world.stack_cx(), &changed).await.expect("deleted");
    }
    assert_eq!(described().await["subscriptionFilters"], json!([]));
    world.ok("logs", "PutSubscriptionFilter", filter_on("theirs", "", FUNCTION)).await;
    let mut named = request("a", None);
    named.properties.insert("FilterName".to_owned(), json!("theirs"));
    let taken = kind.create(&mut world.stack_cx(), &named).await.expect_err("it is not the stack's");
    assert_eq!(taken.code(), "AlreadyExists");
}
