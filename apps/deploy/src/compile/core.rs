//! The template that a new stack begins with: the deployment bucket.

use serde_json::{Value, json};

use super::cfn::{deep, join, key_values, reference, take};
use super::config::Config;
use super::output::Output;

const BUCKET: &str = "ServerlessDeploymentBucket";
const BUCKET_POLICY: &str = "ServerlessDeploymentBucketPolicy";

/// Puts the bucket and its output, and returns the template that holds nothing else.
pub(super) fn compile(config: &Config, out: &mut Output) -> Value {
    let own = config.own_bucket();
    out.put_output("ServerlessDeploymentBucketName", json!({ "Value": config.bucket() }));
    if own.is_none() {
        let settings = config.provider(&["deploymentBucket"]).cloned().unwrap_or_default();
        out.put(BUCKET, bucket(&settings));
        if take(&settings, "skipPolicySetup").is_none() {
            out.put(BUCKET_POLICY, bucket_policy());
        }
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The AWS CloudFormation template for this Serverless application",
        "Resources": out.resources,
        "Outputs": out.outputs,
    })
}

fn bucket(settings: &Value) -> Value {
    let mut properties = json!({
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
            ],
        },
    });
    if let Some(tags) = deep(settings, &["tags"]).and_then(Value::as_object).filter(|tags| !tags.is_empty()) {
        properties["Tags"] = key_values(tags);
    }
    if take(settings, "blockPublicAccess").is_some() {
        properties["PublicAccessBlockConfiguration"] = json!({
            "BlockPublicAcls": true,
            "BlockPublicPolicy": true,
            "IgnorePublicAcls": true,
            "RestrictPublicBuckets": true,
        });
    }
    if take(settings, "versioning").is_some() {
        properties["VersioningConfiguration"] = json!({ "Status": "Enabled" });
    }
    json!({ "Type": "AWS::S3::Bucket", "Properties": properties })
}

/// Nobody may reach the bucket without TLS.
fn bucket_policy() -> Value {
    let arn = |rest: &[&str]| {
        let mut parts = vec![json!("arn:"), reference("AWS::Partition"), json!(":s3:::"), reference(BUCKET)];
        parts.extend(rest.iter().map(|part| json!(part)));
        join("", parts)
    };
    json!({
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": reference(BUCKET),
            "PolicyDocument": {
                "Statement": [{
                    "Action": "s3:*",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Resource": [arn(&["/*"]), arn(&[])],
                    "Condition": { "Bool": { "aws:SecureTransport": false } },
                }],
            },
        },
    })
}
