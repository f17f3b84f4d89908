use std::collections::BTreeMap;
use std::time::Duration;

use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};
use testkit::World;

use super::super::GlobalTable;
use super::TableResource;
use crate::tests::{item, ok, transfers, world};

fn request(properties: Value) -> ResourceRequest {
    ResourceRequest {
        stack_name: "demo".into(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/demo/1".into(),
        logical_id: "Things".into(),
        physical_id: None,
        token: "t".into(),
        repeated: false,
        properties: properties.as_object().unwrap().clone(),
        tags: BTreeMap::from([("stack".to_owned(), "demo".to_owned())]),
    }
}

fn properties(more: Value) -> Value {
    let mut all = json!({
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

#[tokio::test]
async fn a_table_comes_changes_and_goes() {
    let world = world().await;
    let mut cx = world.cx();
    let first = properties(json!({
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": "true"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
        "SSESpecification": {"SSEEnabled": true},
        "Tags": [{"Key": "a", "Value": "1"}],
    }));
    let created = TableResource.create(&mut cx, &request(first.clone())).await.unwrap();
    let name = created.physical_id.clone();
    assert!(name.starts_with("demo-Things-"), "{name}");
    let stream = created.attributes["StreamArn"].as_str().unwrap();
    assert!(stream.contains("/stream/2026-01-01T00:00:00.000"), "{stream}");
    // A repetition after a crash finds what is there.
    let again = TableResource.create(&mut cx, &request(first.clone())).await.unwrap();
    assert_eq!(again.attributes, created.attributes);
    ok(&world, "PutItem", json!({"TableName": name, "Item": item("a", 1, json!({"x": {"S": "1"}}))})).await;
    let second = properties(json!({
        "AttributeDefinitions": [
            {"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"},
            {"AttributeName": "x", "AttributeType": "S"},
        ],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": "6"},
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-x", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        }],
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        "Tags": [{"Key": "b", "Value": 2}],
        "DeletionProtectionEnabled": "true",
    }));
    let mut change = request(second.clone());
    change.physical_id = Some(name.clone());
    let updated = TableResource.update(&mut cx, &change, first.as_object().unwrap()).await.unwrap();
    assert_ne!(updated.attributes["StreamArn"], created.attributes["StreamArn"]);
    // A repetition after a crash finds what is done.
    let again = TableResource.update(&mut cx, &change, first.as_object().unwrap()).await.unwrap();
    assert_eq!(again.attributes, updated.attributes);
    let table = ok(&world, "DescribeTable", json!({"TableName": name})).await["Table"].clone();
    assert_eq!(table["ProvisionedThroughput"]["WriteCapacityUnits"], 6);
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!((&index["IndexStatus"], &index["ItemCount"]), (&json!("ACTIVE"), &json!(1)));
    assert_eq!((&table["DeletionProtectionEnabled"], table.get("SSEDescription")), (&json!(true), None));
    let ttl = ok(&world, "DescribeTimeToLive", json!({"TableName": name})).await;
    assert_eq!(ttl["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED");
    let tags = ok(&world, "ListTagsOfResource", json!({"ResourceArn": table["TableArn"]})).await;
    let wanted = json!([{"Key": "b", "Value": "2"}, {"Key": "stack", "Value": "demo"}]);
    assert_eq!(tags["Tags"], wanted);
    assert!(TableResource.delete(&mut cx, &change).await.is_err(), "it is protected");
    let mut third = second.clone();
    third.as_object_mut().unwrap().remove("DeletionProtectionEnabled");
    third.as_object_mut().unwrap().remove("GlobalSecondaryIndexes");
    third["AttributeDefinitions"] = properties(json!({}))["AttributeDefinitions"].clone();
    let mut change = request(third);
    change.physical_id = Some(name);
    TableResource.update(&mut cx, &change, second.as_object().unwrap()).await.unwrap();
    TableResource.delete(&mut cx, &change).await.unwrap();
    TableResource.delete(&mut cx, &change).await.unwrap();
}

#[tokio::test]
async fn a_global_table_of_one_replica_is_a_table() {
    let world = world().await;
    let mut cx = world.cx();
    let properties = json!({
        "TableName": "things",
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "Replicas": [{
            "Region": "us-east-1", "DeletionProtectionEnabled": false,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
            "Tags": [{"Key": "a", "Value": "1"}],
        }],
    });
    let wanted = request(properties.clone());
    GlobalTable.check(&wanted.properties).unwrap();
    let created = GlobalTable.create(&mut cx, &wanted).await.unwrap();
    assert_eq!(created.physical_id, "things");
    assert!(created.attributes.contains_key("TableId") && created.attributes.contains_key("StreamArn"));
    let backups = ok(&world, "DescribeContinuousBackups", json!({"TableName": "things"})).await;
    let status = &backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(status["PointInTimeRecoveryStatus"], "ENABLED");
    let two: Map<String, Value> =
        json!({"Replicas": [{"Region": "us-east-1"}, {"Region": "eu-west-1"}]}).as_object().unwrap().clone();
    assert!(GlobalTable.check(&two).is_err());
}

/// The destinations of a table: the name of each stream, its status and what its times count.
async fn destinations(world: &World, table: &str) -> Vec<(String, String, Value)> {
    let answer = ok(world, "DescribeKinesisStreamingDestination", json!({"TableName": table})).await;
    let told = |there: &Value| {
        let stream = there["StreamArn"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let status = there["DestinationStatus"].as_str().unwrap().to_owned();
        (stream, status, there["ApproximateCreationDateTimePrecision"].clone())
    };
    answer["KinesisDataStreamDestinations"].as_array().unwrap().iter().map(told).collect()
}

#[tokio::test]
async fn a_destination_is_that_of_the_template() {
    let world = World::new(&[&crate::DYNAMODB, &crate::DYNAMODB_STREAMS, &kinesis::KINESIS, &iam::IAM]).await;
    for name in ["one", "two"] {
        world.ok("kinesis", "CreateStream", json!({"StreamName": name, "ShardCount": 1})).await;
    }
    world.advance(Duration::from_secs(1)).await;
    let mut cx = world.stack_cx();
    let to = |name: &str, more: Value| {
        let mut specification =
            json!({"StreamArn": format!("arn:aws:kinesis:us-east-1:000000000000:stream/{name}")});
        for (name, value) in more.as_object().unwrap() {
            specification[name] = value.clone();
        }
        properties(json!({"TableName": "things", "KinesisStreamSpecification": specification}))
    };
    let micro = json!({"ApproximateCreationDateTimePrecision": "MICROSECOND"});
    let wanted = [to("one", micro), to("one", json!({})), to("two", json!({}))];
    TableResource.create(&mut cx, &request(wanted[0].clone())).await.unwrap();
    let entry = |name: &str, status: &str, precision: Value| (name.to_owned(), status.to_owned(), precision);
    assert_eq!(destinations(&world, "things").await, [entry("one", "ACTIVE", json!("MICROSECOND"))]);
    let update = async |cx: &mut Cx, old: &Value, new: &Value| {
        let mut change = request(new.clone());
        change.physical_id = Some("things".to_owned());
        // A repetition after a crash changes nothing more.
        for _ in 0..2 {
            TableResource.update(cx, &change, old.as_object().unwrap()).await?;
        }
        Ok::<_, Failure>(())
    };
    update(&mut cx, &wanted[0], &wanted[1]).await.unwrap();
    assert_eq!(destinations(&world, "things").await, [entry("one", "ACTIVE", json!("MILLISECOND"))]);
    update(&mut cx, &wanted[1], &wanted[2]).await.unwrap();
    let both = [entry("two", "ACTIVE", Value::Null), entry("one", "DISABLED", Value::Null)];
    assert_eq!(destinations(&world, "things").await, both);
    let nothing = to("nothing", json!({}));
    let failure = update(&mut cx, &wanted[2], &nothing).await.unwrap_err();
    assert!(
        failure.message().ends_with("User does not have a permission to use kinesis stream"),
        "{failure}"
    );
    let none = properties(json!({"TableName": "things"}));
    update(&mut cx, &wanted[2], &none).await.unwrap();
    assert!(destinations(&world, "things").await.iter().all(|(_, status, _)| status != "ACTIVE"));
}

#[tokio::test]
async fn a_table_is_made_from_objects_in_s3() {
    let world = transfers::world().await;
    let lines: String =
        (0..30).map(|s| format!("{}\n", json!({"Item": item("a", s, json!({"x": {"S": "1"}}))}))).collect();
    transfers::put(&world, "in/one.json", lines).await;
    let source = |prefix: &str| json!({"InputFormat": "DYNAMODB_JSON", "S3BucketSource": {"S3Bucket": "files", "S3KeyPrefix": prefix}});
    let imported = |prefix: &str| {
        properties(json!({
            "TableName": "things",
            "ImportSourceSpecification": source(prefix),
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": true},
            "DeletionProtectionEnabled": true,
            "Tags": [{"Key": "a", "Value": "1"}],
        }))
    };
    let wanted = request(imported("in/"));
    TableResource.check(&wanted.properties).unwrap();
    let mut cx = world.stack_cx();
    let made = async {
        let made = TableResource.create(&mut cx, &wanted).await;
        // A repetition after a crash finds what is there.
        let again = TableResource.create(&mut cx, &wanted).await;
        assert_eq!(made.as_ref().unwrap().attributes, again.unwrap().attributes);
        made.unwrap()
    };
    let outcome = while_jobs_run(&world, made).await;
    assert_eq!(outcome.physical_id, "things");
    let table = ok(&world, "DescribeTable", json!({"TableName": "things"})).await["Table"].clone();
    assert_eq!((&table["ItemCount"], &table["DeletionProtectionEnabled"]), (&json!(30), &json!(true)));
    assert_eq!(table["LatestStreamArn"], outcome.attributes["StreamArn"]);
    let tags = ok(&world, "ListTagsOfResource", json!({"ResourceArn": table["TableArn"]})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "a", "Value": "1"}, {"Key": "stack", "Value": "demo"}]));
    let mut missing = imported("in/");
    missing["TableName"] = json!("others");
    missing["ImportSourceSpecification"]["S3BucketSource"]["S3Bucket"] = json!("nothing");
    let missing = request(missing);
    let failure = while_jobs_run(&world, TableResource.create(&mut cx, &missing)).await.unwrap_err();
    assert!(failure.message().starts_with("the table was not imported: "), "{failure}");
}

/// Runs jobs until `future` is done.
async fn while_jobs_run<T>(world: &World, future: impl Future<Output = T>) -> T {
    let jobs = async {
        loop {
            world.run_jobs().await;
            world.advance(Duration::from_millis(250)).await;
        }
    };
    tokio::select! {
        done = future => done,
        () = jobs => unreachable!("they run for ever"),
    }
}

#[test]
fn what_cannot_be_made_is_refused_before() {
    let import = json!({"ImportSourceSpecification": {}, "LocalSecondaryIndexes": []});
    let insights =
        json!({"GlobalSecondaryIndexes": [{"ContributorInsightsSpecification": {"Enabled": "true"}}]});
    for (properties, name) in [(import, "LocalSecondaryIndexes"), (insights, "ContributorInsights")] {
        let refused = TableResource.check(properties.as_object().unwrap()).unwrap_err();
        assert!(refused.contains(name), "{refused}");
    }
}
