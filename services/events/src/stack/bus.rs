//! `AWS::Events::EventBus`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, tag_list, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, members, retag};

/// `AWS::Events::EventBus`.
pub(crate) struct EventBus;

#[async_trait]
impl ResourceType for EventBus {
    fn name(&self) -> &'static str {
        "AWS::Events::EventBus"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Description"),
            Property::new("Name").required().replace(),
            Property::new("Policy"),
            Property::new("Tags"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "Name"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let mut input = members(request, &[("Name", "Name"), ("Description", "Description")]);
        input["Tags"] = json!(tag_list(&request.all_tags()));
        adopt(call(cx, "CreateEventBus", &input).await, PRESENT, request.adopts("Name"))?;
        let name = request.text("Name").unwrap_or_default();
        set_policy(cx, request, &name).await?;
        described(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        let input = json!({"Name": name, "Description": request.text("Description")});
        let updated = call(cx, "UpdateEventBus", &input).await?;
        set_policy(cx, request, &name).await?;
        retag(cx, updated["Arn"].as_str().unwrap_or_default(), &request.all_tags()).await?;
        described(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteEventBus", &json!({"Name": request.physical()?})).await, MISSING)
    }
}

async fn set_policy(cx: &mut Cx, request: &ResourceRequest, name: &str) -> Result<(), Failure> {
    let input = match request.property("Policy") {
        Some(_) => {
            let mut input = members(request, &[("Policy", "Policy")]);
            input["EventBusName"] = json!(name);
            return call(cx, "PutPermission", &input).await.map(drop);
        }
        None => json!({"EventBusName": name, "RemoveAllPermissions": true}),
    };
    call(cx, "RemovePermission", &input).await.map(drop)
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let bus = call(cx, "DescribeEventBus", &json!({"Name": name})).await?;
    Ok(ResourceOutcome::new(name, [("Arn", bus["Arn"].clone()), ("Name", json!(name))]))
}
