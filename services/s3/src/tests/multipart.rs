//! Uploads in parts.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{World, nobody};

use super::{body, input, read, world};

const MIB: usize = 1 << 20;

async fn begin(world: &World, key: &str, more: Value) -> String {
    let mut begin = input(json!({"Key": key}));
    begin.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("s3", "CreateMultipartUpload", begin).await["UploadId"].as_str().unwrap().to_owned()
}

async fn part(world: &World, key: &str, id: &str, number: i32, bytes: &[u8]) -> Value {
    let part = json!({"Key": key, "UploadId": id, "PartNumber": number, "Body": body(bytes)});
    let done = world.ok("s3", "UploadPart", input(part)).await;
    json!({"PartNumber": number, "ETag": done["ETag"]})
}

async fn complete(world: &World, key: &str, id: &str, parts: &[Value]) -> Value {
    let done = json!({"Key": key, "UploadId": id, "MultipartUpload": {"Parts": parts}});
    world.ok("s3", "CompleteMultipartUpload", input(done)).await
}

#[tokio::test]
async fn parts_become_an_object() {
    let world = world().await;
    let id = begin(&world, "film", json!({"ContentType": "video/mp4", "Tagging": "a=1"})).await;
    let first: Vec<u8> = (0..5 * MIB).map(|at| (at / 7) as u8).collect();
    // Out of order, one twice: the last one counts.
    let two = part(&world, "film", &id, 2, b"the end").await;
    part(&world, "film", &id, 1, b"wrong").await;
    let one = part(&world, "film", &id, 1, &first).await;
    part(&world, "film", &id, 3, b"not wanted").await;
    let listed =
        world.ok("s3", "ListParts", input(json!({"Key": "film", "UploadId": id, "MaxParts": 2}))).await;
    assert_eq!((&listed["IsTruncated"], &listed["NextPartNumberMarker"]), (&json!(true), &json!(2)));
    let rest = json!({"Key": "film", "UploadId": id, "PartNumberMarker": 2});
    let rest = world.ok("s3", "ListParts", input(rest)).await;
    assert_eq!((&rest["Parts"][0]["PartNumber"], &rest["Parts"][0]["Size"]), (&json!(3), &json!(10)));
    let uploads = world.ok("s3", "ListMultipartUploads", input(json!({}))).await;
    assert_eq!(uploads["Uploads"][0]["UploadId"], json!(id));

    let done = complete(&world, "film", &id, &[one, two]).await;
    assert!(done["ETag"].as_str().unwrap().ends_with("-2\""), "{done}");
    assert_eq!(done["Location"], "http://127.0.0.1:4566/photos/film");
    assert_eq!(done["ChecksumType"], "FULL_OBJECT");
    let mut whole = first.clone();
    whole.extend_from_slice(b"the end");
    assert!(read(&world, "film").await == whole);
    let head = world.ok("s3", "HeadObject", input(json!({"Key": "film", "PartNumber": 2}))).await;
    assert_eq!((&head["PartsCount"], &head["ContentLength"]), (&json!(2), &json!(7)));
    assert_eq!((&head["ContentType"], &head["TagCount"]), (&json!("video/mp4"), &json!(1)));
    let attributes = json!({"Key": "film", "ObjectAttributes": ["ObjectParts", "Checksum", "ObjectSize"]});
    let attributes = world.ok("s3", "GetObjectAttributes", input(attributes)).await;
    assert_eq!(attributes["ObjectParts"], json!({"TotalPartsCount": 2}));
    assert_eq!(attributes["ObjectSize"], json!(whole.len()));
    assert!(attributes["Checksum"]["ChecksumCRC64NVME"].is_string());
    let again = json!({"Key": "film", "UploadId": id, "MultipartUpload": {"Parts": []}});
    assert_eq!(world.error("s3", "CompleteMultipartUpload", input(again)).await.0, "NoSuchUpload");

    // A copy is one piece: its ETag is the MD5 of the whole.
    let copy = json!({"Key": "copy", "CopySource": "photos/film"});
    let copied = world.ok("s3", "CopyObject", input(copy)).await;
    let digest = {
        let mut hasher = wire::digest::Hasher::new(wire::digest::Algorithm::Md5);
        hasher.update(&whole);
        hasher.finish().hex()
    };
    assert_eq!(copied["CopyObjectResult"]["ETag"], format!("\"{digest}\""));
    world.ok("s3", "DeleteObject", input(json!({"Key": "film"}))).await;
    world.advance(Duration::from_secs(3600)).await;
    let swept =
        world.cloud().blobs().sweep(world.cloud().store(), world.cloud().clock().now().millis()).await;
    assert_eq!(swept.unwrap(), 2, "the parts that were replaced or not wanted are gone");
    assert!(read(&world, "copy").await == whole, "shared files stay");
}

