//! Whole deployments against a pretended AWS that keeps one bucket, one stack and its functions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::deploy::{Outcome, deploy};
use super::function::{Updated, Wanted};
use super::*;
use crate::api::cloudformation::Event;
use crate::api::tests::{answer, api};
use crate::compile::Template;
use crate::model::{Package, Packages, Source};

#[derive(Default)]
struct World {
    /// Key -> hash and content.
    objects: BTreeMap<String, (String, Bytes)>,
    stack: Option<String>,
    template: String,
    changes: Option<String>,
    events: Vec<(String, String, String, String)>,
    functions: BTreeMap<String, Value>,
    /// The calls that change something, in their order.
    calls: Vec<String>,
    /// The resource whose creation fails.
    broken: Option<String>,
    /// Whether no template is good enough for an update.
    refuses: bool,
}

impl World {
    fn event(&mut self, id: &str, kind: &str, status: &str, reason: &str) {
        self.events.push((id.to_owned(), kind.to_owned(), status.to_owned(), reason.to_owned()));
    }

    fn execute(&mut self, verb: &str) {
        const STACK: &str = "AWS::CloudFormation::Stack";
        self.event("shop-dev", STACK, &format!("{verb}_IN_PROGRESS"), "");
        if let Some(broken) = self.broken.clone() {
            self.event(&broken, "AWS::SQS::Queue", "CREATE_FAILED", "no such thing");
            self.event("Other", "AWS::SQS::Queue", "CREATE_FAILED", "Resource creation cancelled");
            self.event("shop-dev", STACK, "UPDATE_ROLLBACK_COMPLETE", "");
            self.stack = Some("UPDATE_ROLLBACK_COMPLETE".to_owned());
            return;
        }
        self.event("Queue", "AWS::SQS::Queue", &format!("{verb}_COMPLETE"), "");
        self.event("shop-dev", STACK, &format!("{verb}_COMPLETE"), "");
        self.stack = (verb != "DELETE").then(|| format!("{verb}_COMPLETE"));
        if verb == "UPDATE" {
            let configuration = json!({"LastModified": "2030-01-01T00:00:00.000+0000", "CodeSha256": "old", "State": "Active",
                "LastUpdateStatus": "Successful", "MemorySize": 128, "Environment": {"Variables": {"A": "1"}}});
            self.functions.insert("shop-dev-hello".to_owned(), json!({"Configuration": configuration}));
        }
    }

    fn answer(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        if path.starts_with("/2015-03-31/") {
            return self.lambda(request, &path);
        }
        if let Some(key) = path.strip_prefix("/bucket/") {
            return self.s3(request, key);
        }
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        let form: BTreeMap<&str, &str> = body.split('&').filter_map(|pair| pair.split_once('=')).collect();
        self.cloudformation(&form)
    }

