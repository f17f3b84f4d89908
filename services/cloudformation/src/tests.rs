//! Stories of stacks, through the door: a tiny resource type with switches, and the queues of SQS.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use cloud::service::{Service, Words};
use serde_json::{Map, Value, json};
use testkit::World;

use crate::limits::{GRACE_MILLIS, PARALLEL_MAX};

mod changes;
mod custom;
mod deletion;
mod exports;
mod nested;
mod recovery;
mod refusals;
mod roles;
mod updates;

/// A thing: it is where its physical id says, and does as its properties say.
struct Thing;

/// The things that there are, and what was done, in order.
#[derive(Default)]
pub(super) struct Things {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    things: BTreeMap<String, Map<String, Value>>,
    log: Vec<String>,
    /// Who asked for it.
    callers: Vec<String>,
    /// Actions that fail although no property says so: `update A`.
    broken: Vec<String>,
    /// Actions whose first call never ends.
    stuck: Vec<String>,
}

impl Things {
    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Writes the action down; says whether it hangs, or why it fails.
    fn begin(&self, action: &str, request: &ResourceRequest) -> Result<bool, Failure> {
        let line = format!("{action} {}", request.logical_id);
        self.with(|inner| {
            inner.log.push(line.clone());
            if let Some(at) = inner.stuck.iter().position(|stuck| *stuck == line) {
                inner.stuck.remove(at);
                return Ok(true);
            }
            assert!(request.text("Fail").is_none_or(|fail| fail != "panic"), "as the template asks");
            let asked = request.text("Fail").is_some_and(|fail| fail == action);
            match asked || inner.broken.contains(&line) {
                true => Err(Failure::new("ThingError", 400, format!("cannot {line}"))),
                false => Ok(false),
            }
        })
    }
}

#[async_trait]
impl ResourceType for Thing {
    fn name(&self) -> &'static str {
        "Test::Thing"
    }

    fn properties(&self) -> &'static [Property] {
        const TABLE: &[Property] = &[
            Property::new("Name").replace(),
            Property::new("Size"),
            Property::new("Fail"),
            Property::new("Tags"),
        ];
        TABLE
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "Size"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        match properties.get("Size") {
            Some(size) if size == "huge" => Err("Size `huge` is not supported".to_owned()),
            _ => Ok(()),
        }
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let caller = cx.caller().arn();
        cx.state::<Things>().with(|inner| inner.callers.push(caller));
        if cx.state::<Things>().begin("create", request)? {
            // It is made, but nobody hears of it.
            settle(cx, request, request.text("Name").unwrap_or_else(|| request.generated_name(40)));
            std::future::pending::<()>().await;
        }
        let id = request.text("Name").unwrap_or_else(|| request.generated_name(40));
        let exists = cx.state::<Things>().with(|inner| inner.things.contains_key(&id));
        if exists && !request.adopts("Name") {
            return Err(Failure::new("ThingAlreadyExists", 400, format!("{id} already exists")));
        }
        Ok(settle(cx, request, id))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        if cx.state::<Things>().begin("update", request)? {
            std::future::pending::<()>().await;
        }
        let id = request.physical()?.to_owned();
        Ok(settle(cx, request, id))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        if cx.state::<Things>().begin("delete", request)? {
            std::future::pending::<()>().await;
        }
        let id = request.physical()?.to_owned();
        cx.state::<Things>().with(|inner| inner.things.remove(&id));
        Ok(())
    }
}

fn settle(cx: &Cx, request: &ResourceRequest, id: String) -> ResourceOutcome {
    let properties = request.properties.clone();
    cx.state::<Things>().with(|inner| inner.things.insert(id.clone(), properties));
    let size = request.property("Size").cloned().unwrap_or_default();
    let attributes = [("Arn", json!(format!("arn:thing:{id}"))), ("Size", size)];
    ResourceOutcome::new(id, attributes)
}

/// The service that things belong to. It has no operations.
static THINGS: Service = Service {
    name: "things",
    title: "Things",
    signing_name: "things",
    protocols: &[],
    operations: &[],
    resources: &[&Thing],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};

/// A cloud with stacks and things.
pub(super) struct Room {
    pub(super) world: World,
}

impl Room {
    pub(super) async fn new() -> Self {
        Self { world: World::new(&[&crate::CLOUDFORMATION, &THINGS]).await }
    }

    pub(super) fn things(&self) -> std::sync::Arc<Things> {
        self.world.cloud().states().get::<Things>()
    }

    /// What was done to things since the last time.
    pub(super) fn log(&self) -> Vec<String> {
        self.things().with(|inner| std::mem::take(&mut inner.log))
    }

    /// The physical ids of the things that there are.
    pub(super) fn ids(&self) -> Vec<String> {
        self.things().with(|inner| inner.things.keys().cloned().collect())
    }

