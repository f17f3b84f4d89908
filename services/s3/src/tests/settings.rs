//! Configurations of a bucket: set, read, deleted, refused.

use serde_json::json;
use testkit::{anonymous, nobody};

use super::{input, world};

/// A configuration is not there, is set, is read as it was set, is deleted.
#[tokio::test]
async fn configurations_come_and_go() {
    let tags = json!({"TagSet": [{"Key": "stage", "Value": "dev"}]});
    let cors =
        json!({"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 3}]});
    let rules = json!({"Rules": [{"ID": "r", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled",
        "Expiration": {"Days": 1}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]});
    let site = json!({"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}});
    for (put, member, value, get, delete, missing) in [
        ("PutBucketTagging", "Tagging", tags, "GetBucketTagging", "DeleteBucketTagging", "NoSuchTagSet"),
        (
            "PutBucketCors",
            "CORSConfiguration",
            cors,
            "GetBucketCors",
            "DeleteBucketCors",
            "NoSuchCORSConfiguration",
        ),
        (
            "PutBucketLifecycleConfiguration",
            "LifecycleConfiguration",
            rules,
            "GetBucketLifecycleConfiguration",
            "DeleteBucketLifecycle",
            "NoSuchLifecycleConfiguration",
        ),
        (
            "PutBucketWebsite",
            "WebsiteConfiguration",
            site,
            "GetBucketWebsite",
            "DeleteBucketWebsite",
            "NoSuchWebsiteConfiguration",
        ),
    ] {
        let world = world().await;
        assert_eq!(world.error("s3", get, input(json!({}))).await.0, missing);
        world.ok("s3", put, input(json!({ member: value }))).await;
        let mut read = world.ok("s3", get, input(json!({}))).await;
        read.as_object_mut().unwrap().remove("TransitionDefaultMinimumObjectSize");
        assert_eq!(read, value, "{get}");
        world.ok("s3", delete, input(json!({}))).await;
        assert_eq!(world.error("s3", get, input(json!({}))).await.0, missing);
        let stranger = world.call_as(nobody(), "s3", put, input(json!({ member: value }))).await;
        assert_eq!(stranger.unwrap_err().code(), "AccessDenied");
        let other = json!({"Bucket": "photos", "ExpectedBucketOwner": "111111111111"});
        assert_eq!(world.error("s3", get, other).await.0, "AccessDenied");
        let odd = json!({"Bucket": "photos", "ExpectedBucketOwner": "x"});
        assert_eq!(world.error("s3", get, odd).await.0, "InvalidBucketOwnerAWSAccountID");
        assert_eq!(world.error("s3", get, json!({"Bucket": "none"})).await.0, "NoSuchBucket");
    }
}

/// What every bucket has from the start (S3 User Guide: default encryption, block public access, object ownership).
#[tokio::test]
async fn defaults() {
    let world = world().await;
    for (get, value) in [
        (
            "GetBucketEncryption",
            json!({"ServerSideEncryptionConfiguration": {"Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]}}),
        ),
        (
            "GetPublicAccessBlock",
            json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "IgnorePublicAcls": true,
                "BlockPublicPolicy": true, "RestrictPublicBuckets": true}}),
        ),
        (
            "GetBucketOwnershipControls",
            json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}),
        ),
        ("GetBucketVersioning", json!({})),
        ("GetBucketLogging", json!({})),
        ("GetBucketAccelerateConfiguration", json!({})),
        ("GetBucketRequestPayment", json!({"Payer": "BucketOwner"})),
        ("GetBucketNotificationConfiguration", json!({})),
    ] {
        assert_eq!(world.ok("s3", get, input(json!({}))).await, value, "{get}");
    }
    for (get, code) in [
        ("GetBucketReplication", "ReplicationConfigurationNotFoundError"),
        ("GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"),
        ("GetBucketPolicy", "NoSuchBucketPolicy"),
        ("GetBucketPolicyStatus", "NoSuchBucketPolicy"),
    ] {
        assert_eq!(world.error("s3", get, input(json!({}))).await.0, code, "{get}");
    }
    let acl = world.ok("s3", "GetBucketAcl", input(json!({}))).await;
    assert_eq!(acl["Grants"][0]["Permission"], "FULL_CONTROL");
    assert_eq!(acl["Grants"][0]["Grantee"]["ID"], acl["Owner"]["ID"]);
}

#[tokio::test]
async fn what_is_not_supported_is_refused_and_nothing_changes() {
    let world = world().await;
    for (put, more, code) in [
        ("PutBucketVersioning", json!({"VersioningConfiguration": {"Status": "Enabled"}}), "NotImplemented"),
        (
            "PutBucketVersioning",
            json!({"VersioningConfiguration": {}}),
            "IllegalVersioningConfigurationException",
        ),
        ("PutBucketVersioning", json!({"VersioningConfiguration": {"Status": "On"}}), "MalformedXML"),
        (
            "PutBucketEncryption",
            json!({"ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}}),
            "NotImplemented",
        ),
        ("PutBucketEncryption", json!({"ServerSideEncryptionConfiguration": {"Rules": []}}), "MalformedXML"),
        (
            "PutBucketOwnershipControls",
            json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}),
            "NotImplemented",
        ),
        ("PutBucketOwnershipControls", json!({"OwnershipControls": {"Rules": []}}), "MalformedXML"),
        ("PutBucketAcl", json!({"ACL": "public-read"}), "AccessControlListNotSupported"),
        (
            "PutBucketLogging",
            json!({"BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "logs"}}}),
            "NotImplemented",
        ),
        (
            "PutBucketAccelerateConfiguration",
            json!({"AccelerateConfiguration": {"Status": "Enabled"}}),
            "NotImplemented",
        ),
        (
            "PutBucketRequestPayment",
            json!({"RequestPaymentConfiguration": {"Payer": "Requester"}}),
            "NotImplemented",
        ),
        ("PutBucketReplication", json!({}), "InvalidRequest"),
        ("PutBucketTagging", json!({"Tagging": {"TagSet": [{"Key": "aws:x", "Value": ""}]}}), "InvalidTag"),
        (
            "PutBucketTagging",
            json!({"Tagging": {"TagSet": [{"Key": "a", "Value": ""}, {"Key": "a", "Value": ""}]}}),
            "InvalidTag",
        ),
        ("PutBucketTagging", json!({"Tagging": {"TagSet": [{"Key": "a,b", "Value": ""}]}}), "InvalidTag"),
        ("PutBucketTagging", json!({"Tagging": {"TagSet": [{"Key": "a", "Value": "b,c"}]}}), "InvalidTag"),
        ("PutBucketPolicy", json!({"Policy": "x"}), "MalformedPolicy"),
    ] {
        assert_eq!(world.error("s3", put, input(more.clone())).await.0, code, "{put} {more}");
    }
    assert_eq!(world.error("s3", "GetBucketTagging", input(json!({}))).await.0, "NoSuchTagSet");
    let long = json!({"AllowedMethods": ["GET"], "AllowedOrigins": ["o".repeat(2000)]});
    let many = json!({"CORSConfiguration": {"CORSRules": vec![long; 100]}});
    assert_eq!(world.error("s3", "PutBucketCors", input(many)).await.0, "EntityTooLarge");
    world.ok("s3", "PutBucketAcl", input(json!({"ACL": "private"}))).await;
    world.ok("s3", "PutBucketLogging", input(json!({"BucketLoggingStatus": {}}))).await;
    world
        .ok("s3", "PutBucketNotificationConfiguration", input(json!({"NotificationConfiguration": {}})))
        .await;
}

/// A bucket is opened to the public in two steps, and closed by either.
#[tokio::test]
async fn public_policies_and_their_blocks() {
    let world = world().await;
    world.ok("s3", "PutObject", input(json!({"Key": "a"}))).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}]});
    let put = input(json!({"Policy": policy.to_string()}));
    let head =
        async || world.call_as(anonymous(), "s3", "HeadObject", input(json!({"Key": "a"}))).await.is_ok();
    assert_eq!(world.error("s3", "PutBucketPolicy", put.clone()).await.0, "AccessDenied");
    world.ok("s3", "DeletePublicAccessBlock", input(json!({}))).await;
    assert_eq!(
        world.error("s3", "GetPublicAccessBlock", input(json!({}))).await.0,
        "NoSuchPublicAccessBlockConfiguration"
    );
    assert!(!head().await);
    world.ok("s3", "PutBucketPolicy", put).await;
    assert!(head().await);
    let status = world.ok("s3", "GetBucketPolicyStatus", input(json!({}))).await;
    assert_eq!(status["PolicyStatus"]["IsPublic"], true);
    let restrict = json!({"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}});
    world.ok("s3", "PutPublicAccessBlock", input(restrict)).await;
    assert!(!head().await, "the policy stands but does not count for strangers");
    let read = world.ok("s3", "GetBucketPolicy", input(json!({}))).await;
    assert_eq!(read["Policy"], policy.to_string());
    world.ok("s3", "DeletePublicAccessBlock", input(json!({}))).await;
    world.ok("s3", "DeleteBucketPolicy", input(json!({}))).await;
    assert!(!head().await);
}