    fn cloudformation(&mut self, form: &BTreeMap<&str, &str>) -> Response<Bytes> {
        let xml = |text: &str| answer(200, "text/xml", text);
        let missing = "<E><Error><Code>ValidationError</Code><Message>Stack with id shop-dev does not exist</Message></Error></E>";
        let action = form["Action"];
        if !action.starts_with("Describe") {
            self.calls.push(
                format!("{action} {}", form.get("ChangeSetType").copied().unwrap_or_default())
                    .trim()
                    .to_owned(),
            );
        }
        match action {
            "DescribeStacks" | "DescribeStackEvents" if self.stack.is_none() && self.events.is_empty() => {
                answer(400, "text/xml", missing)
            }
            "DescribeStacks" => match &self.stack {
                None => answer(400, "text/xml", missing),
                Some(status) => xml(&format!(
                    "<R><Stacks><member><StackId>arn:stack</StackId><StackStatus>{status}</StackStatus><Outputs><member>\
                     <OutputKey>HttpApiUrl</OutputKey><OutputValue>https://abc.execute-api.us-east-1.amazonaws.com</OutputValue>\
                     </member></Outputs></member></Stacks></R>"
                )),
            },
            "DescribeStackResource" => xml(
                "<R><StackResourceDetail><PhysicalResourceId>bucket</PhysicalResourceId></StackResourceDetail></R>",
            ),
            "DescribeStackEvents" => {
                let events = self.events.iter().enumerate().rev().map(|(index, (id, kind, status, reason))| {
                    let physical = if id == "shop-dev" { "arn:stack" } else { "p" };
                    format!(
                        "<member><EventId>{index}</EventId><StackId>arn:stack</StackId><LogicalResourceId>{id}</LogicalResourceId>\
                         <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
                         <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>"
                    )
                });
                xml(&format!("<R><StackEvents>{}</StackEvents></R>", events.collect::<String>()))
            }
            "CreateChangeSet" if self.refuses && form["ChangeSetType"] == "UPDATE" => {
                let text = "Template format error: Unrecognized resource types: [AWS::Foo::Bar]";
                answer(
                    400,
                    "text/xml",
                    &format!("<E><Error><Code>ValidationError</Code><Message>{text}</Message></Error></E>"),
                )
            }
            "CreateChangeSet" => {
                let template = form.get("TemplateBody").or(form.get("TemplateURL")).unwrap();
                self.changes = (self.template != *template).then(|| (*template).to_owned());
                xml("<R><StackId>arn:stack</StackId></R>")
            }
            "DescribeChangeSet" => match &self.changes {
                Some(_) => xml(
                    "<R><DescribeChangeSetResult><Status>CREATE_COMPLETE</Status></DescribeChangeSetResult></R>",
                ),
                None => xml(
                    "<R><DescribeChangeSetResult><Status>FAILED</Status><StatusReason>The submitted information didn't \
                             contain changes. x</StatusReason></DescribeChangeSetResult></R>",
                ),
            },
            "ExecuteChangeSet" => {
                self.template = self.changes.take().unwrap();
                let verb = if self.stack.is_none() { "CREATE" } else { "UPDATE" };
                self.execute(verb);
                xml("<R/>")
            }
            "DeleteStack" => {
                self.template.clear();
                self.execute("DELETE");
                xml("<R/>")
            }
            "DeleteChangeSet" | "ValidateTemplate" => xml("<R/>"),
            other => panic!("{other} is not pretended"),
        }
    }

    fn s3(&mut self, request: &Request<Bytes>, key: &str) -> Response<Bytes> {
        let hash = || request.headers()["x-amz-meta-filesha256"].to_str().unwrap().to_owned();
        match (request.method(), key) {
            (&Method::HEAD, "") => answer(200, "", ""),
            (&Method::HEAD, key) => {
                let mut response = answer(200, "", "");
                response.headers_mut().insert("x-amz-meta-filesha256", self.objects[key].0.parse().unwrap());
                response
            }
            (&Method::PUT, key) => {
                let name = key.rsplit('/').next().unwrap();
                self.calls.push(format!("put {name}"));
                let key = key.replace("%3A", ":");
                self.objects.insert(key, (hash(), request.body().clone()));
                answer(200, "", "")
            }
            (&Method::GET, "") => {
                let query = request.uri().query().unwrap();
                let prefix = query.split("prefix=").nth(1).unwrap().replace("%2F", "/");
                let list = self.objects.keys().filter(|key| key.starts_with(&prefix)).map(|key| {
                    format!("<Contents><Key>{key}</Key><LastModified>2029-01-01T00:00:00.000Z</LastModified></Contents>")
                });
                answer(
                    200,
                    "application/xml",
                    &format!("<ListBucketResult>{}</ListBucketResult>", list.collect::<String>()),
                )
            }
            (&Method::POST, "") => {
                let body = String::from_utf8(request.body().to_vec()).unwrap();
                self.calls.push("delete objects".to_owned());
                self.objects.retain(|key, _| !body.contains(&format!("<Key>{key}</Key>")));
                answer(200, "application/xml", "<DeleteResult/>")
            }
            other => panic!("{other:?} is not pretended"),
        }
    }

