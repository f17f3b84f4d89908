//! `AWS::IAM::User`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, unless};
use serde_json::{Map, Value};

use super::holder::Holder;
use super::{MISSING, PRESENT, call, copy, name, texts};

/// Longest name of a user.
const NAME_CHARS_MAX: usize = 64;

const HOLDER: Holder = Holder { title: "User", member: "UserName", is_principal: true };

/// A user with its policies and groups. Passwords for a console are not there, so `LoginProfile` is refused.
pub(crate) struct User;

#[async_trait]
impl ResourceType for User {
    fn name(&self) -> &'static str {
        "AWS::IAM::User"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Groups"),
            Property::new("ManagedPolicyArns"),
            Property::new("Path"),
            Property::new("PermissionsBoundary"),
            Property::new("Policies"),
            Property::new("Tags"),
            Property::new("UserName").replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let (name, ours) = name(request, "UserName", NAME_CHARS_MAX);
        let mut input = HOLDER.named(&name);
        copy(request, &["Path", "PermissionsBoundary"], &mut input);
        adopt(call(cx, "CreateUser", &input).await, PRESENT, ours)?;
        HOLDER.bring(cx, &name, request, &Map::new()).await?;
        bring_groups(cx, &name, request, &Map::new()).await?;
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
            call(cx, "UpdateUser", &input).await?;
        }
        HOLDER.bring(cx, &name, request, old).await?;
        bring_groups(cx, &name, request, old).await?;
        outcome(cx, name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let name = request.physical()?.to_owned();
        leave(cx, &name, texts(&request.properties, "Groups").iter()).await?;
        HOLDER.delete(cx, request).await
    }
}

async fn bring_groups(
    cx: &mut Cx,
    name: &str,
    request: &ResourceRequest,
    old: &Map<String, Value>,
) -> Result<(), Failure> {
    let (old, new) = (texts(old, "Groups"), texts(&request.properties, "Groups"));
    leave(cx, name, old.iter().filter(|group| !new.contains(group))).await?;
    for group in &new {
        let mut input = HOLDER.named(name);
        input["GroupName"] = group.as_str().into();
        call(cx, "AddUserToGroup", &input).await?;
    }
    Ok(())
}

async fn leave<'a>(cx: &mut Cx, name: &str, groups: impl Iterator<Item = &'a String>) -> Result<(), Failure> {
    for group in groups {
        let mut input = HOLDER.named(name);
        input["GroupName"] = group.as_str().into();
        unless(call(cx, "RemoveUserFromGroup", &input).await, MISSING)?;
    }
    Ok(())
}

async fn outcome(cx: &mut Cx, name: String) -> Result<ResourceOutcome, Failure> {
    let answer = call(cx, "GetUser", &HOLDER.named(&name)).await?;
    Ok(ResourceOutcome::new(name, [("Arn", answer["User"]["Arn"].clone())]))
}
