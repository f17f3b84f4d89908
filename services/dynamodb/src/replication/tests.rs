//! Changes on their way to Kinesis, through the door.

use std::time::Duration;

use cloud::caller::Caller;
use testkit::World;

use super::*;
use crate::tests::{error, item, ok, table};

const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";
/// (Text: the notes of `ack-api-quirks` that `destination.rs` names, as all texts here.)
const INVALID: &str = "Table is not in a valid state to enable Kinesis Streaming Destination: ";

async fn world_with(shards: u32) -> World {
    let world = World::new(&[&crate::DYNAMODB, &crate::DYNAMODB_STREAMS, &kinesis::KINESIS, &iam::IAM]).await;
    table(&world, "things", json!({})).await;
    make_stream(&world, "changes", shards).await;
    world
}

async fn make_stream(world: &World, name: &str, shards: u32) {
    world.ok("kinesis", "CreateStream", json!({"StreamName": name, "ShardCount": shards})).await;
    world.advance(Duration::from_secs(1)).await;
}

fn to(stream: &str) -> Json {
    json!({"TableName": "things", "StreamArn": stream})
}

async fn enable(world: &World) {
    ok(world, "EnableKinesisStreamingDestination", to(STREAM)).await;
}

async fn destinations(world: &World) -> Json {
    let answer = ok(world, "DescribeKinesisStreamingDestination", json!({"TableName": "things"})).await;
    assert_eq!(answer["TableName"], "things");
    answer["KinesisDataStreamDestinations"].clone()
}

async fn put(world: &World, p: &str, s: i64, more: Json) {
    ok(world, "PutItem", json!({"TableName": "things", "Item": item(p, s, more)})).await;
}

/// The records of a stream, shard by shard: their data, and their partition keys.
async fn records(world: &World, stream: &str) -> Vec<Vec<(Json, String)>> {
    let listed = world.ok("kinesis", "ListShards", json!({"StreamName": stream})).await;
    let mut all = Vec::new();
    for shard in listed["Shards"].as_array().unwrap() {
        let asked =
            json!({"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"});
        let mut iterator = world.ok("kinesis", "GetShardIterator", asked).await["ShardIterator"].clone();
        let mut found = Vec::new();
        loop {
            let page = world.ok("kinesis", "GetRecords", json!({"ShardIterator": iterator})).await;
            let records = page["Records"].as_array().unwrap();
            found.extend(records.iter().map(|record| {
                let data = STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
                let key = record["PartitionKey"].as_str().unwrap().to_owned();
                (serde_json::from_slice(&data).unwrap(), key)
            }));
            if records.is_empty() {
                break;
            }
            iterator = page["NextShardIterator"].clone();
        }
        all.push(found);
    }
    all
}

/// Whether changes wait for a stream of Kinesis.
async fn is_any_waiting(world: &World) -> bool {
    let view = world.cx().snapshot().await.unwrap();
    keys::next_unreplicated(&view, None).await.unwrap().is_some()
}