    fn lambda(&mut self, request: &Request<Bytes>, path: &str) -> Response<Bytes> {
        let name = path.strip_prefix("/2015-03-31/functions/").unwrap();
        let (name, what) = name.split_once('/').unwrap_or((name, ""));
        let json_answer = |value: &Value| answer(200, "application/json", &value.to_string());
        let versions = ["$LATEST", "1", "2", "3", "10"].map(|version| json!({"Version": version}));
        match (request.method(), what) {
            (&Method::GET, "") => match self.functions.get(name) {
                Some(function) => json_answer(function),
                None => answer(404, "application/json", r#"{"message": "Function not found"}"#),
            },
            (&Method::GET, "versions") => json_answer(&json!({"Versions": versions})),
            (&Method::GET, "aliases") => json_answer(&json!({"Aliases": [{"FunctionVersion": "1"}]})),
            (&Method::DELETE, "") => {
                self.calls.push(format!("delete {name} {}", request.uri().query().unwrap_or_default()));
                answer(204, "", "")
            }
            (&Method::PUT, what) => {
                let input: Value = serde_json::from_slice(request.body()).unwrap();
                let keys: Vec<&str> = input.as_object().unwrap().keys().map(String::as_str).collect();
                self.calls.push(format!("{what} {}", keys.join(" ")));
                json_answer(&self.functions[name]["Configuration"])
            }
            other => panic!("{other:?} is not pretended"),
        }
    }
}

/// A service, its packages and a cloud for them.
struct Stage {
    _folder: tempfile::TempDir,
    world: Arc<Mutex<World>>,
    api: Api,
    service: Service,
    packages: Packages,
    template: Template,
}

impl Stage {
    fn new(provider: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.zip");
        std::fs::write(&file, "zip").unwrap();
        let world = Arc::new(Mutex::new(World::default()));
        let answering = world.clone();
        let endpoint = Endpoint::Url("http://127.0.0.1:4566".to_owned());
        let (api, _) = api(endpoint, move |request| answering.lock().unwrap().answer(request));
        let events = json!([{"httpApi": "GET /hello"}, {"httpApi": "*"}]);
        let service = Service {
            config: json!({"service": "shop", "provider": provider, "layers": {}, "resources": {"Resources": {"Queue": {}}},
                "functions": {"hello": {"handler": "h.x", "memorySize": 256, "environment": {"A": 1}, "events": events}}}),
            source: Source::new("serverless.yml"),
            directory: folder.path().to_owned(),
            stage: "dev".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let package = Package { file, name: "shop.zip".to_owned(), sha256: "hash".to_owned(), size_bytes: 3 };
        let packages = Packages {
            prefix: "serverless/shop/dev/1-x".to_owned(),
            functions: BTreeMap::from([("hello".to_owned(), package)]),
            ..Packages::default()
        };
        let template = Template {
            create: json!({"Resources": {"ServerlessDeploymentBucket": {"Type": "AWS::S3::Bucket"}}}),
            update: json!({"Resources": {"A": {"Type": "B"}}}),
            notices: Vec::new(),
        };
        Self { _folder: folder, world, api, service, packages, template }
    }

    fn session(&self) -> Session<'_> {
        Session { api: &self.api, service: &self.service, report: &Quiet }
    }

