//! Copies, deletions of many, tags, attributes, versions, expiry.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{anonymous, nobody};

use super::{body, input, read, world};

#[tokio::test]
async fn copies_keep_or_replace_what_is_said_about_an_object() {
    let world = world().await;
    let put = json!({"Key": "a", "Body": body(b"hello"), "ContentType": "text/plain", "Metadata": {"k": "v"},
        "Tagging": "t=1", "ChecksumAlgorithm": "CRC32"});
    world.ok("s3", "PutObject", input(put)).await;
    let head = async |key: &str| world.ok("s3", "HeadObject", input(json!({"Key": key}))).await;
    let copy = json!({"Key": "b", "CopySource": "/photos/a", "Metadata": {"other": "x"}});
    let copied = world.ok("s3", "CopyObject", input(copy)).await;
    assert_eq!(copied["CopyObjectResult"]["ETag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(copied["CopyObjectResult"]["ChecksumCRC32"], "NhCmhg==");
    let same = head("b").await;
    assert_eq!((&same["Metadata"], &same["TagCount"]), (&json!({"k": "v"}), &json!(1)));
    let replaced = json!({"Key": "c", "CopySource": "photos/a", "MetadataDirective": "REPLACE",
        "Metadata": {"n": "1"}, "TaggingDirective": "REPLACE", "StorageClass": "STANDARD_IA",
        "ChecksumAlgorithm": "SHA256"});
    let copied = world.ok("s3", "CopyObject", input(replaced)).await;
    assert_eq!(copied["CopyObjectResult"]["ChecksumSHA256"], "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    let other = head("c").await;
    assert_eq!((&other["Metadata"], &other["StorageClass"]), (&json!({"n": "1"}), &json!("STANDARD_IA")));
    assert_eq!((other.get("TagCount"), &other["ContentType"]), (None, &json!("binary/octet-stream")));
    assert_eq!(read(&world, "c").await, b"hello");
    for (more, code) in [
        (json!({"Key": "a", "CopySource": "photos/a"}), "InvalidRequest"),
        (json!({"Key": "b", "CopySource": "photos/none"}), "NoSuchKey"),
        (json!({"Key": "b", "CopySource": "none/a"}), "NoSuchBucket"),
        (json!({"Key": "b", "CopySource": "a"}), "InvalidArgument"),
        (json!({"Key": "b", "CopySource": "photos/a", "CopySourceIfMatch": "x"}), "PreconditionFailed"),
        (json!({"Key": "b", "CopySource": "photos/a", "CopySourceIfNoneMatch": "*"}), "PreconditionFailed"),
        (json!({"Key": "b", "CopySource": "photos/a", "IfMatch": "x"}), "PreconditionFailed"),
        (json!({"Key": "b", "CopySource": "photos/a", "MetadataDirective": "MOVE"}), "InvalidArgument"),
    ] {
        assert_eq!(world.error("s3", "CopyObject", input(more.clone())).await.0, code, "{more}");
    }
    world
        .ok(
            "s3",
            "CopyObject",
            input(json!({"Key": "a", "CopySource": "photos/a", "StorageClass": "STANDARD"})),
        )
        .await;
    let copy = input(json!({"Key": "b", "CopySource": "photos/a"}));
    assert_eq!(world.call_as(nobody(), "s3", "CopyObject", copy).await.unwrap_err().code(), "AccessDenied");
}

/// A large file lives until the last object that shares it is gone.
#[tokio::test]
async fn copies_share_their_file() {
    let world = world().await;
    let large = vec![7; 100_000];
    world.ok("s3", "PutObject", input(json!({"Key": "a", "Body": body(&large)}))).await;
    world.ok("s3", "CopyObject", input(json!({"Key": "b", "CopySource": "photos/a"}))).await;
    world.ok("s3", "DeleteObject", input(json!({"Key": "a"}))).await;
    world.advance(Duration::from_secs(3600)).await;
    let sweep = async || {
        let now = world.cloud().clock().now().millis();
        world.cloud().blobs().sweep(world.cloud().store(), now).await.unwrap()
    };
    assert_eq!(sweep().await, 0);
    assert!(read(&world, "b").await == large);
    world.ok("s3", "DeleteObject", input(json!({"Key": "b"}))).await;
    world.advance(Duration::from_secs(3600)).await;
    assert_eq!(sweep().await, 1);
}

#[tokio::test]
async fn many_are_deleted_each_by_its_own_decision() {
    let world = world().await;
    for key in ["a", "b", "open/c"] {
        world.ok("s3", "PutObject", input(json!({"Key": key}))).await;
    }
    let objects = |keys: &[&str]| keys.iter().map(|key| json!({"Key": key})).collect::<Vec<_>>();
    let delete =
        |keys: &[&str], quiet: bool| input(json!({"Delete": {"Objects": objects(keys), "Quiet": quiet}}));
    let done = world.ok("s3", "DeleteObjects", delete(&["a", "none"], false)).await;
    assert_eq!(done["Deleted"], json!([{"Key": "a"}, {"Key": "none"}]));
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:DeleteObject",
        "Principal": {"AWS": "arn:aws:iam::000000000000:user/nobody"}, "Resource": "arn:aws:s3:::photos/open/*"}]});
    world.ok("s3", "PutBucketPolicy", input(json!({"Policy": policy.to_string()}))).await;
    let done = world.call_as(nobody(), "s3", "DeleteObjects", delete(&["b", "open/c"], true)).await.unwrap();
    assert_eq!(done["Deleted"], json!([]));
    assert_eq!(
        (&done["Errors"][0]["Key"], &done["Errors"][0]["Code"]),
        (&json!("b"), &json!("AccessDenied"))
    );
    let left = world.ok("s3", "ListObjectsV2", input(json!({}))).await;
    assert_eq!((&left["KeyCount"], &left["Contents"][0]["Key"]), (&json!(1), &json!("b")));
    let denied = world.call_as(anonymous(), "s3", "DeleteObjects", delete(&["b"], false)).await;
    assert!(denied.is_err_and(|failure| failure.code() == "AccessDenied"));
    assert_eq!(world.error("s3", "DeleteObjects", delete(&[], false)).await.0, "MalformedXML");
    let versioned = json!({"Delete": {"Objects": [{"Key": "b", "VersionId": "v"}]}});
    let done = world.ok("s3", "DeleteObjects", input(versioned)).await;
    assert_eq!(done["Errors"][0]["Code"], "InvalidArgument");
}

