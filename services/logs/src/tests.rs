//! Room tests: every outcome of every operation, through the door.

use std::collections::BTreeMap;
use std::time::Duration;

use cloud::arn::Arn;
use cloud::cx::Cx;
use cloud::resource::{ResourceRequest, ResourceType};
use serde_json::{Value, json};
use testkit::{START, World, nobody};

use super::*;

mod subscriptions;

const DAY: i64 = limits::DAY_MILLIS;

/// The virtual time at the start, in milliseconds.
fn now() -> i64 {
    START.millis()
}

async fn world() -> World {
    let world = World::new(&[&LOGS]).await;
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    world.ok("logs", "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    world
}

async fn put(world: &World, stream: &str, events: &[(i64, &str)]) -> Value {
    let events: Vec<_> =
        events.iter().map(|(time, text)| json!({"timestamp": time, "message": text})).collect();
    let input = json!({"logGroupName": "g", "logStreamName": stream, "logEvents": events});
    world.ok("logs", "PutLogEvents", input).await
}

/// The messages of an answer with events, joined by blanks.
fn messages(answer: &Value) -> String {
    let events = answer["events"].as_array().expect("events");
    let texts: Vec<_> = events.iter().map(|event| event["message"].as_str().expect("a message")).collect();
    texts.join(" ")
}

async fn get(world: &World, more: Value) -> Value {
    let mut input = json!({"logGroupName": "g", "logStreamName": "s"});
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    world.ok("logs", "GetLogEvents", input).await
}

async fn filter(world: &World, more: Value) -> Value {
    let mut input = json!({"logGroupName": "g"});
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    world.ok("logs", "FilterLogEvents", input).await
}

async fn refused(world: &World, operation: &str, input: Value, code: &str, message: &str) {
    let (found_code, found_message) = world.error("logs", operation, input).await;
    assert_eq!((found_code.as_str(), found_message.as_str()), (code, message), "{operation}");
}

const NOT_FOUND: &str = "ResourceNotFoundException";
const INVALID: &str = "InvalidParameterException";

// Texts and shapes of errors without another source: recorded on AWS in LocalStack's tests/aws/services/logs.

#[tokio::test]
async fn groups_are_made_described_and_deleted() {
    let world = world().await;
    refused(
        &world,
        "CreateLogGroup",
        json!({"logGroupName": "g"}),
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )
    .await;
    let described = world.ok("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": "g"})).await;
    assert_eq!(
        described,
        json!({"logGroups": [{
            "logGroupName": "g",
            "creationTime": now(),
            "metricFilterCount": 0,
            "arn": "arn:aws:logs:us-east-1:000000000000:log-group:g:*",
            "storedBytes": 0,
            "logGroupClass": "STANDARD",
            "logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:g",
            "deletionProtectionEnabled": false,
        }]})
    );
    put(&world, "s", &[(now(), "hello")]).await;
    let described = world.ok("logs", "DescribeLogGroups", json!({})).await;
    assert_eq!(described["logGroups"][0]["storedBytes"], 31);
    world.ok("logs", "DeleteLogGroup", json!({"logGroupName": "g"})).await;
    refused(
        &world,
        "DeleteLogGroup",
        json!({"logGroupName": "g"}),
        NOT_FOUND,
        "The specified log group does not exist.",
    )
    .await;
    // A group made anew has nothing of the old one.
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    assert_eq!(
        world.ok("logs", "DescribeLogStreams", json!({"logGroupName": "g"})).await["logStreams"],
        json!([])
    );
    assert_eq!(world.ok("logs", "DescribeLogGroups", json!({})).await["logGroups"][0]["storedBytes"], 0);
}

