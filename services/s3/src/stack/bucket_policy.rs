//! `AWS::S3::BucketPolicy`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

/// `AWS::S3::BucketPolicy`.
pub(crate) struct BucketPolicy;

#[async_trait]
impl ResourceType for BucketPolicy {
    fn name(&self) -> &'static str {
        "AWS::S3::BucketPolicy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] =
            &[Property::new("Bucket").required().replace(), Property::new("PolicyDocument").required()];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let caller = cx.caller().clone();
        let input = json!({"Bucket": request.text("Bucket")});
        unless(cx.call_json(caller, "s3", "DeleteBucketPolicy", &input).await, "NoSuchBucket")
    }
}

async fn put(cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
    let bucket = request.text("Bucket").unwrap_or_default();
    let caller = cx.caller().clone();
    let input = json!({"Bucket": bucket, "Policy": request.document("PolicyDocument")});
    cx.call_json(caller, "s3", "PutBucketPolicy", &input).await?;
    Ok(ResourceOutcome::new(bucket, []))
}
