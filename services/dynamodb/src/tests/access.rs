//! What policies can say about a request: the condition keys.

use cloud::caller::Caller;
use serde_json::{Value, json};
use testkit::World;

use super::{item, ok, table, transfers};

const USER: &str = "gamer";

/// A world with the table `things`, and a user who may do what the statement allows.
async fn things(actions: &[&str], condition: Value) -> (World, Caller) {
    let world = transfers::world().await;
    table(&world, "things", json!({})).await;
    for p in ["gamer", "other"] {
        let there = item(p, 1, json!({"score": {"N": "1"}, "secret": {"S": "x"}}));
        ok(&world, "PutItem", json!({"TableName": "things", "Item": there})).await;
    }
    let statement = json!({
        "Effect": "Allow", "Action": actions, "Condition": condition,
        "Resource": "arn:aws:dynamodb:us-east-1:000000000000:table/things",
    });
    let user = testkit::users::user(&world, USER, statement).await;
    (world, user)
}

/// Whether the user may make the call.
async fn may(world: &World, user: &Caller, operation: &str, input: Value) -> bool {
    match world.call_as(user.clone(), "dynamodb", operation, input.clone()).await {
        Ok(_) => true,
        Err(failure) => {
            assert_eq!(failure.code(), "AccessDeniedException", "{operation} {input}: {}", failure.message());
            false
        }
    }
}

fn key(p: &str) -> Value {
    json!({"TableName": "things", "Key": item(p, 1, json!({}))})
}

fn with(mut input: Value, name: &str, value: Value) -> Value {
    input[name] = value;
    input
}

#[tokio::test]
async fn leading_keys_are_the_partitions_of_a_request() {
    let actions =
        ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:Scan"];
    let condition = json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [USER]}});
    let (world, user) = things(&actions, condition).await;
    assert!(may(&world, &user, "GetItem", key(USER)).await);
    assert!(!may(&world, &user, "GetItem", key("other")).await);
    let put = |p: &str| json!({"TableName": "things", "Item": item(p, 2, json!({}))});
    assert!(may(&world, &user, "PutItem", put(USER)).await);
    assert!(!may(&world, &user, "PutItem", put("other")).await);
    let query = |p: &str| {
        json!({
            "TableName": "things", "KeyConditionExpression": "#p = :p", "ExpressionAttributeNames": {"#p": "p"},
            "ExpressionAttributeValues": {":p": {"S": p}},
        })
    };
    assert!(may(&world, &user, "Query", query(USER)).await);
    assert!(!may(&world, &user, "Query", query("other")).await);
    let old = |p: &str| {
        let condition = json!({"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": p}]}});
        json!({"TableName": "things", "KeyConditions": condition})
    };
    assert!(may(&world, &user, "Query", old(USER)).await);
    assert!(!may(&world, &user, "Query", old("other")).await);
}

#[tokio::test]
async fn attributes_are_those_that_a_request_names() {
    let condition = json!({
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["p", "s", "score"]},
        "StringEqualsIfExists": {
            "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"],
        },
    });
    let (world, user) = things(&["dynamodb:GetItem", "dynamodb:UpdateItem"], condition).await;
    let get = |shown: &str| with(key(USER), "ProjectionExpression", shown.into());
    assert!(may(&world, &user, "GetItem", get("score, p")).await);
    assert!(!may(&world, &user, "GetItem", get("score, secret")).await);
    assert!(!may(&world, &user, "GetItem", key(USER)).await);
    let hidden = with(get("score, #x"), "ExpressionAttributeNames", json!({"#x": "secret"}));
    assert!(!may(&world, &user, "GetItem", hidden).await);
    let update = |text: &str| with(key(USER), "UpdateExpression", text.into());
    assert!(may(&world, &user, "UpdateItem", update("SET score = score")).await);
    assert!(!may(&world, &user, "UpdateItem", update("REMOVE secret")).await);
    let conditional =
        with(update("SET score = score"), "ConditionExpression", "attribute_exists(secret)".into());
    assert!(!may(&world, &user, "UpdateItem", conditional).await);
    let all = with(update("SET score = score"), "ReturnValues", "ALL_OLD".into());
    assert!(!may(&world, &user, "UpdateItem", all).await);
}

