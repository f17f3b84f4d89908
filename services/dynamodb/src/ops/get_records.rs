//! GetRecords.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::{RECORDS_BYTES_MAX, RECORDS_MAX};
use crate::record;
use crate::streams::{Iterator, Record};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=2048)]
    shard_iterator: String,
    #[shape(range = 1..=1000)]
    limit: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    records: Vec<Record>,
    next_shard_iterator: Option<String>,
}

pub(crate) struct GetRecords;

impl Operation for GetRecords {
    const NAME: &'static str = "GetRecords";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        // Whose iterator it is decides; one that is none belongs to nobody.
        Ok(match Iterator::read(&input.shard_iterator, Timestamp::from_millis(i64::MIN)) {
            Ok(iterator) => iterator.stream.arn().into(),
            Err(_) => cx.arn("dynamodb", "table/*/stream/*").into(),
        })
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        match Iterator::read(&input.shard_iterator, Timestamp::from_millis(i64::MIN)) {
            Ok(iterator) => iterator.stream.policy(cx).await,
            Err(_) => Ok(None),
        }
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now();
        let mut iterator = Iterator::read(&input.shard_iterator, now)?;
        let stream = iterator.stream.find(cx.tx()).await?;
        let limit = usize::try_from(input.limit.unwrap_or(RECORDS_MAX)).unwrap_or(1);
        let entries = record::read(cx.tx(), &stream.records(), iterator.after, limit).await?;
        let is_end = entries.len() < limit;
        let (mut records, mut bytes, mut all) = (Vec::with_capacity(entries.len()), 0, true);
        for entry in &entries {
            let record = Record::of(&stream, entry)?;
            bytes += record.size_bytes();
            if bytes > RECORDS_BYTES_MAX && !records.is_empty() {
                all = false;
                break;
            }
            iterator.after = Some(entry.last);
            records.push(record);
        }
        // A disabled stream ends with its last record.
        let is_over = is_end && all && stream.disabled_at_millis.is_some();
        iterator.made_at_millis = now.millis();
        Ok(Output { records, next_shard_iterator: (!is_over).then(|| iterator.text()) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{item, ok, table, world};

    async fn streamed(world: &World, view: &str) -> String {
        let stream = json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": view}});
        table(world, "things", stream).await;
        let described = ok(world, "DescribeTable", json!({"TableName": "things"})).await;
        described["Table"]["LatestStreamArn"].as_str().unwrap().to_owned()
    }

    async fn iterator(world: &World, arn: &str, kind: &str, sequence: Option<&Value>) -> Value {
        let described = world.ok("dynamodbstreams", "DescribeStream", json!({"StreamArn": arn})).await;
        let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
        let mut input = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind});
        if let Some(sequence) = sequence {
            input["SequenceNumber"] = sequence.clone();
        }
        world.ok("dynamodbstreams", "GetShardIterator", input).await["ShardIterator"].clone()
    }

    async fn records(world: &World, iterator: &Value) -> (Vec<Value>, Value) {
        let answer = world.ok("dynamodbstreams", "GetRecords", json!({"ShardIterator": iterator})).await;
        (answer["Records"].as_array().unwrap().clone(), answer["NextShardIterator"].clone())
    }

    async fn change(world: &World) {
        let put = |more| json!({"TableName": "things", "Item": item("a", 1, more)});
        ok(world, "PutItem", put(json!({"x": {"S": "1"}}))).await;
        ok(world, "PutItem", put(json!({"x": {"S": "1"}}))).await; // changes nothing
        ok(world, "PutItem", put(json!({"x": {"S": "2"}}))).await;
        ok(world, "DeleteItem", json!({"TableName": "things", "Key": item("a", 1, json!({}))})).await;
    }

    #[tokio::test]
    async fn changes_are_told_in_order() {
        let world = world().await;
        let arn = streamed(&world, "NEW_AND_OLD_IMAGES").await;
        let latest = iterator(&world, &arn, "LATEST", None).await;
        change(&world).await;
        let (found, next) = records(&world, &iterator(&world, &arn, "TRIM_HORIZON", None).await).await;
        let names: Vec<&Value> = found.iter().map(|record| &record["eventName"]).collect();
        assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
        let change = &found[1]["dynamodb"];
        assert_eq!(change["Keys"], item("a", 1, json!({})));
        assert_eq!(
            (&change["OldImage"]["x"]["S"], &change["NewImage"]["x"]["S"]),
            (&json!("1"), &json!("2"))
        );
        assert_eq!(change["SizeBytes"], 19);
        assert_eq!(records(&world, &next).await.0, Vec::<Value>::new());
        assert_eq!(records(&world, &latest).await.0, found);
        let sequence = &change["SequenceNumber"];
        let at = iterator(&world, &arn, "AT_SEQUENCE_NUMBER", Some(sequence)).await;
        assert_eq!(records(&world, &at).await.0, found[1..]);
        let after = iterator(&world, &arn, "AFTER_SEQUENCE_NUMBER", Some(sequence)).await;
        assert_eq!(records(&world, &after).await.0, found[2..]);
        let limited = json!({"ShardIterator": at, "Limit": 1});
        let answer = world.ok("dynamodbstreams", "GetRecords", limited).await;
        assert_eq!(records(&world, &answer["NextShardIterator"]).await.0, found[2..]);
    }