/// The form of records: `crate/commons-codec`, tests/transform/test_dynamodb_cdc.py.
#[tokio::test]
async fn changes_come_as_aws_writes_them() {
    let world = world_with(1).await;
    put(&world, "before", 1, json!({})).await;
    let precision = json!({"ApproximateCreationDateTimePrecision": "MICROSECOND"});
    let mut input = to(STREAM);
    input["EnableKinesisStreamingConfiguration"] = precision.clone();
    let answer = ok(&world, "EnableKinesisStreamingDestination", input).await;
    let expected = json!({
        "TableName": "things", "StreamArn": STREAM, "DestinationStatus": "ENABLING",
        "EnableKinesisStreamingConfiguration": precision,
    });
    assert_eq!(answer, expected);
    put(&world, "a", 1, json!({"x": {"B": "AAE="}})).await;
    put(&world, "a", 1, json!({"x": {"S": "y"}})).await;
    // Nothing changes, so nothing is told.
    put(&world, "a", 1, json!({"x": {"S": "y"}})).await;
    ok(&world, "DeleteItem", json!({"TableName": "things", "Key": item("a", 1, json!({}))})).await;
    world.run_jobs().await;
    assert!(!is_any_waiting(&world).await);
    let found = records(&world, "changes").await.concat();
    let (first, key) = &found[0];
    let at = testkit::START.plus_millis(1000).millis() * 1000;
    let (keys, id) = (item("a", 1, json!({})), first["eventID"].as_str().unwrap());
    let (old, new) = (item("a", 1, json!({"x": {"B": "AAE="}})), item("a", 1, json!({"x": {"S": "y"}})));
    assert_eq!(
        *first,
        json!({
            "awsRegion": "us-east-1", "eventID": id, "eventName": "INSERT", "userIdentity": null,
            "recordFormat": "application/json", "tableName": "things",
            "dynamodb": {
                "ApproximateCreationDateTime": at, "Keys": keys, "NewImage": old, "SizeBytes": 13,
                "ApproximateCreationDateTimePrecision": "MICROSECOND",
            },
            "eventSource": "aws:dynamodb",
        })
    );
    assert_eq!((id.len(), &id[14..15]), (36, "4"));
    let (second, third) = (&found[1].0, &found[2].0);
    assert_eq!((&second["eventName"], &second["dynamodb"]["OldImage"]), (&json!("MODIFY"), &old));
    assert_eq!(second["dynamodb"]["NewImage"], new);
    assert_eq!((&third["eventName"], &third["dynamodb"]["OldImage"]), (&json!("REMOVE"), &new));
    assert_eq!((third["dynamodb"].get("NewImage"), found.len()), (None, 3));
    assert!(key.len() == 32 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')), "{key}");
    assert!(found.iter().all(|(_, other)| other == key), "the changes of an item stay together");
}

#[tokio::test]
async fn every_way_of_writing_is_told_and_in_order() {
    let world = world_with(3).await;
    enable(&world).await;
    let puts = |from: i64| -> Vec<Json> {
        (from..from + 5).map(|s| json!({"PutRequest": {"Item": item("b", s, json!({}))}})).collect()
    };
    for round in 0..3 {
        let change = |s: i64| json!({"Put": {"TableName": "things", "Item": item("t", s, json!({"n": {"N": round.to_string()}}))}});
        let transaction = json!({"TransactItems": (0..4).map(change).collect::<Vec<_>>()});
        ok(&world, "TransactWriteItems", transaction).await;
        ok(&world, "BatchWriteItem", json!({"RequestItems": {"things": puts(round * 5)}})).await;
        let statement = format!("UPDATE things SET n = {round} WHERE p = 'q' AND s = 1");
        let insert = json!({"Statement": format!("INSERT INTO things VALUE {{'p': 'q{round}', 's': 1}}")});
        ok(&world, "ExecuteStatement", insert).await;
        put(&world, "q", 1, json!({})).await;
        ok(&world, "ExecuteStatement", json!({"Statement": statement})).await;
        let update = json!({
            "TableName": "things", "Key": item("u", 1, json!({})), "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        });
        ok(&world, "UpdateItem", update).await;
        if round == 1 {
            world.run_jobs().await;
        }
    }
    let expiry = json!({"Enabled": true, "AttributeName": "t"});
    ok(&world, "UpdateTimeToLive", json!({"TableName": "things", "TimeToLiveSpecification": expiry})).await;
    put(&world, "x", 1, json!({"t": {"N": "1767225601"}})).await;
    world.advance(Duration::from_secs(60)).await;
    world.run_jobs().await;
    world.run_jobs().await;
    let shards = records(&world, "changes").await;
    assert!(shards.iter().filter(|shard| !shard.is_empty()).count() > 1, "the keys are spread");
    let numbers = |p: &str, s: &str| -> Vec<Json> {
        let of =
            |data: &&Json| data["dynamodb"]["Keys"]["p"]["S"] == p && data["dynamodb"]["Keys"]["s"]["N"] == s;
        let all = shards.iter().flatten().map(|(data, _)| data);
        all.filter(of).map(|data| data["dynamodb"]["NewImage"]["n"]["N"].clone()).collect()
    };
    for s in ["0", "1", "2", "3"] {
        assert_eq!(numbers("t", s), [json!("0"), json!("1"), json!("2")]);
    }
    assert_eq!(numbers("u", "1"), [json!("1"), json!("2"), json!("3")]);
    let bare = Json::Null;
    assert_eq!(numbers("q", "1"), [bare.clone(), json!("0"), bare.clone(), json!("1"), bare, json!("2")]);
    assert_eq!((0..15).map(|s| numbers("b", &s.to_string()).len()).sum::<usize>(), 15);
    let expired = shards.iter().flatten().find(|(data, _)| !data["userIdentity"].is_null());
    let expired = &expired.unwrap().0;
    // "Using DynamoDB Streams and time to live" in the developer guide.
    assert_eq!(expired["userIdentity"], json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"}));
    assert_eq!(expired["eventName"], "REMOVE");
}

#[tokio::test]
async fn a_destination_is_enabled_updated_and_disabled() {
    let world = world_with(1).await;
    assert_eq!(destinations(&world).await, json!([]));
    assert_eq!(
        error(&world, "EnableKinesisStreamingDestination", json!({"TableName": "none", "StreamArn": STREAM}))
            .await,
        (
            "ResourceNotFoundException".to_owned(),
            "Requested resource not found: Table: none not found".to_owned()
        )
    );
    let answer = ok(&world, "EnableKinesisStreamingDestination", to(STREAM)).await;
    assert_eq!(answer["EnableKinesisStreamingConfiguration"], json!({}));
    let active = json!([{"StreamArn": STREAM, "DestinationStatus": "ACTIVE"}]);
    assert_eq!(destinations(&world).await, active);
    let again = INVALID.to_owned()
        + "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.";
    make_stream(&world, "other", 1).await;
    let other = STREAM.replace("changes", "other");
    for stream in [STREAM, &other] {
        let refused = error(&world, "EnableKinesisStreamingDestination", to(stream)).await;
        assert_eq!(refused, ("ValidationException".to_owned(), again.clone()));
    }
    let with = |precision: Json| {
        let mut input = to(STREAM);
        input["UpdateKinesisStreamingConfiguration"] = precision;
        input
    };
    let set = |precision: &str| with(json!({"ApproximateCreationDateTimePrecision": precision}));
    let update = "UpdateKinesisStreamingDestination";
    assert_eq!(ok(&world, update, set("MICROSECOND")).await["DestinationStatus"], "UPDATING");
    assert_eq!(destinations(&world).await[0]["ApproximateCreationDateTimePrecision"], "MICROSECOND");
    let id = ok(&world, "DescribeTable", json!({"TableName": "things"})).await["Table"]["TableId"].clone();
    let same = format!(
        "Invalid Request: Precision is already set to the desired value of MICROSECOND for tableId: {}, kdsArn: {STREAM}",
        id.as_str().unwrap()
    );
    assert_eq!(error(&world, update, set("MICROSECOND")).await.1, same);
    for nothing in [Json::Null, json!({})] {
        let text = "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be null or contain only null values";
        assert_eq!(error(&world, update, with(nothing)).await.1, text);
    }
    let disable = "DisableKinesisStreamingDestination";
    let mut wrong = to(STREAM);
    wrong["EnableKinesisStreamingConfiguration"] =
        json!({"ApproximateCreationDateTimePrecision": "MICROSECOND"});
    let text = "Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters";
    assert_eq!(error(&world, disable, wrong).await.1, text);
    let not_active =
        INVALID.to_owned() + "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.";
    assert_eq!(error(&world, disable, to(&other)).await.1, not_active);
    put(&world, "a", 1, json!({})).await;
    assert_eq!(ok(&world, disable, to(STREAM)).await["DestinationStatus"], "DISABLING");
    put(&world, "a", 2, json!({})).await;
    assert_eq!(error(&world, disable, to(STREAM)).await.1, not_active);
    let no_update = format!(
        "{INVALID}Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. TableName: things, kdsArn: {STREAM}"
    );
    assert_eq!(error(&world, update, set("MILLISECOND")).await.1, no_update);
    let disabled = json!([{"StreamArn": STREAM, "DestinationStatus": "DISABLED"}]);
    assert_eq!(destinations(&world).await, disabled);
    // What was written before it ended still comes.
    world.run_jobs().await;
    assert_eq!(records(&world, "changes").await.concat().len(), 1);
    enable(&world).await;
    assert_eq!(destinations(&world).await, active, "it is the same one, without what was set");
    let unchanged = set("MILLISECOND");
    assert!(
        error(&world, update, unchanged).await.1.contains("already set to the desired value of MILLISECOND")
    );
}

#[tokio::test]
async fn what_cannot_be_used_is_told_by_the_status() {
    let world = world_with(1).await;
    let not_permitted = "User does not have a permission to use kinesis stream";
    let start = "The kinesis Arn used to enable kinesis replication belongs to a stream which is not in ";
    let cases = [
        (STREAM.replace("changes", "nothing"), not_permitted.to_owned()),
        (STREAM.replace("us-east-1", "eu-west-1"), format!("{start}the current region")),
        (STREAM.replace("000000000000", "111111111111"), format!("{start}Active state")),
        (STREAM.replace("changes", "changes/consumer/c:1"), not_permitted.to_owned()),
        ("arn:aws:dynamodb:us-east-1:000000000000:table/things".to_owned(), not_permitted.to_owned()),
    ];
    for (stream, why) in &cases {
        let answer = ok(&world, "EnableKinesisStreamingDestination", to(stream)).await;
        assert_eq!(answer["DestinationStatus"], "ENABLING");
        let there = &destinations(&world).await[0];
        let told = (&there["DestinationStatus"], &there["DestinationStatusDescription"]);
        assert_eq!(told, (&json!("ENABLE_FAILED"), &json!(why)), "{stream}");
    }
    assert_eq!(destinations(&world).await.as_array().unwrap().len(), cases.len());
    put(&world, "a", 1, json!({})).await;
    assert!(!is_any_waiting(&world).await);
    for number in 0..30 {
        let stream = STREAM.replace("changes", &format!("nothing-{number}"));
        ok(&world, "EnableKinesisStreamingDestination", to(&stream)).await;
    }
    enable(&world).await;
    let there = destinations(&world).await;
    assert_eq!(there.as_array().unwrap().len(), crate::limits::PAST_DESTINATIONS_MAX + 1);
    assert_eq!(there[0]["DestinationStatus"], "ACTIVE");
}

/// A user who may do what is listed, on everything.
async fn user(world: &World, actions: &[&str]) -> Caller {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    testkit::users::user(world, &format!("user-{}", actions.len()), statement).await
}

/// What IAM must allow: "Using IAM policies for Amazon Kinesis Data Streams and Amazon DynamoDB" in the developer guide.
#[tokio::test]
async fn who_enables_must_be_allowed_to_use_the_stream() {
    let world = world_with(1).await;
    let all = [
        "sts:GetCallerIdentity",
        "dynamodb:EnableKinesisStreamingDestination",
        "iam:CreateServiceLinkedRole",
        "kinesis:ListStreams",
        "kinesis:PutRecords",
        "kinesis:DescribeStream",
    ];
    let operation = "EnableKinesisStreamingDestination";
    for count in 1..3 {
        let caller = user(&world, &all[..count]).await;
        let refused = world.call_as(caller, "dynamodb", operation, to(STREAM)).await.unwrap_err();
        assert_eq!(refused.code(), "AccessDeniedException");
        assert!(refused.message().contains(all[count]), "{refused}");
        assert_eq!(destinations(&world).await, json!([]));
    }
    for count in 3..=all.len() {
        let caller = user(&world, &all[..count]).await;
        world.call_as(caller, "dynamodb", operation, to(STREAM)).await.unwrap();
        let status = if count == all.len() { "ACTIVE" } else { "ENABLE_FAILED" };
        assert_eq!(destinations(&world).await[0]["DestinationStatus"], status, "{count}");
    }
    let role = world.ok("iam", "GetRole", json!({"RoleName": ROLE})).await["Role"].clone();
    assert_eq!(role["Arn"], role_arn(testkit::ACCOUNT));
}

/// The records are put as the account's role: without it nothing arrives, and nothing is lost.
#[tokio::test]
async fn changes_wait_for_a_stream_that_cannot_take_them() {
    let world = world_with(1).await;
    enable(&world).await;
    let deny = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": {"AWS": role_arn(testkit::ACCOUNT)}, "Action": "kinesis:PutRecords",
        "Resource": STREAM,
    }]});
    let policy = json!({"ResourceARN": STREAM, "Policy": deny.to_string()});
    world.ok("kinesis", "PutResourcePolicy", policy).await;
    for s in 0..3 {
        put(&world, "a", s, json!({})).await;
    }
    world.run_jobs().await;
    assert_eq!(records(&world, "changes").await.concat().len(), 0);
    world.ok("kinesis", "DeleteResourcePolicy", json!({"ResourceARN": STREAM})).await;
    world.advance(Duration::from_secs(60)).await;
    world.run_jobs().await;
    assert_eq!(records(&world, "changes").await.concat().len(), 3);
    // A stream that is gone is ACTIVE as before, and gets nothing: after a day the changes are lost.
    world.ok("kinesis", "DeleteStream", json!({"StreamName": "changes"})).await;
    world.advance(Duration::from_secs(1)).await;
    put(&world, "a", 4, json!({})).await;
    world.run_jobs().await;
    assert_eq!(destinations(&world).await[0]["DestinationStatus"], "ACTIVE");
    assert!(is_any_waiting(&world).await);
    world.advance(Duration::from_millis(u64::try_from(UNREPLICATED_MILLIS).unwrap())).await;
    make_stream(&world, "changes", 1).await;
    put(&world, "a", 5, json!({})).await;
    world.run_jobs().await;
    assert!(!is_any_waiting(&world).await);
    let found = records(&world, "changes").await.concat();
    assert_eq!((found.len(), &found[0].0["dynamodb"]["Keys"]["s"]["N"]), (1, &json!("5")));
}