#[tokio::test]
async fn groups_that_are_refused() {
    let world = world().await;
    let length = "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
    refused(&world, "CreateLogGroup", json!({"logGroupName": "a".repeat(513)}), INVALID, length).await;
    let create = |more: Value| {
        let mut input = json!({"logGroupName": "other"});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    for input in [
        create(json!({"kmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/x"})),
        create(json!({"logGroupClass": "INFREQUENT_ACCESS"})),
        create(json!({"logGroupClass": "WHATEVER"})),
        json!({"logGroupName": "with blank"}),
        json!({"logGroupName": ""}),
    ] {
        assert_eq!(world.error("logs", "CreateLogGroup", input.clone()).await.0, INVALID, "{input}");
    }
    world.ok("logs", "CreateLogGroup", create(json!({"deletionProtectionEnabled": true}))).await;
    assert_eq!(
        world.error("logs", "DeleteLogGroup", json!({"logGroupName": "other"})).await.0,
        "ValidationException"
    );
}

#[tokio::test]
async fn groups_are_listed_by_page_and_pattern() {
    let world = World::new(&[&LOGS]).await;
    for name in ["/aws/lambda/one", "/aws/lambda/two", "/aws/vpc", "other"] {
        world.ok("logs", "CreateLogGroup", json!({"logGroupName": name})).await;
    }
    let names = |answer: &Value| -> Vec<String> {
        let groups = answer["logGroups"].as_array().expect("groups");
        groups.iter().map(|group| group["logGroupName"].as_str().expect("a name").to_owned()).collect()
    };
    let page =
        world.ok("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": "/aws/", "limit": 2})).await;
    assert_eq!(names(&page), ["/aws/lambda/one", "/aws/lambda/two"]);
    let input = json!({"logGroupNamePrefix": "/aws/", "limit": 2, "nextToken": page["nextToken"]});
    let rest = world.ok("logs", "DescribeLogGroups", input).await;
    assert_eq!((names(&rest), rest.get("nextToken")), (vec!["/aws/vpc".to_owned()], None));
    let found = world.ok("logs", "DescribeLogGroups", json!({"logGroupNamePattern": "LAMBDA/t"})).await;
    assert_eq!(names(&found), ["/aws/lambda/two"]);
    let one = world.ok("logs", "DescribeLogGroups", json!({"logGroupNamePattern": "o", "limit": 1})).await;
    assert_eq!((names(&one).len(), one["nextToken"].is_string()), (1, true));
    let identifiers = json!(["arn:aws:logs:us-east-1:000000000000:log-group:other", "/aws/vpc", "none"]);
    let identified = world.ok("logs", "DescribeLogGroups", json!({"logGroupIdentifiers": identifiers})).await;
    assert_eq!(names(&identified), ["other", "/aws/vpc"]);
    let listed = world.ok("logs", "ListLogGroups", json!({"logGroupNamePattern": "^/aws/vpc|oth"})).await;
    assert_eq!(names(&listed), ["/aws/vpc", "other"]);
    refused(
        &world,
        "DescribeLogGroups",
        json!({"nextToken": "nonsense"}),
        INVALID,
        "The specified nextToken is invalid.",
    )
    .await;
    let both = json!({"logGroupNamePrefix": "a", "logGroupNamePattern": "b"});
    assert_eq!(world.error("logs", "DescribeLogGroups", both).await.0, INVALID);
    let linked = json!({"includeLinkedAccounts": true});
    assert_eq!(world.error("logs", "DescribeLogGroups", linked.clone()).await.0, INVALID);
    assert_eq!(world.error("logs", "ListLogGroups", linked).await.0, INVALID);
}

#[tokio::test]
async fn streams_are_made_described_and_deleted() {
    let world = world().await;
    refused(
        &world,
        "CreateLogStream",
        json!({"logGroupName": "g", "logStreamName": "s"}),
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
    )
    .await;
    refused(
        &world,
        "CreateLogStream",
        json!({"logGroupName": "none", "logStreamName": "s"}),
        NOT_FOUND,
        "The specified log group does not exist.",
    )
    .await;
    let describe = json!({"logGroupName": "g"});
    let stream = json!({
        "logStreamName": "s",
        "creationTime": now(),
        "arn": "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:s",
        "storedBytes": 0,
    });
    assert_eq!(
        world.ok("logs", "DescribeLogStreams", describe.clone()).await,
        json!({"logStreams": [stream]})
    );
    put(&world, "s", &[(now() - 10, "a"), (now(), "b")]).await;
    let described = world.ok("logs", "DescribeLogStreams", describe.clone()).await;
    let stream = &described["logStreams"][0];
    assert_eq!(stream["firstEventTimestamp"], now() - 10);
    assert_eq!((&stream["lastEventTimestamp"], &stream["lastIngestionTime"]), (&json!(now()), &json!(now())));
    world.ok("logs", "DeleteLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    refused(
        &world,
        "DeleteLogStream",
        json!({"logGroupName": "g", "logStreamName": "s"}),
        NOT_FOUND,
        "The specified log stream does not exist.",
    )
    .await;
    assert_eq!(world.ok("logs", "DescribeLogStreams", describe).await["logStreams"], json!([]));
}

