//! `AWS::IAM::Role`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, document, number};
use serde_json::{Map, Value};

use super::holder::Holder;
use super::{PRESENT, call, copy, name};

/// Longest name of a role.
const NAME_CHARS_MAX: usize = 64;

const HOLDER: Holder = Holder { title: "Role", member: "RoleName", is_principal: true };

/// A role with its policies.
pub(crate) struct Role;

#[async_trait]
impl ResourceType for Role {
    fn name(&self) -> &'static str {
        "AWS::IAM::Role"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("AssumeRolePolicyDocument").required(),
            Property::new("Description"),
            Property::new("ManagedPolicyArns"),
            Property::new("MaxSessionDuration"),
            Property::new("Path").replace(),
            Property::new("PermissionsBoundary"),
            Property::new("Policies"),
            Property::new("RoleName").replace(),
            Property::new("Tags"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "RoleId"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let (name, ours) = name(request, "RoleName", NAME_CHARS_MAX);
        let mut input = HOLDER.named(&name);
        copy(request, &["Description", "Path", "PermissionsBoundary"], &mut input);
        input["AssumeRolePolicyDocument"] = trust(&request.properties);
        if let Some(seconds) = request.property("MaxSessionDuration").map(number) {
            input["MaxSessionDuration"] = seconds;
        }
        adopt(call(cx, "CreateRole", &input).await, PRESENT, ours)?;
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
        if trust(&request.properties) != trust(old) {
            let mut input = HOLDER.named(&name);
            input["PolicyDocument"] = trust(&request.properties);
            call(cx, "UpdateAssumeRolePolicy", &input).await?;
        }
        // What is no longer in the template goes back to its default.
        let mut input = HOLDER.named(&name);
        input["Description"] = request.text("Description").unwrap_or_default().into();
        let seconds = request.property("MaxSessionDuration").map(number);
        input["MaxSessionDuration"] = seconds.unwrap_or_else(|| crate::ops::SESSION_SECONDS_DEFAULT.into());
        call(cx, "UpdateRole", &input).await?;
        HOLDER.bring(cx, &name, request, old).await?;
        outcome(cx, name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        HOLDER.delete(cx, request).await
    }
}

fn trust(properties: &Map<String, Value>) -> Value {
    properties.get("AssumeRolePolicyDocument").map(document).into()
}

async fn outcome(cx: &mut Cx, name: String) -> Result<ResourceOutcome, Failure> {
    let answer = call(cx, "GetRole", &HOLDER.named(&name)).await?;
    let attributes = ["Arn", "RoleId"].map(|attribute| (attribute, answer["Role"][attribute].clone()));
    Ok(ResourceOutcome::new(name, attributes))
}
