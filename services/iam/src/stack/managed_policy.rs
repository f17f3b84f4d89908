//! `AWS::IAM::ManagedPolicy`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, document, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, copy, name, texts};
use crate::versions::VERSIONS_MAX;

/// Longest name of a policy.
const NAME_CHARS_MAX: usize = 128;

/// The property with the names, the word in operations, and the member with a name.
const TARGETS: &[(&str, &str, &str)] =
    &[("Roles", "Role", "RoleName"), ("Users", "User", "UserName"), ("Groups", "Group", "GroupName")];

/// A managed policy, attached to roles, users and groups.
pub(crate) struct ManagedPolicy;

#[async_trait]
impl ResourceType for ManagedPolicy {
    fn name(&self) -> &'static str {
        "AWS::IAM::ManagedPolicy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Description").replace(),
            Property::new("Groups"),
            Property::new("ManagedPolicyName").replace(),
            Property::new("Path").replace(),
            Property::new("PolicyDocument").required(),
            Property::new("Roles"),
            Property::new("Users"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["PolicyArn", "PolicyId"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let (name, ours) = name(request, "ManagedPolicyName", NAME_CHARS_MAX);
        let path = request.text("Path").unwrap_or_else(|| "/".to_owned());
        let arn = format!("arn:aws:iam::{}:policy{path}{name}", cx.account());
        let mut input = json!({"PolicyName": name, "PolicyDocument": text(&request.properties)});
        copy(request, &["Description", "Path"], &mut input);
        adopt(call(cx, "CreatePolicy", &input).await, PRESENT, ours)?;
        attach(cx, &arn, &request.properties).await?;
        outcome(cx, arn).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let arn = request.physical()?.to_owned();
        if text(&request.properties) != text(old) {
            make_room(cx, &arn).await?;
            let input = json!({
                "PolicyArn": arn, "PolicyDocument": text(&request.properties), "SetAsDefault": true,
            });
            call(cx, "CreatePolicyVersion", &input).await?;
        }
        attach(cx, &arn, &request.properties).await?;
        detach(cx, &arn, old, Some(&request.properties)).await?;
        outcome(cx, arn).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let arn = request.physical()?.to_owned();
        detach(cx, &arn, &request.properties, None).await?;
        let listed = match call(cx, "ListPolicyVersions", &json!({"PolicyArn": arn})).await {
            Err(failure) if failure.code() == MISSING => return Ok(()),
            other => other?,
        };
        for version in listed["Versions"].as_array().into_iter().flatten() {
            if version["IsDefaultVersion"] == false {
                let input = json!({"PolicyArn": arn, "VersionId": version["VersionId"]});
                unless(call(cx, "DeletePolicyVersion", &input).await, MISSING)?;
            }
        }
        unless(call(cx, "DeletePolicy", &json!({"PolicyArn": arn})).await, MISSING)
    }
}

fn text(properties: &Map<String, Value>) -> String {
    properties.get("PolicyDocument").map(document).unwrap_or_default()
}

/// Deletes the oldest version that does not count when there is no room for one more.
async fn make_room(cx: &mut Cx, arn: &str) -> Result<(), Failure> {
    let listed = call(cx, "ListPolicyVersions", &json!({"PolicyArn": arn})).await?;
    let versions = listed["Versions"].as_array().cloned().unwrap_or_default();
    if versions.len() < VERSIONS_MAX {
        return Ok(());
    }
    let oldest = versions.iter().rev().find(|version| version["IsDefaultVersion"] == false);
    let Some(oldest) = oldest else { return Ok(()) };
    let input = json!({"PolicyArn": arn, "VersionId": oldest["VersionId"]});
    call(cx, "DeletePolicyVersion", &input).await.map(|_| ())
}

async fn attach(cx: &mut Cx, arn: &str, properties: &Map<String, Value>) -> Result<(), Failure> {
    for (property, title, member) in TARGETS {
        for name in texts(properties, property) {
            let mut input = json!({"PolicyArn": arn});
            input[*member] = name.into();
            call(cx, &format!("Attach{title}Policy"), &input).await?;
        }
    }
    Ok(())
}

/// Detaches the policy from everybody whom `kept` does not name.
async fn detach(
    cx: &mut Cx,
    arn: &str,
    properties: &Map<String, Value>,
    kept: Option<&Map<String, Value>>,
) -> Result<(), Failure> {
    for (property, title, member) in TARGETS {
        let stay = kept.map(|kept| texts(kept, property)).unwrap_or_default();
        for name in texts(properties, property).into_iter().filter(|name| !stay.contains(name)) {
            let mut input = json!({"PolicyArn": arn});
            input[*member] = name.into();
            unless(call(cx, &format!("Detach{title}Policy"), &input).await, MISSING)?;
        }
    }
    Ok(())
}

async fn outcome(cx: &mut Cx, arn: String) -> Result<ResourceOutcome, Failure> {
    let answer = call(cx, "GetPolicy", &json!({"PolicyArn": arn})).await?;
    let id = answer["Policy"]["PolicyId"].clone();
    Ok(ResourceOutcome::new(arn.clone(), [("PolicyArn", json!(arn)), ("PolicyId", id)]))
}
