use cloud::prelude::*;
use cloud::service::Service;
use http::{Request as HttpRequest, Response};
use serde_json::{Value, json};
use testkit::World;
use testkit::lambda::{self, Answer, Call, Functions};

use crate::APIGATEWAYV2;

mod logs;

/// Functions that answer what their names say.
struct Named;

impl Functions for Named {
    fn policy(call: &Call) -> Option<String> {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:execute-api:us-east-1:000000000000:*"}},
        }]});
        (call.name() != "closed").then(|| policy.to_string())
    }

    async fn invoke(_cx: &mut Cx, call: Call) -> Result<Answer, Failure> {
        assert_eq!(call.invocation_type, "RequestResponse");
        Ok(match call.name() {
            "echo" => Answer::of(&json!({"statusCode": 200, "body": call.event.to_string()})),
            "plain" => Answer::of(&json!({"hello": "world"})),
            "cors" => Answer::of(
                &json!({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "http://evil"}}),
            ),
            "narrow" => {
                return Err(Failure::new("RequestEntityTooLargeException", 413, "Request must be smaller"));
            }
            "fails" => Answer::error(&json!({"errorMessage": "x"})),
            _ => Answer::of(&json!({"statusCode": "x"})),
        })
    }
}

/// A Lambda that answers what the function's name says.
static LAMBDA: Service = lambda::service::<Named>();

struct Fixture {
    world: World,
    id: String,
}

impl Fixture {
    /// An API with a route for each function, served by `$default`.
    async fn new(api: Value, routes: &[(&str, &str)]) -> Self {
        let world = World::new(&[&APIGATEWAYV2, &LAMBDA, &logs::LOGS]).await;
        let mut input = json!({"name": "a", "protocolType": "HTTP"});
        input.as_object_mut().unwrap().extend(api.as_object().unwrap().clone());
        let api = world.ok("apigatewayv2", "CreateApi", input).await;
        let fixture = Self { world, id: api["apiId"].as_str().unwrap().to_owned() };
        for (key, function) in routes {
            fixture.route(key, function, "2.0").await;
        }
        fixture.call("CreateStage", json!({"stageName": "$default", "autoDeploy": true})).await;
        fixture
    }

    async fn call(&self, operation: &str, mut input: Value) -> Value {
        input["apiId"] = json!(self.id);
        self.world.ok("apigatewayv2", operation, input).await
    }

    async fn route(&self, key: &str, function: &str, format: &str) {
        let uri = format!("arn:aws:lambda:us-east-1:000000000000:function:{function}");
        let input =
            json!({"integrationType": "AWS_PROXY", "integrationUri": uri, "payloadFormatVersion": format});
        let integration = self.call("CreateIntegration", input).await;
        let target = format!("integrations/{}", integration["integrationId"].as_str().unwrap());
        self.call("CreateRoute", json!({"routeKey": key, "target": target})).await;
    }

    async fn send(&self, request: HttpRequest<Stream>) -> (Response<()>, String) {
        let response = cloud::http::serve(self.world.cloud(), request, None, false).await;
        let (parts, body) = response.into_parts();
        let body = body.collect(1 << 20).await.unwrap();
        (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let (response, body) = self.send(self.request("GET", path)).await;
        (response.status().as_u16(), body)
    }

    fn request(&self, method: &str, path: &str) -> HttpRequest<Stream> {
        let host = format!("{}.execute-api.localhost:4566", self.id);
        HttpRequest::builder().method(method).uri(path).header("host", host).body(Stream::empty()).unwrap()
    }
}

#[tokio::test]
async fn routes_pass_events_of_format_2() {
    let api = Fixture::new(json!({}), &[("GET /pets/{id}", "echo")]).await;
    let (status, body) = api.get("/pets/7?a=1&a=2").await;
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "GET /pets/{id}");
    assert_eq!(event["rawPath"], "/pets/7");
    assert_eq!(event["queryStringParameters"], json!({"a": "1,2"}));
    assert_eq!(event["pathParameters"], json!({"id": "7"}));
    assert_eq!(event["requestContext"]["stage"], "$default");
    assert_eq!(event["requestContext"]["apiId"], api.id.as_str());
}

#[tokio::test]
async fn the_answer_and_the_event_name_one_request_id() {
    let api = Fixture::new(json!({}), &[("GET /x", "echo")]).await;
    let (response, body) = api.send(api.request("GET", "/x")).await;
    let event: Value = serde_json::from_str(&body).unwrap();
    let shown = response.headers()["apigw-requestid"].to_str().unwrap();
    // The form of an id as in the sample events: `LV7fzho-PHcEJPw=`.
    assert_eq!((shown.len(), event["requestContext"]["requestId"].as_str()), (16, Some(shown)));
}

