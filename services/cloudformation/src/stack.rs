//! CloudFormation's own resource types; custom ones are in `custom.rs`.

pub(crate) mod nested;

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value};

/// `AWS::CloudFormation::WaitConditionHandle`: a thing that only is there. Templates use it as a placeholder.
///
/// Differs from AWS: `Ref` gives a name, not a signed URL, because there is no wait condition to signal.
pub(crate) struct WaitConditionHandle;

#[async_trait]
impl ResourceType for WaitConditionHandle {
    fn name(&self) -> &'static str {
        "AWS::CloudFormation::WaitConditionHandle"
    }

    fn properties(&self) -> &'static [Property] {
        &[]
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, _cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        Ok(ResourceOutcome::new(request.generated_name(255), []))
    }

    async fn update(
        &self,
        _cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        Ok(ResourceOutcome::new(request.physical()?, []))
    }

    async fn delete(&self, _cx: &mut Cx, _request: &ResourceRequest) -> Result<(), Failure> {
        Ok(())
    }
}
