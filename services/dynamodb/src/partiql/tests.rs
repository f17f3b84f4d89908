use serde_json::{Value, json};
use testkit::World;

use crate::tests::{error, item, ok, table, world};

/// A world with a table `things` (keys `p` and `s`), an index that holds all and one that holds keys only.
async fn things() -> World {
    let world = world().await;
    let indexes = json!({
        "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}, {"AttributeName": "l", "AttributeType": "N"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
        "LocalSecondaryIndexes": [{
            "IndexName": "by-l",
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
    });
    table(&world, "things", indexes).await;
    for (p, s) in [("a", 1), ("a", 2), ("a", 3), ("b", 1)] {
        let more = json!({"g": {"S": "x"}, "l": {"N": (10 - s).to_string()}, "n": {"N": s.to_string()}, "m": {"M": {"k": {"S": "v"}}}});
        ok(&world, "PutItem", json!({"TableName": "things", "Item": item(p, s, more)})).await;
    }
    world
}

async fn run(world: &World, statement: &str) -> Value {
    ok(world, "ExecuteStatement", json!({"Statement": statement})).await
}

async fn refused(world: &World, statement: &str) -> String {
    let (code, text) = error(world, "ExecuteStatement", json!({"Statement": statement})).await;
    assert_eq!(code, "ValidationException", "{text}");
    text
}

fn sorts(answer: &Value) -> Vec<&str> {
    answer["Items"].as_array().unwrap().iter().map(|item| item["s"]["N"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn select_reads_partitions_and_tables() {
    let world = things().await;
    for (statement, expected) in [
        ("SELECT s FROM things WHERE p = 'a'", vec!["1", "2", "3"]),
        ("SELECT s FROM things WHERE p = 'a' AND s > 1 AND n <> 3", vec!["2"]),
        ("SELECT s FROM things WHERE p = 'a' ORDER BY s DESC", vec!["3", "2", "1"]),
        ("SELECT s FROM things WHERE p IN ['b', 'a'] AND s < 3 ORDER BY p DESC, s DESC", vec!["1", "2", "1"]),
        ("SELECT s FROM \"things\".\"by-l\" WHERE p = 'a'", vec!["3", "2", "1"]),
        ("SELECT s FROM things WHERE p = 'c'", vec![]),
    ] {
        assert_eq!(sorts(&run(&world, statement).await), expected, "{statement}");
    }
    let scanned = run(&world, "SELECT m.k, p FROM things WHERE n = 1 AND p > 'a'").await;
    assert_eq!(scanned["Items"], json!([{"k": {"S": "v"}, "p": {"S": "b"}}]));
    let by_index = run(&world, "SELECT * FROM \"things\".\"by-g\" WHERE g = 'x'").await;
    assert_eq!(by_index["Items"].as_array().unwrap().len(), 4);
    assert_eq!(by_index["Items"][0].as_object().unwrap().len(), 3);
    // A local index fetches what it has not.
    let fetched = run(&world, "SELECT n FROM \"things\".\"by-l\" WHERE p = 'b'").await;
    assert_eq!(fetched["Items"], json!([{"n": {"N": "1"}}]));
}

#[tokio::test]
async fn select_goes_on_with_a_token() {
    let world = things().await;
    let statement = "SELECT s FROM things WHERE p IN ['a', 'b'] AND s > 0";
    let (mut found, mut token, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let mut input = json!({"Statement": statement, "Limit": 1, "ReturnConsumedCapacity": "TOTAL"});
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let page = ok(&world, "ExecuteStatement", input).await;
        found.extend(sorts(&page).into_iter().map(str::to_owned));
        assert_eq!(page["ConsumedCapacity"]["TableName"], "things");
        token = page["NextToken"].clone();
        pages += 1;
        assert!(pages < 10);
        if token.is_null() {
            break;
        }
    }
    assert_eq!(found, ["1", "2", "3", "1"]);
    let first = ok(&world, "ExecuteStatement", json!({"Statement": statement, "Limit": 1})).await;
    let other = json!({"Statement": "SELECT * FROM things", "NextToken": first["NextToken"]});
    assert_eq!(error(&world, "ExecuteStatement", other).await.1, "NextToken does not match request");
    let wrong = json!({"Statement": statement, "NextToken": "x!"});
    assert_eq!(error(&world, "ExecuteStatement", wrong).await.1, "Invalid NextToken");
}

/// The texts of `nubo-db/dynamodb-conformance` (error messages of PartiQL), run against DynamoDB, and of DynamoDB
/// Local for ORDER BY.
#[tokio::test]
async fn select_is_refused_in_dynamodbs_words() {
    let world = things().await;
    let prefix = "One or more parameter values were invalid: ";
    for (statement, expected) in [
        (
            "SELECT p FROM \"things\".\"by-g\" WHERE g = 'x' AND n = 1",
            format!("{prefix}Secondary index by-g does not project one or more filter attributes: [n]"),
        ),
        (
            "SELECT n FROM \"things\".\"by-g\" WHERE g = 'x'",
            format!("{prefix}Global secondary index by-g does not project [n]"),
        ),
        ("SELECT * FROM \"things\".\"no\" WHERE p = 'a'", "The table does not have the specified index".to_owned()),
        (
            "SELECT * FROM things ORDER BY s",
            "Must have WHERE clause in the statement when using ORDER BY clause.".to_owned(),
        ),
        (
            "SELECT * FROM things WHERE n = 1 ORDER BY s",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
                .to_owned(),
        ),
        (
            "SELECT * FROM things WHERE p = 'a' ORDER BY n",
            "Variable reference n in ORDER BY clause must be part of the primary key".to_owned(),
        ),
    ] {
        assert_eq!(refused(&world, statement).await, expected, "{statement}");
    }
    // Without the index's key the read is a scan, where nothing has the attribute.
    let unkeyed = run(&world, "SELECT p FROM \"things\".\"by-g\" WHERE n = 1").await;
    assert_eq!(unkeyed["Items"], json!([]));
    let consistent =
        json!({"Statement": "SELECT * FROM \"things\".\"by-g\" WHERE g = 'x'", "ConsistentRead": true});
    assert_eq!(
        error(&world, "ExecuteStatement", consistent).await.1,
        "Strongly consistent read is not supported on Global Secondary Indexes"
    );
    let absent = json!({"Statement": "SELECT * FROM absent WHERE p = 'a'"});
    assert_eq!(error(&world, "ExecuteStatement", absent).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn items_are_inserted_once() {
    let world = things().await;
    let insert = json!({
        "Statement": "INSERT INTO things VALUE {'p': ?, 's': 9, 'tags': <<'x'>>}", "Parameters": [{"S": "new"}],
        "ReturnConsumedCapacity": "TOTAL",
    });
    let answer = ok(&world, "ExecuteStatement", insert.clone()).await;
    assert_eq!(answer["Items"], json!([]));
    assert_eq!(answer["ConsumedCapacity"]["CapacityUnits"], 1.0);
    assert_eq!(
        error(&world, "ExecuteStatement", insert).await,
        ("DuplicateItemException".to_owned(), "Duplicate primary key exists in table".to_owned())
    );
    assert_eq!(
        refused(&world, "INSERT INTO things VALUE {'p': 'x'}").await,
        "One or more parameter values were invalid: Missing the key s in the item"
    );
    let key = json!({"TableName": "things", "Key": {"p": {"S": "new"}, "s": {"N": "9"}}});
    assert_eq!(ok(&world, "GetItem", key).await["Item"]["tags"], json!({"SS": ["x"]}));
}

#[tokio::test]
async fn updates_need_an_item_that_meets_the_condition() {
    let world = things().await;
    let statement = "UPDATE things SET n = n + 10 SET o = 'x' REMOVE m WHERE p = 'a' AND s = 1 AND n = 1 RETURNING MODIFIED NEW *";
    assert_eq!(run(&world, statement).await["Items"], json!([{"n": {"N": "11"}, "o": {"S": "x"}}]));
    let again = json!({"Statement": statement, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    let failed = world.fails("dynamodb", "ExecuteStatement", again).await;
    assert_eq!(failed.code(), "ConditionalCheckFailedException");
    let absent = json!({"Statement": "FROM things WHERE p = 'zz' AND s = 1 SET n = 1"});
    assert_eq!(error(&world, "ExecuteStatement", absent).await.0, "ConditionalCheckFailedException");
    let all = run(&world, "UPDATE things SET n = 5 WHERE p = 'a' AND s = 2 RETURNING ALL OLD *").await;
    assert_eq!(all["Items"][0]["n"], json!({"N": "2"}));
    let none = run(&world, "UPDATE things REMOVE n WHERE p = 'a' AND s = 3 RETURNING MODIFIED NEW *").await;
    assert_eq!(none["Items"], json!([]));
    assert_eq!(
        refused(&world, "UPDATE things SET s = 5 WHERE p = 'a' AND s = 2").await,
        "One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key"
    );
    assert_eq!(
        refused(&world, "UPDATE things SET n = 5 WHERE p = 'a'").await,
        "Where clause does not contain a mandatory equality on all key attributes"
    );
}

#[tokio::test]
async fn deleting_nothing_is_no_error() {
    let world = things().await;
    let gone = run(&world, "DELETE FROM things WHERE p = 'a' AND s = 1 RETURNING ALL OLD *").await;
    assert_eq!(gone["Items"][0]["n"], json!({"N": "1"}));
    assert_eq!(run(&world, "DELETE FROM things WHERE p = 'a' AND s = 1").await["Items"], json!([]));
    let kept = json!({"Statement": "DELETE FROM things WHERE p = 'a' AND s = 2 AND n > 100"});
    assert_eq!(error(&world, "ExecuteStatement", kept).await.0, "ConditionalCheckFailedException");
    assert_eq!(
        error(
            &world,
            "ExecuteStatement",
            json!({"Statement": "EXISTS(SELECT * FROM things WHERE p = 'a' AND s = 2 AND n = 2)"})
        )
        .await
        .1,
        "EXISTS can only be used in ExecuteTransaction write requests."
    );
}

/// The texts of `nubo-db/dynamodb-conformance` (tests/tier2/partiql/batchExecuteStatement), run against DynamoDB.
#[tokio::test]
async fn statements_of_a_batch_stand_alone() {
    let world = things().await;
    let batch = |statements: &[&str]| {
        let statements: Vec<_> = statements.iter().map(|text| json!({"Statement": text})).collect();
        json!({"Statements": statements, "ReturnConsumedCapacity": "TOTAL"})
    };
    let read = ok(
        &world,
        "BatchExecuteStatement",
        batch(&[
            "SELECT n FROM things WHERE p = 'a' AND s = 1",
            "SLECT * FROM things",
            "SELECT * FROM absent WHERE p = 'a' AND s = 1",
            "SELECT * FROM things WHERE p = 'a'",
            "SELECT * FROM \"things\".\"by-g\" WHERE g = 'x'",
            "SELECT * FROM things WHERE p = 'nope' AND s = 1",
        ]),
    )
    .await;
    let keys =
        "Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
    assert_eq!(
        read["Responses"],
        json!([
            {"TableName": "things", "Item": {"n": {"N": "1"}}},
            {"Error": {"Code": "ValidationError", "Message": "Statement wasn't well formed, can't be processed: Expected data manipulation"}},
            {"TableName": "absent", "Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}},
            {"TableName": "things", "Error": {"Code": "ValidationError", "Message": keys}},
            {"TableName": "things", "Error": {"Code": "ValidationError", "Message": keys}},
            {"TableName": "things"},
        ])
    );
    assert_eq!(read["ConsumedCapacity"][0]["CapacityUnits"], 1.0);
    let written = ok(
        &world,
        "BatchExecuteStatement",
        batch(&[
            "INSERT INTO things VALUE {'p': 'n', 's': 1}",
            "INSERT INTO things VALUE {'p': 'a', 's': 1}",
            "DELETE FROM things WHERE p = 'a' AND s = 2 RETURNING ALL OLD *",
            "UPDATE things SET n = 7 WHERE p = 'a' AND s = 3 AND n = 8",
        ]),
    )
    .await;
    let codes: Vec<_> =
        written["Responses"].as_array().unwrap().iter().map(|one| &one["Error"]["Code"]).collect();
    assert_eq!(
        codes,
        [&Value::Null, &json!("DuplicateItem"), &Value::Null, &json!("ConditionalCheckFailed")]
    );
    assert_eq!(written["Responses"][2]["Item"]["n"], json!({"N": "2"}));
    assert_eq!(run(&world, "SELECT s FROM things WHERE p = 'n'").await["Items"], json!([{"s": {"N": "1"}}]));
    let mixed = batch(&[
        "SELECT * FROM things WHERE p = 'a' AND s = 1",
        "DELETE FROM things WHERE p = 'a' AND s = 1",
    ]);
    assert_eq!(error(&world, "BatchExecuteStatement", mixed).await.0, "ValidationException");
}

#[tokio::test]
async fn policies_name_what_statements_do() {
    let world = things().await;
    for (operation, input) in [
        ("ExecuteStatement", json!({"Statement": "SELECT * FROM things"})),
        ("ExecuteStatement", json!({"Statement": "DELETE FROM things WHERE p = 'a' AND s = 1"})),
        (
            "BatchExecuteStatement",
            json!({"Statements": [{"Statement": "INSERT INTO things VALUE {'p': 'q', 's': 1}"}]}),
        ),
    ] {
        for caller in [testkit::nobody(), testkit::anonymous()] {
            let answer = world.call_as(caller, "dynamodb", operation, input.clone()).await;
            let failure = answer.expect_err(operation);
            assert!(failure.code().contains("AccessDenied"), "{operation}: {}", failure.code());
        }
    }
    assert_eq!(sorts(&run(&world, "SELECT s FROM things WHERE p = 'a'").await), ["1", "2", "3"]);
}