#[tokio::test]
async fn tags_of_an_object() {
    let world = world().await;
    world.ok("s3", "PutObject", input(json!({"Key": "a"}))).await;
    let get = async || world.ok("s3", "GetObjectTagging", input(json!({"Key": "a"}))).await["TagSet"].clone();
    assert_eq!(get().await, json!([]));
    let tags = json!([{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}]);
    world.ok("s3", "PutObjectTagging", input(json!({"Key": "a", "Tagging": {"TagSet": tags}}))).await;
    assert_eq!(get().await, tags);
    let many: Vec<Value> = (0..11).map(|number| json!({"Key": format!("k{number}"), "Value": ""})).collect();
    for (tags, code) in [
        (json!(many), "BadRequest"),
        (json!([{"Key": "aws:x", "Value": ""}]), "InvalidTag"),
        (json!([{"Key": "", "Value": ""}]), "InvalidTag"),
    ] {
        let put = input(json!({"Key": "a", "Tagging": {"TagSet": tags}}));
        assert_eq!(world.error("s3", "PutObjectTagging", put).await.0, code);
    }
    world.ok("s3", "DeleteObjectTagging", input(json!({"Key": "a"}))).await;
    assert_eq!(get().await, json!([]));
    assert_eq!(world.error("s3", "GetObjectTagging", input(json!({"Key": "b"}))).await.0, "NoSuchKey");
}

#[tokio::test]
async fn attributes_and_lists_of_an_object() {
    let world = world().await;
    world.ok("s3", "PutObject", input(json!({"Key": "a", "Body": body(b"hello")}))).await;
    let attributes =
        json!({"Key": "a", "ObjectAttributes": ["ETag", "StorageClass", "ObjectSize", "ObjectParts"]});
    let mut answer = world.ok("s3", "GetObjectAttributes", input(attributes)).await;
    answer.as_object_mut().unwrap().remove("LastModified");
    let whole =
        json!({"ETag": "5d41402abc4b2a76b9719d911017c592", "StorageClass": "STANDARD", "ObjectSize": 5});
    assert_eq!(answer, whole);
    let odd = json!({"Key": "a", "ObjectAttributes": ["Colour"]});
    assert_eq!(world.error("s3", "GetObjectAttributes", input(odd)).await.0, "InvalidArgument");
    let acl = world.ok("s3", "GetObjectAcl", input(json!({"Key": "a"}))).await;
    assert_eq!(acl["Grants"].as_array().unwrap().len(), 1);
    world.ok("s3", "PutObjectAcl", input(json!({"Key": "a", "ACL": "private"}))).await;
    let public = input(json!({"Key": "a", "ACL": "public-read"}));
    assert_eq!(world.error("s3", "PutObjectAcl", public).await.0, "AccessControlListNotSupported");
}

#[tokio::test]
async fn every_object_is_its_only_version() {
    let world = world().await;
    for key in ["a", "b/1", "b/2", "c"] {
        world.ok("s3", "PutObject", input(json!({"Key": key}))).await;
    }
    let page = world.ok("s3", "ListObjectVersions", input(json!({"MaxKeys": 2, "Delimiter": "/"}))).await;
    assert_eq!(
        (&page["Versions"][0]["Key"], &page["Versions"][0]["VersionId"]),
        (&json!("a"), &json!("null"))
    );
    assert_eq!(page["CommonPrefixes"], json!([{"Prefix": "b/"}]));
    assert_eq!((&page["IsTruncated"], &page["NextKeyMarker"]), (&json!(true), &json!("b/")));
    let rest =
        world.ok("s3", "ListObjectVersions", input(json!({"KeyMarker": "b/", "Delimiter": "/"}))).await;
    assert_eq!(rest["Versions"][0]["Key"], "c");
    let odd = input(json!({"VersionIdMarker": "x"}));
    assert_eq!(world.error("s3", "ListObjectVersions", odd).await.0, "InvalidArgument");
}

#[tokio::test]
async fn objects_expire() {
    let world = world().await;
    let rules = json!({"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "tmp/"},
        "Expiration": {"Days": 1}}]});
    world.ok("s3", "PutBucketLifecycleConfiguration", input(json!({"LifecycleConfiguration": rules}))).await;
    for key in ["a", "tmp/a", "tmp/b"] {
        world.ok("s3", "PutObject", input(json!({"Key": key, "Body": body(&[1; 50_000])}))).await;
    }
    let keys = async || world.ok("s3", "ListObjectsV2", input(json!({}))).await["KeyCount"].clone();
    world.run_jobs().await;
    assert_eq!(keys().await, 3);
    world.advance(Duration::from_secs(3 * 24 * 3600)).await;
    world.run_jobs().await;
    assert_eq!(keys().await, 1);
}
