//! `AWS::Scheduler::ScheduleGroup`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, tag_list, tags_gone, unless,
};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call};

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
        let input = json!({"Name": name, "Tags": tag_list(&request.all_tags())});
        adopt(call(cx, "CreateScheduleGroup", &input).await, PRESENT, request.adopts("Name"))?;
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
        let wanted = request.all_tags();
        let present = call(cx, "ListTagsForResource", &json!({"ResourceArn": arn})).await?;
        let gone = tags_gone(&present["Tags"], &wanted);
        if !gone.is_empty() {
            call(cx, "UntagResource", &json!({"ResourceArn": arn, "TagKeys": gone})).await?;
        }
        if !wanted.is_empty() {
            call(cx, "TagResource", &json!({"ResourceArn": arn, "Tags": tag_list(&wanted)})).await?;
        }
        Ok(shown)
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteScheduleGroup", &json!({"Name": request.physical()?})).await, MISSING)
    }
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
    Ok(ResourceOutcome::new(name, attributes))
}