#[tokio::test]
async fn streams_are_listed_in_both_orders() {
    let world = world().await;
    for (name, time) in [("b", 30), ("a", 20), ("c", 10)] {
        world.ok("logs", "CreateLogStream", json!({"logGroupName": "g", "logStreamName": name})).await;
        put(&world, name, &[(now() + time, "x")]).await;
    }
    let list = async |more: Value| {
        let mut input = json!({"logGroupName": "g"});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        let answer = world.ok("logs", "DescribeLogStreams", input).await;
        let streams = answer["logStreams"].as_array().expect("streams");
        let names: Vec<_> =
            streams.iter().map(|stream| stream["logStreamName"].as_str().expect("a name")).collect();
        (names.join(" "), answer["nextToken"].clone())
    };
    assert_eq!(list(json!({})).await.0, "a b c s");
    assert_eq!(list(json!({"descending": true})).await.0, "s c b a");
    assert_eq!(list(json!({"logStreamNamePrefix": "b"})).await.0, "b");
    assert_eq!(list(json!({"orderBy": "LastEventTime", "descending": true})).await.0, "b a c s");
    let (first, token) = list(json!({"orderBy": "LastEventTime", "limit": 3})).await;
    assert_eq!(first, "s c a");
    assert_eq!(
        list(json!({"orderBy": "LastEventTime", "limit": 3, "nextToken": token})).await,
        ("b".into(), Value::Null)
    );
    let (first, token) = list(json!({"limit": 2, "descending": true})).await;
    assert_eq!(first, "s c");
    assert_eq!(list(json!({"limit": 2, "descending": true, "nextToken": token})).await.0, "b a");
    refused(
        &world,
        "DescribeLogStreams",
        json!({"logGroupName": "g", "orderBy": "LastEventTime", "logStreamNamePrefix": "x"}),
        INVALID,
        "Cannot order by LastEventTime with a logStreamNamePrefix.",
    )
    .await;
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    let by_arn = world.ok("logs", "DescribeLogStreams", json!({"logGroupIdentifier": arn})).await;
    assert_eq!(by_arn["logStreams"].as_array().map(Vec::len), Some(4));
    assert_eq!(world.error("logs", "DescribeLogStreams", json!({})).await.0, INVALID);
    let both = json!({"logGroupName": "g", "logGroupIdentifier": "g"});
    assert_eq!(world.error("logs", "DescribeLogStreams", both).await.0, INVALID);
}

#[tokio::test]
async fn events_are_written_and_read_in_both_directions() {
    let world = world().await;
    let answer = put(&world, "s", &[(now(), "1"), (now(), "2"), (now() + 1, "3")]).await;
    assert_eq!(answer["nextSequenceToken"].as_str().map(str::len), Some(56));
    assert!(answer.get("rejectedLogEventsInfo").is_none());
    // A later batch with earlier times falls into its place.
    put(&world, "s", &[(now() - 5, "0"), (now() + 2, "4")]).await;
    let all = get(&world, json!({})).await;
    assert_eq!(messages(&all), "0 1 2 3 4");
    assert_eq!(all["events"][0], json!({"timestamp": now() - 5, "message": "0", "ingestionTime": now()}));
    let head = get(&world, json!({"startFromHead": true, "limit": 2})).await;
    assert_eq!(messages(&head), "0 1");
    let next = get(&world, json!({"nextToken": head["nextForwardToken"], "limit": 2})).await;
    assert_eq!(messages(&next), "2 3");
    let back = get(&world, json!({"nextToken": next["nextBackwardToken"], "limit": 1})).await;
    assert_eq!(messages(&back), "1");
    let tail = get(&world, json!({"limit": 2})).await;
    assert_eq!(messages(&tail), "3 4");
    let before = get(&world, json!({"limit": 2, "nextToken": tail["nextBackwardToken"]})).await;
    assert_eq!(messages(&before), "1 2");
    let window = get(&world, json!({"startTime": now(), "endTime": now() + 1})).await;
    assert_eq!(messages(&window), "1 2");
    assert_eq!(messages(&get(&world, json!({"startTime": now() + 9, "endTime": now()})).await), "");
}

