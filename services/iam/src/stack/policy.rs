//! `AWS::IAM::Policy`: a policy inside roles, users and groups.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, document, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, call, texts};

/// Longest physical id; CloudFormation makes it up, as the policy has no identity of its own.
const ID_CHARS_MAX: usize = 128;

/// The property with the names, the word in operations, and the member with a name.
const TARGETS: &[(&str, &str, &str)] =
    &[("Roles", "Role", "RoleName"), ("Users", "User", "UserName"), ("Groups", "Group", "GroupName")];

/// A policy inside roles, users and groups.
pub(crate) struct Policy;

#[async_trait]
impl ResourceType for Policy {
    fn name(&self) -> &'static str {
        "AWS::IAM::Policy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Groups"),
            Property::new("PolicyDocument").required(),
            Property::new("PolicyName").required(),
            Property::new("Roles"),
            Property::new("Users"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        if TARGETS.iter().any(|(property, ..)| properties.contains_key(*property)) {
            return Ok(());
        }
        Err("At least one of [Groups,Roles,Users] must be non-empty.".to_owned())
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        put(cx, &request.properties).await?;
        Ok(ResourceOutcome::of_id(request.generated_name(ID_CHARS_MAX), "Id"))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        put(cx, &request.properties).await?;
        remove(cx, old, Some(&request.properties)).await?;
        Ok(ResourceOutcome::of_id(request.physical()?, "Id"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        remove(cx, &request.properties, None).await
    }
}

fn policy_name(properties: &Map<String, Value>) -> &str {
    properties.get("PolicyName").and_then(Value::as_str).unwrap_or_default()
}

async fn put(cx: &mut Cx, properties: &Map<String, Value>) -> Result<(), Failure> {
    let text = properties.get("PolicyDocument").map(document).unwrap_or_default();
    for (property, title, member) in TARGETS {
        for name in texts(properties, property) {
            let mut input = json!({"PolicyName": policy_name(properties), "PolicyDocument": text});
            input[*member] = name.into();
            call(cx, &format!("Put{title}Policy"), &input).await?;
        }
    }
    Ok(())
}

/// Takes the policy out of everybody whom `kept` does not name for the same policy.
async fn remove(
    cx: &mut Cx,
    properties: &Map<String, Value>,
    kept: Option<&Map<String, Value>>,
) -> Result<(), Failure> {
    let kept = kept.filter(|kept| policy_name(kept) == policy_name(properties));
    for (property, title, member) in TARGETS {
        let stay = kept.map(|kept| texts(kept, property)).unwrap_or_default();
        for name in texts(properties, property).into_iter().filter(|name| !stay.contains(name)) {
            let mut input = json!({"PolicyName": policy_name(properties)});
            input[*member] = name.into();
            unless(call(cx, &format!("Delete{title}Policy"), &input).await, MISSING)?;
        }
    }
    Ok(())
}