/// More than a shard takes in a second, and one that Kinesis never takes.
#[tokio::test]
async fn a_full_shard_and_a_large_change_hold_nothing_back() {
    let world = world_with(1).await;
    enable(&world).await;
    let batch = |from: i64| -> Json {
        let puts = (from..from + 25).map(|s| json!({"PutRequest": {"Item": item("b", s, json!({}))}}));
        json!({"RequestItems": {"things": puts.collect::<Vec<_>>()}})
    };
    for number in 0..48 {
        ok(&world, "BatchWriteItem", batch(number * 25)).await;
    }
    world.run_jobs().await;
    // A shard takes 1,000 records in a second; the others follow in their order.
    assert_eq!(records(&world, "changes").await.concat().len(), 1000);
    assert!(is_any_waiting(&world).await);
    world.advance(Duration::from_secs(2)).await;
    // In JSON the two images are more than the MiB that a record may have.
    let large = |letter: &str| json!({"x": {"B": STANDARD.encode(letter.repeat(400_000))}});
    put(&world, "large", 1, large("a")).await;
    put(&world, "large", 1, large("b")).await;
    put(&world, "last", 1, json!({})).await;
    for _ in 0..5 {
        world.run_jobs().await;
        world.advance(Duration::from_secs(2)).await;
    }
    assert!(!is_any_waiting(&world).await);
    let found = records(&world, "changes").await.concat();
    let numbers: Vec<i64> = found[..1200]
        .iter()
        .map(|(data, _)| data["dynamodb"]["Keys"]["s"]["N"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(numbers.is_sorted() && found.len() == 1202, "{}", found.len());
    assert_eq!(found[1200].0["eventName"], "INSERT");
    assert_eq!(found[1201].0["dynamodb"]["Keys"]["p"]["S"], "last");
}

/// Of several nodes one brings the changes; another goes on when it dies.
#[tokio::test]
async fn one_node_at_a_time_brings_changes() {
    let services: [&'static cloud::service::Service; 4] =
        [&crate::DYNAMODB, &crate::DYNAMODB_STREAMS, &kinesis::KINESIS, &iam::IAM];
    let nodes = World::nodes(&services, 2).await;
    let first = &nodes[0];
    table(first, "things", json!({})).await;
    make_stream(first, "changes", 1).await;
    enable(first).await;
    for s in 0..60 {
        let node = if s % 2 == 0 { first } else { &nodes[1] };
        put(node, "a", s, json!({})).await;
    }
    tokio::join!(nodes[0].run_jobs(), nodes[1].run_jobs());
    for _ in 0..10 {
        for node in &nodes {
            node.advance(Duration::from_secs(1)).await;
            node.run_jobs().await;
        }
    }
    assert_eq!(records(first, "changes").await.concat().len(), 60);
}
