//! `AWS::Kinesis::ResourcePolicy`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, call};

/// `AWS::Kinesis::ResourcePolicy`.
pub(crate) struct ResourcePolicy;

#[async_trait]
impl ResourceType for ResourcePolicy {
    fn name(&self) -> &'static str {
        "AWS::Kinesis::ResourcePolicy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] =
            &[Property::new("ResourceArn").required().replace(), Property::new("ResourcePolicy").required()];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let arn = request.text("ResourceArn").unwrap_or_default();
        put(cx, request, &arn).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let arn = request.physical()?.to_owned();
        put(cx, request, &arn).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteResourcePolicy", &json!({"ResourceARN": request.physical()?})).await, MISSING)
    }
}

async fn put(cx: &mut Cx, request: &ResourceRequest, arn: &str) -> Result<ResourceOutcome, Failure> {
    let policy = request.document("ResourcePolicy");
    call(cx, "PutResourcePolicy", &json!({"ResourceARN": arn, "Policy": policy})).await?;
    Ok(ResourceOutcome::new(arn, []))
}
