//! `AWS::Events::Archive`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};

use super::{call, members, outcome, unless_gone};

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
        match call(cx, "CreateArchive", &input).await {
            Err(failure)
                if failure.code() == "ResourceAlreadyExistsException" && request.adopts("ArchiveName") => {}
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
        call(cx, "UpdateArchive", &input(request, &name)).await?;
        described(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless_gone(call(cx, "DeleteArchive", &json!({"ArchiveName": request.physical()?})).await)
    }
}

fn input(request: &ResourceRequest, name: &str) -> Value {
    let mut input = members(request, &[("Description", "Description"), ("EventPattern", "EventPattern")]);
    input["ArchiveName"] = json!(name);
    if let Some(days) = request.text("RetentionDays").and_then(|text| text.parse::<i32>().ok()) {
        input["RetentionDays"] = json!(days);
    }
    input
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let archive = call(cx, "DescribeArchive", &json!({"ArchiveName": name})).await?;
    Ok(outcome(name, &[("Arn", archive["ArchiveArn"].clone()), ("ArchiveName", json!(name))]))
}
