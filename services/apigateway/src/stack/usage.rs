//! `AWS::ApiGateway::{ApiKey, UsagePlan, UsagePlanKey}`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, again, call, copy, flag, member, patches, text};

/// `AWS::ApiGateway::ApiKey`.
pub(crate) struct ApiKey;
/// `AWS::ApiGateway::UsagePlan`.
pub(crate) struct UsagePlan;
/// `AWS::ApiGateway::UsagePlanKey`.
pub(crate) struct UsagePlanKey;

/// An object whose members begin with small letters, and whose numbers are numbers.
fn settings(value: &Value) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    let lower = |(name, value): (&String, &Value)| {
        let number = value.as_str().and_then(|text| text.parse::<f64>().ok());
        let value = match number {
            Some(number) if number.fract() == 0.0 => json!(number as i64),
            Some(number) => json!(number),
            None => value.clone(),
        };
        (name[..1].to_lowercase() + &name[1..], value)
    };
    Value::Object(map.iter().map(lower).collect())
}

fn list(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(settings).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

/// The stages of a plan as `<api>:<stage>`.
fn stages(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.map(|item| format!("{}:{}", member(item, "ApiId"), member(item, "Stage"))).collect()
}

#[async_trait]
impl ResourceType for ApiKey {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::ApiKey"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("CustomerId"),
            Property::new("Description"),
            Property::new("Enabled"),
            Property::new("GenerateDistinctId").replace(),
            Property::new("Name").replace(),
            Property::new("StageKeys"),
            Property::new("Tags"),
            Property::new("Value").replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["APIKeyId"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(128));
        if request.repeated
            && let Some(found) = again::api_key(cx, &name, request.text("Value").as_deref()).await?
        {
            let id = member(&found, "id");
            return Ok(ResourceOutcome::of_id(id, "APIKeyId"));
        }
        let mut input = json!({"name": name});
        let tags = request.all_tags();
        if !tags.is_empty() {
            input["tags"] = json!(tags);
        }
        copy(
            request,
            &mut input,
            &[
                ("CustomerId", "customerId", text),
                ("Description", "description", text),
                ("Enabled", "enabled", flag),
                ("GenerateDistinctId", "generateDistinctId", flag),
                ("StageKeys", "stageKeys", list),
                ("Value", "value", text),
            ],
        );
        let made = call(cx, "CreateApiKey", input).await?;
        Ok(ResourceOutcome::new(member(&made, "id"), [("APIKeyId", made["id"].clone())]))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?;
        let paths = [("CustomerId", "/customerId"), ("Description", "/description"), ("Enabled", "/enabled")];
        let input = json!({"apiKey": id, "patchOperations": patches(request, old, &paths)});
        call(cx, "UpdateApiKey", input).await?;
        Ok(ResourceOutcome::of_id(id, "APIKeyId"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteApiKey", json!({"apiKey": request.physical()?})).await, MISSING)
    }
}

#[async_trait]
impl ResourceType for UsagePlan {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::UsagePlan"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("ApiStages"),
            Property::new("Description"),
            Property::new("Quota"),
            Property::new("Tags"),
            Property::new("Throttle"),
            Property::new("UsagePlanName"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("UsagePlanName").unwrap_or_else(|| request.generated_name(128));
        if request.repeated
            && let Some(found) = again::usage_plan(cx, &name, &stages(request.property("ApiStages"))).await?
        {
            let id = member(&found, "id");
            return Ok(ResourceOutcome::of_id(id, "Id"));
        }
        let mut input = json!({"name": name});
        let tags = request.all_tags();
        if !tags.is_empty() {
            input["tags"] = json!(tags);
        }
        copy(
            request,
            &mut input,
            &[
                ("ApiStages", "apiStages", list),
                ("Description", "description", text),
                ("Quota", "quota", settings),
                ("Throttle", "throttle", settings),
            ],
        );
        let made = call(cx, "CreateUsagePlan", input).await?;
        Ok(ResourceOutcome::new(member(&made, "id"), [("Id", made["id"].clone())]))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?;
        let paths = [("UsagePlanName", "/name"), ("Description", "/description")];
        let mut patches = patches(request, old, &paths);
        let (new, was) = (stages(request.property("ApiStages")), stages(old.get("ApiStages")));
        for stage in was.iter().filter(|stage| !new.contains(stage)) {
            patches.push(json!({"op": "remove", "path": "/apiStages", "value": stage}));
        }
        for stage in new.iter().filter(|stage| !was.contains(stage)) {
            patches.push(json!({"op": "add", "path": "/apiStages", "value": stage}));
        }
        for (property, path) in [("Throttle", "/throttle"), ("Quota", "/quota")] {
            if request.property(property) == old.get(property) {
                continue;
            }
            patches.push(json!({"op": "remove", "path": path}));
            let new = request.property(property).map(settings);
            for (name, value) in new.as_ref().and_then(Value::as_object).into_iter().flatten() {
                let path = format!("{path}/{name}");
                patches.push(json!({"op": "replace", "path": path, "value": text(value)}));
            }
        }
        call(cx, "UpdateUsagePlan", json!({"usagePlanId": id, "patchOperations": patches})).await?;
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteUsagePlan", json!({"usagePlanId": request.physical()?})).await, MISSING)
    }
}

#[async_trait]
impl ResourceType for UsagePlanKey {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::UsagePlanKey"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("KeyId").required().replace(),
            Property::new("KeyType").required().replace(),
            Property::new("UsagePlanId").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let text = |name: &str| request.text(name).unwrap_or_default();
        let (key, plan) = (text("KeyId"), text("UsagePlanId"));
        let input = json!({"usagePlanId": plan, "keyId": key, "keyType": text("KeyType")});
        again::named(request.repeated, call(cx, "CreateUsagePlanKey", input).await)?;
        let id = format!("{key}:{plan}");
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn update(
        &self,
        _cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?;
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"usagePlanId": request.text("UsagePlanId"), "keyId": request.text("KeyId")});
        unless(call(cx, "DeleteUsagePlanKey", input).await, MISSING)
    }
}
