//! Custom resources: a Lambda function of the user's makes them and answers by an HTTP PUT.
//!
//! The request and the answer are those of the AWS documentation, "Custom resource request and response reference".
//!
//! Differs from AWS: the function is invoked once and waited for, so that one that fails fails the resource at once
//! instead of after an hour; the response URL of functions in `provided.*` runtimes is one of this cloud, `http` and on
//! its port (`answer_url`). The deletion after a failed creation is sent at once, also when the stack is not rolled
//! back. `NoEcho` of an answer is not heeded.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use cfn::eval::text_of;
use cloud::caller::Caller;
use cloud::client::lambda;
use cloud::plane::{Plane, PlaneRequest};
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest};
use futures::channel::oneshot;
use futures::future::{self, Either};
use serde_json::{Map, Value, json};

use crate::keys::Action;
use crate::kinds::ANY;

pub(crate) const PROPERTIES: &[Property] =
    &[Property::new("ServiceToken").required(), Property::new("ServiceTimeout"), Property::new(ANY)];

/// How long an answer is waited for when the template does not say, in seconds.
const TIMEOUT_SECONDS_DEFAULT: i64 = 3600;
/// The largest answer, from the AWS documentation.
const ANSWER_BYTES_MAX: usize = 4096;
/// Where answers are sent to.
const PATH: &str = "/_cloudformation/response/";

/// Refuses what cannot be asked.
pub(crate) fn check(properties: &Map<String, Value>) -> Result<(), String> {
    match properties.get("ServiceToken") {
        Some(Value::String(token)) if token.starts_with("arn:") && !token.contains(":lambda:") => {
            Err(format!("ServiceToken must be a Lambda function here, not {token}"))
        }
        _ => Ok(()),
    }
}

/// The answers that are waited for, by the secret part of their URL.
#[derive(Default)]
struct Waiting {
    answers: Mutex<HashMap<String, oneshot::Sender<Value>>>,
}

impl Waiting {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, oneshot::Sender<Value>>) -> T) -> T {
        act(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Creates, changes or deletes a custom resource. The error is the reason that the event shows.
pub(crate) async fn act(
    cx: &mut Cx,
    type_name: &str,
    action: Action,
    request: &ResourceRequest,
    old: &Map<String, Value>,
) -> Result<ResourceOutcome, String> {
    let answer = exchange(cx, type_name, action, request, old).await?;
    let failed = answer.get("Status").and_then(Value::as_str) != Some("SUCCESS");
    let id = answer.get("PhysicalResourceId").and_then(Value::as_str);
    if let (true, Action::Create | Action::Replace, Some(id)) = (failed, action, id) {
        // What was half made is taken away. The creation has failed either way, so that a failure here changes nothing.
        let request = ResourceRequest { physical_id: Some(id.to_owned()), ..request.clone() };
        if let Err(reason) = exchange(cx, type_name, Action::Delete, &request, old).await {
            tracing::warn!(
                resource = request.logical_id,
                reason,
                "the deletion after a failed creation failed"
            );
        }
    }
    outcome(answer, action, request)
}

/// Sends a request to the function and returns its answer.
async fn exchange(
    cx: &mut Cx,
    type_name: &str,
    action: Action,
    request: &ResourceRequest,
    old: &Map<String, Value>,
) -> Result<Value, String> {
    let function = request.text("ServiceToken").unwrap_or_default();
    let old_function = old.get("ServiceToken").and_then(Value::as_str).unwrap_or(&function);
    if action == Action::Update && old_function != function {
        return Err("Modifying service token is not allowed.".to_owned());
    }
    let secret = cx.new_id();
    let (sender, receiver) = oneshot::channel();
    let waiting = cx.state::<Waiting>();
    waiting.with(|answers| answers.insert(secret.clone(), sender));
    let url = answer_url(cx, &function, &secret).await;
    let event = event(type_name, action, request, old, &url);
    let answer = ask(cx, function, event, request, receiver).await;
    waiting.with(|answers| answers.remove(&secret));
    answer
}

/// Where the function sends its answer. Functions that are led to this cloud under names of AWS get a URL like AWS's:
/// many send to port 443 whatever the URL says, such as AWS's own `cfn-response` and the framework's helpers. All others
/// get one of this cloud.
async fn answer_url(cx: &mut Cx, function: &str, secret: &str) -> String {
    if !cx.cloud().hooks().has_authority() || !is_led(cx, function).await {
        return format!("{}{PATH}{secret}", cx.cloud().endpoint());
    }
    let region = cx.region().to_string();
    let bucket = format!("cloudformation-custom-resource-response-{}", region.replace('-', ""));
    format!("https://{bucket}.s3.{region}.amazonaws.com{PATH}{secret}")
}

/// Whether connections of the function to names of AWS lead to this cloud: those in Node.js and Python.
async fn is_led(cx: &mut Cx, function: &str) -> bool {
    let Ok(arn) = function.parse::<Arn>() else { return false };
    // The platform asks: who makes a stack need not be allowed to look at the function.
    let platform = Caller::root(arn.account(), arn.region());
    let input = json!({"FunctionName": function});
    let runtime = match cx.call_json(platform, "lambda", "GetFunctionConfiguration", &input).await {
        Ok(found) => found["Runtime"].as_str().unwrap_or_default().to_owned(),
        // What is wrong with the function is told when it is invoked.
        Err(_) => return false,
    };
    runtime.starts_with("nodejs") || runtime.starts_with("python")
}

/// The event that the function gets.
fn event(
    type_name: &str,
    action: Action,
    request: &ResourceRequest,
    old: &Map<String, Value>,
    url: &str,
) -> Value {
    let kind = match action {
        Action::Create | Action::Replace => "Create",
        Action::Update => "Update",
        Action::Delete => "Delete",
    };
    let mut event = json!({
        "RequestType": kind,
        "ServiceToken": request.property("ServiceToken"),
        "ResponseURL": url,
        "StackId": request.stack_id,
        "RequestId": request.token,
        "LogicalResourceId": request.logical_id,
        "ResourceType": type_name,
        "ResourceProperties": stringly(&Value::Object(request.properties.clone())),
    });
    if let Some(id) = &request.physical_id {
        event["PhysicalResourceId"] = json!(id);
    }
    if action == Action::Update {
        event["OldResourceProperties"] = stringly(&Value::Object(old.clone()));
    }
    event
}

/// Numbers and booleans reach functions as texts.
fn stringly(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(stringly).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), stringly(item))).collect())
        }
        other => text_of(other).map_or_else(|| other.clone(), Value::String),
    }
}

