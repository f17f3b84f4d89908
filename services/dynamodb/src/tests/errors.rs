//! Bad requests are answered in DynamoDB's words.
//!
//! The words are those that `nubo-db/dynamodb-conformance` (tests/tier3) and dynalite recorded from DynamoDB.

use serde_json::{Value, json};
use testkit::World;

use super::{error, item, ok, table, world};

/// A world with the table `things`, an item and both kinds of indexes.
async fn things() -> World {
    let world = world().await;
    let more = json!({
        "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
        "LocalSecondaryIndexes": [{
            "IndexName": "by-l",
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "g", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
    });
    table(&world, "things", more).await;
    let there = item("a", 1, json!({"g": {"S": "x"}, "n": {"N": "1"}, "t": {"S": "text"}}));
    ok(&world, "PutItem", json!({"TableName": "things", "Item": there})).await;
    world
}

fn merged(one: Value, more: Value) -> Value {
    let (Value::Object(mut one), Value::Object(more)) = (one, more) else { panic!("objects") };
    one.extend(more);
    one.into()
}

/// Asks each request, and expects its text as a ValidationException.
async fn refused(world: &World, operation: &str, base: Value, cases: Vec<(Value, &str)>) {
    for (more, wanted) in cases {
        let (code, text) = error(world, operation, merged(base.clone(), more.clone())).await;
        assert_eq!((code.as_str(), text.as_str()), ("ValidationException", wanted), "{operation} {more}");
    }
}

fn values(value: Value) -> Value {
    json!({":v": value})
}

const INVALID: &str = "One or more parameter values were invalid: ";
const NOT_VALID: &str = "One or more parameter values are not valid. ";

#[tokio::test]
async fn put_item() {
    let world = things().await;
    let base = json!({"TableName": "things", "Item": item("a", 1, json!({}))});
    let cases = vec![
        (json!({"Item": {"p": {"S": "a"}}}), format!("{INVALID}Missing the key s in the item")),
        (
            json!({"Item": {"p": {"N": "1"}, "s": {"N": "1"}}}),
            format!("{INVALID}Type mismatch for key p expected: S actual: N"),
        ),
        (
            json!({"Item": {"p": {"S": ""}, "s": {"N": "1"}}}),
            format!("{NOT_VALID}The AttributeValue for a key attribute cannot contain an empty string value. Key: p"),
        ),
        (
            json!({"Item": item("a", 1, json!({"g": {"N": "1"}}))}),
            format!("{INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"),
        ),
        (
            json!({"Item": item("a", 1, json!({"x": {"SS": []}}))}),
            format!("{INVALID}An string set  may not be empty"),
        ),
        (
            json!({"Item": item("a", 1, json!({"x": {"SS": ["a", "a"]}}))}),
            format!("{INVALID}Input collection [a, a] contains duplicates."),
        ),
        (
            json!({"Item": item("a", 1, json!({"x": {}}))}),
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes".into(),
        ),
        (
            json!({"Item": item("a", 1, json!({"x": {"S": "a", "N": "1"}}))}),
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes".into(),
        ),
        (
            json!({"Item": item("a", 1, json!({"x": {"N": "1e126"}}))}),
            "Number overflow. Attempting to store a number with magnitude larger than supported range".into(),
        ),
        (
            json!({"Item": item("a", 1, json!({"x": {"S": "x".repeat(410_000)}}))}),
            "Item size has exceeded the maximum allowed size".into(),
        ),
        (
            json!({"Expected": {"p": {"Exists": false}}, "ConditionExpression": "attribute_not_exists(p)"}),
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}".into(),
        ),
        (
            json!({"ExpressionAttributeValues": {":v": {"S": "x"}}}),
            "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null".into(),
        ),
        (
            json!({"ConditionExpression": "((attribute_not_exists(p)))"}),
            "Invalid ConditionExpression: The expression has redundant parentheses;".into(),
        ),
        (
            json!({"ConditionExpression": "contains(#a, #a)", "ExpressionAttributeNames": {"#a": "x"}}),
            "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [x]".into(),
        ),
        (json!({"ReturnValues": "ALL_NEW"}), "ReturnValues can only be ALL_OLD or NONE".into()),
    ];
    for (more, wanted) in cases {
        refused(&world, "PutItem", base.clone(), vec![(more, &wanted)]).await;
    }
}

#[tokio::test]
async fn get_item() {
    let world = things().await;
    let base = json!({"TableName": "things", "Key": item("a", 1, json!({}))});
    let schema = "The provided key element does not match the schema";
    let cases = vec![
        (json!({"Key": {"p": {"S": "a"}}}), schema),
        (json!({"Key": item("a", 1, json!({"x": {"S": "a"}}))}), schema),
        (json!({"Key": {"p": {"S": "a"}, "s": {"S": "1"}}}), schema),
        (
            json!({"ProjectionExpression": "a.b, a"}),
            "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]",
        ),
        (
            json!({"ProjectionExpression": "name"}),
            "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name",
        ),
        (
            json!({"ProjectionExpression": "a", "AttributesToGet": ["a"]}),
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
        ),
        (
            json!({"ExpressionAttributeNames": {"#a": "a"}}),
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
    ];
    refused(&world, "GetItem", base, cases).await;
    let missing = json!({"TableName": "nothing", "Key": {"p": {"S": "a"}}});
    let told = error(&world, "GetItem", missing).await;
    assert_eq!(told, ("ResourceNotFoundException".to_owned(), "Requested resource not found".to_owned()));
}

#[tokio::test]
async fn update_item() {
    let world = things().await;
    let base = json!({"TableName": "things", "Key": item("a", 1, json!({}))});
    let cases = vec![
        (
            json!({"UpdateExpression": "SET s = :v", "ExpressionAttributeValues": values(json!({"N": "2"}))}),
            "One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key",
        ),
        (
            json!({"UpdateExpression": "INVALID SYNTAX HERE"}),
            "Invalid UpdateExpression: Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\"",
        ),
        (
            json!({"UpdateExpression": "SET x = :v", "ExpressionAttributeNames": {"#u": "u"}, "ExpressionAttributeValues": values(json!({"N": "2"}))}),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}",
        ),
        (
            json!({"UpdateExpression": "SET x = :v"}),
            "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v",
        ),
        (json!({"UpdateExpression": ""}), "Invalid UpdateExpression: The expression can not be empty;"),
        (
            json!({"UpdateExpression": "SET t = t + :v", "ExpressionAttributeValues": values(json!({"N": "2"}))}),
            "An operand in the update expression has an incorrect data type",
        ),
        (
            json!({"UpdateExpression": "SET x = n + :v", "ExpressionAttributeValues": values(json!({"S": "2"}))}),
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            json!({"UpdateExpression": "SET x.y = :v", "ExpressionAttributeValues": values(json!({"N": "2"}))}),
            "The document path provided in the update expression is invalid for update",
        ),
        (
            json!({"UpdateExpression": "SET x = nothing"}),
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            json!({"UpdateExpression": "SET g = :v", "ExpressionAttributeValues": values(json!({"N": "2"}))}),
            "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g",
        ),
        (
            json!({"UpdateExpression": "SET x = :v", "ExpressionAttributeValues": values(json!({"S": "x".repeat(410_000)}))}),
            "Item size to update has exceeded the maximum allowed size",
        ),
        (
            json!({"UpdateExpression": "REMOVE x", "AttributeUpdates": {"x": {"Action": "DELETE"}}}),
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}",
        ),
    ];
    refused(&world, "UpdateItem", base, cases).await;
}

