//! CloudFormation's way to buckets.

use std::collections::BTreeMap;

use cloud::resource::{ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};
use testkit::World;

use crate::stack::{Bucket, BucketPolicy};

fn request(properties: Value, physical_id: Option<&str>) -> ResourceRequest {
    ResourceRequest {
        stack_name: "Demo-dev".into(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/demo/1".into(),
        logical_id: "ServerlessDeploymentBucket".into(),
        physical_id: physical_id.map(Into::into),
        token: "t".into(),
        repeated: false,
        properties: properties.as_object().unwrap().clone(),
        tags: BTreeMap::from([("STAGE".into(), "dev".into())]),
    }
}

/// The resources that the Serverless Framework makes for its deployment bucket.
#[tokio::test]
async fn a_deployment_bucket() {
    let world = World::new(&[&crate::S3]).await;
    let mut cx = world.stack_cx();
    let properties = json!({"BucketEncryption": {"ServerSideEncryptionConfiguration": [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}});
    let bucket = request(properties, None);
    assert_eq!(Bucket.check(&bucket.properties), Ok(()));
    let made = Bucket.create(&mut cx, &bucket).await.unwrap();
    let name = made.physical_id;
    assert!(name.starts_with("demo-dev-serverlessdeploymentbucket-") && name.len() <= 63, "{name}");
    assert_eq!(made.attributes["Arn"], format!("arn:aws:s3:::{name}"));
    assert_eq!(made.attributes["RegionalDomainName"], format!("{name}.s3.us-east-1.amazonaws.com"));
    let again = Bucket.create(&mut cx, &bucket).await.unwrap();
    assert_eq!(again.physical_id, name, "a repetition after a crash finds its bucket");
    let tags = world.ok("s3", "GetBucketTagging", json!({"Bucket": name})).await;
    let mut wanted = bucket.tags.clone();
    wanted.extend(bucket.system_tags());
    let set = |tags: &BTreeMap<String, String>| -> Vec<Value> {
        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
    };
    assert_eq!(tags["TagSet"], json!(set(&wanted)));
    // What CloudFormation set is out of reach for others.
    world.ok("s3", "DeleteBucketTagging", json!({"Bucket": name})).await;
    let tags = world.ok("s3", "GetBucketTagging", json!({"Bucket": name})).await;
    assert_eq!(tags["TagSet"].as_array().unwrap().len(), bucket.system_tags().len());

    let document = json!({"Statement": [{"Action": "s3:*", "Effect": "Deny", "Principal": "*",
        "Resource": [format!("arn:aws:s3:::{name}/*"), format!("arn:aws:s3:::{name}")],
        "Condition": {"Bool": {"aws:SecureTransport": false}}}]});
    let policy = request(json!({"Bucket": name, "PolicyDocument": document}), None);
    BucketPolicy.create(&mut cx, &policy).await.unwrap();
    world.ok("s3", "PutObject", json!({"Bucket": name, "Key": "a"})).await;
    BucketPolicy.delete(&mut cx, &policy).await.unwrap();
    assert_eq!(world.error("s3", "GetBucketPolicy", json!({"Bucket": name})).await.0, "NoSuchBucketPolicy");

    let old = bucket.properties.clone();
    let changed = json!({
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true"},
        "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Prefix": "tmp/", "ExpirationInDays": "3",
            "TagFilters": [{"Key": "k", "Value": "v"}]}]},
        "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 5}]},
        "WebsiteConfiguration": {"IndexDocument": "index.html"},
    });
    let changed = request(changed, Some(&name));
    assert_eq!(Bucket.check(&changed.properties), Ok(()));
    Bucket.update(&mut cx, &changed, &old).await.unwrap();
    let rules = world.ok("s3", "GetBucketLifecycleConfiguration", json!({"Bucket": name})).await;
    assert_eq!(rules["Rules"][0]["Filter"]["And"]["Prefix"], "tmp/");
    assert_eq!(rules["Rules"][0]["Expiration"]["Days"], 3);
    let cors = world.ok("s3", "GetBucketCors", json!({"Bucket": name})).await;
    assert_eq!(cors["CORSRules"][0]["MaxAgeSeconds"], 5);
    Bucket.update(&mut cx, &request(json!({}), Some(&name)), &changed.properties).await.unwrap();
    assert_eq!(
        world.error("s3", "GetBucketCors", json!({"Bucket": name})).await.0,
        "NoSuchCORSConfiguration"
    );

    let gone = request(json!({}), Some(&name));
    assert_eq!(Bucket.delete(&mut cx, &gone).await.unwrap_err().code(), "BucketNotEmpty");
    world.ok("s3", "DeleteObject", json!({"Bucket": name, "Key": "a"})).await;
    Bucket.delete(&mut cx, &gone).await.unwrap();
    Bucket.delete(&mut cx, &gone).await.unwrap();
}

#[tokio::test]
async fn a_named_bucket_must_be_new() {
    let world = World::new(&[&crate::S3]).await;
    world.ok("s3", "CreateBucket", json!({"Bucket": "taken"})).await;
    let named = request(json!({"BucketName": "taken"}), None);
    let failure = Bucket.create(&mut world.cx(), &named).await.unwrap_err();
    assert!(failure.message().contains("taken already exists"), "{failure}");
}

#[test]
fn what_is_not_supported_fails_the_check() {
    let check = |value: Value| Bucket.check(value.as_object().unwrap_or(&Map::new()));
    for bad in [
        json!({"AccessControl": "PublicRead"}),
        json!({"VersioningConfiguration": {"Status": "Enabled"}}),
        json!({"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}}),
        json!({"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Transitions": []}]}}),
    ] {
        assert!(check(bad.clone()).is_err(), "{bad}");
    }
    for good in [
        json!({"AccessControl": "Private"}),
        json!({"AccessControl": {"Fn::If": ["a", "b", "c"]}}),
        json!({"VersioningConfiguration": {"Status": "Suspended"}}),
    ] {
        assert_eq!(check(good.clone()), Ok(()), "{good}");
    }
}