#[tokio::test]
async fn answers_without_a_status_are_bodies() {
    let api = Fixture::new(json!({}), &[("$default", "plain")]).await;
    assert_eq!(api.get("/anything").await, (200, r#"{"hello":"world"}"#.to_owned()));
}

/// Texts: "Troubleshooting issues with HTTP API Lambda integrations", API Gateway Developer Guide.
#[tokio::test]
async fn failures_have_aws_texts() {
    let routes = [
        ("GET /fails", "fails"),
        ("GET /bad", "bad"),
        ("GET /closed", "closed"),
        ("GET /narrow", "narrow"),
        ("POST /x", "echo"),
    ];
    let api = Fixture::new(json!({}), &routes).await;
    let internal = (500, r#"{"message":"Internal Server Error"}"#.to_owned());
    assert_eq!(api.get("/fails").await, internal);
    assert_eq!(api.get("/bad").await, internal);
    assert_eq!(api.get("/closed").await, internal);
    let narrow = (413, r#"{"message":"Request Entity Too Large"}"#.to_owned());
    assert_eq!(api.get("/narrow").await, narrow);
    assert_eq!(api.get("/x").await, (404, r#"{"message":"Not Found"}"#.to_owned()));
    assert_eq!(api.get("/").await.0, 404);
}

#[tokio::test]
async fn changes_are_served_at_once() {
    let api = Fixture::new(json!({}), &[]).await;
    assert_eq!(api.get("/x").await.0, 404);
    api.route("GET /x", "plain", "2.0").await;
    assert_eq!(api.get("/x").await.0, 200);
    api.call("DeleteApi", json!({})).await;
    assert_eq!(api.get("/x").await.0, 404);
}

#[tokio::test]
async fn named_stages_serve_their_deployment() {
    let api = Fixture::new(json!({}), &[("GET /x", "echo")]).await;
    let deployment = api.call("CreateDeployment", json!({})).await;
    let id = &deployment["deploymentId"];
    api.call("CreateStage", json!({"stageName": "dev", "deploymentId": id, "stageVariables": {"a": "b"}}))
        .await;
    api.route("GET /y", "echo", "1.0").await;
    let (status, body) = api.get("/dev/x").await;
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &event["rawPath"], &event["stageVariables"]),
        (200, &json!("/dev/x"), &json!({"a": "b"}))
    );
    assert_eq!(api.get("/dev/y").await.0, 404);
    let event: Value = serde_json::from_str(&api.get("/y").await.1).unwrap();
    assert_eq!(event["version"], "1.0");
}

#[tokio::test]
async fn the_path_form_needs_no_host() {
    let api = Fixture::new(json!({}), &[("GET /x", "plain")]).await;
    let uri = format!("/_aws/execute-api/{}/x", api.id);
    let request = HttpRequest::get(uri).header("host", "localhost:4566").body(Stream::empty()).unwrap();
    assert_eq!(api.send(request).await.0.status(), 200);
}

#[tokio::test]
async fn origins_are_the_apis_business() {
    let cors = json!({"allowOrigins": ["https://*.example.com"], "allowMethods": ["GET", "PUT"],
        "allowHeaders": ["x-a"], "maxAge": 5, "allowCredentials": true});
    let api = Fixture::new(json!({"corsConfiguration": cors}), &[("GET /x", "cors")]).await;
    let with = |method: &str, origin: &str| {
        let mut request = api.request(method, "/x");
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request.headers_mut().insert("access-control-request-method", "GET".parse().unwrap());
        request
    };
    let (response, body) = api.send(with("OPTIONS", "https://app.example.com")).await;
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!((response.status().as_u16(), body.as_str()), (204, ""));
    assert_eq!(header("access-control-allow-origin").as_deref(), Some("https://app.example.com"));
    assert_eq!(header("access-control-allow-methods").as_deref(), Some("GET,PUT"));
    assert_eq!(header("access-control-max-age").as_deref(), Some("5"));
    let (response, _) = api.send(with("OPTIONS", "https://evil.com")).await;
    assert!(response.headers().get("access-control-allow-origin").is_none());
    // The function's own headers do not count.
    let (response, _) = api.send(with("GET", "https://app.example.com")).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example.com");
    let (response, _) = api.send(api.request("GET", "/x")).await;
    assert!(response.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn iam_routes_ask_for_a_signature() {
    let api = Fixture::new(json!({}), &[]).await;
    api.call("CreateRoute", json!({"routeKey": "GET /x", "authorizationType": "AWS_IAM"})).await;
    assert_eq!(api.get("/x").await, (403, r#"{"message":"Forbidden"}"#.to_owned()));
}
