//! `AWS::Events::Rule`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, document, make_numbers, tag_list, unless,
};
use serde_json::{Map, Value, json};

use super::{MISSING, call, members, retag};

/// `AWS::Events::Rule`.
pub(crate) struct Rule;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 64;
/// Properties that are members of PutRule under the same name.
const MEMBERS: [(&str, &str); 6] = [
    ("Description", "Description"),
    ("EventBusName", "EventBusName"),
    ("EventPattern", "EventPattern"),
    ("RoleArn", "RoleArn"),
    ("ScheduleExpression", "ScheduleExpression"),
    ("State", "State"),
];

#[async_trait]
impl ResourceType for Rule {
    fn name(&self) -> &'static str {
        "AWS::Events::Rule"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Description"),
            Property::new("EventBusName").replace(),
            Property::new("EventPattern"),
            Property::new("Name").replace(),
            Property::new("RoleArn"),
            Property::new("ScheduleExpression"),
            Property::new("State"),
            Property::new("Tags"),
            Property::new("Targets"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        if !request.adopts("Name") {
            let asked = json!({"Name": name, "EventBusName": request.property("EventBusName")});
            if call(cx, "DescribeRule", &asked).await.is_ok() {
                let text =
                    format!("Resource of type 'AWS::Events::Rule' with identifier '{name}' already exists.");
                return Err(Failure::new("AlreadyExists", 400, text));
            }
        }
        put(cx, request, &name, &Map::new()).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?.to_owned();
        put(cx, request, name_of(&id), old).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let id = request.physical()?.to_owned();
        let name = name_of(&id);
        let bus = request.property("EventBusName").cloned().unwrap_or(Value::Null);
        let asked = json!({"Rule": name, "EventBusName": bus});
        let listed = call(cx, "ListTargetsByRule", &asked).await;
        let Ok(listed) = listed else { return unless(listed, MISSING) };
        let ids: Vec<Value> =
            listed["Targets"].as_array().into_iter().flatten().map(|target| target["Id"].clone()).collect();
        if !ids.is_empty() {
            call(cx, "RemoveTargets", &json!({"Rule": name, "EventBusName": bus, "Ids": ids})).await?;
        }
        unless(call(cx, "DeleteRule", &json!({"Name": name, "EventBusName": bus})).await, MISSING)
    }
}

/// `Ref` gives the name, behind that of its bus when it is not on the default one.
fn name_of(id: &str) -> &str {
    id.rsplit_once('|').map_or(id, |(_, name)| name)
}

async fn put(
    cx: &mut Cx,
    request: &ResourceRequest,
    name: &str,
    old: &Map<String, Value>,
) -> Result<ResourceOutcome, Failure> {
    let mut input = members(request, &MEMBERS);
    input["Name"] = json!(name);
    input["Tags"] = json!(tag_list(&request.all_tags()));
    let bus = input.get("EventBusName").cloned().unwrap_or(Value::Null);
    let made = call(cx, "PutRule", &input).await?;
    let arn = made["RuleArn"].clone();
    if request.physical_id.is_some() {
        retag(cx, arn.as_str().unwrap_or_default(), &request.all_tags()).await?;
    }
    let targets = |properties: &Map<String, Value>| -> Vec<Value> {
        properties.get("Targets").and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let wanted = targets(&request.properties);
    let has = |id: &Value| wanted.iter().any(|target| target["Id"] == *id);
    let gone: Vec<Value> =
        targets(old).iter().map(|target| target["Id"].clone()).filter(|id| !has(id)).collect();
    if !gone.is_empty() {
        call(cx, "RemoveTargets", &json!({"Rule": name, "EventBusName": bus, "Ids": gone})).await?;
    }
    if !wanted.is_empty() {
        let wanted: Vec<Value> = wanted.into_iter().map(target).collect();
        call(cx, "PutTargets", &json!({"Rule": name, "EventBusName": bus, "Targets": wanted})).await?;
    }
    let bus = bus.as_str().map(|bus| bus.rsplit('/').next().unwrap_or(bus)).filter(|bus| *bus != "default");
    let id = bus.map_or_else(|| name.to_owned(), |bus| format!("{bus}|{name}"));
    Ok(ResourceOutcome::new(id, [("Arn", arn)]))
}

/// Numbers of templates may be texts, and inputs may be objects.
fn target(mut target: Value) -> Value {
    if let Some(policy) = target.get_mut("RetryPolicy") {
        make_numbers(policy, &["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]);
    }
    if let Some(input @ Value::Object(_)) = target.get_mut("Input") {
        *input = json!(document(input));
    }
    target
}
