//! `AWS::Kinesis::Stream`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, number, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, retag, wait};
use crate::limits::{RECORD_KIB, RETENTION_HOURS_MIN};

/// Longest name of a stream.
const NAME_CHARS_MAX: usize = 128;

/// `AWS::Kinesis::Stream`.
pub(crate) struct StreamResource;

#[async_trait]
impl ResourceType for StreamResource {
    fn name(&self) -> &'static str {
        "AWS::Kinesis::Stream"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("DesiredShardLevelMetrics"),
            Property::new("MaxRecordSizeInKiB"),
            Property::new("Name").replace(),
            Property::new("RetentionPeriodHours"),
            Property::new("ShardCount"),
            Property::new("StreamEncryption"),
            Property::new("StreamModeDetails"),
            Property::new("Tags"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let properties = &request.properties;
        let mut input = json!({"StreamName": name, "StreamModeDetails": {"StreamMode": mode(properties)}});
        if mode(properties) == PROVISIONED {
            input["ShardCount"] = shards(properties);
        }
        if let Some(size) = properties.get("MaxRecordSizeInKiB") {
            input["MaxRecordSizeInKiB"] = number(size);
        }
        let tags = request.all_tags();
        if !tags.is_empty() {
            input["Tags"] = json!(tags);
        }
        adopt(call(cx, "CreateStream", &input).await, PRESENT, request.adopts("Name"))?;
        settled(cx, &name).await?;
        change_settings(cx, &name, properties).await?;
        described(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let (name, properties) = (request.physical()?.to_owned(), &request.properties);
        let stream = settled(cx, &name).await?;
        if stream["StreamModeDetails"]["StreamMode"] != mode(properties) {
            let input = json!({"StreamARN": stream["StreamARN"], "StreamModeDetails": {"StreamMode": mode(properties)}});
            change(cx, &name, "UpdateStreamMode", input).await?;
        }
        if mode(properties) == PROVISIONED && stream["OpenShardCount"] != shards(properties) {
            let input = json!({"TargetShardCount": shards(properties), "ScalingType": "UNIFORM_SCALING"});
            change(cx, &name, "UpdateShardCount", input).await?;
        }
        let size = properties.get("MaxRecordSizeInKiB").map_or(json!(RECORD_KIB), number);
        if stream["MaxRecordSizeInKiB"] != size {
            let input = json!({"StreamARN": stream["StreamARN"], "MaxRecordSizeInKiB": size});
            call(cx, "UpdateMaxRecordSize", &input).await?;
            settled(cx, &name).await?;
        }
        change_settings(cx, &name, properties).await?;
        retag(cx, stream["StreamARN"].as_str().unwrap_or_default(), &request.all_tags()).await?;
        described(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"StreamName": request.physical()?, "EnforceConsumerDeletion": true});
        unless(call(cx, "DeleteStream", &input).await, MISSING)?;
        // A stream of the same name can be made when this one is gone.
        let summary = json!({"StreamName": request.physical()?});
        unless(wait(cx, "DescribeStreamSummary", &summary, |_| false).await, MISSING)
    }
}

const PROVISIONED: &str = "PROVISIONED";

/// With neither a mode nor a number of shards CloudFormation makes an on-demand stream.
fn mode(properties: &Map<String, Value>) -> &str {
    let mode = properties.get("StreamModeDetails").and_then(|details| details["StreamMode"].as_str());
    let default = if properties.contains_key("ShardCount") { PROVISIONED } else { "ON_DEMAND" };
    mode.unwrap_or(default)
}

fn shards(properties: &Map<String, Value>) -> Value {
    properties.get("ShardCount").map_or(json!(1), number)
}

/// The stream once it is ACTIVE.
async fn settled(cx: &mut Cx, name: &str) -> Result<Value, Failure> {
    let is_active =
        |answer: &Value| answer["StreamDescriptionSummary"]["StreamStatus"].as_str() == Some("ACTIVE");
    let answer = wait(cx, "DescribeStreamSummary", &json!({"StreamName": name}), is_active).await?;
    Ok(answer["StreamDescriptionSummary"].clone())
}

async fn change(cx: &mut Cx, name: &str, operation: &str, mut input: Value) -> Result<(), Failure> {
    if input.get("StreamARN").is_none() {
        input["StreamName"] = json!(name);
    }
    call(cx, operation, &input).await?;
    settled(cx, name).await.map(drop)
}

/// Brings retention, encryption and metrics to what a template wants.
async fn change_settings(cx: &mut Cx, name: &str, wanted: &Map<String, Value>) -> Result<(), Failure> {
    let stream = settled(cx, name).await?;
    let hours = wanted.get("RetentionPeriodHours").map_or(json!(RETENTION_HOURS_MIN), number);
    if stream["RetentionPeriodHours"] != hours {
        let is_more = stream["RetentionPeriodHours"].as_i64() < hours.as_i64();
        let verb = if is_more { "Increase" } else { "Decrease" };
        let input = json!({"RetentionPeriodHours": hours});
        change(cx, name, &format!("{verb}StreamRetentionPeriod"), input).await?;
    }
    let key = wanted.get("StreamEncryption").map(|encryption| encryption["KeyId"].clone());
    if key.as_ref() != stream.get("KeyId") {
        if let Some(old) = stream.get("KeyId") {
            change(cx, name, "StopStreamEncryption", json!({"EncryptionType": "KMS", "KeyId": old})).await?;
        }
        if let Some(key) = key {
            change(cx, name, "StartStreamEncryption", json!({"EncryptionType": "KMS", "KeyId": key})).await?;
        }
    }
    let empty = Vec::new();
    let list = |value: Option<&Value>| value.and_then(Value::as_array).unwrap_or(&empty).clone();
    let present = list(stream["EnhancedMonitoring"][0].get("ShardLevelMetrics"));
    let metrics = list(wanted.get("DesiredShardLevelMetrics"));
    let gone: Vec<&Value> = present.iter().filter(|metric| !metrics.contains(metric)).collect();
    if !gone.is_empty() && !metrics.contains(&json!("ALL")) {
        change(cx, name, "DisableEnhancedMonitoring", json!({"ShardLevelMetrics": gone})).await?;
    }
    if metrics.iter().any(|metric| !present.contains(metric)) {
        change(cx, name, "EnableEnhancedMonitoring", json!({"ShardLevelMetrics": metrics})).await?;
    }
    Ok(())
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let stream = settled(cx, name).await?;
    Ok(ResourceOutcome::new(name, [("Arn", stream["StreamARN"].clone())]))
}