#[tokio::test]
async fn a_reader_waits_at_the_end_with_the_same_token() {
    let world = world().await;
    let empty = get(&world, json!({"startFromHead": true})).await;
    assert_eq!(messages(&empty), "");
    put(&world, "s", &[(now(), "a")]).await;
    let first = get(&world, json!({"nextToken": empty["nextForwardToken"]})).await;
    assert_eq!(messages(&first), "a");
    let end = get(&world, json!({"nextToken": first["nextForwardToken"]})).await;
    assert_eq!((messages(&end).as_str(), &end["nextForwardToken"]), ("", &first["nextForwardToken"]));
    put(&world, "s", &[(now(), "b")]).await;
    assert_eq!(messages(&get(&world, json!({"nextToken": end["nextForwardToken"]})).await), "b");
    let start = get(&world, json!({"nextToken": first["nextBackwardToken"]})).await;
    assert_eq!((messages(&start).as_str(), &start["nextBackwardToken"]), ("", &first["nextBackwardToken"]));
}

#[tokio::test]
async fn writing_that_is_refused() {
    let world = world().await;
    let batch = |events: Value| json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events});
    let one = json!([{"timestamp": now(), "message": "x"}]);
    refused(
        &world,
        "PutLogEvents",
        json!({"logGroupName": "g", "logStreamName": "none", "logEvents": one}),
        NOT_FOUND,
        "The specified log stream does not exist.",
    )
    .await;
    refused(
        &world,
        "PutLogEvents",
        json!({"logGroupName": "none", "logStreamName": "s", "logEvents": one}),
        NOT_FOUND,
        "The specified log group does not exist.",
    )
    .await;
    let disordered = json!([{"timestamp": now(), "message": "x"}, {"timestamp": now() - 1, "message": "y"}]);
    let order = "Log events in a single PutLogEvents request must be in chronological order.";
    refused(&world, "PutLogEvents", batch(disordered), INVALID, order).await;
    assert_eq!(world.error("logs", "PutLogEvents", batch(json!([]))).await.0, INVALID);
    let empty = json!([{"timestamp": now(), "message": ""}]);
    assert_eq!(world.error("logs", "PutLogEvents", batch(empty)).await.0, INVALID);
    let new = put(&world, "s", &[(now() + DAY, "future")]).await;
    assert_eq!(new["rejectedLogEventsInfo"], json!({"tooNewLogEventStartIndex": 0}));
    let old = put(&world, "s", &[(now() - 14 * DAY - 1, "past")]).await;
    assert_eq!(old["rejectedLogEventsInfo"], json!({"tooOldLogEventEndIndex": 1}));
    assert_eq!(messages(&get(&world, json!({})).await), "");
    let entity = json!({"keyAttributes": {"Type": "Service", "Name": "x"}});
    let mut input = batch(one);
    input["entity"] = entity;
    let answer = world.ok("logs", "PutLogEvents", input).await;
    assert_eq!(answer["rejectedEntityInfo"], json!({"errorType": "UnsupportedLogGroupType"}));
}

#[tokio::test]
async fn reading_that_is_refused() {
    let world = world().await;
    let read = |group: &str, stream: &str| json!({"logGroupName": group, "logStreamName": stream});
    let no_group = "The specified log group does not exist.";
    refused(&world, "GetLogEvents", read("none", "s"), NOT_FOUND, no_group).await;
    refused(&world, "GetLogEvents", read("g", "none"), NOT_FOUND, "The specified log stream does not exist.")
        .await;
    let mut input = read("g", "s");
    input["limit"] = json!(10001);
    refused(
        &world,
        "GetLogEvents",
        input,
        INVALID,
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: \
         Member must have value less than or equal to 10000",
    )
    .await;
    let mut input = read("g", "s");
    input["nextToken"] = json!("invalid-token");
    refused(&world, "GetLogEvents", input, INVALID, "The specified nextToken is invalid.").await;
    let token = json!({"logGroupName": "g", "nextToken": "invalid-token"});
    refused(&world, "FilterLogEvents", token, INVALID, "The specified nextToken is invalid.").await;
    refused(&world, "FilterLogEvents", json!({"logGroupName": "none"}), NOT_FOUND, no_group).await;
    refused(
        &world,
        "FilterLogEvents",
        json!({"logGroupName": "g", "filterPattern": "a:b"}),
        INVALID,
        "Invalid character(s) in term ':'",
    )
    .await;
    let both = json!({"logGroupName": "g", "logStreamNames": ["s"], "logStreamNamePrefix": "s"});
    assert_eq!(world.error("logs", "FilterLogEvents", both).await.0, INVALID);
    let missing = json!({"logGroupName": "g", "logStreamNames": ["none"]});
    assert_eq!(world.error("logs", "FilterLogEvents", missing).await.0, NOT_FOUND);
}

