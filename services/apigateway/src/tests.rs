//! Room tests: the operations, the data plane and the CloudFormation types, through the door.

use std::collections::BTreeMap;

use bytes::Bytes;
use cloud::resource::{ResourceRequest, ResourceType};
use http::Request;
use serde_json::{Value, json};
use shape::Stream;
use testkit::{World, nobody};

use super::*;

mod authorizers;
mod lambda;
mod logs;
mod operations;
mod plane;
mod stacks;
mod streaming;
mod usage;

/// An answer of the data plane.
struct Seen {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Seen {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON: {:?}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

async fn send(world: &World, request: Request<Stream>) -> Seen {
    let peer = Some("192.0.2.7:1234".parse().expect("an address"));
    let response = cloud::http::serve(world.cloud(), request, peer, false).await;
    let (parts, body) = response.into_parts();
    let body = body.collect(usize::MAX).await.expect("a body");
    Seen { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Sends a request to a stage, with headers and a body.
async fn ask(
    world: &World,
    method: &str,
    api: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Seen {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("host", format!("{api}.execute-api.localhost:4566"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Stream::once(Bytes::from(body.to_owned()));
    send(world, request.body(body).expect("a request")).await
}

async fn get(world: &World, api: &str, path: &str) -> Seen {
    ask(world, "GET", api, path, &[], "").await
}

/// An API in the making.
struct Api<'w> {
    world: &'w World,
    id: String,
    root: String,
}

impl<'w> Api<'w> {
    async fn new(world: &'w World, more: Value) -> Self {
        let mut input = json!({"name": "test"});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        let made = world.ok("apigateway", "CreateRestApi", input).await;
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self { world, id: text("id"), root: text("rootResourceId") }
    }

    async fn call(&self, operation: &str, more: Value) -> Value {
        self.world.ok("apigateway", operation, self.with(more)).await
    }

    async fn fails(&self, operation: &str, more: Value) -> (String, String) {
        self.world.error("apigateway", operation, self.with(more)).await
    }

    fn with(&self, mut more: Value) -> Value {
        if more.get("restApiId").is_none() {
            more["restApiId"] = json!(self.id);
        }
        more
    }

    /// Makes a resource under another one.
    async fn resource(&self, parent: &str, part: &str) -> String {
        let made = self.call("CreateResource", json!({"parentId": parent, "pathPart": part})).await;
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Puts a method with a function behind it.
    async fn lambda(&self, resource: &str, method: &str, function: &str, more: Value) {
        let mut input = json!({"resourceId": resource, "httpMethod": method, "authorizationType": "NONE"});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        self.call("PutMethod", input).await;
        let uri = format!(
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
             arn:aws:lambda:us-east-1:000000000000:function:{function}/invocations"
        );
        let input = json!({
            "resourceId": resource, "httpMethod": method, "type": "AWS_PROXY", "integrationHttpMethod": "POST",
            "uri": uri,
        });
        self.call("PutIntegration", input).await;
    }

    async fn deploy(&self, stage: &str) -> String {
        let made = self.call("CreateDeployment", json!({"stageName": stage})).await;
        made["id"].as_str().expect("an id").to_owned()
    }
}

/// An API whose every path reaches `function` on the stage `dev`.
async fn proxy<'w>(world: &'w World, function: &str, more: Value) -> Api<'w> {
    let api = Api::new(world, more).await;
    let all = api.resource(&api.root, "{proxy+}").await;
    api.lambda(&all, "ANY", function, json!({})).await;
    api.deploy("dev").await;
    api
}

async fn world() -> World {
    World::new(&[&APIGATEWAY, &lambda::LAMBDA]).await
}
