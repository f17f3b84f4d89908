//! The data plane.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use wire::sigv4::{Credentials, Payload, Signer};

use super::*;

const MISSING: &str = "{\"message\":\"Missing Authentication Token\"}";
const INTERNAL: &str = "{\"message\": \"Internal server error\"}";

#[tokio::test]
async fn a_request_reaches_its_function_and_comes_back() {
    let world = world().await;
    let api = proxy(&world, "echo", json!({})).await;
    let seen = ask(
        &world,
        "POST",
        &api.id,
        "/dev/a%20b/c/?x=1&x=2",
        &[("authorization", "Bearer t"), ("content-type", "application/json"), ("x-custom", "é")],
        "{\"a\":1}",
    )
    .await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let event = seen.json();
    assert_eq!((&event["resource"], &event["path"]), (&json!("/{proxy+}"), &json!("/a%20b/c/")));
    assert_eq!(event["pathParameters"], json!({"proxy": "a%20b/c"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"x": ["1", "2"]}));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{\"a\":1}"), &json!(false)));
    assert_eq!(event["headers"]["Authorization"], "Bearer t");
    assert_eq!(event["headers"]["x-custom"], "é");
    let host = format!("{}.execute-api.localhost:4566", api.id);
    assert_eq!(event["headers"]["Host"], host.as_str());
    assert_eq!(event["headers"]["X-Forwarded-For"], "192.0.2.7");
    assert_eq!(
        (&event["headers"]["X-Forwarded-Port"], &event["headers"]["X-Forwarded-Proto"]),
        (&json!("4566"), &json!("http"))
    );
    assert!(event["headers"]["X-Amzn-Trace-Id"].as_str().is_some_and(|trace| trace.starts_with("Root=1-")));
    let context = &event["requestContext"];
    assert_eq!((&context["stage"], &context["path"]), (&json!("dev"), &json!("/dev/a%20b/c/")));
    assert_eq!((&context["apiId"], &context["domainName"]), (&json!(api.id), &json!(host)));
    assert_eq!(context["identity"]["sourceIp"], "192.0.2.7");
    assert_eq!(context["requestId"].as_str(), seen.header("x-amzn-requestid"));
    assert_eq!(context["extendedRequestId"].as_str(), seen.header("x-amz-apigw-id"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert!(seen.header("x-amzn-trace-id").is_some());
}

#[tokio::test]
async fn functions_see_header_names_as_the_client_wrote_them() {
    let world = world().await;
    let api = proxy(&world, "echo", json!({})).await;
    let names = cloud::header_names::HeaderNames::default();
    names.note(b"GET /dev/a HTTP/1.1\r\ntEsT-HEADeR: 1\r\nUser-AGENT: me\r\n\r\n");
    let request = Request::get("/dev/a")
        .header("host", format!("{}.execute-api.localhost:4566", api.id))
        .header("tEsT-HEADeR", "1")
        .header("User-AGENT", "me");
    let request = request.body(Stream::empty()).expect("a request");
    let client = cloud::http::Client { names, ..Default::default() };
    let response = cloud::http::serve_client(world.cloud(), request, &client).await;
    let body = response.body().collect(usize::MAX).await.expect("a body");
    let event: Value = serde_json::from_slice(&body).expect("an event");
    assert_eq!(event["headers"]["tEsT-HEADeR"], "1", "{event}");
    assert_eq!(event["multiValueHeaders"]["tEsT-HEADeR"], json!(["1"]));
    assert_eq!(event["requestContext"]["identity"]["userAgent"], "me");
}

#[tokio::test]
async fn an_api_is_found_by_host_and_by_path() {
    let world = world().await;
    let api = proxy(&world, "echo", json!({})).await;
    let by = async |host: &str, path: &str| {
        let request =
            Request::builder().uri(path).header("host", host).body(Stream::empty()).expect("a request");
        send(&world, request).await
    };
    let amazon = format!("{}.execute-api.us-east-1.amazonaws.com", api.id);
    let seen = by(&amazon, "/dev/x").await;
    assert_eq!((seen.status, &seen.json()["requestContext"]["domainName"]), (200, &json!(amazon)));
    let path = format!("/_aws/execute-api/{}/dev/x", api.id);
    let seen = by("localhost:4566", &path).await;
    let event = seen.json();
    assert_eq!((&event["path"], &event["requestContext"]["path"]), (&json!("/x"), &json!("/dev/x")));
    assert_eq!(event["requestContext"]["domainName"], format!("{}.execute-api.localhost:4566", api.id));
    // Nothing is served without a stage, on another stage, or for an API that is not there.
    for path in ["/", "/prod/x", "/dev2"] {
        let seen = by(&amazon, path).await;
        assert_eq!((seen.status, seen.text()), (403, "{\"message\":\"Forbidden\"}"), "{path}");
        assert_eq!(seen.header("x-amzn-errortype"), Some("ForbiddenException"));
    }
    let seen = by("aaaaaaaaaa.execute-api.localhost", "/dev/x").await;
    assert_eq!((seen.status, seen.text()), (403, "{\"message\":\"Forbidden\"}"));
}

#[tokio::test]
async fn unknown_paths_and_methods_miss_a_token() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let pets = api.resource(&api.root, "pets").await;
    api.lambda(&pets, "GET", "echo", json!({})).await;
    api.deploy("dev").await;
    assert_eq!(get(&world, &api.id, "/dev/pets").await.status, 200);
    for (method, path) in
        [("GET", "/dev/nope"), ("POST", "/dev/pets"), ("GET", "/dev"), ("GET", "/dev/pets/1")]
    {
        let seen = ask(&world, method, &api.id, path, &[], "").await;
        assert_eq!((seen.status, seen.text()), (403, MISSING), "{method} {path}");
        assert_eq!(seen.header("x-amzn-errortype"), Some("MissingAuthenticationTokenException"));
    }
}