#[tokio::test]
async fn query() {
    let world = things().await;
    let base = json!({
        "TableName": "things", "KeyConditionExpression": "p = :v", "ExpressionAttributeValues": values(json!({"S": "a"})),
    });
    let number = values(json!({"N": "1"}));
    let cases = vec![
        (
            json!({"KeyConditionExpression": "s = :v", "ExpressionAttributeValues": number}),
            "Query condition missed key schema element: p",
        ),
        (json!({"KeyConditionExpression": "p > :v"}), "Query key condition not supported"),
        (
            json!({"KeyConditionExpression": "p = :v AND x = :v"}),
            "Query condition missed key schema element: s",
        ),
        (
            json!({"ExpressionAttributeValues": number}),
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            json!({"KeyConditionExpression": "p = :v OR s = :v"}),
            "Invalid operator used in KeyConditionExpression: OR",
        ),
        (
            json!({"ExpressionAttributeNames": {"#u": "u"}}),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}",
        ),
        (
            json!({"KeyConditionExpression": ""}),
            "Invalid KeyConditionExpression: The expression can not be empty;",
        ),
        (
            json!({"FilterExpression": "#m = :v"}),
            "Invalid FilterExpression: An expression attribute name used in the document path is not defined; attribute name: #m",
        ),
        (
            json!({"FilterExpression": "p = :v"}),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: p",
        ),
        (
            json!({"IndexName": "by-g", "KeyConditionExpression": "g = :v", "ConsistentRead": true}),
            "Consistent reads are not supported on global secondary indexes",
        ),
        (json!({"IndexName": "none"}), "The table does not have the specified index: none"),
        (
            json!({"Select": "ALL_PROJECTED_ATTRIBUTES"}),
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
        (json!({"ExclusiveStartKey": {"p": {"S": "a"}}}), "The provided starting key is invalid"),
        (
            json!({"ExclusiveStartKey": item("b", 1, json!({}))}),
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        (
            json!({"Select": "COUNT", "ProjectionExpression": "x"}),
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            json!({"Select": "NONSENSE"}),
            "1 validation error detected: Value 'NONSENSE' at 'select' failed to satisfy constraint: Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
        ),
    ];
    refused(&world, "Query", base, cases).await;
    let nothing = json!({"TableName": "things"});
    let missing =
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.";
    refused(&world, "Query", nothing, vec![(json!({}), missing)]).await;
}

#[tokio::test]
async fn scan() {
    let world = things().await;
    let base = json!({"TableName": "things"});
    let cases = vec![
        (
            json!({"Segment": 0}),
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        ),
        (
            json!({"Segment": 5, "TotalSegments": 5}),
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 5 is not less than TotalSegments: 5",
        ),
        (
            json!({"TotalSegments": 4}),
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        ),
        (
            json!({"FilterExpression": "size(p) > :v AND", "ExpressionAttributeValues": values(json!({"N": "1"}))}),
            "Invalid FilterExpression: Syntax error; token: \"<EOF>\", near: \"AND\"",
        ),
        (
            json!({"FilterExpression": "x = :v", "ScanFilter": {}, "ExpressionAttributeValues": values(json!({"N": "1"}))}),
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}",
        ),
    ];
    refused(&world, "Scan", base, cases).await;
}