#[tokio::test]
async fn statements_have_actions_and_keys_of_their_own() {
    let condition = json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [USER]}, "Bool": {"dynamodb:FullTableScan": "false"}});
    let (world, user) = things(&["dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert"], condition).await;
    let statement = |text: &str| json!({"Statement": text});
    for (text, expected) in [
        ("SELECT * FROM things WHERE p = 'gamer'", true),
        ("SELECT * FROM things WHERE p = 'other'", false),
        ("SELECT * FROM things", false),
        ("INSERT INTO things VALUE {'p': 'gamer', 's': 9}", true),
        ("INSERT INTO things VALUE {'p': 'other', 's': 9}", false),
        ("DELETE FROM things WHERE p = 'gamer' AND s = 1", false),
        ("UPDATE things SET score = 1 WHERE p = 'gamer' AND s = 1", false),
    ] {
        assert_eq!(may(&world, &user, "ExecuteStatement", statement(text)).await, expected, "{text}");
    }
    let batch = |texts: [&str; 2]| json!({"Statements": texts.map(statement)});
    let own = "SELECT * FROM things WHERE p = 'gamer' AND s = 1";
    assert!(may(&world, &user, "BatchExecuteStatement", batch([own, own])).await);
    let foreign = "SELECT * FROM things WHERE p = 'other' AND s = 1";
    assert!(!may(&world, &user, "BatchExecuteStatement", batch([own, foreign])).await);
}

/// Each table of a batch is asked with its own policy; so is each with the conditions of its own keys.
#[tokio::test]
async fn each_table_of_a_batch_has_its_own_policy() {
    let (world, user) = things(&["dynamodb:DescribeLimits"], json!({})).await;
    table(&world, "others", json!({})).await;
    let batch_get = |tables: &[&str]| {
        let asked =
            tables.iter().map(|table| (table.to_string(), json!({"Keys": [item(USER, 1, json!({}))]})));
        json!({"RequestItems": asked.collect::<serde_json::Map<_, _>>()})
    };
    let batch_write = |tables: &[&str]| {
        let put = json!([{"PutRequest": {"Item": item(USER, 3, json!({}))}}]);
        let asked = tables.iter().map(|table| (table.to_string(), put.clone()));
        json!({"RequestItems": asked.collect::<serde_json::Map<_, _>>()})
    };
    let allow = async |table: &str| {
        let arn = format!("arn:aws:dynamodb:us-east-1:{}:table/{table}", testkit::ACCOUNT);
        let statement = json!({
            "Effect": "Allow", "Principal": {"AWS": user.arn()}, "Resource": arn,
            "Action": ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"],
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [USER]}},
        });
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        ok(&world, "PutResourcePolicy", json!({"ResourceArn": arn, "Policy": policy})).await;
    };
    assert!(!may(&world, &user, "BatchGetItem", batch_get(&["things"])).await);
    allow("things").await;
    assert!(may(&world, &user, "BatchGetItem", batch_get(&["things"])).await);
    assert!(may(&world, &user, "BatchWriteItem", batch_write(&["things"])).await);
    assert!(!may(&world, &user, "BatchGetItem", batch_get(&["things", "others"])).await);
    assert!(!may(&world, &user, "BatchWriteItem", batch_write(&["things", "others"])).await);
    allow("others").await;
    assert!(may(&world, &user, "BatchGetItem", batch_get(&["things", "others"])).await);
    assert!(may(&world, &user, "BatchWriteItem", batch_write(&["things", "others"])).await);
    let foreign = json!({"RequestItems": {"things": {"Keys": [item("other", 1, json!({}))]}}});
    assert!(!may(&world, &user, "BatchGetItem", foreign).await);
}

/// `ql-iam.html` of the developer guide allows statements in transactions alone with this key.
#[tokio::test]
async fn statements_of_a_transaction_are_told_from_others() {
    let condition = json!({"StringEquals": {"dynamodb:EnclosingOperation": ["ExecuteTransaction"]}});
    let (world, user) = things(&["dynamodb:PartiQLSelect"], condition).await;
    let statement = json!({"Statement": "SELECT * FROM things WHERE p = 'gamer' AND s = 1"});
    let transaction = json!({"TransactStatements": [statement]});
    assert!(may(&world, &user, "ExecuteTransaction", transaction).await);
    assert!(!may(&world, &user, "ExecuteStatement", statement).await);
}

/// An export writes with the rights of who asked for it.
#[tokio::test]
async fn an_export_needs_the_right_to_write_its_files() {
    let (world, user) = things(&["dynamodb:ExportTableToPointInTime"], json!({})).await;
    let on = json!({"TableName": "things", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    ok(&world, "UpdateContinuousBackups", on).await;
    let arn = format!("arn:aws:dynamodb:us-east-1:{}:table/things", testkit::ACCOUNT);
    let asked = json!({"TableArn": arn, "S3Bucket": "files"});
    let export = world.call_as(user, "dynamodb", "ExportTableToPointInTime", asked).await.unwrap();
    world.run_jobs().await;
    let arn = json!({"ExportArn": export["ExportDescription"]["ExportArn"]});
    let done = ok(&world, "DescribeExport", arn).await["ExportDescription"].clone();
    assert_eq!((&done["ExportStatus"], &done["FailureCode"]), (&json!("FAILED"), &json!("S3AccessDenied")));
}