#[tokio::test]
async fn what_functions_return_is_mapped() {
    let world = world().await;
    let api = proxy(&world, "custom", json!({"binaryMediaTypes": ["image/png"]})).await;
    let answer = async |value: Value, accept: &str| {
        ask(&world, "POST", &api.id, "/dev/x", &[("accept", accept)], &value.to_string()).await
    };
    let cookies =
        json!({"statusCode": "201", "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": "hi"});
    let seen = answer(cookies, "*/*").await;
    assert_eq!((seen.status, seen.text()), (201, "hi"));
    assert_eq!(seen.headers.get_all("set-cookie").iter().count(), 2);
    let png = json!({"headers": {"Content-Type": "image/png"}, "body": "AAEC", "isBase64Encoded": true});
    assert_eq!(&answer(png.clone(), "image/png").await.body[..], [0, 1, 2]);
    assert_eq!(answer(png, "text/html, image/png").await.text(), "AAEC");
    for malformed in [json!({"statusCode": 200, "data": 1}), json!("text"), json!(null), json!({"body": {}})]
    {
        let seen = answer(malformed, "*/*").await;
        assert_eq!((seen.status, seen.text()), (502, INTERNAL));
        assert_eq!(seen.header("x-amzn-errortype"), Some("InternalServerErrorException"));
    }
}

#[tokio::test]
async fn binary_requests_travel_as_base64() {
    let world = world().await;
    let api = proxy(&world, "echo", json!({"binaryMediaTypes": ["application/octet-stream"]})).await;
    let headers = [("content-type", "application/octet-stream")];
    let event = ask(&world, "POST", &api.id, "/dev/x", &headers, "abc").await.json();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("YWJj"), &json!(true)));
    let event = ask(&world, "POST", &api.id, "/dev/x", &[("content-type", "text/plain")], "abc").await.json();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("abc"), &json!(false)));
}

#[tokio::test]
async fn functions_that_fail_or_cannot_be_invoked() {
    let world = world().await;
    for (function, status) in [("crash", 502), ("forbidden", 500), ("absent", 500)] {
        let api = proxy(&world, function, json!({})).await;
        let seen = get(&world, &api.id, "/dev/x").await;
        assert_eq!((seen.status, seen.text()), (status, INTERNAL), "{function}");
    }
    // The permission is for the stage `dev` alone.
    let api = proxy(&world, "echo", json!({})).await;
    api.deploy("prod").await;
    assert_eq!(get(&world, &api.id, "/prod/x").await.status, 500);
    // AWS invokes functions by POST alone: LocalStack's test_lambda_aws_proxy_integration_non_post_method.
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "echo", json!({})).await;
    let patch = json!([{"op": "replace", "path": "/httpMethod", "value": "GET"}]);
    let input = json!({"resourceId": api.root, "httpMethod": "GET", "patchOperations": patch});
    api.call("UpdateIntegration", input).await;
    api.deploy("dev").await;
    let seen = get(&world, &api.id, "/dev").await;
    assert_eq!((seen.status, seen.text()), (500, INTERNAL));
}

