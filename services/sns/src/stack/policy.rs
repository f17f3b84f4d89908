//! `AWS::SNS::TopicPolicy`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, call};

/// Characters of the resource's own name, which nobody else sees.
const NAME_CHARS_MAX: usize = 128;

/// `AWS::SNS::TopicPolicy`.
pub(crate) struct TopicPolicy;

#[async_trait]
impl ResourceType for TopicPolicy {
    fn name(&self) -> &'static str {
        "AWS::SNS::TopicPolicy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] =
            &[Property::new("PolicyDocument").required(), Property::new("Topics").required()];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await?;
        Ok(ResourceOutcome::of_id(request.generated_name(NAME_CHARS_MAX), "Id"))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await?;
        let kept = topics(&request.properties);
        for topic in topics(old).iter().filter(|topic| !kept.contains(topic)) {
            set(cx, topic, String::new()).await?;
        }
        Ok(ResourceOutcome::of_id(request.physical()?, "Id"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        for topic in topics(&request.properties) {
            set(cx, &topic, String::new()).await?;
        }
        Ok(())
    }
}

async fn put(cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
    let policy = request.document("PolicyDocument");
    for topic in topics(&request.properties) {
        let input = json!({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy});
        call(cx, "SetTopicAttributes", &input).await?;
    }
    Ok(())
}

/// Sets the policy of a topic that may be gone; an empty one gives it back what every topic has.
async fn set(cx: &mut Cx, topic: &str, policy: String) -> Result<(), Failure> {
    let input = json!({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy});
    unless(call(cx, "SetTopicAttributes", &input).await, MISSING)
}

fn topics(properties: &Map<String, Value>) -> Vec<String> {
    let listed = properties.get("Topics").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(Value::as_str).map(str::to_owned).collect()
}