    async fn deploy(&mut self, time: u32) -> Result<Outcome, String> {
        self.packages.prefix = format!("serverless/shop/dev/{time}-x");
        deploy(self.session(), &self.packages, &self.template, false)
            .await
            .map_err(|errors| errors.to_string())
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.world.lock().unwrap().calls)
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_is_created_then_skipped_then_updated() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    assert_eq!(stage.deploy(1).await.unwrap(), Outcome::Deployed);
    assert_eq!(
        stage.calls(),
        [
            "CreateChangeSet CREATE",
            "ExecuteChangeSet",
            "put compiled-cloudformation-template.json",
            "put shop.zip",
            "ValidateTemplate",
            "DeleteChangeSet",
            "CreateChangeSet UPDATE",
            "ExecuteChangeSet",
        ]
    );
    assert_eq!(stage.deploy(2).await.unwrap(), Outcome::Skipped);
    assert_eq!(stage.calls(), [""; 0]);
    stage.packages.functions.get_mut("hello").unwrap().sha256 = "other".to_owned();
    assert_eq!(stage.deploy(3).await.unwrap(), Outcome::Deployed);
    assert_eq!(stage.calls().last().unwrap(), "ExecuteChangeSet");
    let info = info::info(stage.session()).await.unwrap();
    let urls: Vec<String> =
        info.addresses.iter().map(|address| format!("{} {}", address.method, address.url)).collect();
    assert_eq!(
        urls,
        ["GET http://abc.execute-api.localhost:4566/hello", "ANY http://abc.execute-api.localhost:4566/"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_template_leaves_nothing_behind_and_old_deployments_go() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    for time in 1..=7 {
        stage.packages.functions.get_mut("hello").unwrap().sha256 = format!("hash {time}");
        assert_eq!(stage.deploy(time).await.unwrap(), Outcome::Deployed);
    }
    let folders = |stage: &Stage| {
        let world = stage.world.lock().unwrap();
        let mut folders: Vec<String> =
            world.objects.keys().map(|key| key.split('/').nth(3).unwrap().to_owned()).collect();
        folders.dedup();
        folders
    };
    assert_eq!(folders(&stage), ["3-x", "4-x", "5-x", "6-x", "7-x"]);
    let same = "https%3A%2F%2Fs3.amazonaws.com%2Fbucket%2Fserverless%2Fshop%2Fdev%2F8-x%2Fcompiled-cloudformation-template.json";
    stage.world.lock().unwrap().template = same.to_owned();
    stage.packages.functions.get_mut("hello").unwrap().sha256 = "hash 8".to_owned();
    assert_eq!(stage.deploy(8).await.unwrap(), Outcome::EmptyChangeSet);
    assert_eq!(folders(&stage).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_did_not_reach_the_functions_is_made_again() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    stage.deploy(1).await.unwrap();
    let modified = json!("2028-01-01T00:00:00.000+0000");
    stage.world.lock().unwrap().functions.get_mut("shop-dev-hello").unwrap()["Configuration"]["LastModified"] =
        modified;
    assert_eq!(stage.deploy(2).await.unwrap(), Outcome::Deployed);
}

#[tokio::test(start_paused = true)]
async fn a_failure_names_its_cause_and_an_abandoned_stack_its_way_out() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    stage.deploy(1).await.unwrap();
    stage.world.lock().unwrap().broken = Some("Queue".to_owned());
    stage.template.update = json!({"Resources": {"A": {"Type": "C"}}});
    assert_eq!(
        stage.deploy(2).await.unwrap_err(),
        "serverless.yml: Queue (AWS::SQS::Queue): no such thing\n\
         stack shop-dev ended in UPDATE_ROLLBACK_COMPLETE\n  the service is as it was before"
    );
    stage.world.lock().unwrap().stack = Some("ROLLBACK_COMPLETE".to_owned());
    let error = stage.deploy(3).await.unwrap_err();
    assert!(
        error.starts_with(
            "Service cannot be deployed as the CloudFormation stack is in the 'ROLLBACK_COMPLETE' state."
        ),
        "{error}"
    );
    assert!(error.contains("`cloudlet remove`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_service_leaves_no_stack_behind_and_a_running_one_stays() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    stage.service.config["resources"]["Resources"]["Queue"]["Type"] = json!("AWS::Foo::Bar");
    stage.world.lock().unwrap().refuses = true;
    let refusal = "serverless.yml: ValidationError: Template format error: Unrecognized resource types: [AWS::Foo::Bar]";
    assert_eq!(stage.deploy(1).await.unwrap_err(), refusal);
    assert_eq!(stage.calls().last().unwrap(), "DeleteStack");
    assert!(stage.world.lock().unwrap().objects.is_empty() && stage.world.lock().unwrap().stack.is_none());

    stage.world.lock().unwrap().refuses = false;
    stage.deploy(2).await.unwrap();
    stage.world.lock().unwrap().refuses = true;
    stage.packages.functions.get_mut("hello").unwrap().sha256 = "other".to_owned();
    assert_eq!(stage.deploy(3).await.unwrap_err(), refusal);
    assert!(!stage.calls().contains(&"DeleteStack".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_service_is_removed_with_its_objects() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    assert!(remove::remove(stage.session()).await.unwrap_err().to_string().contains("does not exist"));
    stage.deploy(1).await.unwrap();
    stage.calls();
    remove::remove(stage.session()).await.unwrap();
    assert_eq!(stage.calls(), ["delete objects", "DeleteStack"]);
    assert!(stage.world.lock().unwrap().objects.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_single_function_gets_what_differs() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    let package = stage.packages.functions["hello"].clone();
    let missing =
        function::deploy(stage.session(), "hello", Some(&package), Wanted::Differences).await.unwrap_err();
    assert!(missing.to_string().contains("is not yet deployed"), "{missing}");
    stage.deploy(1).await.unwrap();
    stage.calls();
    let updated =
        function::deploy(stage.session(), "hello", Some(&package), Wanted::Differences).await.unwrap();
    assert_eq!(updated, Updated { code: true, configuration: true });
    assert_eq!(stage.calls(), ["code ZipFile", "configuration Handler MemorySize"]);
    {
        let mut world = stage.world.lock().unwrap();
        let configuration = &mut world.functions.get_mut("shop-dev-hello").unwrap()["Configuration"];
        configuration["CodeSha256"] = json!("hash");
        configuration["Handler"] = json!("h.x");
        configuration["MemorySize"] = json!(256);
    }
    for (wanted, code) in
        [(Wanted::Differences, false), (Wanted::Forced, true), (Wanted::Configuration, false)]
    {
        let updated = function::deploy(stage.session(), "hello", Some(&package), wanted).await.unwrap();
        assert_eq!(updated, Updated { code, configuration: false }, "{wanted:?}");
    }
    let unknown = function::known(stage.session(), "nobody").unwrap_err().to_string();
    assert_eq!(unknown, "Function \"nobody\" doesn't exist in this Service\n  its functions are: hello");
}
#[tokio::test(start_paused = true)]
async fn old_versions_are_pruned_but_for_the_newest_and_the_aliased() {
    let mut stage = Stage::new(json!({"name": "aws"}));
    stage.deploy(1).await.unwrap();
    stage.calls();
    assert_eq!(prune::prune(stage.session(), 1).await.unwrap(), 2);
    assert_eq!(stage.calls(), ["delete shop-dev-hello Qualifier=3", "delete shop-dev-hello Qualifier=2"]);
}

#[test]
fn addresses_of_aws_become_addresses_of_the_endpoint() {
    let stage = Stage::new(json!({"name": "aws"}));
    let check = |url: &str, expected: &str| assert_eq!(info::reachable(stage.session(), url), expected);
    check("https://a1.execute-api.eu-west-1.amazonaws.com/dev", "http://a1.execute-api.localhost:4566/dev");
    check("wss://a1.execute-api.eu-west-1.amazonaws.com/dev", "ws://a1.execute-api.localhost:4566/dev");
    check("https://u1.lambda-url.us-east-1.on.aws/", "http://u1.lambda-url.localhost:4566/");
    check("https://example.com/x", "https://example.com/x");
}

/// A report that keeps what it hears.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Report for Kept {
    fn step(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
    fn event(&self, event: &Event) {
        self.0.lock().unwrap().push(format!("{} {}", event.status, event.logical_id));
    }
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_once_and_in_order() {
    let stage = Stage::new(json!({"name": "aws"}));
    let kept = Kept::default();
    let session = Session { report: &kept, ..stage.session() };
    deploy(session, &stage.packages, &stage.template, false).await.unwrap();
    assert_eq!(
        *kept.0.lock().unwrap(),
        [
            "Retrieving CloudFormation stack",
            "Creating CloudFormation stack",
            "CREATE_IN_PROGRESS shop-dev",
            "CREATE_COMPLETE Queue",
            "CREATE_COMPLETE shop-dev",
            "Checking for changes",
            "Uploading",
            "Updating CloudFormation stack",
            "UPDATE_IN_PROGRESS shop-dev",
            "UPDATE_COMPLETE Queue",
            "UPDATE_COMPLETE shop-dev",
        ]
    );
}