#[tokio::test]
async fn the_source_arn_names_the_declared_method_and_path() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let pets = api.resource(&api.root, "pets").await;
    let pet = api.resource(&pets, "{id}").await;
    api.lambda(&pet, "ANY", "source", json!({})).await;
    api.lambda(&api.root, "GET", "source", json!({})).await;
    api.deploy("dev").await;
    let base = format!("arn:aws:execute-api:us-east-1:000000000000:{}/dev", api.id);
    assert_eq!(get(&world, &api.id, "/dev/pets/7").await.text(), format!("{base}/ANY/pets/{{id}}"));
    assert_eq!(get(&world, &api.id, "/dev").await.text(), format!("{base}/GET/"));
}

#[tokio::test]
async fn slow_functions_time_out() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "slow", json!({})).await;
    let patch = json!([{"op": "replace", "path": "/timeoutInMillis", "value": "2000"}]);
    let input = json!({"resourceId": api.root, "httpMethod": "GET", "patchOperations": patch});
    api.call("UpdateIntegration", input).await;
    api.deploy("dev").await;
    let (seen, ()) = tokio::join!(get(&world, &api.id, "/dev"), async {
        world.advance(Duration::from_millis(2001)).await;
    });
    assert_eq!((seen.status, seen.text()), (504, "{\"message\": \"Endpoint request timed out\"}"));
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let world = world().await;
    let api = proxy(&world, "source", json!({})).await;
    let large = "x".repeat(limits::BODY_BYTES_MAX + 1);
    let seen = ask(&world, "POST", &api.id, "/dev/x", &[], &large).await;
    assert_eq!((seen.status, seen.text()), (413, "HTTP content length exceeded 10485760 bytes."));
    // What a gateway takes can be too much for a function.
    let large = "x".repeat(6 * 1024 * 1024 + 1);
    let seen = ask(&world, "POST", &api.id, "/dev/x", &[], &large).await;
    assert_eq!((seen.status, seen.text()), (413, "{\"message\": \"Request Too Long\"}"));
    assert_eq!(seen.header("x-amzn-errortype"), Some("BadRequestException"));
}

#[tokio::test]
async fn bodies_are_opened_and_packed() {
    let world = world().await;
    let api = proxy(&world, "custom", json!({"minimumCompressionSize": 100})).await;
    let answer = json!({"statusCode": 200, "body": "x".repeat(100)}).to_string();
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(answer.as_bytes()).unwrap();
    let packed = Bytes::from(encoder.finish().unwrap());
    let post = |coding: &'static str| {
        let request = Request::builder().method("POST").uri("/dev/x");
        let request = request.header("host", format!("{}.execute-api.localhost:4566", api.id));
        request.header("content-encoding", coding).header("accept-encoding", "gzip, br")
    };
    let seen = send(&world, post("gzip").body(Stream::once(packed.clone())).unwrap()).await;
    assert_eq!((seen.status, seen.header("content-encoding")), (200, Some("gzip")));
    let mut text = String::new();
    GzDecoder::new(&*seen.body).read_to_string(&mut text).unwrap();
    assert_eq!(text, "x".repeat(100));
    let seen = send(&world, post("deflate").body(Stream::once(packed)).unwrap()).await;
    assert_eq!((seen.status, seen.text()), (415, "{\"message\":\"Unsupported Media Type\"}"));
    let small = json!({"statusCode": 200, "body": "x".repeat(99)}).to_string();
    let seen = ask(&world, "POST", &api.id, "/dev/x", &[("accept-encoding", "gzip")], &small).await;
    assert_eq!((seen.status, seen.header("content-encoding")), (200, None));
}

#[tokio::test]
async fn a_deployment_is_a_copy_and_stages_follow_their_deployment() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "echo", json!({})).await;
    let first = api.deploy("dev").await;
    assert_eq!(get(&world, &api.id, "/dev").await.status, 200);
    // What is added later is not served before the next deployment.
    let later = api.resource(&api.root, "later").await;
    api.lambda(&later, "GET", "echo", json!({})).await;
    assert_eq!(get(&world, &api.id, "/dev/later").await.status, 403);
    let second = api.deploy("dev").await;
    let seen = get(&world, &api.id, "/dev/later").await;
    assert_eq!((seen.status, &seen.json()["requestContext"]["deploymentId"]), (200, &json!(second)));
    // Pointing the stage back is served at once, and so are its variables.
    let patches = json!([
        {"op": "replace", "path": "/deploymentId", "value": first},
        {"op": "replace", "path": "/variables/color", "value": "blue"},
    ]);
    api.call("UpdateStage", json!({"stageName": "dev", "patchOperations": patches})).await;
    assert_eq!(get(&world, &api.id, "/dev/later").await.status, 403);
    assert_eq!(get(&world, &api.id, "/dev").await.json()["stageVariables"], json!({"color": "blue"}));
    api.call("DeleteStage", json!({"stageName": "dev"})).await;
    assert_eq!(get(&world, &api.id, "/dev").await.text(), "{\"message\":\"Forbidden\"}");
}