    pub(super) fn size(&self, id: &str) -> Value {
        self.things().with(|inner| inner.things[id]["Size"].clone())
    }

    /// Calls an operation. One that waits for a stack that hangs is answered when its time is over.
    pub(super) async fn call(&self, operation: &str, input: Value) -> Value {
        let patience = async {
            self.world.settle().await;
            self.world.advance(std::time::Duration::from_millis(GRACE_MILLIS as u64)).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            answer = self.world.ok("cloudformation", operation, input) => answer,
            () = patience => unreachable!("it waits for ever"),
        }
    }

    pub(super) async fn error(&self, operation: &str, input: Value) -> (String, String) {
        self.world.error("cloudformation", operation, input).await
    }

    /// Waits until nothing is done of the stack any more; its status and reason.
    pub(super) async fn settle(&self, name: &str) -> (String, String) {
        for _ in 0..10_000 {
            let stack = self.stack(name).await;
            let status = stack["StackStatus"].as_str().unwrap().to_owned();
            if !status.ends_with("_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS" {
                let reason = stack["StackStatusReason"].as_str().unwrap_or_default();
                return (status, reason.to_owned());
            }
            tokio::task::yield_now().await;
        }
        panic!("stack {name} never settles");
    }

    /// Waits until a stack's deletion is over and it is not there any more.
    pub(super) async fn gone(&self, name: &str) {
        for _ in 0..10_000 {
            if self.world.call("cloudformation", "DescribeStacks", json!({"StackName": name})).await.is_err()
            {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("stack {name} is never gone");
    }

    pub(super) async fn stack(&self, name: &str) -> Value {
        self.call("DescribeStacks", json!({"StackName": name})).await["Stacks"][0].clone()
    }

    /// How many texts of templates are stored.
    pub(super) async fn templates(&self) -> usize {
        let tx = store::snapshot(self.world.cloud().store()).await.unwrap();
        let paging = store::layer::table::Paging::first(1000);
        let page = store::layer::table::list::<crate::keys::TemplateRow>(&tx, (), &paging).await.unwrap();
        page.items.len()
    }

    /// Creates or updates a stack called `s` and waits; the status.
    pub(super) async fn deploy(&self, operation: &str, template: &str) -> String {
        self.call(operation, json!({"StackName": "s", "TemplateBody": template})).await;
        self.settle("s").await.0
    }

    /// The events of a stack, oldest first, as `logical id STATUS reason`.
    pub(super) async fn events(&self, name: &str) -> Vec<String> {
        let answer = self.call("DescribeStackEvents", json!({"StackName": name})).await;
        let line = |event: &Value| {
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            let line = format!(
                "{} {} {}",
                text("LogicalResourceId"),
                text("ResourceStatus"),
                text("ResourceStatusReason")
            );
            line.trim_end().to_owned()
        };
        answer["StackEvents"].as_array().unwrap().iter().rev().map(line).collect()
    }
}

const TWO: &str = "Resources:
  A: {Type: 'Test::Thing', Properties: {Name: a, Size: 1}}
  B: {Type: 'Test::Thing', Properties: {Name: !Sub '${A}-b', Size: !GetAtt A.Size}}
Outputs:
  Out: {Value: !GetAtt B.Arn, Description: d}
";

/// Events as recorded at AWS in LocalStack's `test_conditions` and `test_change_set_parameters`.
#[tokio::test]
async fn a_stack_is_created_and_described() {
    let room = Room::new().await;
    assert_eq!(room.deploy("CreateStack", TWO).await, "CREATE_COMPLETE");
    assert_eq!(room.log(), ["create A", "create B"]);
    assert_eq!(room.ids(), ["a", "a-b"]);
    assert_eq!(
        room.events("s").await,
        [
            "s CREATE_IN_PROGRESS User Initiated",
            "A CREATE_IN_PROGRESS",
            "A CREATE_IN_PROGRESS Resource creation Initiated",
            "A CREATE_COMPLETE",
            "B CREATE_IN_PROGRESS",
            "B CREATE_IN_PROGRESS Resource creation Initiated",
            "B CREATE_COMPLETE",
            "s CREATE_COMPLETE",
        ]
    );
    let stack = room.stack("s").await;
    assert_eq!(
        stack["Outputs"],
        json!([{"OutputKey": "Out", "OutputValue": "arn:thing:a-b", "Description": "d"}])
    );
    assert_eq!(stack["DriftInformation"], json!({"StackDriftStatus": "NOT_CHECKED"}));
    let resources = room.call("DescribeStackResources", json!({"StackName": "s"})).await;
    assert_eq!(resources["StackResources"][1]["PhysicalResourceId"], "a-b");
    assert_eq!(resources["StackResources"][1]["ResourceStatus"], "CREATE_COMPLETE");
    let listed = room.call("ListStackResources", json!({"StackName": stack["StackId"]})).await;
    assert_eq!(listed["StackResourceSummaries"].as_array().unwrap().len(), 2);
    let one = room.call("DescribeStackResource", json!({"StackName": "s", "LogicalResourceId": "A"})).await;
    assert_eq!(one["StackResourceDetail"]["PhysicalResourceId"], "a");
    let template = room.call("GetTemplate", json!({"StackName": "s"})).await;
    assert_eq!(template["TemplateBody"], TWO);
}

#[tokio::test]
async fn wide_levels_are_made_at_once() {
    let room = Room::new().await;
    let mut template = String::from("Resources:\n");
    for at in 0..20 {
        template += &format!("  T{at}: {{Type: 'Test::Thing', Properties: {{Name: t{at}}}}}\n");
    }
    assert_eq!(room.deploy("CreateStack", &template).await, "CREATE_COMPLETE");
    assert_eq!(room.ids().len(), 20);
    let events = room.events("s").await;
    let begun = events.iter().position(|line| line.ends_with("CREATE_COMPLETE")).unwrap();
    assert!(
        events[..begun].iter().filter(|line| line.ends_with("CREATE_IN_PROGRESS")).count() == PARALLEL_MAX
    );
}

/// Texts from AWS's events; `Rollback requested by user.` as recorded in LocalStack's `test_template_engine`.
#[tokio::test]
async fn a_failed_creation_is_rolled_back() {
    let room = Room::new().await;
    let template = "Resources:
  A: {Type: 'Test::Thing', Properties: {Name: a}}
  B: {Type: 'Test::Thing', DependsOn: A, Properties: {Name: b, Fail: create}}
  C: {Type: 'Test::Thing', DependsOn: B, Properties: {Name: c}}
  K: {Type: 'Test::Thing', DeletionPolicy: Retain, Properties: {Name: k}}
  X: {Type: 'Test::Thing', DeletionPolicy: RetainExceptOnCreate, Properties: {Name: x}}
";
    assert_eq!(room.deploy("CreateStack", template).await, "ROLLBACK_COMPLETE");
    assert_eq!(room.ids(), ["k"]);
    let events = room.events("s").await;
    let failed = events.iter().find(|line| line.starts_with("B CREATE_FAILED")).unwrap();
    assert!(
        failed.starts_with("B CREATE_FAILED Resource handler returned message: \"cannot create B (Service: Things, Status Code: 400, Request ID: "),
        "{failed}"
    );
    assert!(events.iter().any(|line| line
        == "s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [B]. Rollback requested by user."));
    assert!(events.contains(&"K DELETE_SKIPPED".to_owned()));
    assert!(!events.iter().any(|line| line.starts_with("C ")));
    let (code, text) = room
        .error(
            "UpdateStack",
            json!({"StackName": "s", "TemplateBody": "Resources: {A: {Type: 'Test::Thing'}}"}),
        )
        .await;
    assert_eq!(code, "ValidationError");
    assert!(text.ends_with("is in ROLLBACK_COMPLETE state and can not be updated."), "{text}");
}

#[tokio::test]
async fn a_failed_creation_ends_as_the_caller_asked() {
    let room = Room::new().await;
    let template = "Resources:
  A: {Type: 'Test::Thing', Properties: {Name: a}}
  B: {Type: 'Test::Thing', DependsOn: A, Properties: {Fail: create}}
";
    let create = |name: &str, more: Value| {
        let mut input = json!({"StackName": name, "TemplateBody": template});
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        input
    };
    room.call("CreateStack", create("keep", json!({"OnFailure": "DO_NOTHING"}))).await;
    let (status, reason) = room.settle("keep").await;
    assert_eq!(status, "CREATE_FAILED");
    assert_eq!(reason, "The following resource(s) failed to create: [B]. ");
    assert_eq!(room.ids(), ["a"]);
    room.call("DeleteStack", json!({"StackName": "keep"})).await;
    room.gone("keep").await;
    assert!(room.ids().is_empty());
    let id =
        room.call("CreateStack", create("gone", json!({"OnFailure": "DELETE"}))).await["StackId"].clone();
    let (status, _) = room.settle(id.as_str().unwrap()).await;
    assert_eq!(status, "DELETE_COMPLETE");
    assert!(room.ids().is_empty());
}

/// Things of another service, made through its own operations.
#[tokio::test]
async fn wait_condition_handles_are_only_names() {
    let room = Room::new().await;
    let template = "Resources: {H: {Type: 'AWS::CloudFormation::WaitConditionHandle'}}";
    assert_eq!(room.deploy("CreateStack", template).await, "CREATE_COMPLETE");
    let resources = room.call("DescribeStackResources", json!({"StackName": "s"})).await;
    let id = resources["StackResources"][0]["PhysicalResourceId"].as_str().unwrap();
    assert!(id.starts_with("s-H-"), "{id}");
}