/// Recorded: CRC32C over one part of 14 bytes (replay: test_multipart_parts_checksum).
#[tokio::test]
async fn composite_checksums() {
    let world = world().await;
    let id = begin(&world, "a", json!({"ChecksumAlgorithm": "CRC32C"})).await;
    let sent = json!({"Key": "a", "UploadId": id, "PartNumber": 1, "Body": body(b"test-part-body")});
    let sent = world.ok("s3", "UploadPart", input(sent)).await;
    let part = json!({"PartNumber": 1, "ETag": sent["ETag"]});
    let silent = json!({"Key": "a", "UploadId": id, "MultipartUpload": {"Parts": [part]}});
    let (code, text) = world.error("s3", "CompleteMultipartUpload", input(silent)).await;
    assert_eq!(code, "InvalidRequest");
    assert!(text.contains("was missing for part 1"), "{text}");
    let listed = world.ok("s3", "ListParts", input(json!({"Key": "a", "UploadId": id}))).await;
    let mut part = part;
    part["ChecksumCRC32C"] = listed["Parts"][0]["ChecksumCRC32C"].clone();
    let done = complete(&world, "a", &id, &[part]).await;
    assert!(done["ChecksumCRC32C"].as_str().unwrap().ends_with("==-1"), "{done}");
    assert_eq!(done["ChecksumType"], "COMPOSITE");
    let other = begin(&world, "b", json!({"ChecksumAlgorithm": "SHA256"})).await;
    let wrong = json!({"Key": "b", "UploadId": other, "PartNumber": 1, "ChecksumAlgorithm": "CRC32"});
    assert_eq!(world.error("s3", "UploadPart", input(wrong)).await.0, "InvalidRequest");
    let bad = json!({"Key": "c", "ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"});
    assert_eq!(world.error("s3", "CreateMultipartUpload", input(bad)).await.0, "InvalidRequest");
}

#[tokio::test]
async fn wrong_requests() {
    let world = world().await;
    let id = begin(&world, "a", json!({})).await;
    for (number, code) in [(0, "InvalidArgument"), (10_001, "InvalidArgument")] {
        let part = json!({"Key": "a", "UploadId": id, "PartNumber": number});
        assert_eq!(world.error("s3", "UploadPart", input(part)).await.0, code);
    }
    let elsewhere = json!({"Key": "b", "UploadId": id, "PartNumber": 1});
    assert_eq!(world.error("s3", "UploadPart", input(elsewhere)).await.0, "NoSuchUpload");
    let one = part(&world, "a", &id, 1, b"one").await;
    let two = part(&world, "a", &id, 2, b"two").await;
    for (parts, code) in [
        (json!([]), "MalformedXML"),
        (json!([two, one]), "InvalidPartOrder"),
        (json!([one, two]), "EntityTooSmall"),
        (json!([{"PartNumber": 1, "ETag": "x"}]), "InvalidPart"),
        (json!([{"PartNumber": 9, "ETag": one["ETag"]}]), "InvalidPart"),
    ] {
        let done = json!({"Key": "a", "UploadId": id, "MultipartUpload": {"Parts": parts}});
        assert_eq!(world.error("s3", "CompleteMultipartUpload", input(done)).await.0, code);
    }
    let sized = json!({"Key": "a", "UploadId": id, "MultipartUpload": {"Parts": [one]}, "MpuObjectSize": 4});
    assert_eq!(world.error("s3", "CompleteMultipartUpload", input(sized)).await.0, "InvalidRequest");
    let summed =
        json!({"Key": "a", "UploadId": id, "MultipartUpload": {"Parts": [one]}, "ChecksumCRC32": "x"});
    assert_eq!(world.error("s3", "CompleteMultipartUpload", input(summed)).await.0, "BadDigest");
    let matched = json!({"Key": "a", "UploadId": id, "MultipartUpload": {"Parts": [one]}, "IfMatch": "x"});
    assert_eq!(world.error("s3", "CompleteMultipartUpload", input(matched)).await.0, "NoSuchKey");
    let stranger = json!({"Key": "a", "UploadId": id});
    for operation in ["ListParts", "AbortMultipartUpload", "CompleteMultipartUpload"] {
        let denied = world.call_as(nobody(), "s3", operation, input(stranger.clone())).await;
        assert_eq!(denied.unwrap_err().code(), "AccessDenied", "{operation}");
    }
    world.ok("s3", "AbortMultipartUpload", input(json!({"Key": "a", "UploadId": id}))).await;
    let gone = json!({"Key": "a", "UploadId": id});
    assert_eq!(world.error("s3", "AbortMultipartUpload", input(gone)).await.0, "NoSuchUpload");
}