#[tokio::test]
async fn functions_may_be_named_by_stage_variables() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "${stageVariables.function}", json!({})).await;
    api.deploy("dev").await;
    assert_eq!(get(&world, &api.id, "/dev").await.status, 500);
    let patches = json!([{"op": "replace", "path": "/variables/function", "value": "echo"}]);
    api.call("UpdateStage", json!({"stageName": "dev", "patchOperations": patches})).await;
    assert_eq!(get(&world, &api.id, "/dev").await.status, 200);
}

/// A mock as the framework makes it for CORS (sls-compiled templates).
async fn preflight(api: &Api<'_>, template: &str) {
    let key = json!({"resourceId": api.root, "httpMethod": "OPTIONS"});
    let with = |more: Value| {
        let mut input = key.clone();
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    api.call("PutMethod", with(json!({"authorizationType": "NONE"}))).await;
    let flags = json!({"method.response.header.Access-Control-Allow-Origin": true});
    api.call("PutMethodResponse", with(json!({"statusCode": "200", "responseParameters": flags}))).await;
    let integration = json!({
        "type": "MOCK", "requestTemplates": {"application/json": template}, "contentHandling": "CONVERT_TO_TEXT",
    });
    api.call("PutIntegration", with(integration)).await;
    let response = json!({
        "statusCode": "200", "responseTemplates": {"application/json": ""},
        "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
    });
    api.call("PutIntegrationResponse", with(response)).await;
}

#[tokio::test]
async fn mocks_answer_preflights() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    preflight(&api, "{statusCode:200}").await;
    api.deploy("dev").await;
    let seen = ask(&world, "OPTIONS", &api.id, "/dev", &[("origin", "http://a.example")], "").await;
    assert_eq!((seen.status, seen.text()), (200, ""));
    assert_eq!(seen.header("access-control-allow-origin"), Some("*"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn mocks_need_a_status_that_they_answer() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    preflight(&api, "{}").await;
    api.deploy("dev").await;
    let options = async |headers: &[(&str, &str)], body: &str| {
        let seen = ask(&world, "OPTIONS", &api.id, "/dev", headers, body).await;
        (seen.status, seen.text().to_owned())
    };
    assert_eq!(options(&[], "").await, (500, INTERNAL.to_owned()));
    // A type without a template passes its body through, unless that is forbidden.
    let plain = [("content-type", "text/plain")];
    assert_eq!(options(&plain, "{\"statusCode\": 200}").await.0, 200);
    let patch = json!([{"op": "replace", "path": "/passthroughBehavior", "value": "NEVER"}]);
    api.call(
        "UpdateIntegration",
        json!({"resourceId": api.root, "httpMethod": "OPTIONS", "patchOperations": patch}),
    )
    .await;
    api.deploy("dev").await;
    assert_eq!(options(&plain, "x").await, (415, "{\"message\":\"Unsupported Media Type\"}".to_owned()));
}

#[tokio::test]
async fn parameters_and_bodies_are_validated() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let schema = json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["id"],
        "properties": {"id": {"type": "number"}},
    });
    let model = json!({"name": "Pet", "contentType": "application/json", "schema": schema.to_string()});
    api.call("CreateModel", model).await;
    let validator = api
        .call(
            "CreateRequestValidator",
            json!({"validateRequestBody": true, "validateRequestParameters": true}),
        )
        .await;
    let parameters = json!({
        "method.request.querystring.url": true, "method.request.header.foo": true,
        "method.request.querystring.optional": false,
    });
    let more = json!({
        "requestValidatorId": validator["id"], "requestParameters": parameters,
        "requestModels": {"application/json": "Pet"},
    });
    api.lambda(&api.root, "POST", "source", more).await;
    api.deploy("dev").await;
    let post = async |path: &str, headers: &[(&str, &str)], body: &str| {
        let seen = ask(&world, "POST", &api.id, path, headers, body).await;
        (seen.status, seen.text().to_owned())
    };
    let missing =
        |names: &str| (400, format!("{{\"message\": \"Missing required request parameters: [{names}]\"}}"));
    assert_eq!(post("/dev", &[], "{\"id\":1}").await, missing("foo, url"));
    assert_eq!(post("/dev?url=", &[("foo", "x")], "{\"id\":1}").await, missing("url"));
    let good = [("foo", "x"), ("content-type", "application/json; charset=utf-8")];
    assert_eq!(post("/dev?url=1", &good, "{\"id\":1}").await.0, 200);
    let invalid = (400, "{\"message\": \"Invalid request body\"}".to_owned());
    for body in ["{\"id\":\"x\"}", "{}", "", "no json"] {
        assert_eq!(post("/dev?url=1", &good, body).await, invalid, "{body}");
    }
    // A body of another type has no model and is not looked at.
    assert_eq!(post("/dev?url=1", &[("foo", "x"), ("content-type", "text/plain")], "x").await.0, 200);
}

