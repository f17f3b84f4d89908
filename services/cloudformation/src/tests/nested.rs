//! Stacks within stacks, and templates from S3.

use std::collections::BTreeMap;
use std::sync::Mutex;

use cloud::operation::entry;
use cloud::prelude::*;
use cloud::service::{Service, Words};
use serde_json::json;
use testkit::World;

use super::{Room, THINGS, TWO};

#[derive(Default)]
struct Objects {
    by_key: Mutex<BTreeMap<String, String>>,
}

#[derive(Shape)]
struct Input {
    bucket: String,
    key: String,
    version_id: Option<String>,
}

#[derive(Shape)]
struct Output {
    #[shape(payload)]
    body: Stream,
}

struct GetObject;

impl Operation for GetObject {
    const NAME: &'static str = "GetObject";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Failure;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Failure> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Failure> {
        assert_eq!((input.bucket.as_str(), input.version_id), ("b", None));
        let objects = cx.state::<Objects>();
        let found = objects.by_key.lock().unwrap().get(&input.key).cloned();
        let missing = || Failure::new("NoSuchKey", 404, "The specified key does not exist.");
        Ok(Output { body: Stream::once(found.ok_or_else(missing)?.into()) })
    }
}

static S3: Service = Service {
    name: "s3",
    title: "S3",
    signing_name: "s3",
    protocols: &[],
    operations: &[entry::<GetObject>()],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};

async fn room(objects: &[(&str, &str)]) -> Room {
    let world = World::new(&[&crate::CLOUDFORMATION, &THINGS, &S3]).await;
    for (key, text) in objects {
        let objects = world.cloud().states().get::<Objects>();
        objects.by_key.lock().unwrap().insert((*key).to_owned(), (*text).to_owned());
    }
    Room { world }
}

#[tokio::test]
async fn templates_come_from_s3() {
    let room = room(&[("t.yml", TWO)]).await;
    let input = json!({"StackName": "s", "TemplateURL": "https://s3.amazonaws.com/b/t.yml"});
    room.call("CreateStack", input).await;
    assert_eq!(room.settle("s").await.0, "CREATE_COMPLETE");
    let input = json!({"StackName": "t", "TemplateURL": "https://b.s3.us-east-1.amazonaws.com/none"});
    let (_, text) = room.error("CreateStack", input).await;
    assert_eq!(text, "S3 error: The specified key does not exist.");
}

const CHILD: &str = "Parameters: {N: {Type: String}, L: {Type: CommaDelimitedList}}
Resources: {C: {Type: 'Test::Thing', Properties: {Name: !Ref N, Size: !Select [1, !Ref L]}}}
Outputs: {Id: {Value: !Ref C}}
";
const PARENT: &str = "Resources:
  S:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'https://s3.amazonaws.com/b/child.yml', Parameters: {N: one, L: [x, 7]}}
  A: {Type: 'Test::Thing', Properties: {Name: !Sub 'after-${S.Outputs.Id}'}}
";

#[tokio::test]
async fn a_stack_is_a_resource_of_another() {
    let room = room(&[("child.yml", CHILD)]).await;
    assert_eq!(room.deploy("CreateStack", PARENT).await, "CREATE_COMPLETE");
    assert_eq!(room.ids(), ["after-one", "one"]);
    assert_eq!(room.size("one"), json!("7"));
    let resources = room.call("DescribeStackResources", json!({"StackName": "s"})).await;
    let child = resources["StackResources"][1]["PhysicalResourceId"].as_str().unwrap().to_owned();
    let seen = room.stack(&child).await;
    assert_eq!(seen["ParentId"], room.stack("s").await["StackId"]);
    assert!(seen["StackName"].as_str().unwrap().starts_with("s-S-"));
    let two = PARENT.replace("N: one", "N: two");
    assert_eq!(room.deploy("UpdateStack", &two).await, "UPDATE_COMPLETE");
    assert_eq!(room.ids(), ["after-two", "two"]);
    // A failure further down takes the child back, too.
    let failing = PARENT
        .replace("N: one", "N: three")
        .replace("after-${S.Outputs.Id}'", "x-${S.Outputs.Id}', Fail: create");
    assert_eq!(room.deploy("UpdateStack", &failing).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.ids(), ["after-two", "two"]);
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    room.gone("s").await;
    assert!(room.ids().is_empty());
    assert_eq!(room.stack(&child).await["StackStatus"], "DELETE_COMPLETE");
}

#[tokio::test]
async fn a_child_that_fails_leaves_nothing() {
    let child = CHILD.replace("Name: !Ref N", "Name: !Ref N, Fail: create");
    let room = room(&[("child.yml", &child)]).await;
    assert_eq!(room.deploy("CreateStack", PARENT).await, "ROLLBACK_COMPLETE");
    let events = room.events("s").await;
    let failed = events.iter().find(|line| line.starts_with("S CREATE_FAILED")).unwrap();
    assert!(
        failed.contains("was not successfully created: The following resource(s) failed to create: [C]."),
        "{failed}"
    );
    let live = room.call("DescribeStacks", json!({})).await;
    assert_eq!(live["Stacks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_template_that_nests_itself_ends() {
    let parent = "Resources: {S: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: 'https://s3.amazonaws.com/b/child.yml'}}}";
    let room = room(&[("child.yml", parent)]).await;
    assert_eq!(room.deploy("CreateStack", parent).await, "ROLLBACK_COMPLETE");
    let live = room.call("DescribeStacks", json!({})).await;
    assert_eq!(live["Stacks"].as_array().unwrap().len(), 1);
}
