use std::collections::BTreeMap;

use cloud::resource::{ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};

use super::super::GlobalTable;
use super::TableResource;
use crate::tests::{item, ok, world};

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
