//! `AWS::Kinesis::StreamConsumer`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, retag, wait};

/// `AWS::Kinesis::StreamConsumer`.
pub(crate) struct StreamConsumer;

#[async_trait]
impl ResourceType for StreamConsumer {
    fn name(&self) -> &'static str {
        "AWS::Kinesis::StreamConsumer"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("ConsumerName").required().replace(),
            Property::new("StreamARN").required().replace(),
            Property::new("Tags"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["ConsumerARN", "ConsumerCreationTimestamp", "ConsumerName", "ConsumerStatus", "StreamARN"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let (stream, name) = (request.text("StreamARN"), request.text("ConsumerName"));
        let mut input = json!({"StreamARN": stream, "ConsumerName": name});
        let tags = request.all_tags();
        if !tags.is_empty() {
            input["Tags"] = json!(tags);
        }
        let made = call(cx, "RegisterStreamConsumer", &input).await;
        adopt(made, PRESENT, request.adopts("ConsumerName"))?;
        described(cx, &json!({"StreamARN": stream, "ConsumerName": name})).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let arn = request.physical()?.to_owned();
        retag(cx, &arn, &request.all_tags()).await?;
        described(cx, &json!({"ConsumerARN": arn})).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"ConsumerARN": request.physical()?});
        unless(call(cx, "DeregisterStreamConsumer", &input).await, MISSING)
    }
}

async fn described(cx: &mut Cx, input: &Value) -> Result<ResourceOutcome, Failure> {
    let is_active =
        |answer: &Value| answer["ConsumerDescription"]["ConsumerStatus"].as_str() == Some("ACTIVE");
    let answer = wait(cx, "DescribeStreamConsumer", input, is_active).await?;
    let consumer = &answer["ConsumerDescription"];
    let attributes =
        ["ConsumerARN", "ConsumerCreationTimestamp", "ConsumerName", "ConsumerStatus", "StreamARN"]
            .map(|name| (name, consumer[name].clone()));
    Ok(ResourceOutcome::new(consumer["ConsumerARN"].as_str().unwrap_or_default(), attributes))
}
