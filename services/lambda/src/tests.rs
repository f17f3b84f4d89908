//! Room tests: operations through the door, with real processes where a function runs.

use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud::caller::{Caller, Principal};
use cloud::identity::record::Role;
use cloud::operation::entry;
use cloud::prelude::*;
use cloud::service::{Service, Words};
use serde_json::{Value, json};
use store::layer::table;
use testkit::{ACCOUNT, REGION, World};
use wire::table::Protocol;

use crate::unzip::tests::zip;

mod aliases;
mod asynchronous;
mod chaos;
mod concurrency;
mod functions;
mod invoking;
mod layers;
mod mappings;
mod permissions;
mod stacks;
mod streaming;
mod surroundings;
mod urls;

pub(super) const ROLE: &str = "arn:aws:iam::000000000000:role/runner";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const ALLOW_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A cloud with Lambda, what it talks to, and a role that Lambda may assume.
pub(super) async fn world() -> World {
    let world = World::new(&[&crate::LAMBDA, &LOGS, &SQS]).await;
    put_role(&world, "runner", TRUST).await;
    CALLS.with(|calls| calls.lock().unwrap().clear());
    world
}

pub(super) async fn put_role(world: &World, name: &str, trust: &str) {
    put_role_with(world, name, trust, Some(ALLOW_ALL)).await;
}

pub(super) async fn put_role_with(world: &World, name: &str, trust: &str, policy: Option<&str>) {
    let role = Role {
        account: ACCOUNT.into(),
        name: name.into(),
        path: "/".into(),
        id: format!("AROA{name}"),
        created_at_millis: 0,
        trust: trust.into(),
        description: None,
        max_session_seconds: 3600,
        tags: Default::default(),
        boundary: None,
        inline: policy.map(|policy| ("all".to_string(), policy.to_string())).into_iter().collect(),
        attached: Vec::new(),
    };
    let mut tx = store::begin(world.cloud().store()).await.unwrap();
    table::put(&mut tx, &role).await.unwrap();
    world.cloud().identities().note_change(&mut tx);
    tx.commit().await.unwrap();
}

/// A zip file with one source file, in base64.
pub(super) fn code(file: &str, text: &str) -> String {
    STANDARD.encode(zip(&[(file, text.as_bytes(), 0o644)]))
}

pub(super) const ECHO: &str = "exports.handler = async (event) => event";

/// The input of CreateFunction for a Node.js function. Its time limit is the highest: a test that is not about the limit
/// comes to it only when it hangs.
pub(super) fn node(name: &str, text: &str) -> Value {
    json!({
        "FunctionName": name, "Runtime": "nodejs20.x", "Role": ROLE, "Handler": "index.handler",
        "Timeout": TIMEOUT_SECONDS, "Code": {"ZipFile": code("index.js", text)},
    })
}

const TIMEOUT_SECONDS: i64 = 900;

