//! `AWS::Pipes::Pipe`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, make_numbers, tags_gone, unless,
};
use serde_json::{Map, Value, json};

/// `AWS::Pipes::Pipe`.
pub(crate) struct Pipe;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 64;
/// How often it is asked whether a pipe has come to its state.
const POLL_MILLIS: i64 = 250;
/// How long that may take.
const WAIT_MILLIS: i64 = 60_000;
/// Members whose values may be texts in a template.
const NUMBERS: [&str; 5] = [
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
];

#[async_trait]
impl ResourceType for Pipe {
    fn name(&self) -> &'static str {
        "AWS::Pipes::Pipe"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Description"),
            Property::new("DesiredState"),
            Property::new("Enrichment"),
            Property::new("EnrichmentParameters"),
            Property::new("KmsKeyIdentifier"),
            Property::new("Name").replace(),
            Property::new("RoleArn").required(),
            Property::new("Source").required().replace(),
            Property::new("SourceParameters"),
            Property::new("Tags"),
            Property::new("Target").required(),
            Property::new("TargetParameters"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "CreationTime", "CurrentState", "LastModifiedTime", "StateReason"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let mut input = input(request, &name);
        input["Tags"] = json!(request.all_tags());
        adopt(call(cx, "CreatePipe", &input).await, "ConflictException", request.adopts("Name"))?;
        settled(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        let mut input = input(request, &name);
        if let Some(members) = input.as_object_mut() {
            members.remove("Source");
            // What the template has no more goes back to its default.
            members.entry("DesiredState").or_insert_with(|| json!("RUNNING"));
            for name in ["EnrichmentParameters", "TargetParameters", "SourceParameters"] {
                members.entry(name).or_insert_with(|| json!({}));
            }
            members.entry("Enrichment").or_insert_with(|| json!(""));
        }
        let updated = call(cx, "UpdatePipe", &input).await?;
        let arn = &updated["Arn"];
        let wanted = request.all_tags();
        let present = call(cx, "ListTagsForResource", &json!({"resourceArn": arn})).await?;
        let gone = tags_gone(&present["tags"], &wanted);
        if !gone.is_empty() {
            call(cx, "UntagResource", &json!({"resourceArn": arn, "tagKeys": gone})).await?;
        }
        if !wanted.is_empty() {
            call(cx, "TagResource", &json!({"resourceArn": arn, "tags": wanted})).await?;
        }
        settled(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeletePipe", &json!({"Name": request.physical()?})).await, "NotFoundException")
    }
}

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "pipes", operation, input).await
}

fn input(request: &ResourceRequest, name: &str) -> Value {
    let mut input = Value::Object(request.properties.clone());
    if let Some(members) = input.as_object_mut() {
        members.remove("Tags");
    }
    input["Name"] = json!(name);
    make_numbers(&mut input, &NUMBERS);
    input
}

/// Waits until a pipe is in the state that it was put on its way to.
async fn settled(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let until = cx.now().plus_millis(WAIT_MILLIS);
    loop {
        let pipe = call(cx, "DescribePipe", &json!({"Name": name})).await?;
        if pipe["CurrentState"] == pipe["DesiredState"] {
            let time = |name: &str| {
                let seconds = pipe[name].as_f64().unwrap_or_default();
                json!(crate::record::seconds((seconds * 1000.0) as i64))
            };
            let attributes = [
                ("Arn", pipe["Arn"].clone()),
                ("CurrentState", pipe["CurrentState"].clone()),
                ("CreationTime", time("CreationTime")),
                ("LastModifiedTime", time("LastModifiedTime")),
                ("StateReason", json!("")),
            ];
            return Ok(ResourceOutcome::new(name, attributes));
        }
        if cx.now() >= until {
            let text = format!("the pipe {name} did not come to the state {}", pipe["DesiredState"]);
            return Err(Failure::new("NotStabilized", 400, text));
        }
        let next = cx.now().plus_millis(POLL_MILLIS);
        cx.sleep_until(next).await;
    }
}
