use std::time::Duration;

use serde_json::{Value, json};

use crate::tests::{error, item, ok, table, world};

fn put(p: &str, s: i64, more: Value) -> Value {
    json!({"Put": {"TableName": "things", "Item": item(p, s, more)}})
}

fn only_new(p: &str, s: i64) -> Value {
    json!({"Put": {
        "TableName": "things", "Item": item(p, s, json!({})), "ConditionExpression": "attribute_not_exists(p)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }})
}

async fn count(world: &testkit::World) -> Value {
    ok(world, "Scan", json!({"TableName": "things", "Select": "COUNT"})).await["Count"].clone()
}

#[tokio::test]
async fn all_actions_happen_or_none() {
    let world = world().await;
    table(&world, "things", json!({})).await;
    let key = item("b", 1, json!({}));
    ok(&world, "PutItem", json!({"TableName": "things", "Item": item("c", 1, json!({}))})).await;
    let items = json!([
        put("a", 1, json!({"x": {"S": "1"}})),
        {"Update": {"TableName": "things", "Key": key, "UpdateExpression": "SET y = :y",
                    "ExpressionAttributeValues": {":y": {"N": "2"}}}},
        {"Delete": {"TableName": "things", "Key": item("c", 1, json!({}))}},
        {"ConditionCheck": {"TableName": "things", "Key": item("d", 1, json!({})),
                            "ConditionExpression": "attribute_not_exists(p)"}},
    ]);
    let answer =
        ok(&world, "TransactWriteItems", json!({"TransactItems": items, "ReturnConsumedCapacity": "TOTAL"}));
    let wanted = json!([{"TableName": "things", "CapacityUnits": 8, "WriteCapacityUnits": 8}]);
    assert_eq!(answer.await["ConsumedCapacity"], wanted);
    assert_eq!(count(&world).await, 2);
    let items = json!([put("e", 1, json!({})), only_new("a", 1), only_new("f", 1)]);
    let failure = world.fails("dynamodb", "TransactWriteItems", json!({"TransactItems": items})).await;
    assert_eq!(failure.code(), "TransactionCanceledException");
    // nubo-db/dynamodb-conformance, tests/tier3/error-messages/transactWriteItems
    assert_eq!(
        failure.message(),
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None]"
    );
    let reasons = failure.body().json.iter().find(|(name, _)| name == "CancellationReasons");
    let wanted = json!([
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed",
         "Item": item("a", 1, json!({"x": {"S": "1"}}))},
        {"Code": "None"},
    ]);
    assert_eq!(reasons.unwrap().1, wanted);
    assert_eq!(count(&world).await, 2);
}

/// nubo-db/dynamodb-conformance, tests/tier3/error-messages/transactWriteItems
#[tokio::test]
async fn wrong_requests_in_dynamodbs_words() {
    let world = world().await;
    table(&world, "things", json!({})).await;
    let cases = [
        (
            json!([]),
            "ValidationException",
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            json!([put("a", 1, json!({})), put("a", 1, json!({}))]),
            "ValidationException",
            "Transaction request cannot include multiple operations on one item",
        ),
        (
            json!([{"Put": {"TableName": "nothing", "Item": item("a", 1, json!({}))}}]),
            "ResourceNotFoundException",
            "Requested resource not found",
        ),
        (
            json!([{"Put": {"TableName": "things", "Item": {"p": {"S": ""}, "s": {"N": "1"}}}}]),
            "ValidationException",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
        ),
        (
            json!([put("a", 1, json!({"p": {"N": "5"}}))]),
            "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError]",
        ),
        (
            json!([{}]),
            "ValidationException",
            "TransactItems can only contain one of Check, Put, Update or Delete",
        ),
    ];
    for (items, code, text) in cases {
        let found = error(&world, "TransactWriteItems", json!({"TransactItems": items})).await;
        assert_eq!(found, (code.to_owned(), text.to_owned()), "{items}");
    }
}

#[tokio::test]
async fn a_token_makes_repetitions_harmless() {
    let world = world().await;
    table(&world, "things", json!({})).await;
    let request = |value: &str| {
        json!({
            "TransactItems": [put("a", 1, json!({"x": {"S": value}}))],
            "ClientRequestToken": "token", "ReturnConsumedCapacity": "TOTAL",
        })
    };
    ok(&world, "TransactWriteItems", request("1")).await;
    ok(&world, "DeleteItem", json!({"TableName": "things", "Key": item("a", 1, json!({}))})).await;
    let again = ok(&world, "TransactWriteItems", request("1")).await;
    assert_eq!(again["ConsumedCapacity"][0]["ReadCapacityUnits"], 2);
    assert_eq!(count(&world).await, 0);
    let code = error(&world, "TransactWriteItems", request("2")).await.0;
    assert_eq!(code, "IdempotentParameterMismatchException");
    world.advance(Duration::from_secs(11 * 60)).await;
    world.run_jobs().await;
    ok(&world, "TransactWriteItems", request("2")).await;
    assert_eq!(count(&world).await, 1);
}

#[tokio::test]
async fn each_action_needs_its_own_permission() {
    let world = world().await;
    table(&world, "things", json!({})).await;
    let request = json!({"TransactItems": [put("a", 1, json!({}))]});
    for operation in ["TransactWriteItems", "TransactGetItems"] {
        let request = if operation == "TransactGetItems" {
            json!({"TransactItems": [{"Get": {"TableName": "things", "Key": item("a", 1, json!({}))}}]})
        } else {
            request.clone()
        };
        let answer = world.call_as(testkit::nobody(), "dynamodb", operation, request).await;
        assert_eq!(answer.unwrap_err().code(), "AccessDeniedException");
    }
}

/// Nearly 4 MB, twice in the table's indexes, with both images in the stream: more than 10 MB of rows. With ten indexes it is
/// more than the store takes, which has DynamoDB's words for too much.
#[tokio::test]
async fn four_megabytes_with_indexes_and_a_stream() {
    let world = world().await;
    let index = |n: usize| {
        json!({
            "IndexName": format!("by-x{n}"), "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        })
    };
    for (name, indexes) in [("few", 2), ("many", 10)] {
        let more = json!({
            "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
            "GlobalSecondaryIndexes": (0..indexes).map(index).collect::<Vec<_>>(),
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        });
        table(&world, name, more).await;
        let puts = |letter: &str| {
            let more = json!({"x": {"S": "x"}, "y": {"S": letter.repeat(400_000)}});
            let put = |s| json!({"Put": {"TableName": name, "Item": item("a", s, more.clone())}});
            json!({"TransactItems": (0..10).map(put).collect::<Vec<_>>()})
        };
        if indexes == 2 {
            ok(&world, "TransactWriteItems", puts("a")).await;
            ok(&world, "TransactWriteItems", puts("b")).await;
        } else {
            let text = error(&world, "TransactWriteItems", puts("a")).await.1;
            assert_eq!(text, "Aggregate size of all items in the transaction cannot exceed 4 MB");
            assert_eq!(ok(&world, "Scan", json!({"TableName": name})).await["Count"], 0);
        }
    }
}