    #[tokio::test]
    async fn views_show_what_they_say() {
        for (view, has_old, has_new) in
            [("KEYS_ONLY", false, false), ("NEW_IMAGE", false, true), ("OLD_IMAGE", true, false)]
        {
            let world = world().await;
            let arn = streamed(&world, view).await;
            change(&world).await;
            let (found, _) = records(&world, &iterator(&world, &arn, "TRIM_HORIZON", None).await).await;
            let change = &found[1]["dynamodb"];
            assert_eq!(
                (change.get("OldImage").is_some(), change.get("NewImage").is_some()),
                (has_old, has_new)
            );
        }
    }

    #[tokio::test]
    async fn large_images_come_whole() {
        let world = world().await;
        let arn = streamed(&world, "NEW_AND_OLD_IMAGES").await;
        for letter in ["x", "y"] {
            let more = json!({"x": {"S": letter.repeat(390_000)}});
            ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", 1, more)})).await;
        }
        let first = iterator(&world, &arn, "TRIM_HORIZON", None).await;
        let (found, next) = records(&world, &first).await;
        assert_eq!(found.len(), 1, "both together are over a megabyte");
        let (found, _) = records(&world, &next).await;
        let change = &found[0]["dynamodb"];
        assert!(change["OldImage"]["x"]["S"].as_str().unwrap().ends_with('x'));
        assert!(change["NewImage"]["x"]["S"].as_str().unwrap().ends_with('y'));
        let after = iterator(&world, &arn, "AFTER_SEQUENCE_NUMBER", Some(&change["SequenceNumber"])).await;
        assert_eq!(records(&world, &after).await.0, Vec::<Value>::new());
    }

    #[tokio::test]
    async fn a_disabled_stream_ends_and_a_new_one_begins() {
        let world = world().await;
        let arn = streamed(&world, "NEW_IMAGE").await;
        change(&world).await;
        let disable = json!({"TableName": "things", "StreamSpecification": {"StreamEnabled": false}});
        ok(&world, "UpdateTable", disable).await;
        change(&world).await;
        let (found, next) = records(&world, &iterator(&world, &arn, "TRIM_HORIZON", None).await).await;
        assert_eq!((found.len(), next), (3, Value::Null));
        let enable = json!({"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"});
        let enable = json!({"TableName": "things", "StreamSpecification": enable});
        let new = ok(&world, "UpdateTable", enable).await["TableDescription"]["LatestStreamArn"].clone();
        assert_ne!(new, json!(arn));
        let listed = world.ok("dynamodbstreams", "ListStreams", json!({"TableName": "things"})).await;
        assert_eq!(listed["Streams"].as_array().unwrap().len(), 2);
        let first = world.ok("dynamodbstreams", "ListStreams", json!({"Limit": 1})).await;
        let rest = json!({"ExclusiveStartStreamArn": first["LastEvaluatedStreamArn"]});
        let rest = world.ok("dynamodbstreams", "ListStreams", rest).await;
        assert_eq!(rest["Streams"][0]["StreamArn"], new);
    }

    #[tokio::test]
    async fn records_go_after_a_day_and_iterators_after_minutes() {
        let world = world().await;
        let arn = streamed(&world, "NEW_IMAGE").await;
        change(&world).await;
        let first = iterator(&world, &arn, "TRIM_HORIZON", None).await;
        let (found, _) = records(&world, &first).await;
        world.advance(Duration::from_secs(16 * 60)).await;
        let failure = world.fails("dynamodbstreams", "GetRecords", json!({"ShardIterator": first})).await;
        assert_eq!(failure.code(), "ExpiredIteratorException");
        world.advance(Duration::from_secs(25 * 60 * 60)).await;
        change(&world).await;
        world.run_jobs().await;
        let (left, _) = records(&world, &iterator(&world, &arn, "TRIM_HORIZON", None).await).await;
        assert_eq!(left.len(), 3);
        let described = world.ok("dynamodbstreams", "DescribeStream", json!({"StreamArn": arn})).await;
        let input = json!({
            "StreamArn": arn, "ShardId": described["StreamDescription"]["Shards"][0]["ShardId"],
            "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": found[0]["dynamodb"]["SequenceNumber"],
        });
        let failure = world.fails("dynamodbstreams", "GetShardIterator", input).await;
        assert_eq!(failure.code(), "TrimmedDataAccessException");
    }

    #[tokio::test]
    async fn expired_items_are_told_apart() {
        let world = world().await;
        let arn = streamed(&world, "OLD_IMAGE").await;
        let enable = json!({"Enabled": true, "AttributeName": "t"});
        let enable = json!({"TableName": "things", "TimeToLiveSpecification": enable});
        ok(&world, "UpdateTimeToLive", enable).await;
        let at = (testkit::START.millis() / 1000 + 5).to_string();
        let put = json!({"TableName": "things", "Item": item("a", 1, json!({"t": {"N": at}}))});
        ok(&world, "PutItem", put).await;
        world.advance(Duration::from_secs(60)).await;
        world.run_jobs().await;
        let (found, _) = records(&world, &iterator(&world, &arn, "TRIM_HORIZON", None).await).await;
        assert_eq!((found.len(), found[0].get("userIdentity")), (2, None));
        let identity = json!({"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"});
        assert_eq!(found[1]["userIdentity"], identity);
    }
}
