//! `AWS::IAM::InstanceProfile`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, copy, name, texts};

/// Longest name of an instance profile.
const NAME_CHARS_MAX: usize = 128;

/// An instance profile with its role.
pub(crate) struct InstanceProfile;

#[async_trait]
impl ResourceType for InstanceProfile {
    fn name(&self) -> &'static str {
        "AWS::IAM::InstanceProfile"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("InstanceProfileName").replace(),
            Property::new("Path").replace(),
            Property::new("Roles").required(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let (name, ours) = name(request, "InstanceProfileName", NAME_CHARS_MAX);
        let mut input = json!({"InstanceProfileName": name});
        copy(request, &["Path"], &mut input);
        adopt(call(cx, "CreateInstanceProfile", &input).await, PRESENT, ours)?;
        bring(cx, &name, &texts(&request.properties, "Roles")).await?;
        outcome(cx, name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        bring(cx, &name, &texts(&request.properties, "Roles")).await?;
        outcome(cx, name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let name = request.physical()?.to_owned();
        match bring(cx, &name, &[]).await {
            Err(failure) if failure.code() == MISSING => return Ok(()),
            other => other?,
        }
        unless(call(cx, "DeleteInstanceProfile", &json!({"InstanceProfileName": name})).await, MISSING)
    }
}

/// Takes out every other role than the wanted one, and puts that one in.
async fn bring(cx: &mut Cx, name: &str, wanted: &[String]) -> Result<(), Failure> {
    let answer = call(cx, "GetInstanceProfile", &json!({"InstanceProfileName": name})).await?;
    let roles = answer["InstanceProfile"]["Roles"].as_array().into_iter().flatten();
    let there: Vec<&str> = roles.filter_map(|role| role["RoleName"].as_str()).collect();
    for role in there.iter().filter(|role| !wanted.iter().any(|wanted| wanted == *role)) {
        let input = json!({"InstanceProfileName": name, "RoleName": role});
        call(cx, "RemoveRoleFromInstanceProfile", &input).await?;
    }
    for role in wanted.iter().filter(|role| !there.contains(&role.as_str())) {
        let input = json!({"InstanceProfileName": name, "RoleName": role});
        call(cx, "AddRoleToInstanceProfile", &input).await?;
    }
    Ok(())
}

async fn outcome(cx: &mut Cx, name: String) -> Result<ResourceOutcome, Failure> {
    let answer = call(cx, "GetInstanceProfile", &json!({"InstanceProfileName": name})).await?;
    Ok(ResourceOutcome::new(name, [("Arn", answer["InstanceProfile"]["Arn"].clone())]))
}