#[tokio::test]
async fn gateway_responses_change_what_refusals_look_like() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "crash", json!({})).await;
    let origin = json!({"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"});
    api.call("PutGatewayResponse", json!({"responseType": "DEFAULT_4XX", "responseParameters": origin}))
        .await;
    let template =
        json!({"application/json": "{\"error\":$context.error.messageString,\"stage\":\"$context.stage\"}"});
    let input = json!({"responseType": "DEFAULT_5XX", "statusCode": "599", "responseTemplates": template});
    api.call("PutGatewayResponse", input).await;
    api.deploy("dev").await;
    let seen = get(&world, &api.id, "/dev/nope").await;
    assert_eq!((seen.status, seen.text()), (403, MISSING));
    assert_eq!(seen.header("access-control-allow-origin"), Some("*"));
    let seen = get(&world, &api.id, "/dev").await;
    assert_eq!((seen.status, seen.text()), (599, "{\"error\":\"Internal server error\",\"stage\":\"dev\"}"));
}

#[tokio::test]
async fn signed_methods_refuse_the_unsigned() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "echo", json!({"authorizationType": "AWS_IAM"})).await;
    api.deploy("dev").await;
    let seen = get(&world, &api.id, "/dev").await;
    assert_eq!((seen.status, seen.text()), (403, MISSING));
    let wrong = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/execute-api/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=00";
    let headers = [("authorization", wrong), ("x-amz-date", "20260101T000000Z")];
    let seen = ask(&world, "GET", &api.id, "/dev", &headers, "").await;
    assert_eq!((seen.status, seen.header("x-amzn-errortype")), (403, Some("InvalidSignatureException")));
}

#[tokio::test]
async fn signed_methods_know_their_caller() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "echo", json!({"authorizationType": "AWS_IAM"})).await;
    api.deploy("dev").await;
    let host = format!("{}.execute-api.us-east-1.amazonaws.com", api.id);
    let credentials = Credentials {
        access_key_id: "test".to_owned(),
        secret_access_key: "test".to_owned(),
        session_token: None,
    };
    let signed = async |service: &str| {
        let mut headers = http::HeaderMap::new();
        headers.insert("host", host.parse().expect("a header"));
        let payload = Payload::of(b"");
        Signer::new(&credentials, "us-east-1", service)
            .sign(testkit::START.secs(), ("GET", "/dev", ""), &mut headers, &payload)
            .expect("signed");
        let mut request = Request::builder().uri("/dev").body(Stream::empty()).expect("a request");
        *request.headers_mut() = headers;
        send(&world, request).await
    };
    let seen = signed("execute-api").await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let identity = &seen.json()["requestContext"]["identity"];
    assert_eq!((&identity["accessKey"], &identity["accountId"]), (&json!("test"), &json!("000000000000")));
    assert_eq!(identity["userArn"], "arn:aws:iam::000000000000:root");
    assert_eq!(signed("s3").await.status, 403);
}

#[tokio::test]
async fn policies_closed_apis_and_api_keys() {
    let world = world().await;
    let statement = |effect: &str, resource: &str| json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource});
    let policy = json!({"Version": "2012-10-17", "Statement": [
        statement("Allow", "execute-api:/*"), statement("Deny", "execute-api:/dev/GET/secret"),
    ]});
    let api = proxy(&world, "echo", json!({"policy": policy.to_string()})).await;
    assert_eq!(get(&world, &api.id, "/dev/open").await.status, 200);
    let seen = get(&world, &api.id, "/dev/secret").await;
    assert_eq!(seen.status, 403);
    assert!(
        seen.json()["Message"].as_str().is_some_and(|text| text.contains("is not authorized")),
        "{}",
        seen.text()
    );
    let api = proxy(&world, "echo", json!({"disableExecuteApiEndpoint": true})).await;
    assert_eq!(get(&world, &api.id, "/dev/x").await.text(), "{\"message\":\"Forbidden\"}");
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "echo", json!({"apiKeyRequired": true})).await;
    api.deploy("dev").await;
    assert_eq!(get(&world, &api.id, "/dev").await.text(), "{\"message\":\"Forbidden\"}");
}