/// Invokes the function and waits for its answer.
async fn ask(
    cx: &Cx,
    function: String,
    event: Value,
    request: &ResourceRequest,
    answer: oneshot::Receiver<Value>,
) -> Result<Value, String> {
    let seconds = request.text("ServiceTimeout").and_then(|text| text.parse().ok());
    let until = cx.now().plus_secs(seconds.unwrap_or(TIMEOUT_SECONDS_DEFAULT));
    let no_answer = || {
        format!(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{}].",
            request.token
        )
    };
    let (ended, end) = oneshot::channel();
    let mut own = cx.detach();
    // The function goes on after it has answered: it is not ours to stop.
    cx.cloud().tasks().spawn_loop(async move {
        let caller: Caller = own.caller().clone();
        let invoked = lambda::invoke(&mut own, caller, &function, event.to_string().into()).await;
        // Nobody listens any more once the answer is there.
        let _nobody = ended.send(invoked);
    });
    let answer = match future::select(answer, end).await {
        Either::Left((answer, _)) => return answer.map_err(|_| no_answer()),
        Either::Right((Ok(Err(failure)), _)) => return Err(failure.message().to_owned()),
        Either::Right((Ok(Ok(invoked)), mut answer)) => match (answer.try_recv(), invoked.function_error) {
            (Ok(Some(answer)), _) => return Ok(answer),
            (_, Some(_)) => {
                let text = String::from_utf8_lossy(&invoked.payload).into_owned();
                return Err(format!("The function of the custom resource failed before it answered: {text}"));
            }
            (_, None) => answer,
        },
        Either::Right((Err(_), answer)) => answer,
    };
    match future::select(answer, Box::pin(cx.sleep_until(until))).await {
        Either::Left((answer, _)) => answer.map_err(|_| no_answer()),
        Either::Right(_) => Err(no_answer()),
    }
}

/// What an answer means.
fn outcome(answer: Value, action: Action, request: &ResourceRequest) -> Result<ResourceOutcome, String> {
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("Status") != "SUCCESS" {
        return Err(format!(
            "Received response status [FAILED] from custom resource. Message returned: {} (RequestId: {})",
            text("Reason"),
            request.token
        ));
    }
    let given = Some(text("PhysicalResourceId")).filter(|id| !id.is_empty()).map(str::to_owned);
    let physical_id = match (given, action) {
        (Some(id), _) => id,
        (None, Action::Update | Action::Delete) => request.physical_id.clone().unwrap_or_default(),
        (None, _) => return Err("Invalid PhysicalResourceId".to_owned()),
    };
    let data = answer.get("Data").and_then(Value::as_object).cloned().unwrap_or_default();
    let attributes: BTreeMap<String, Value> = data.into_iter().collect();
    Ok(ResourceOutcome { physical_id, attributes })
}

/// Takes the answers of functions.
pub(crate) struct Answers;

#[async_trait]
impl Plane for Answers {
    fn claims(&self, _host: &str, path: &str) -> bool {
        path.starts_with(PATH)
    }

    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> http::Response<Stream> {
        let status = take(cx, request).await;
        let mut response = http::Response::new(Stream::empty());
        *response.status_mut() = status;
        response
    }
}

async fn take(cx: &Cx, request: PlaneRequest) -> http::StatusCode {
    if request.parts.method != http::Method::PUT {
        return http::StatusCode::METHOD_NOT_ALLOWED;
    }
    let Ok(body) = request.body.collect(ANSWER_BYTES_MAX).await else {
        return http::StatusCode::PAYLOAD_TOO_LARGE;
    };
    let Ok(answer) = serde_json::from_slice::<Value>(&body) else {
        return http::StatusCode::BAD_REQUEST;
    };
    let secret = request.parts.uri.path().strip_prefix(PATH).unwrap_or_default();
    let sender = cx.state::<Waiting>().with(|answers| answers.remove(secret));
    match sender.map(|sender| sender.send(answer)) {
        Some(Ok(())) => http::StatusCode::OK,
        // A secret that nobody waits for any more, or that never was.
        _ => http::StatusCode::FORBIDDEN,
    }
}