/// A Node.js function with a folder at /mnt/shared that all such functions of the cloud share.
pub(super) fn with_file_system(name: &str, text: &str) -> Value {
    let mut input = node(name, text);
    input["FileSystemConfigs"] = json!([{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/shared"}]);
    input
}

const ACCESS_POINT: &str =
    "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0";

pub(super) async fn create(world: &World, name: &str, text: &str) -> Value {
    world.ok("lambda", "CreateFunction", node(name, text)).await
}

/// Invokes and reads the payload.
pub(super) async fn invoke(world: &World, input: Value) -> (Value, Value) {
    let answer = world.ok("lambda", "Invoke", input).await;
    let payload = STANDARD.decode(answer["Payload"].as_str().unwrap_or_default()).unwrap();
    (serde_json::from_slice(&payload).unwrap_or(Value::Null), answer)
}

pub(super) fn payload(value: &Value) -> String {
    STANDARD.encode(value.to_string())
}

/// Somebody with a signature and no permission.
pub(super) fn service(name: &'static str, source_arn: &str) -> Caller {
    let mut caller = Caller::service(name, ACCOUNT, REGION, Some(source_arn));
    caller.principal = Principal::Service(name);
    caller
}

thread_local! {
    /// Calls that other services got, as `operation input`: each test has a thread of its own.
    pub(super) static CALLS: Mutex<Vec<(String, Value)>> = const { Mutex::new(Vec::new()) };
}

pub(super) fn calls(operation: &str) -> Vec<Value> {
    CALLS.with(|calls| {
        let calls = calls.lock().unwrap();
        calls.iter().filter(|(name, _)| name == operation).map(|(_, input)| input.clone()).collect()
    })
}

/// Stand-ins for services that functions and Lambda call.
pub(super) static LOGS: Service = stand_in(
    "logs",
    &[
        entry::<Recorded<CreateLogGroup>>(),
        entry::<Recorded<CreateLogStream>>(),
        entry::<Recorded<PutLogEvents>>(),
    ],
);
static SQS: Service = stand_in("sqs", &[entry::<Recorded<SendMessage>>()]);

const fn stand_in(name: &'static str, operations: &'static [cloud::operation::Entry]) -> Service {
    Service {
        name,
        title: name,
        signing_name: name,
        protocols: &[Protocol::RestJson],
        operations,
        resources: &[],
        jobs: &[],
        plane: None,
        words: Words::JSON,
    }
}

/// An operation that only writes down what it was called with.
struct Recorded<T>(std::marker::PhantomData<T>);

trait Name: Send + 'static {
    const NAME: &'static str;
    type Input: Shape + Send + Sync;
    fn arn() -> String;
    fn show(input: Self::Input) -> Value;
}

impl<T: Name> Operation for Recorded<T> {
    const NAME: &'static str = T::NAME;
    const KIND: Kind = Kind::Free;
    type Input = T::Input;
    type Output = Empty;
    type Error = Failure;

    fn resource(_cx: &Cx, _input: &T::Input) -> Result<Resource, Failure> {
        Ok(T::arn().parse::<Arn>().map_err(Failure::internal)?.into())
    }

    async fn run(cx: &mut Cx, input: T::Input) -> Result<Empty, Failure> {
        let mut shown = T::show(input);
        shown["caller"] = json!(cx.caller().arn());
        CALLS.with(|calls| calls.lock().unwrap().push((T::NAME.to_string(), shown)));
        Ok(Empty {})
    }
}

#[derive(Shape)]
struct Empty {}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct GroupInput {
    log_group_name: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct StreamInput {
    log_group_name: String,
    log_stream_name: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct PutInput {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<EventInput>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct EventInput {
    timestamp: i64,
    message: String,
}

#[derive(Shape)]
struct SendInput {
    queue_url: String,
    message_body: String,
    message_attributes: Option<serde_json::Value>,
}

struct CreateLogGroup;
struct CreateLogStream;
struct PutLogEvents;
struct SendMessage;

impl Name for CreateLogGroup {
    const NAME: &'static str = "CreateLogGroup";
    type Input = GroupInput;
    fn arn() -> String {
        "arn:aws:logs:us-east-1:000000000000:log-group:any".into()
    }
    fn show(input: GroupInput) -> Value {
        json!({"group": input.log_group_name})
    }
}

impl Name for CreateLogStream {
    const NAME: &'static str = "CreateLogStream";
    type Input = StreamInput;
    fn arn() -> String {
        CreateLogGroup::arn()
    }
    fn show(input: StreamInput) -> Value {
        json!({"group": input.log_group_name, "stream": input.log_stream_name})
    }
}

impl Name for PutLogEvents {
    const NAME: &'static str = "PutLogEvents";
    type Input = PutInput;
    fn arn() -> String {
        CreateLogGroup::arn()
    }
    fn show(input: PutInput) -> Value {
        let events: Vec<Value> =
            input.log_events.into_iter().map(|event| json!([event.timestamp, event.message])).collect();
        json!({"group": input.log_group_name, "stream": input.log_stream_name, "events": events})
    }
}

impl Name for SendMessage {
    const NAME: &'static str = "SendMessage";
    type Input = SendInput;
    fn arn() -> String {
        "arn:aws:sqs:us-east-1:000000000000:any".into()
    }
    fn show(input: SendInput) -> Value {
        let body: Value = serde_json::from_str(&input.message_body).unwrap_or_default();
        json!({"queue": input.queue_url, "body": body, "attributes": input.message_attributes})
    }
}
