//! `AWS::Events::Archive`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, number, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, members};

/// `AWS::Events::Archive`.
pub(crate) struct Archive;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 48;

#[async_trait]
impl ResourceType for Archive {
    fn name(&self) -> &'static str {
        "AWS::Events::Archive"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("ArchiveName").replace(),
            Property::new("Description"),
            Property::new("EventPattern"),
            Property::new("RetentionDays"),
            Property::new("SourceArn").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["ArchiveName", "Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("ArchiveName").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let mut input = input(request, &name);
        input["EventSourceArn"] = json!(request.text("SourceArn"));
        adopt(call(cx, "CreateArchive", &input).await, PRESENT, request.adopts("ArchiveName"))?;
        described(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        call(cx, "UpdateArchive", &input(request, &name)).await?;
        described(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteArchive", &json!({"ArchiveName": request.physical()?})).await, MISSING)
    }
}

fn input(request: &ResourceRequest, name: &str) -> Value {
    let mut input = members(request, &[("Description", "Description"), ("EventPattern", "EventPattern")]);
    input["ArchiveName"] = json!(name);
    if let Some(days) = request.property("RetentionDays") {
        input["RetentionDays"] = number(days);
    }
    input
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let archive = call(cx, "DescribeArchive", &json!({"ArchiveName": name})).await?;
    let attributes = [("Arn", archive["ArchiveArn"].clone()), ("ArchiveName", json!(name))];
    Ok(ResourceOutcome::new(name, attributes))
}