#[tokio::test]
async fn parts_can_be_copied() {
    let world = world().await;
    world.ok("s3", "PutObject", input(json!({"Key": "source", "Body": body(b"0123456789")}))).await;
    let id = begin(&world, "a", json!({})).await;
    let copy = json!({"Key": "a", "UploadId": id, "PartNumber": 1, "CopySource": "photos/source",
        "CopySourceRange": "bytes=2-4"});
    let copied = world.ok("s3", "UploadPartCopy", input(copy.clone())).await;
    let part = json!({"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]});
    for (range, code) in
        [("bytes=2-10", "InvalidArgument"), ("2-4", "InvalidArgument"), ("bytes=4-2", "InvalidArgument")]
    {
        let mut wrong = copy.clone();
        wrong["CopySourceRange"] = json!(range);
        assert_eq!(world.error("s3", "UploadPartCopy", input(wrong)).await.0, code, "{range}");
    }
    let mut unmatched = copy;
    unmatched["CopySourceIfMatch"] = json!("x");
    let failure = world.fails("s3", "UploadPartCopy", input(unmatched)).await;
    assert_eq!((failure.code(), failure.status()), ("PreconditionFailed", 412));
    complete(&world, "a", &id, &[part]).await;
    assert_eq!(read(&world, "a").await, b"234");
}

/// The digests of the parts of a composite checksum were not kept.
#[tokio::test]
async fn parts_of_a_composite_checksum_show_theirs() {
    let world = world().await;
    world.ok("s3", "PutObject", input(json!({"Key": "source", "Body": body(b"0123456789")}))).await;
    let id = begin(&world, "a", json!({"ChecksumAlgorithm": "SHA256"})).await;
    let copy = json!({"Key": "a", "UploadId": id, "PartNumber": 1, "CopySource": "photos/source"});
    let copied = world.ok("s3", "UploadPartCopy", input(copy)).await["CopyPartResult"].clone();
    let part = json!({"PartNumber": 1, "ETag": copied["ETag"], "ChecksumSHA256": copied["ChecksumSHA256"]});
    complete(&world, "a", &id, &[part]).await;
    let asked = json!({"Key": "a", "ObjectAttributes": ["ObjectParts"]});
    let answer = world.ok("s3", "GetObjectAttributes", input(asked)).await;
    let parts = &answer["ObjectParts"]["Parts"];
    assert_eq!(parts, &json!([{"PartNumber": 1, "Size": 10, "ChecksumSHA256": copied["ChecksumSHA256"]}]));
}

#[tokio::test]
async fn uploads_are_listed_in_order_and_folded() {
    let world = world().await;
    for key in ["a/1", "a/2", "b", "c"] {
        begin(&world, key, json!({})).await;
    }
    world.advance(Duration::from_secs(1)).await;
    begin(&world, "b", json!({})).await;
    let list = async |more: Value| world.ok("s3", "ListMultipartUploads", input(more)).await;
    let folded = list(json!({"Delimiter": "/"})).await;
    assert_eq!(folded["CommonPrefixes"], json!([{"Prefix": "a/"}]));
    let (mut seen, mut markers) = (Vec::new(), json!({"MaxUploads": 2}));
    loop {
        let page = list(markers.clone()).await;
        seen.extend(page["Uploads"].as_array().unwrap().iter().map(|one| one["Key"].clone()));
        if page["IsTruncated"] == false {
            break;
        }
        markers["KeyMarker"] = page["NextKeyMarker"].clone();
        markers["UploadIdMarker"] = page["NextUploadIdMarker"].clone();
    }
    assert_eq!(seen, ["a/1", "a/2", "b", "b", "c"]);
    let behind = list(json!({"KeyMarker": "b"})).await;
    assert_eq!(behind["Uploads"].as_array().unwrap().len(), 1);
}

/// Lifecycle rules give uploads up; a bucket made again has none of the old ones.
#[tokio::test]
async fn unfinished_uploads_are_cleaned_up() {
    let world = world().await;
    let rules = json!({"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "tmp/"},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]});
    world.ok("s3", "PutBucketLifecycleConfiguration", input(json!({"LifecycleConfiguration": rules}))).await;
    let begun = world.ok("s3", "CreateMultipartUpload", input(json!({"Key": "tmp/a"}))).await;
    assert_eq!(begun["AbortRuleId"], "r");
    let id = begun["UploadId"].as_str().unwrap();
    part(&world, "tmp/a", id, 1, b"one").await;
    begin(&world, "kept", json!({})).await;
    let keys = async || {
        let page = world.ok("s3", "ListMultipartUploads", input(json!({}))).await;
        page["Uploads"].as_array().unwrap().iter().map(|one| one["Key"].clone()).collect::<Vec<_>>()
    };
    world.run_jobs().await;
    assert_eq!(keys().await, ["kept", "tmp/a"]);
    world.advance(Duration::from_secs(3 * 24 * 3600)).await;
    world.run_jobs().await;
    assert_eq!(keys().await, ["kept"]);

    world.ok("s3", "DeleteBucket", input(json!({}))).await;
    world.advance(Duration::from_secs(1)).await;
    world.ok("s3", "CreateBucket", input(json!({}))).await;
    assert_eq!(keys().await, [""; 0]);
    world.run_jobs().await;
    let view = store::snapshot(world.cloud().store()).await.unwrap();
    let scan = |prefix: store::keyspace::Prefix| store::Scan::prefix(prefix.0.to_vec());
    for prefix in [store::keyspace::S3_UPLOAD, store::keyspace::S3_PART] {
        assert_eq!(view.scan(scan(prefix)).await.unwrap().rows, []);
    }
}
