//! Feeds from streams: parents before children, in every way to begin.

use std::sync::{Arc, Mutex};

use cloud::feed::{Batch, Filter, Outcome, Settings, Start};
use shape::Timestamp;
use testkit::feeds::{Fed, settings};

use super::*;

type Seen = Arc<Mutex<Vec<String>>>;

/// What a record carries.
fn data(json: &str) -> String {
    let record: Value = serde_json::from_str(json).unwrap();
    text(&record["kinesis"]["data"])
}

fn collect(source: &str, settings: Settings) -> (Arc<Fed>, Seen) {
    let seen = Seen::default();
    let taken = seen.clone();
    let fed = Fed::new(source, settings, move |_cloud, batch: Batch| {
        taken.lock().unwrap().extend(batch.records.iter().map(|record| data(&record.json)));
        Box::pin(async { Outcome::Done { state: None } })
    });
    (fed, seen)
}

/// The event of "Using Lambda with Kinesis" (example event).
#[tokio::test]
async fn records_have_the_form_of_events() {
    let world = streaming(1).await;
    let told = Arc::new(Mutex::new(String::new()));
    let taken = told.clone();
    let fed = Fed::new(ARN, settings(), move |_cloud, batch| {
        *taken.lock().unwrap() = batch.json();
        Box::pin(async { Outcome::Done { state: None } })
    });
    fed.run(world.cloud());
    let put = put(&world, "key", "hello").await;
    world.settle().await;
    let records: Value = serde_json::from_str(&told.lock().unwrap()).unwrap();
    let sequence = put["SequenceNumber"].as_str().unwrap();
    let kinesis = json!({
        "kinesisSchemaVersion": "1.0", "partitionKey": "key", "sequenceNumber": sequence, "data": STANDARD.encode("hello"),
        "approximateArrivalTimestamp": records[0]["kinesis"]["approximateArrivalTimestamp"],
    });
    let expected = json!([{
        "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": format!("shardId-000000000000:{sequence}"),
        "eventName": "aws:kinesis:record", "invokeIdentityArn": "arn:aws:iam::000000000000:role/reader",
        "awsRegion": "us-east-1", "eventSourceARN": ARN, "kinesis": kinesis,
    }]);
    assert_eq!(records, expected);
    assert!(records[0]["kinesis"]["approximateArrivalTimestamp"].as_f64().is_some_and(|at| at > 1.7e9));
}

/// The records of a key keep their order while its shard is split: a child waits for the end of its parent.
#[tokio::test]
async fn children_wait_for_their_parents() {
    let world = streaming(1).await;
    for number in 0..5 {
        put(&world, "key", &number.to_string()).await;
    }
    let half = json!({"StreamName": "s", "ShardToSplit": "shardId-000000000000",
        "NewStartingHashKey": "170141183460469231731687303715884105728"});
    ok(&world, "SplitShard", half).await;
    settle(&world).await;
    for number in 5..10 {
        put(&world, "key", &number.to_string()).await;
    }
    let (fed, seen) = collect(ARN, Settings { batch_size: 2, ..settings() });
    fed.run(world.cloud());
    settle(&world).await;
    put(&world, "key", "10").await;
    world.settle().await;
    let expected: Vec<String> = (0..=10).map(|number| number.to_string()).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
}

/// A shard that is split while it is read ends, and its children are found.
#[tokio::test]
async fn shards_are_followed_into_their_children() {
    let world = streaming(1).await;
    let (fed, seen) = collect(ARN, Settings { start: Start::Latest, ..settings() });
    put(&world, "key", "before").await;
    fed.run(world.cloud());
    world.settle().await;
    put(&world, "key", "first").await;
    let half = json!({"StreamName": "s", "ShardToSplit": "shardId-000000000000",
        "NewStartingHashKey": "170141183460469231731687303715884105728"});
    ok(&world, "SplitShard", half).await;
    settle(&world).await;
    put(&world, "key", "second").await;
    settle(&world).await;
    assert_eq!(*seen.lock().unwrap(), ["first", "second"]);
}

#[tokio::test]
async fn a_time_is_a_place_to_begin_and_data_is_filtered() {
    let world = streaming(2).await;
    put(&world, "a", r#"{"kind":"old"}"#).await;
    world.advance(Duration::from_secs(60)).await;
    let start = Start::At(Timestamp::from_millis(world.cx().now().millis() - 1_000));
    put(&world, "a", r#"{"kind":"new"}"#).await;
    put(&world, "b", r#"{"kind":"other"}"#).await;
    put(&world, "c", "plain").await;
    let filter =
        Filter::parse(&[r#"{"data":{"kind":["old","new"]},"partitionKey":["a"]}"#.to_owned()]).unwrap();
    let (fed, seen) = collect(ARN, Settings { start, filter, ..settings() });
    fed.run(world.cloud());
    settle(&world).await;
    assert_eq!(*seen.lock().unwrap(), [r#"{"kind":"new"}"#]);
}
