//! Buses and their policies.

use super::*;

#[tokio::test]
async fn buses_come_and_go() {
    let world = world().await;
    let made = world.ok("events", "CreateEventBus", json!({"Name": "b", "Description": "d"})).await;
    assert_eq!(made["EventBusArn"], "arn:aws:events:us-east-1:000000000000:event-bus/b");
    // Texts recorded in LocalStack's test_events.
    let again = world.error("events", "CreateEventBus", json!({"Name": "b"})).await;
    assert_eq!(
        again,
        ("ResourceAlreadyExistsException".to_owned(), "Event bus b already exists.".to_owned())
    );
    let described = world.ok("events", "DescribeEventBus", json!({"Name": made["EventBusArn"]})).await;
    assert_eq!((&described["Name"], &described["Description"]), (&json!("b"), &json!("d")));
    let listed = world.ok("events", "ListEventBuses", json!({})).await;
    let names: Vec<&Value> =
        listed["EventBuses"].as_array().unwrap().iter().map(|bus| &bus["Name"]).collect();
    assert_eq!(names, ["b", "default"]);
    rule(&world, "r", "b", json!({"Id": "1", "Arn": queue(&world, "q").await.1})).await;
    assert_eq!(world.error("events", "DeleteEventBus", json!({"Name": "b"})).await.0, "ValidationException");
    world.ok("events", "RemoveTargets", json!({"Rule": "r", "EventBusName": "b", "Ids": ["1"]})).await;
    world.ok("events", "DeleteRule", json!({"Name": "r", "EventBusName": "b"})).await;
    world.ok("events", "DeleteEventBus", json!({"Name": "b"})).await;
    world.ok("events", "DeleteEventBus", json!({"Name": "b"})).await;
    let (code, text) = world.error("events", "DescribeEventBus", json!({"Name": "b"})).await;
    assert_eq!((code.as_str(), text.as_str()), ("ResourceNotFoundException", "Event bus b does not exist."));
    let default = world.error("events", "DeleteEventBus", json!({"Name": "default"})).await;
    assert_eq!(default.1, "Cannot delete event bus default.");
}

/// The default bus stood on the first page and again where its name stands, once it had a row.
#[tokio::test]
async fn pages_show_each_bus_once() {
    let world = world().await;
    for name in ["a", "b", "x", "y"] {
        world.ok("events", "CreateEventBus", json!({"Name": name})).await;
    }
    for has_row in [false, true] {
        if has_row {
            let statement =
                json!({"StatementId": "s", "Action": "events:PutEvents", "Principal": "111122223333"});
            world.ok("events", "PutPermission", statement).await;
        }
        for limit in 1..=6 {
            let (mut names, mut token) = (Vec::new(), Value::Null);
            loop {
                let mut input = json!({"Limit": limit});
                if token.is_string() {
                    input["NextToken"] = token;
                }
                let page = world.ok("events", "ListEventBuses", input).await;
                let buses = page["EventBuses"].as_array().unwrap();
                assert!(buses.len() <= limit, "{page}");
                names.extend(buses.iter().map(|bus| bus["Name"].as_str().unwrap().to_owned()));
                token = page["NextToken"].clone();
                if token.is_null() {
                    break;
                }
            }
            names.sort_unstable();
            assert_eq!(names, ["a", "b", "default", "x", "y"], "{limit} {has_row}");
        }
    }
}

#[tokio::test]
async fn a_policy_lets_others_put_events() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    rule(&world, "r", "default", json!({"Id": "1", "Arn": arn})).await;
    let bus = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    let entry = json!({"Source": "shop", "DetailType": "t", "Detail": "{}", "EventBusName": bus});
    let stranger = cloud::caller::Caller::root("111111111111", "us-east-1");
    let put = world.call_as(stranger.clone(), "events", "PutEvents", json!({"Entries": [entry]})).await;
    assert_eq!(put.unwrap_err().code(), "AccessDeniedException");
    let permission = json!({"StatementId": "s", "Action": "events:PutEvents", "Principal": "111111111111"});
    world.ok("events", "PutPermission", permission).await;
    world.call_as(stranger, "events", "PutEvents", json!({"Entries": [entry]})).await.unwrap();
    let got = documents(&world, &url).await;
    assert_eq!(got[0]["account"], "111111111111", "an event belongs to who sent it");
    world.ok("events", "RemovePermission", json!({"StatementId": "s"})).await;
    let (code, text) = world.error("events", "RemovePermission", json!({"StatementId": "s"})).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ResourceNotFoundException", "EventBus does not have a policy.")
    );
}

#[tokio::test]
async fn tags_come_and_go() {
    let world = world().await;
    let made = world
        .ok("events", "CreateEventBus", json!({"Name": "b", "Tags": [{"Key": "a", "Value": "1"}]}))
        .await;
    let arn = &made["EventBusArn"];
    let tag = json!({"ResourceARN": arn, "Tags": [{"Key": "b", "Value": "2"}]});
    world.ok("events", "TagResource", tag).await;
    world.ok("events", "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["a"]})).await;
    let tags = world.ok("events", "ListTagsForResource", json!({"ResourceARN": arn})).await;
    assert_eq!(tags, json!({"Tags": [{"Key": "b", "Value": "2"}]}));
}

/// EventBridge logs nothing of a bus unless it is told to (API reference, LogConfig).
#[tokio::test]
async fn a_bus_that_should_log_is_refused() {
    let world = world().await;
    let off = json!({"Name": "b", "LogConfig": {"Level": "OFF", "IncludeDetail": "NONE"}});
    world.ok("events", "CreateEventBus", off.clone()).await;
    world.ok("events", "UpdateEventBus", off).await;
    let log = json!({"Level": "ERROR"});
    for (operation, name) in [("CreateEventBus", "c"), ("UpdateEventBus", "b")] {
        let (_, text) = world.error("events", operation, json!({"Name": name, "LogConfig": log})).await;
        assert!(text.contains("a log of a bus"), "{text}");
    }
}
