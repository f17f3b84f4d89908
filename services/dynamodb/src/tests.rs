//! Room tests: stories that need several operations.

mod crashes;
mod model;
mod serial;

use serde_json::{Value, json};
use testkit::World;

mod access;
mod errors;
mod feeds;
pub(crate) mod transfers;

/// A world with DynamoDB alone.
pub(crate) async fn world() -> World {
    World::new(&[&crate::DYNAMODB, &crate::DYNAMODB_STREAMS]).await
}

/// Makes a table with a partition key `p` and a sort key `s`, and whatever else is given.
pub(crate) async fn table(world: &World, name: &str, more: Value) {
    let mut input = json!({
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": "p", "AttributeType": "S"},
            {"AttributeName": "s", "AttributeType": "N"},
        ],
        "KeySchema": [
            {"AttributeName": "p", "KeyType": "HASH"},
            {"AttributeName": "s", "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    });
    for (key, value) in more.as_object().unwrap() {
        match (input.get_mut(key), value) {
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more.iter().cloned()),
            _ => input[key] = value.clone(),
        }
    }
    world.ok("dynamodb", "CreateTable", input).await;
}

/// An operation of DynamoDB that succeeds.
pub(crate) async fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok("dynamodb", operation, input).await
}

/// The code and the text of an operation that fails.
pub(crate) async fn error(world: &World, operation: &str, input: Value) -> (String, String) {
    world.error("dynamodb", operation, input).await
}

/// An item of the table of [`table`].
pub(crate) fn item(p: &str, s: i64, more: Value) -> Value {
    let mut item = json!({"p": {"S": p}, "s": {"N": s.to_string()}});
    for (key, value) in more.as_object().unwrap() {
        item[key] = value.clone();
    }
    item
}

#[tokio::test]
async fn items_come_and_go() {
    let world = world().await;
    table(&world, "things", json!({})).await;
    let first = item("a", 1, json!({"x": {"L": [{"BOOL": true}]}}));
    assert_eq!(ok(&world, "PutItem", json!({"TableName": "things", "Item": first})).await, json!({}));
    let key = json!({"p": {"S": "a"}, "s": {"N": "1.0"}});
    let found = ok(&world, "GetItem", json!({"TableName": "things", "Key": key})).await;
    assert_eq!(found, json!({"Item": first}));
    let update = json!({
        "TableName": "things", "Key": key, "UpdateExpression": "SET y = :y", "ReturnValues": "UPDATED_NEW",
        "ExpressionAttributeValues": {":y": {"S": "z"}},
    });
    assert_eq!(ok(&world, "UpdateItem", update).await, json!({"Attributes": {"y": {"S": "z"}}}));
    for s in [-5, 3, 20] {
        ok(&world, "PutItem", json!({"TableName": "things", "Item": item("a", s, json!({}))})).await;
    }
    let query = json!({
        "TableName": "things", "KeyConditionExpression": "p = :p AND s > :s", "ScanIndexForward": false, "Limit": 2,
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "-5"}},
    });
    let page = ok(&world, "Query", query.clone()).await;
    assert_eq!((&page["Count"], &page["Items"][0]["s"]["N"]), (&json!(2), &json!("20")));
    let mut rest = query;
    rest["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    let page = ok(&world, "Query", rest).await;
    assert_eq!(page["Items"][0]["y"]["S"], "z");
    assert_eq!((&page["Count"], &page["LastEvaluatedKey"]), (&json!(1), &Value::Null));
    let delete = json!({"TableName": "things", "Key": key, "ReturnValues": "ALL_OLD"});
    assert_eq!(ok(&world, "DeleteItem", delete).await["Attributes"]["y"]["S"], "z");
    let scan = ok(&world, "Scan", json!({"TableName": "things"})).await;
    assert_eq!((&scan["Count"], &scan["ScannedCount"]), (&json!(3), &json!(3)));
    let description = ok(&world, "DescribeTable", json!({"TableName": "things"})).await;
    assert_eq!(
        (&description["Table"]["ItemCount"], &description["Table"]["TableStatus"]),
        (&json!(3), &json!("ACTIVE"))
    );
    ok(&world, "DeleteTable", json!({"TableName": "things"})).await;
    assert_eq!(
        error(&world, "DescribeTable", json!({"TableName": "things"})).await.0,
        "ResourceNotFoundException"
    );
    world.run_jobs().await;
    table(&world, "things", json!({})).await;
    assert_eq!(ok(&world, "Scan", json!({"TableName": "things"})).await["Count"], 0);
}

/// An item under 400 KB by DynamoDB's count whose plain form is over what the store takes in a value.
#[tokio::test]
async fn an_item_of_many_tiny_values() {
    let world = world().await;
    let more = json!({
        "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-x", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    });
    table(&world, "things", more).await;
    let letters = vec![json!({"S": ""}); 300_000];
    let put = item("a", 1, json!({"x": {"S": "x"}, "many": {"L": letters}}));
    ok(&world, "PutItem", json!({"TableName": "things", "Item": put})).await;
    let key = item("a", 1, json!({}));
    assert!(ok(&world, "GetItem", json!({"TableName": "things", "Key": key})).await["Item"] == put);
    let scan = ok(&world, "Scan", json!({"TableName": "things", "IndexName": "by-x"})).await;
    assert!(scan["Items"] == json!([put]));
}