#[tokio::test]
async fn streams_are_searched_as_one() {
    let world = world().await;
    world.ok("logs", "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "t"})).await;
    put(&world, "s", &[(now(), "s1 ERROR"), (now() + 20, "s2")]).await;
    put(&world, "t", &[(now() + 10, "t1"), (now() + 30, "t2 ERROR")]).await;
    let all = filter(&world, json!({})).await;
    assert_eq!(messages(&all), "s1 ERROR t1 s2 t2 ERROR");
    assert_eq!(all["searchedLogStreams"], json!([]));
    let first = &all["events"][0];
    assert_eq!((&first["logStreamName"], &first["ingestionTime"]), (&json!("s"), &json!(now())));
    let ids: Vec<_> =
        all["events"].as_array().expect("events").iter().map(|event| event["eventId"].as_str()).collect();
    assert!(ids.is_sorted() && ids.iter().all(|id| id.map(str::len) == Some(56)));
    assert_eq!(messages(&filter(&world, json!({"filterPattern": "ERROR"})).await), "s1 ERROR t2 ERROR");
    assert_eq!(messages(&filter(&world, json!({"logStreamNames": ["t", "t"]})).await), "t1 t2 ERROR");
    assert_eq!(messages(&filter(&world, json!({"logStreamNamePrefix": "s"})).await), "s1 ERROR s2");
    let window = json!({"startTime": now() + 10, "endTime": now() + 30, "interleaved": true});
    assert_eq!(messages(&filter(&world, window).await), "t1 s2");
    let page = filter(&world, json!({"limit": 3})).await;
    assert_eq!(messages(&page), "s1 ERROR t1 s2");
    let rest = filter(&world, json!({"limit": 3, "nextToken": page["nextToken"]})).await;
    assert_eq!((messages(&rest).as_str(), rest.get("nextToken")), ("t2 ERROR", None));
}

#[tokio::test]
async fn pages_of_many_events_miss_none() {
    let world = world().await;
    let events: Vec<_> = (0..500).map(|index| (now() + index / 7, index.to_string())).collect();
    for chunk in events.chunks(90) {
        let chunk: Vec<_> = chunk.iter().map(|(time, text)| (*time, text.as_str())).collect();
        put(&world, "s", &chunk).await;
    }
    let expected: Vec<_> = (0..500).map(|index| index.to_string()).collect();
    let mut found = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut input = json!({"limit": 33});
        if token.is_string() {
            input["nextToken"] = token.clone();
        }
        let page = filter(&world, input).await;
        found.extend(messages(&page).split_whitespace().map(str::to_owned));
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(found, expected);
    // A page ends at one megabyte, whatever its limit.
    let large = "x".repeat(300_000);
    put(&world, "s", &[(now() + 1000, &large), (now() + 1001, &large), (now() + 1002, &large)]).await;
    put(&world, "s", &[(now() + 1003, &large)]).await;
    let window = json!({"startTime": now() + 1000, "startFromHead": true});
    assert_eq!(get(&world, window).await["events"].as_array().map(Vec::len), Some(3));
    let page = filter(&world, json!({"startTime": now() + 1000})).await;
    assert_eq!((page["events"].as_array().map(Vec::len), page["nextToken"].is_string()), (Some(3), true));
}

#[tokio::test]
async fn retention_deletes_what_is_too_old() {
    let world = world().await;
    put(&world, "s", &[(now(), "old"), (now() + 1, "older than it looks")]).await;
    world.ok("logs", "PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 1})).await;
    let described = world.ok("logs", "DescribeLogGroups", json!({})).await;
    assert_eq!(described["logGroups"][0]["retentionInDays"], 1);
    world.run_jobs().await;
    assert_eq!(get(&world, json!({})).await["events"].as_array().map(Vec::len), Some(2));
    world.advance(Duration::from_secs(24 * 60 * 60 + 2)).await;
    put(&world, "s", &[(now() + DAY, "new")]).await;
    let expired = put(&world, "s", &[(now(), "expired")]).await;
    assert_eq!(expired["rejectedLogEventsInfo"], json!({"expiredLogEventEndIndex": 1}));
    world.run_jobs().await;
    assert_eq!(messages(&get(&world, json!({})).await), "new");
    let described = world.ok("logs", "DescribeLogGroups", json!({})).await;
    assert_eq!(described["logGroups"][0]["storedBytes"], 29);
    world.ok("logs", "DeleteRetentionPolicy", json!({"logGroupName": "g"})).await;
    world.advance(Duration::from_secs(3 * 24 * 60 * 60)).await;
    world.run_jobs().await;
    assert_eq!(messages(&get(&world, json!({})).await), "new");
    let missing = "The specified log group does not exist.";
    let input = json!({"logGroupName": "none", "retentionInDays": 1});
    refused(&world, "PutRetentionPolicy", input, NOT_FOUND, missing).await;
    refused(&world, "DeleteRetentionPolicy", json!({"logGroupName": "none"}), NOT_FOUND, missing).await;
    let odd = json!({"logGroupName": "g", "retentionInDays": 2});
    assert_eq!(world.error("logs", "PutRetentionPolicy", odd).await.0, INVALID);
}

#[tokio::test]
async fn tags_by_the_old_and_the_new_operations() {
    let world = World::new(&[&LOGS]).await;
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g", "tags": {"env": "testing"}})).await;
    let old = json!({"logGroupName": "g"});
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    let new = json!({"resourceArn": arn});
    world.ok("logs", "TagLogGroup", json!({"logGroupName": "g", "tags": {"a": "1"}})).await;
    world.ok("logs", "TagResource", json!({"resourceArn": arn, "tags": {"b": "2", "env": "x"}})).await;
    let expected = json!({"tags": {"a": "1", "b": "2", "env": "x"}});
    assert_eq!(world.ok("logs", "ListTagsLogGroup", old.clone()).await, expected);
    assert_eq!(world.ok("logs", "ListTagsForResource", new.clone()).await, expected);
    world.ok("logs", "UntagLogGroup", json!({"logGroupName": "g", "tags": ["a", "none"]})).await;
    world.ok("logs", "UntagResource", json!({"resourceArn": arn, "tagKeys": ["env"]})).await;
    assert_eq!(world.ok("logs", "ListTagsForResource", new).await, json!({"tags": {"b": "2"}}));
    let many: serde_json::Map<_, _> = (0..50).map(|index| (index.to_string(), json!("x"))).collect();
    let input = json!({"resourceArn": arn, "tags": many});
    assert_eq!(world.error("logs", "TagResource", input).await.0, "TooManyTagsException");
    for operation in ["TagResource", "UntagResource", "ListTagsForResource"] {
        let input = json!({"resourceArn": format!("{arn}x"), "tags": {"a": "b"}, "tagKeys": ["a"]});
        refused(&world, operation, input, NOT_FOUND, "The specified resource does not exist.").await;
    }
    for operation in ["TagLogGroup", "UntagLogGroup", "ListTagsLogGroup"] {
        let tags = if operation == "UntagLogGroup" { json!(["a"]) } else { json!({"a": "b"}) };
        let input = json!({"logGroupName": "none", "tags": tags});
        refused(&world, operation, input, NOT_FOUND, "The specified log group does not exist.").await;
    }
}

#[tokio::test]
async fn every_operation_asks_for_permission() {
    let world = world().await;
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    for entry in LOGS.operations {
        let input = json!({
            "logGroupName": "g", "logStreamName": "s", "resourceArn": arn, "retentionInDays": 1, "tagKeys": ["a"],
            "tags": if entry.name == "UntagLogGroup" { json!(["a"]) } else { json!({"a": "b"}) },
            "logEvents": [{"timestamp": now(), "message": "x"}], "filterName": "f", "filterPattern": "",
            "destinationArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
        });
        let answer = world.call_as(nobody(), "logs", entry.name, input).await;
        assert_eq!(answer.expect_err("denied").code(), "AccessDeniedException", "{}", entry.name);
    }
}

#[test]
fn policies_of_the_framework_cover_streams() {
    // Serverless Framework grants logs:CreateLogGroup and CreateLogStream on `log-group:<name>*:*`; AWS decides
    // CreateLogGroup on the ARN of the group's streams.
    let arn: Arn = "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:".parse().expect("an ARN");
    assert!(arn.resource().starts_with("log-group:g:"));
}

#[tokio::test]
async fn stacks_make_groups_and_streams() {
    let world = World::new(&[&LOGS]).await;
    let mut cx: Cx = world.cx();
    let request = |properties: Value, physical_id: Option<&str>| {
        let Value::Object(properties) = properties else { panic!("an object") };
        ResourceRequest {
            stack_name: "stack".to_owned(),
            stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1".to_owned(),
            logical_id: "Group".to_owned(),
            physical_id: physical_id.map(str::to_owned),
            token: "token".to_owned(),
            repeated: false,
            properties,
            tags: BTreeMap::new(),
        }
    };
    let first = request(json!({"LogGroupName": "/aws/lambda/x", "RetentionInDays": 7}), None);
    let made = stack::LogGroup.create(&mut cx, &first).await.expect("made");
    assert_eq!(made.physical_id, "/aws/lambda/x");
    assert_eq!(
        made.attributes["Arn"],
        json!("arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/x:*")
    );
    let second = request(
        json!({"LogGroupName": "/aws/lambda/x", "Tags": [{"Key": "a", "Value": "b"}]}),
        Some("/aws/lambda/x"),
    );
    stack::LogGroup.update(&mut cx, &second, &first.properties).await.expect("updated");
    let described = world.ok("logs", "DescribeLogGroups", json!({})).await;
    assert!(described["logGroups"][0].get("retentionInDays").is_none());
    let tags = world.ok("logs", "ListTagsLogGroup", json!({"logGroupName": "/aws/lambda/x"})).await;
    let mut wanted = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    wanted.extend(second.system_tags());
    assert_eq!(tags, json!({"tags": wanted}));
    let stream = request(json!({"LogGroupName": "/aws/lambda/x"}), None);
    let made = stack::LogStream.create(&mut cx, &stream).await.expect("made");
    let stream = request(json!({"LogGroupName": "/aws/lambda/x"}), Some(&made.physical_id));
    stack::LogStream.delete(&mut cx, &stream).await.expect("deleted");
    stack::LogStream.delete(&mut cx, &stream).await.expect("deleted twice");
    stack::LogGroup.delete(&mut cx, &second).await.expect("deleted");
    stack::LogGroup.delete(&mut cx, &second).await.expect("deleted twice");
}

#[tokio::test]
async fn services_write_where_a_policy_lets_them() {
    let world = world().await;
    let events =
        || cloud::caller::Caller::service("events.amazonaws.com", testkit::ACCOUNT, testkit::REGION, None);
    let put = json!({"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": now(), "message": "m"}]});
    let denied = world.call_as(events(), "logs", "PutLogEvents", put.clone()).await.unwrap_err();
    assert_eq!(denied.code(), "AccessDeniedException");
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "arn:aws:logs:us-east-1:000000000000:log-group:g:*"}});
    let input = json!({"policyName": "p", "policyDocument": policy.to_string()});
    let made = world.ok("logs", "PutResourcePolicy", input).await;
    assert_eq!(made["resourcePolicy"]["policyName"], "p");
    world.call_as(events(), "logs", "PutLogEvents", put.clone()).await.unwrap();
    let listed = world.ok("logs", "DescribeResourcePolicies", json!({})).await;
    assert_eq!(listed["resourcePolicies"][0]["policyDocument"], policy.to_string());
    world.ok("logs", "DeleteResourcePolicy", json!({"policyName": "p"})).await;
    assert!(world.call_as(events(), "logs", "PutLogEvents", put).await.is_err());
    refused(
        &world,
        "DeleteResourcePolicy",
        json!({"policyName": "p"}),
        NOT_FOUND,
        "Policy with name [p] does not exist.",
    )
    .await;
    let wrong = json!({"policyName": "p", "policyDocument": "{"});
    assert_eq!(world.error("logs", "PutResourcePolicy", wrong).await.0, INVALID);
}
