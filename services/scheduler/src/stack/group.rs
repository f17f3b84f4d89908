//! `AWS::Scheduler::ScheduleGroup`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};

use super::{call, unless_gone};

/// `AWS::Scheduler::ScheduleGroup`.
pub(crate) struct ScheduleGroup;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 64;

#[async_trait]
impl ResourceType for ScheduleGroup {
    fn name(&self) -> &'static str {
        "AWS::Scheduler::ScheduleGroup"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[Property::new("Name").replace(), Property::new("Tags")];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "CreationDate", "LastModificationDate", "State"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        match call(cx, "CreateScheduleGroup", &json!({"Name": name, "Tags": tags(request)})).await {
            Err(failure) if failure.code() == "ConflictException" && request.adopts("Name") => {}
            answer => {
                answer?;
            }
        }
        described(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        let shown = described(cx, &name).await?;
        let arn = &shown.attributes["Arn"];
        let wanted = tags(request);
        let present = call(cx, "ListTagsForResource", &json!({"ResourceArn": arn})).await?;
        let keys = present["Tags"].as_array().into_iter().flatten().map(|tag| tag["Key"].clone());
        let gone: Vec<Value> = keys.filter(|key| !wanted.iter().any(|tag| tag["Key"] == *key)).collect();
        if !gone.is_empty() {
            call(cx, "UntagResource", &json!({"ResourceArn": arn, "TagKeys": gone})).await?;
        }
        if !wanted.is_empty() {
            call(cx, "TagResource", &json!({"ResourceArn": arn, "Tags": wanted})).await?;
        }
        Ok(shown)
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless_gone(call(cx, "DeleteScheduleGroup", &json!({"Name": request.physical()?})).await)
    }
}

/// The stack's tags and the group's own.
fn tags(request: &ResourceRequest) -> Vec<Value> {
    let mut tags = request.tags.clone();
    for tag in request.property("Tags").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(value)) = (tag["Key"].as_str(), tag["Value"].as_str()) {
            tags.insert(key.to_owned(), value.to_owned());
        }
    }
    tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let group = call(cx, "GetScheduleGroup", &json!({"Name": name})).await?;
    let time = |name: &str| {
        let seconds = group[name].as_f64().unwrap_or_default();
        json!(crate::context::seconds((seconds * 1000.0) as i64))
    };
    let attributes = [
        ("Arn", group["Arn"].clone()),
        ("State", group["State"].clone()),
        ("CreationDate", time("CreationDate")),
        ("LastModificationDate", time("LastModificationDate")),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
    Ok(ResourceOutcome { physical_id: name.to_owned(), attributes })
}
