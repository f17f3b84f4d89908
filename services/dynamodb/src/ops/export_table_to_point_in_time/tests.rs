//! Room tests of exports.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::World;

use crate::tests::transfers::{get, keys, lines, unpacked, world};
use crate::tests::{error, item, ok, table};

async fn recovered(world: &World, name: &str) -> Value {
    table(world, name, json!({})).await;
    let on =
        json!({"TableName": name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    ok(world, "UpdateContinuousBackups", on).await;
    ok(world, "DescribeTable", json!({"TableName": name})).await["Table"]["TableArn"].clone()
}

async fn put(world: &World, s: i64, letter: &str) {
    let more = json!({"x": {"S": letter}});
    ok(world, "PutItem", json!({"TableName": "things", "Item": item("a", s, more)})).await;
}

async fn described(world: &World, export: &Value) -> Value {
    let input = json!({"ExportArn": export["ExportArn"]});
    ok(world, "DescribeExport", input).await["ExportDescription"].clone()
}

/// The names, shapes and checksums of "DynamoDB table export output format" of the developer guide.
#[tokio::test]
async fn a_table_is_exported_as_it_was() {
    let world = world().await;
    let arn = recovered(&world, "things").await;
    for s in 0..30 {
        put(&world, s, "old").await;
    }
    world.advance(Duration::from_secs(10)).await;
    let time = world.cloud().clock().now().secs();
    world.advance(Duration::from_secs(10)).await;
    for s in 10..40 {
        put(&world, s, "new").await;
    }
    let gone = json!({"TableName": "things", "Key": item("a", 0, json!({}))});
    ok(&world, "DeleteItem", gone).await;
    let asked = json!({
        "TableArn": arn, "S3Bucket": "files", "S3Prefix": "backup/", "ExportTime": time, "ClientToken": "once",
    });
    let export = ok(&world, "ExportTableToPointInTime", asked.clone()).await["ExportDescription"].clone();
    assert_eq!(
        (&export["ExportStatus"], &export["ExportFormat"]),
        (&json!("IN_PROGRESS"), &json!("DYNAMODB_JSON"))
    );
    world.run_jobs().await;
    let done = described(&world, &export).await;
    assert_eq!((&done["ExportStatus"], &done["ItemCount"]), (&json!("COMPLETED"), &json!(30)));
    let id = export["ExportArn"].as_str().unwrap().rsplit('/').next().unwrap();
    let root = format!("backup/AWSDynamoDB/{id}");
    let all = keys(&world).await;
    let names: Vec<&str> = all.iter().map(|key| key.strip_prefix(&root).unwrap()).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!(names[0], "/_started");
    assert!(names[1].starts_with("/data/") && names[1].ends_with(".json.gz"));
    let manifests =
        ["/manifest-files.json", "/manifest-files.md5", "/manifest-summary.json", "/manifest-summary.md5"];
    assert_eq!(names[2..], manifests);
    let manifest = get(&world, &all[2]).await;
    let digest = wire::digest::of(wire::digest::Algorithm::Md5, &manifest).base64();
    assert_eq!(get(&world, &all[3]).await, digest.as_bytes());
    let files = lines(&manifest);
    assert_eq!((&files[0]["dataFileS3Key"], &files[0]["itemCount"]), (&json!(all[1]), &json!(30)));
    let data = get(&world, &all[1]).await;
    let md5 = STANDARD.decode(files[0]["md5Checksum"].as_str().unwrap()).unwrap();
    assert_eq!(wire::digest::md5_hex(&data), wire::digest::hex(&md5));
    let items = lines(&unpacked(&data));
    assert!(items.iter().all(|line| line["Item"]["x"]["S"] == "old"), "{items:?}");
    let summary = &lines(&get(&world, &all[4]).await)[0];
    assert_eq!((&summary["exportArn"], &summary["itemCount"]), (&export["ExportArn"], &json!(30)));
    assert_eq!(summary["manifestFilesS3Key"], all[2]);
    assert_eq!(done["ExportManifest"], all[4]);
    // The same words under the same token are the same export, others are not taken.
    let again = ok(&world, "ExportTableToPointInTime", asked.clone()).await["ExportDescription"].clone();
    assert_eq!(again["ExportArn"], export["ExportArn"]);
    let mut other = asked;
    other["S3Prefix"] = json!("else");
    assert_eq!(error(&world, "ExportTableToPointInTime", other).await.0, "ExportConflictException");
}

#[tokio::test]
async fn exports_are_listed_page_by_page_and_forgotten() {
    let world = world().await;
    let arn = recovered(&world, "things").await;
    for _ in 0..3 {
        ok(&world, "ExportTableToPointInTime", json!({"TableArn": arn, "S3Bucket": "files"})).await;
        world.run_jobs().await;
    }
    let page = ok(&world, "ListExports", json!({"TableArn": arn, "MaxResults": 2})).await;
    assert_eq!(page["ExportSummaries"].as_array().unwrap().len(), 2);
    assert_eq!(page["ExportSummaries"][0]["ExportStatus"], "COMPLETED");
    let rest = ok(&world, "ListExports", json!({"TableArn": arn, "NextToken": page["NextToken"]})).await;
    assert_eq!(rest["ExportSummaries"].as_array().unwrap().len(), 1);
    assert_eq!(ok(&world, "ListExports", json!({})).await["ExportSummaries"].as_array().unwrap().len(), 3);
    // An empty table is a file without lines.
    let data: Vec<String> = keys(&world).await.into_iter().filter(|key| key.contains("/data/")).collect();
    assert_eq!(unpacked(&get(&world, &data[0]).await), b"");
    world.advance(Duration::from_secs(91 * 24 * 60 * 60)).await;
    world.run_jobs().await;
    assert_eq!(ok(&world, "ListExports", json!({})).await["ExportSummaries"], json!([]));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_fails_the_export() {
    let world = world().await;
    let arn = recovered(&world, "things").await;
    let asked = json!({"TableArn": arn, "S3Bucket": "nothing"});
    let export = ok(&world, "ExportTableToPointInTime", asked).await["ExportDescription"].clone();
    world.run_jobs().await;
    let done = described(&world, &export).await;
    assert_eq!((&done["ExportStatus"], &done["FailureCode"]), (&json!("FAILED"), &json!("S3NoSuchBucket")));
    assert!(done["EndTime"].is_number());
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused() {
    let world = world().await;
    table(&world, "plain", json!({})).await;
    let plain = "arn:aws:dynamodb:us-east-1:000000000000:table/plain";
    let arn = recovered(&world, "things").await;
    let with = |more: Value| {
        let mut input = json!({"TableArn": arn, "S3Bucket": "files"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (input, code) in [
        (with(json!({"TableArn": plain})), "PointInTimeRecoveryUnavailableException"),
        (with(json!({"TableArn": format!("{plain}er")})), "TableNotFoundException"),
        (with(json!({"ExportTime": 1})), "InvalidExportTimeException"),
        (with(json!({"ExportTime": world.cloud().clock().now().secs() + 60})), "InvalidExportTimeException"),
        (with(json!({"ExportFormat": "ION"})), "ValidationException"),
        (with(json!({"ExportType": "INCREMENTAL_EXPORT"})), "ValidationException"),
        (with(json!({"S3SseAlgorithm": "KMS"})), "ValidationException"),
        (with(json!({"S3Bucket": "a b"})), "ValidationException"),
    ] {
        let got = error(&world, "ExportTableToPointInTime", input.clone()).await;
        assert_eq!(got.0, code, "{input}: {}", got.1);
    }
    let missing = json!({"ExportArn": format!("{plain}/export/01234567890123-a1b2c3d4")});
    assert_eq!(error(&world, "DescribeExport", missing).await.0, "ExportNotFoundException");
    assert_eq!(ok(&world, "ListExports", json!({})).await["ExportSummaries"], json!([]));
}
