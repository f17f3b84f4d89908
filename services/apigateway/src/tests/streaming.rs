//! Integrations with the response transfer mode STREAM.

use std::time::Duration;

use futures::StreamExt as _;

use super::*;

fn uri(function: &str) -> String {
    format!(
        "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/\
         arn:aws:lambda:us-east-1:000000000000:function:{function}/response-streaming-invocations"
    )
}

/// An API whose every path streams what `function` answers.
pub(super) async fn streaming<'w>(world: &'w World, function: &str, more: Value) -> Api<'w> {
    let api = Api::new(world, more).await;
    let all = api.resource(&api.root, "{proxy+}").await;
    api.call("PutMethod", json!({"resourceId": all, "httpMethod": "ANY", "authorizationType": "NONE"})).await;
    let made = api.call("PutIntegration", integration(&all, function, json!({}))).await;
    assert_eq!((&made["responseTransferMode"], &made["timeoutInMillis"]), (&json!("STREAM"), &json!(29_000)));
    api.deploy("dev").await;
    api
}

fn integration(resource: &str, function: &str, more: Value) -> Value {
    let mut input = json!({
        "resourceId": resource, "httpMethod": "ANY", "type": "AWS_PROXY", "integrationHttpMethod": "POST",
        "uri": uri(function), "responseTransferMode": "STREAM",
    });
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    input
}

/// The head of an answer, and its body, which is not read yet.
pub(super) async fn begin(world: &World, api: &Api<'_>) -> (http::response::Parts, Stream) {
    let request = Request::get("/dev/x")
        .header("host", format!("{}.execute-api.localhost:4566", api.id))
        .header("accept-encoding", "gzip")
        .body(Stream::empty())
        .expect("a request");
    let peer = Some("192.0.2.7:1234".parse().expect("an address"));
    cloud::http::serve(world.cloud(), request, peer, false).await.into_parts()
}

