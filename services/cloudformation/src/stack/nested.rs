//! `AWS::CloudFormation::Stack`: a stack as a resource of another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use cfn::eval::text_of;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};
use store::layer::table;

use crate::keys::StackRow;
use crate::limits::{NAME_CHARS_MAX, NESTED_DEPTH_MAX};
use crate::stacks;
use crate::status::Status;

/// A nested stack. Its template is read from S3 when it is created, and when one of its properties changes.
///
/// Differs from AWS: a template that changed behind an unchanged `TemplateURL` is not noticed. Notification topics and
/// timeouts are refused.
pub(crate) struct NestedStack;

/// The family of a stack.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) parent: String,
    pub(crate) root: String,
}

/// The families of stacks that are about to be created, by name.
#[derive(Default)]
pub(crate) struct Families {
    by_name: Mutex<HashMap<String, Family>>,
}

impl Families {
    fn announce(&self, name: String, family: Family) {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).insert(name, family);
    }

    /// The family of the new stack `name`.
    pub(crate) fn take(&self, name: &str) -> Option<Family> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

#[async_trait]
impl ResourceType for NestedStack {
    fn name(&self) -> &'static str {
        "AWS::CloudFormation::Stack"
    }

    fn properties(&self) -> &'static [Property] {
        const TABLE: &[Property] =
            &[Property::new("Parameters"), Property::new("Tags"), Property::new("TemplateURL").required()];
        TABLE
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Outputs.*"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.generated_name(NAME_CHARS_MAX);
        let parent = open(cx, &request.stack_id).await?;
        check_depth(cx, &parent).await?;
        let root = parent.root.clone().unwrap_or_else(|| parent.id());
        cx.state::<Families>().announce(name.clone(), Family { parent: parent.id(), root });
        let mut input = input(request, &parent);
        input["StackName"] = json!(name);
        input["ClientRequestToken"] = json!(request.token);
        // What failed is shown until it was read; then it is deleted, below.
        input["OnFailure"] = json!("DO_NOTHING");
        let id = call(cx, "CreateStack", &input).await?["StackId"].as_str().unwrap_or_default().to_owned();
        let stack = settled(cx, &id).await?;
        if stack.status == Status::CreateComplete {
            return Ok(outcome(stack));
        }
        let reason = stack.reason.unwrap_or_default();
        call(cx, "DeleteStack", &json!({"StackName": id})).await?;
        settled(cx, &id).await?;
        Err(failed(format!("Embedded stack {id} was not successfully created: {reason}")))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?.to_owned();
        let parent = open(cx, &request.stack_id).await?;
        let mut input = input(request, &parent);
        input["StackName"] = json!(id);
        // A request that is repeated after a crash finds the first one at work.
        settled(cx, &id).await?;
        match call(cx, "UpdateStack", &input).await {
            // It stays as it is, also where an earlier update was rolled back.
            Err(failure) if failure.message() == "No updates are to be performed." => {
                return Ok(outcome(open(cx, &id).await?));
            }
            other => other?,
        };
        let stack = settled(cx, &id).await?;
        match stack.status {
            Status::UpdateComplete => Ok(outcome(stack)),
            _ => Err(failed(format!(
                "Embedded stack {id} was not successfully updated. Currently in {} with reason: {}",
                stack.status.as_str(),
                stack.reason.unwrap_or_default()
            ))),
        }
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let id = request.physical()?.to_owned();
        call(cx, "DeleteStack", &json!({"StackName": id})).await?;
        let stack = settled(cx, &id).await?;
        match stack.status {
            Status::DeleteComplete => Ok(()),
            status => Err(failed(format!(
                "Embedded stack {id} was not successfully deleted. Currently in {} with reason: {}",
                status.as_str(),
                stack.reason.unwrap_or_default()
            ))),
        }
    }
}

fn failed(text: String) -> Failure {
    Failure::new("NotStabilized", 400, text)
}

/// Calls an operation of this service as the stack's caller.
async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "cloudformation", operation, input).await
}

/// The members that creation and update share. Capabilities are the parent's: who allowed it, allowed its parts.
fn input(request: &ResourceRequest, parent: &StackRow) -> Value {
    let parameters = request.property("Parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": parameter(value)}))
        .collect();
    let mut tags = request.tags.clone();
    for tag in request.property("Tags").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| tag.get(key).and_then(text_of).unwrap_or_default();
        tags.insert(text("Key"), text("Value"));
    }
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let capabilities = parent.spec.as_ref().map(|spec| spec.capabilities.clone()).unwrap_or_default();
    json!({
        "TemplateURL": request.text("TemplateURL"),
        "Parameters": parameters,
        "Tags": tags,
        "Capabilities": capabilities,
    })
}

/// Lists become texts with commas, as CloudFormation's list parameters are given.
fn parameter(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().filter_map(text_of).collect::<Vec<_>>().join(","),
        other => text_of(other).unwrap_or_else(|| other.to_string()),
    }
}

async fn open(cx: &Cx, id: &str) -> Result<StackRow, Failure> {
    let tx = cx.snapshot().await?;
    stacks::open(cx, &tx, id).await.map_err(cloud::ApiError::into_failure)
}

/// A template that nests itself must come to an end.
async fn check_depth(cx: &Cx, parent: &StackRow) -> Result<(), Failure> {
    let mut depth = 1;
    let mut above = parent.parent.clone();
    while let Some(id) = above {
        depth += 1;
        if depth >= NESTED_DEPTH_MAX {
            return Err(failed(format!("Stacks are nested deeper than {NESTED_DEPTH_MAX}")));
        }
        above = open(cx, &id).await?.parent;
    }
    Ok(())
}

/// The stack once nothing is done of it any more.
async fn settled(cx: &Cx, id: &str) -> Result<StackRow, Failure> {
    let first = open(cx, id).await?;
    let key = (&first.account, &first.region, &first.name, &first.uuid);
    let mut changes = cx.cloud().store().watch(table::watch_key::<StackRow>(key));
    loop {
        changes.borrow_and_update();
        let stack = open(cx, id).await?;
        if !stack.status.is_running() {
            return Ok(stack);
        }
        if changes.changed().await.is_err() {
            return Err(Failure::internal("the store is closed"));
        }
    }
}

fn outcome(stack: StackRow) -> ResourceOutcome {
    let physical_id = stack.id();
    let output = |output: crate::keys::OutputValue| (format!("Outputs.{}", output.name), json!(output.value));
    ResourceOutcome { physical_id, attributes: stack.outputs.into_iter().map(output).collect() }
}
