//! `AWS::IAM::Group`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt};
use serde_json::{Map, Value};

use super::holder::Holder;
use super::{PRESENT, call, copy, name};

/// Longest name of a group.
const NAME_CHARS_MAX: usize = 128;

const HOLDER: Holder = Holder { title: "Group", member: "GroupName", is_principal: false };

/// A group with its policies.
pub(crate) struct Group;

#[async_trait]
impl ResourceType for Group {
    fn name(&self) -> &'static str {
        "AWS::IAM::Group"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("GroupName").replace(),
            Property::new("ManagedPolicyArns"),
            Property::new("Path"),
            Property::new("Policies"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let (name, ours) = name(request, "GroupName", NAME_CHARS_MAX);
        let mut input = HOLDER.named(&name);
        copy(request, &["Path"], &mut input);
        adopt(call(cx, "CreateGroup", &input).await, PRESENT, ours)?;
        HOLDER.bring(cx, &name, request, &Map::new()).await?;
        outcome(cx, name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        if request.properties.get("Path") != old.get("Path") {
            let mut input = HOLDER.named(&name);
            input["NewPath"] = request.text("Path").unwrap_or_else(|| "/".to_owned()).into();
            call(cx, "UpdateGroup", &input).await?;
        }
        HOLDER.bring(cx, &name, request, old).await?;
        outcome(cx, name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        HOLDER.delete(cx, request).await
    }
}

async fn outcome(cx: &mut Cx, name: String) -> Result<ResourceOutcome, Failure> {
    let answer = call(cx, "GetGroup", &HOLDER.named(&name)).await?;
    Ok(ResourceOutcome::new(name, [("Arn", answer["Group"]["Arn"].clone())]))
}