#[tokio::test]
async fn what_a_function_streams_is_passed_on_as_it_comes() {
    let world = world().await;
    // A compressed answer would have to be held: AWS does not compress what it streams.
    let api = streaming(&world, "gate", json!({"minimumCompressionSize": 0})).await;
    let (head, body) = begin(&world, &api).await;
    let header = |name: &str| {
        let values = head.headers.get_all(name).iter().map(|value| value.to_str().expect("text"));
        values.collect::<Vec<_>>().join("|")
    };
    assert_eq!(
        (head.status.as_u16(), header("x-a"), header("set-cookie")),
        (201, "b".into(), "c=1|d=2".into())
    );
    assert_eq!(
        (header("content-type"), header("content-encoding")),
        ("application/json".into(), String::new())
    );
    assert!(header("x-amzn-trace-id").starts_with("Root="));
    let mut pieces = body.take().expect("a flow");
    assert_eq!(pieces.next().await.expect("a piece").expect("bytes"), "one ");
    // The function goes on only now: its first piece has been seen before it ended.
    world.cx().state::<lambda::Gate>().0.notify_one();
    let mut rest = Vec::new();
    while let Some(piece) = pieces.next().await {
        rest.extend_from_slice(&piece.expect("bytes"));
    }
    assert_eq!(String::from_utf8(rest).expect("text"), "two \"/x\"");
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_the_functions_fault() {
    let world = world().await;
    for function in ["whole", "endless", "no-head", "fails"] {
        let api = streaming(&world, function, json!({})).await;
        let seen = get(&world, &api.id, "/dev/x").await;
        assert_eq!(
            (seen.status, seen.text()),
            (502, "{\"message\": \"Internal server error\"}"),
            "{function}"
        );
    }
    let api = streaming(&world, "forbidden", json!({})).await;
    assert_eq!(get(&world, &api.id, "/dev/x").await.status, 500);
}

#[tokio::test]
async fn what_goes_wrong_behind_the_head_breaks_the_answer_off() {
    let world = world().await;
    let api = streaming(&world, "breaks", json!({})).await;
    let (head, body) = begin(&world, &api).await;
    assert_eq!(head.status, 201);
    assert!(body.collect(100).await.is_err());
}

#[tokio::test]
async fn streams_end_with_the_integrations_time_and_in_long_pauses() {
    let world = world().await;
    // The times of a pause: https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
    for (kind, timeout, seconds) in [("REGIONAL", 2, 2), ("EDGE", 900, 30), ("REGIONAL", 900, 300)] {
        let api = streaming(&world, "stuck", json!({"endpointConfiguration": {"types": [kind]}})).await;
        let resources = api.call("GetResources", json!({})).await;
        let all = resources["item"].as_array().expect("a list").iter().find(|one| one["path"] == "/{proxy+}");
        let patch =
            json!([{"op": "replace", "path": "/timeoutInMillis", "value": (timeout * 1000).to_string()}]);
        let all = all.expect("the resource")["id"].as_str().expect("an id");
        let change = json!({"resourceId": all, "httpMethod": "ANY", "patchOperations": patch});
        api.call("UpdateIntegration", change).await;
        api.deploy("dev").await;
        let (head, body) = begin(&world, &api).await;
        assert_eq!(head.status, 201);
        let mut pieces = body.take().expect("a flow");
        assert_eq!(pieces.next().await.expect("a piece").expect("bytes"), "one ");
        let early = std::pin::pin!(pieces.next());
        let (outcome, ()) = tokio::join!(early, async {
            world.advance(Duration::from_millis(seconds * 1000 - 1)).await;
            world.advance(Duration::from_millis(2)).await;
        });
        assert_eq!(outcome.expect("an error").expect_err("no bytes").kind(), std::io::ErrorKind::TimedOut);
        assert!(pieces.next().await.is_none());
    }
    let api = streaming(&world, "silent", json!({})).await;
    let (seen, ()) = tokio::join!(get(&world, &api.id, "/dev/x"), async {
        world.advance(Duration::from_millis(29_001)).await;
    });
    assert_eq!((seen.status, seen.text()), (504, "{\"message\": \"Endpoint request timed out\"}"));
}

#[tokio::test]
async fn the_mode_the_uri_and_the_time_have_to_fit() {
    let world = world().await;
    let api = streaming(&world, "gate", json!({})).await;
    let all = api.resource(&api.root, "other").await;
    api.call("PutMethod", json!({"resourceId": all, "httpMethod": "ANY", "authorizationType": "NONE"})).await;
    let buffered = uri("gate").replace("2021-11-15", "2015-03-31").replace("response-streaming-", "");
    for (more, message) in [
        (
            json!({"uri": buffered}),
            "With the responseTransferMode STREAM the uri must end with /response-streaming-invocations",
        ),
        (
            json!({"responseTransferMode": "BUFFERED"}),
            "An uri that ends with /response-streaming-invocations needs the responseTransferMode STREAM",
        ),
        (json!({"timeoutInMillis": 900_001}), "Timeout should be between 50 ms and 900000 ms"),
        (
            json!({"type": "MOCK"}),
            "The responseTransferMode STREAM can only be used with integrations of type 'AWS_PROXY' or 'HTTP_PROXY'",
        ),
    ] {
        let (code, text) = api.fails("PutIntegration", integration(&all, "gate", more)).await;
        assert_eq!((code.as_str(), text.as_str()), ("BadRequestException", message));
    }
    let made =
        api.call("PutIntegration", integration(&all, "gate", json!({"timeoutInMillis": 900_000}))).await;
    assert_eq!(made["timeoutInMillis"], 900_000);
    let change = |patch: Value| json!({"resourceId": all, "httpMethod": "ANY", "patchOperations": patch});
    let patch = json!([
        {"op": "replace", "path": "/responseTransferMode", "value": "BUFFERED"},
        {"op": "replace", "path": "/uri", "value": buffered},
    ]);
    let (_, text) = api.fails("UpdateIntegration", change(patch.clone())).await;
    assert_eq!(text, "Timeout should be between 50 ms and 29000 ms");
    let mut patch = patch;
    patch
        .as_array_mut()
        .expect("a list")
        .push(json!({"op": "replace", "path": "/timeoutInMillis", "value": "29000"}));
    let changed = api.call("UpdateIntegration", change(patch)).await;
    assert_eq!((&changed["responseTransferMode"], &changed["uri"]), (&json!("BUFFERED"), &json!(buffered)));
    let patch = json!([{"op": "replace", "path": "/responseTransferMode", "value": "SLOW"}]);
    let (_, text) = api.fails("UpdateIntegration", change(patch)).await;
    assert_eq!(text, "Invalid response transfer mode specified. Must be one of: [BUFFERED, STREAM]");
}
