//! Room tests of imports.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use testkit::World;

use crate::tests::transfers::{put, world};
use crate::tests::{error, item, ok};

/// The request for an import of what is under `prefix`.
fn asked(prefix: &str, more: Value) -> Value {
    let mut input = json!({
        "S3BucketSource": {"S3Bucket": "files", "S3KeyPrefix": prefix},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {
            "TableName": "things",
            "AttributeDefinitions": [
                {"AttributeName": "p", "AttributeType": "S"},
                {"AttributeName": "s", "AttributeType": "N"},
            ],
            "KeySchema": [
                {"AttributeName": "p", "KeyType": "HASH"},
                {"AttributeName": "s", "KeyType": "RANGE"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [{
                "IndexName": "by-s", "KeySchema": [{"AttributeName": "s", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }],
        },
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

async fn imported(world: &World, input: Value) -> Value {
    let begun = ok(world, "ImportTable", input).await["ImportTableDescription"].clone();
    assert_eq!(begun["ImportStatus"], "IN_PROGRESS");
    let described = ok(world, "DescribeTable", json!({"TableName": "things"})).await;
    assert_eq!(described["Table"]["TableStatus"], "CREATING");
    world.run_jobs().await;
    ok(world, "DescribeImport", json!({"ImportArn": begun["ImportArn"]})).await["ImportTableDescription"]
        .clone()
}

fn packed(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn objects_of_json_become_items() {
    let world = world().await;
    let line = |s: i64| format!("{}\n", json!({"Item": item("a", s, json!({"x": {"L": [{"NULL": true}]}}))}));
    let many: String = (0..450).map(line).collect();
    // Two packed files in one object are one text; an object outside of the prefix does not count.
    put(&world, "in/1.json.gz", [packed(&many), packed(&line(1000))].concat()).await;
    let wrong =
        ["{", r#"{"Item":{"p":{"S":"a"}}}"#, r#"{"Item":{"p":{"S":""},"s":{"N":"1"}}}"#, "", "[]"].join("\n");
    put(&world, "in/2.json.gz", packed(&wrong)).await;
    put(&world, "other", packed(&line(2000))).await;
    let done = imported(&world, asked("in/", json!({"InputCompressionType": "GZIP"}))).await;
    assert_eq!(done["ImportStatus"], "COMPLETED", "{done}");
    let counts =
        ["ProcessedItemCount", "ImportedItemCount", "ErrorCount"].map(|name| done[name].as_i64().unwrap());
    assert_eq!(counts, [455, 451, 4]);
    assert_eq!(done["TableCreationParameters"]["GlobalSecondaryIndexes"][0]["IndexName"], "by-s");
    let table = ok(&world, "DescribeTable", json!({"TableName": "things"})).await["Table"].clone();
    assert_eq!((&table["TableStatus"], &table["ItemCount"]), (&json!("ACTIVE"), &json!(451)));
    assert_eq!(table["GlobalSecondaryIndexes"][0]["ItemCount"], 451);
    let key = item("a", 1000, json!({}));
    assert!(ok(&world, "GetItem", json!({"TableName": "things", "Key": key})).await["Item"].is_object());
    let listed = ok(&world, "ListImports", json!({"TableArn": table["TableArn"]})).await;
    assert_eq!(listed["ImportSummaryList"][0]["ImportArn"], done["ImportArn"]);
}

#[tokio::test]
async fn csv_has_typed_keys_and_texts() {
    let world = world().await;
    let rows: String = (10..300).map(|s| format!("a,{s},more\r\n")).collect();
    put(&world, "csv/a.csv", format!("p,s,note\na,1,\"x\n\"\"y\"\"\"\nb,2\nb,zwei,z\nb,3,too,many\n{rows}"))
        .await;
    put(&world, "csv/b.csv", "p,s,other\nc,4.0,w").await;
    let done = imported(&world, asked("csv/", json!({"InputFormat": "CSV"}))).await;
    let counts =
        ["ProcessedItemCount", "ImportedItemCount", "ErrorCount"].map(|name| done[name].as_i64().unwrap());
    assert_eq!(counts, [295, 293, 2], "{done}");
    let get = async |p: &str, s: i64| {
        ok(&world, "GetItem", json!({"TableName": "things", "Key": item(p, s, json!({}))})).await["Item"]
            .clone()
    };
    assert_eq!(get("a", 1).await, item("a", 1, json!({"note": {"S": "x\n\"y\""}})));
    assert_eq!(get("b", 2).await, item("b", 2, json!({})));
    assert_eq!(get("c", 4).await, item("c", 4, json!({"other": {"S": "w"}})));
    ok(&world, "DeleteTable", json!({"TableName": "things"})).await;
    world.run_jobs().await;
    put(&world, "plain/a", "d|5\n").await;
    let csv = json!({"Csv": {"Delimiter": "|", "HeaderList": ["p", "s"]}});
    let more = json!({"InputFormat": "CSV", "InputFormatOptions": csv});
    let done = imported(&world, asked("plain/", more)).await;
    assert_eq!((&done["ImportedItemCount"], &done["InputFormatOptions"]), (&json!(1), &csv));
}

/// An object that cannot be unpacked is one error, and the others are still read.
#[tokio::test]
async fn a_spoiled_object_is_an_error() {
    let world = world().await;
    put(&world, "in/1", "no gzip").await;
    put(&world, "in/2", packed(&format!("{}\n", json!({"Item": item("a", 1, json!({}))})))).await;
    let done = imported(&world, asked("in/", json!({"InputCompressionType": "GZIP"}))).await;
    assert_eq!((&done["ErrorCount"], &done["ImportedItemCount"]), (&json!(1), &json!(1)), "{done}");
}

#[tokio::test]
async fn an_import_that_fails_leaves_no_table() {
    let world = world().await;
    let cases = [
        (json!({"S3BucketSource": {"S3Bucket": "nothing"}}), "S3NoSuchBucket"),
        (json!({"S3BucketSource": {"S3Bucket": "files", "S3KeyPrefix": "none"}}), "S3NoSuchKey"),
    ];
    for (more, code) in cases {
        let done = imported(&world, asked("in/", more)).await;
        assert_eq!((&done["ImportStatus"], &done["FailureCode"]), (&json!("FAILED"), &json!(code)));
        assert_eq!(
            error(&world, "DescribeTable", json!({"TableName": "things"})).await.0,
            "ResourceNotFoundException"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused() {
    let world = world().await;
    put(&world, "in/1", format!("{}\n", json!({"Item": item("a", 1, json!({}))}))).await;
    for more in [
        json!({"InputFormat": "ION"}),
        json!({"InputCompressionType": "ZSTD"}),
        json!({"InputFormatOptions": {"Csv": {"Delimiter": ";"}}}),
        json!({"InputFormat": "CSV", "InputFormatOptions": {"Csv": {"Delimiter": "x"}}}),
    ] {
        let got = error(&world, "ImportTable", asked("in/", more.clone())).await;
        assert_eq!(got.0, "ValidationException", "{more}");
    }
    let token = json!({"ClientToken": "once"});
    let first = ok(&world, "ImportTable", asked("in/", token.clone())).await;
    let again = ok(&world, "ImportTable", asked("in/", token.clone())).await;
    let arn = &first["ImportTableDescription"]["ImportArn"];
    assert_eq!(&again["ImportTableDescription"]["ImportArn"], arn);
    assert_eq!(error(&world, "ImportTable", asked("else/", token)).await.0, "ImportConflictException");
    assert_eq!(error(&world, "ImportTable", asked("in/", json!({}))).await.0, "ResourceInUseException");
    let missing =
        json!({"ImportArn": "arn:aws:dynamodb:us-east-1:000000000000:table/things/import/01-a1b2c3d4"});
    assert_eq!(error(&world, "DescribeImport", missing).await.0, "ImportNotFoundException");
}
