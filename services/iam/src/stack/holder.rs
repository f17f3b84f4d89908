//! Policies, boundary and tags of roles, users and groups in templates.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{ResourceRequest, document, tag_list, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, call, texts};

/// A kind of holder of policies.
pub(super) struct Holder {
    /// As in operations: `Role` of `PutRolePolicy`.
    pub(super) title: &'static str,
    /// The member with its name: `RoleName`.
    pub(super) member: &'static str,
    /// Groups have neither boundary nor tags.
    pub(super) is_principal: bool,
}

impl Holder {
    /// The start of an input: the holder's name.
    pub(super) fn named(&self, name: &str) -> Value {
        let mut input = json!({});
        input[self.member] = name.into();
        input
    }

    /// Brings policies, boundary and tags from the properties `old` to those of the request.
    pub(super) async fn bring(
        &self,
        cx: &mut Cx,
        name: &str,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let new = &request.properties;
        let kept: Vec<&str> =
            policies(new).iter().filter_map(|policy| policy["PolicyName"].as_str()).collect();
        self.remove_policies(cx, name, old, &kept).await?;
        for policy in policies(new).iter().filter(|policy| !policies(old).contains(policy)) {
            let mut input = self.named(name);
            input["PolicyName"] = policy["PolicyName"].clone();
            input["PolicyDocument"] = document(&policy["PolicyDocument"]).into();
            call(cx, &format!("Put{}Policy", self.title), &input).await?;
        }
        let (old_arns, new_arns) = (texts(old, "ManagedPolicyArns"), texts(new, "ManagedPolicyArns"));
        self.detach(cx, name, old_arns.iter().filter(|arn| !new_arns.contains(arn))).await?;
        for arn in &new_arns {
            let mut input = self.named(name);
            input["PolicyArn"] = arn.as_str().into();
            call(cx, &format!("Attach{}Policy", self.title), &input).await?;
        }
        if self.is_principal {
            self.bring_boundary(cx, name, new.get("PermissionsBoundary"), old.get("PermissionsBoundary"))
                .await?;
            self.bring_tags(cx, name, request).await?;
        }
        Ok(())
    }

    async fn bring_boundary(
        &self,
        cx: &mut Cx,
        name: &str,
        new: Option<&Value>,
        old: Option<&Value>,
    ) -> Result<(), Failure> {
        let mut input = self.named(name);
        match (new, old) {
            (Some(boundary), old) if old != Some(boundary) => {
                input["PermissionsBoundary"] = boundary.clone();
                call(cx, &format!("Put{}PermissionsBoundary", self.title), &input).await?;
            }
            (None, Some(_)) => {
                call(cx, &format!("Delete{}PermissionsBoundary", self.title), &input).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn bring_tags(&self, cx: &mut Cx, name: &str, request: &ResourceRequest) -> Result<(), Failure> {
        let wanted = tag_list(&request.all_tags());
        let listed = call(cx, &format!("List{}Tags", self.title), &self.named(name)).await?;
        let there = listed["Tags"].as_array().cloned().unwrap_or_default();
        let gone = there.iter().filter(|tag| !wanted.iter().any(|wanted| wanted["Key"] == tag["Key"]));
        let gone: Vec<Value> = gone.map(|tag| tag["Key"].clone()).collect();
        if !gone.is_empty() {
            let mut input = self.named(name);
            input["TagKeys"] = gone.into();
            call(cx, &format!("Untag{}", self.title), &input).await?;
        }
        if wanted.iter().any(|tag| !there.contains(tag)) {
            let mut input = self.named(name);
            input["Tags"] = wanted.into();
            call(cx, &format!("Tag{}", self.title), &input).await?;
        }
        Ok(())
    }

    /// Takes away what the template gave, then the holder. Policies that others gave stay, and the deletion fails.
    pub(super) async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let name = request.physical()?.to_owned();
        self.remove_policies(cx, &name, &request.properties, &[]).await?;
        self.detach(cx, &name, texts(&request.properties, "ManagedPolicyArns").iter()).await?;
        unless(call(cx, &format!("Delete{}", self.title), &self.named(&name)).await, MISSING)
    }

    async fn remove_policies(
        &self,
        cx: &mut Cx,
        name: &str,
        properties: &Map<String, Value>,
        kept: &[&str],
    ) -> Result<(), Failure> {
        for policy in policies(properties) {
            if policy["PolicyName"].as_str().is_some_and(|name| kept.contains(&name)) {
                continue;
            }
            let mut input = self.named(name);
            input["PolicyName"] = policy["PolicyName"].clone();
            unless(call(cx, &format!("Delete{}Policy", self.title), &input).await, MISSING)?;
        }
        Ok(())
    }

    async fn detach<'a>(
        &self,
        cx: &mut Cx,
        name: &str,
        arns: impl Iterator<Item = &'a String>,
    ) -> Result<(), Failure> {
        for arn in arns {
            let mut input = self.named(name);
            input["PolicyArn"] = arn.as_str().into();
            unless(call(cx, &format!("Detach{}Policy", self.title), &input).await, MISSING)?;
        }
        Ok(())
    }
}

/// The policies inside a holder, as the template has them.
fn policies(properties: &Map<String, Value>) -> &[Value] {
    properties.get("Policies").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