#[tokio::test]
async fn create_table() {
    let world = world().await;
    let base = json!({
        "TableName": "made", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
    });
    let index = |name: &str, hash: &str| {
        json!({
            "IndexName": name, "KeySchema": [{"AttributeName": hash, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        })
    };
    let both = json!([{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "p", "KeyType": "RANGE"}]);
    let local = json!([{
        "IndexName": "local", "Projection": {"ProjectionType": "ALL"},
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
    }]);
    let more =
        json!([{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "l", "AttributeType": "S"}]);
    let cases = vec![
        (
            json!({"TableName": null}),
            "The parameter 'TableName' is required but was not present in the request",
        ),
        (json!({"KeySchema": both}), "Invalid KeySchema: Some index key attribute have no definition"),
        (
            json!({"LocalSecondaryIndexes": local, "AttributeDefinitions": more}),
            "One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ),
        (
            json!({"GlobalSecondaryIndexes": [index("same", "p"), index("same", "p")]}),
            "One or more parameter values were invalid: Duplicate index name: same",
        ),
        (
            json!({"AttributeDefinitions": more}),
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ),
        (
            json!({"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}),
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        (
            json!({"KeySchema": [{"AttributeName": "p", "KeyType": "NONE"}]}),
            "1 validation error detected: Value 'NONE' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]",
        ),
    ];
    refused(&world, "CreateTable", base, cases).await;
}

/// What tables of AWS have and those of this cloud have not, and units that no table has.
/// (`ack-api-quirks`, DDB-TABLE-442)
#[tokio::test]
async fn what_is_not_here_is_refused() {
    let world = world().await;
    table(&world, "things", json!({})).await;
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/things";
    let vectors = "vector indexes are not supported by this cloud";
    let create = |more: Value| {
        let mut input = json!({
            "TableName": "others", "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let units = |units: i64| json!({"OnDemandThroughput": {"MaxReadRequestUnits": units}});
    let with_units = |number: i64| {
        let mut input = units(number);
        input["TableName"] = json!("things");
        input
    };
    let outside = "One or more parameter values were invalid: Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range";
    let mut provisioned = create(units(5));
    provisioned["BillingMode"] = json!("PROVISIONED");
    provisioned["ProvisionedThroughput"] = json!({"ReadCapacityUnits": 1, "WriteCapacityUnits": 1});
    let cases = [
        ("CreateTable", create(json!({"VectorIndexes": []})), vectors),
        ("UpdateTable", json!({"TableName": "things", "VectorIndexUpdates": []}), vectors),
        (
            "UpdateTable",
            json!({"TableName": "things", "DisassociationProtectionEnabled": false}),
            "global tables are not supported by this cloud",
        ),
        (
            "ExportTableToPointInTime",
            json!({"TableArn": arn, "S3Bucket": "files", "FilterSpecification": {}}),
            "exports of some of the items are not supported by this cloud; leave out FilterSpecification",
        ),
        ("CreateTable", create(units(0)), outside),
        ("CreateTable", create(units(-1)), outside),
        ("UpdateTable", with_units(-2), outside),
        (
            "CreateTable",
            provisioned,
            "One or more parameter values were invalid: MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
        ),
    ];
    for (operation, input, text) in cases {
        assert_eq!(
            error(&world, operation, input).await,
            ("ValidationException".to_owned(), text.to_owned())
        );
    }
    ok(&world, "UpdateTable", with_units(-1)).await;
}
