use serde_json::{Value, json};

use super::*;

fn request() -> Request<'static> {
    Request {
        method: "GET",
        path: "/test-path/",
        full_path: "/test/test-path/",
        query: "",
        headers: &[
            ("accept", b"*/*"),
            ("authorization", b"random-value"),
            ("tEsT-HEADeR", b"aValUE"),
            ("user-agent", b"python-requests/testing"),
        ],
        body: b"",
        source_ip: "203.0.113.9",
        protocol: "HTTP/1.1",
        domain_name: "abc.execute-api.us-east-1.amazonaws.com",
        domain_prefix: "abc",
        time_millis: 1_428_582_896_000,
    }
}

fn context<'a>(path_parameters: &'a [(&'a str, Cow<'a, str>)]) -> Context<'a> {
    Context {
        api: Api::Rest,
        account_id: "111111111111",
        api_id: "abc",
        stage: "test",
        deployment_id: "dep123",
        resource_id: "res123",
        resource_path: "/{proxy+}",
        operation_name: None,
        request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        extended_request_id: "LV7fzho-PHcEJPw=",
        stage_variables: &[],
        path_parameters,
        identity: Identity::default(),
        authorizer: None,
        binary: false,
    }
}

fn event(request: &Request<'_>, context: &Context<'_>) -> Value {
    let mut out = Vec::new();
    write(&mut out, request, context);
    serde_json::from_slice(&out).expect("an event is JSON")
}

fn check(part: &Value, expected: Value) {
    assert_eq!(*part, expected);
}

#[test]
fn a_rest_event_as_recorded_from_aws() {
    // LocalStack tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json,
    // `invocation-payload-with-trailing-slash`, without the headers that CloudFront and the transport add.
    let parameters = [("proxy", Cow::Borrowed("test-path"))];
    check(
        &event(&request(), &context(&parameters)),
        json!({
            "resource": "/{proxy+}",
            "path": "/test-path/",
            "httpMethod": "GET",
            "headers": {
                "Accept": "*/*",
                "Authorization": "random-value",
                "tEsT-HEADeR": "aValUE",
                "User-Agent": "python-requests/testing",
            },
            "multiValueHeaders": {
                "Accept": ["*/*"],
                "Authorization": ["random-value"],
                "tEsT-HEADeR": ["aValUE"],
                "User-Agent": ["python-requests/testing"],
            },
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": {"proxy": "test-path"},
            "stageVariables": null,
            "requestContext": {
                "resourceId": "res123",
                "resourcePath": "/{proxy+}",
                "httpMethod": "GET",
                "extendedRequestId": "LV7fzho-PHcEJPw=",
                "requestTime": "09/Apr/2015:12:34:56 +0000",
                "path": "/test/test-path/",
                "accountId": "111111111111",
                "protocol": "HTTP/1.1",
                "stage": "test",
                "domainPrefix": "abc",
                "requestTimeEpoch": 1_428_582_896_000_i64,
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "identity": {
                    "cognitoIdentityPoolId": null,
                    "accountId": null,
                    "cognitoIdentityId": null,
                    "caller": null,
                    "sourceIp": "203.0.113.9",
                    "principalOrgId": null,
                    "accessKey": null,
                    "cognitoAuthenticationType": null,
                    "cognitoAuthenticationProvider": null,
                    "userArn": null,
                    "userAgent": "python-requests/testing",
                    "user": null,
                },
                "domainName": "abc.execute-api.us-east-1.amazonaws.com",
                "deploymentId": "dep123",
                "apiId": "abc",
            },
            "body": null,
            "isBase64Encoded": false,
        }),
    );
}

#[test]
fn doubled_slashes_in_front_are_dropped_from_the_path_alone() {
    // The same recording, `invocation-hardcoded`: path "/hardcoded", requestContext.path "/stage//hardcoded".
    let request = Request { path: "//hardcoded", full_path: "/stage//hardcoded", ..request() };
    let event = event(&request, &context(&[]));
    check(&event["path"], json!("/hardcoded"));
    check(&event["requestContext"]["path"], json!("/stage//hardcoded"));
    check(&event["pathParameters"], json!(null));
}

#[test]
fn encoded_paths_stay_encoded() {
    // The same recording, `invocation-payload-with-path-encoded-email`.
    let path = "/test-path/api/user/test%2Balias@gmail.com/plus/test+alias@gmail.com";
    let parameters = [("proxy", Cow::Borrowed(&path[1..]))];
    let event = event(&Request { path, ..request() }, &context(&parameters));
    check(&event["path"], json!(path));
    check(&event["pathParameters"]["proxy"], json!(path[1..]));
}

#[test]
fn the_last_of_several_values_stands_alone_and_all_stand_in_the_list() {
    // The same recording, `invocation-payload-with-params-encoding-multi`.
    let request = Request {
        query: "category=electronics&category=books&price=10&price=20&price=30",
        headers: &[("X-A", b"1"), ("b", b"x"), ("x-a", b"2")],
        ..request()
    };
    let event = event(&request, &context(&[]));
    check(&event["queryStringParameters"], json!({"category": "books", "price": "30"}));
    check(
        &event["multiValueQueryStringParameters"],
        json!({"category": ["electronics", "books"], "price": ["10", "20", "30"]}),
    );
    check(&event["headers"], json!({"X-A": "2", "b": "x"}));
    check(&event["multiValueHeaders"], json!({"X-A": ["1", "2"], "b": ["x"]}));
}

#[test]
fn bodies() {
    let text = Request { method: "POST", body: "{\"a\":\"é\"}".as_bytes(), ..request() };
    let event_of = |request: &Request<'_>, binary| event(request, &Context { binary, ..context(&[]) });
    check(&event_of(&text, false)["body"], json!("{\"a\":\"é\"}"));
    check(&event_of(&text, false)["isBase64Encoded"], json!(false));
    let binary = Request { method: "POST", body: &[0, 255, 1], ..request() };
    check(&event_of(&binary, true)["body"], json!("AP8B"));
    check(&event_of(&binary, true)["isBase64Encoded"], json!(true));
    check(&event_of(&binary, false)["body"], json!("\u{0}\u{fffd}\u{1}"));
    check(&event_of(&request(), true)["isBase64Encoded"], json!(false));
}

#[test]
fn identities_and_stage_variables() {
    let variables = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
    let identity = Identity {
        access_key: Some("AKIDEXAMPLE"),
        account_id: Some("111111111111"),
        caller: Some("AIDA"),
        user: Some("AIDA"),
        user_arn: Some("arn:aws:iam::111111111111:user/ana"),
        api_key: Some(("secret-key", "keyid")),
    };
    let context = Context {
        identity,
        stage_variables: &variables,
        authorizer: Some("{\"principalId\":\"ana\"}"),
        operation_name: Some("HelloWorld"),
        ..context(&[])
    };
    let event = event(&request(), &context);
    check(&event["stageVariables"], json!({"a": "1", "b": "2"}));
    check(&event["requestContext"]["authorizer"], json!({"principalId": "ana"}));
    check(&event["requestContext"]["operationName"], json!("HelloWorld"));
    let identity = &event["requestContext"]["identity"];
    check(&identity["accessKey"], json!("AKIDEXAMPLE"));
    check(&identity["userArn"], json!("arn:aws:iam::111111111111:user/ana"));
    check(&identity["apiKeyId"], json!("keyid"));
}

#[test]
fn an_http_api_writes_format_1_0() {
    let request = Request {
        path: "/a%20b",
        full_path: "/dev/a%20b",
        headers: &[("content-length", b"0"), ("accept", b"text/html"), ("x-amzn-trace-id", b"Root=1")],
        ..request()
    };
    let context = Context { api: Api::Http, resource_id: "GET /{x}", resource_path: "/{x}", ..context(&[]) };
    let event = event(&request, &context);
    check(&event["version"], json!("1.0"));
    check(&event["path"], json!("/dev/a b"));
    check(&event["requestContext"]["resourceId"], json!("GET /{x}"));
    check(
        &event["requestContext"].get("deploymentId").map_or(json!("absent"), Value::clone),
        json!("absent"),
    );
    // Capitals as in the event shown in milliHQ/terraform-aws-next-js, pull request 31.
    check(
        &event["headers"],
        json!({"Content-Length": "0", "accept": "text/html", "X-Amzn-Trace-Id": "Root=1"}),
    );
}

/// Every field of the sample events stands in ours, and ours has no field that no sample or recording has.
#[test]
fn the_fields_of_sample_events() {
    let Some(folder) = std::env::var_os("CLOUDLET_VECTORS") else {
        println!("CLOUDLET_VECTORS is not set: the sample events were not compared");
        return;
    };
    let folder = std::path::Path::new(&folder);
    let samples = [
        "lambda-events-sam/samcli/lib/generated_sample_events/events/apigateway/AwsProxy.json",
        "lambda-events-rust/lambda-events/src/fixtures/example-apigw-request.json",
        "lambda-events-rust/lambda-events/src/fixtures/example-apigw-request-multi-value-parameters.json",
        "lambda-events-rust/lambda-events/src/fixtures/example-apigw-console-request.json",
        "lambda-events-rust/lambda-events/src/fixtures/example-apigw-restapi-openapi-request.json",
        "lambda-events-rust/lambda-events/src/fixtures/example-apigw-sam-rest-request.json",
    ];
    let identity = Identity { api_key: Some(("key", "id")), ..Identity::default() };
    let context = Context { identity, operation_name: Some("X"), authorizer: Some("{}"), ..context(&[]) };
    let ours = event(&request(), &context);
    // `version` is what SAM adds to REST events on its own; the other two are recorded from AWS (see above).
    let mut seen = std::collections::BTreeSet::from(["/requestContext/deploymentId".to_owned()]);
    seen.insert("/requestContext/identity/principalOrgId".to_owned());
    for sample in samples {
        let text = std::fs::read(folder.join(sample)).expect("the folder holds the samples");
        let sample: Value = serde_json::from_slice(&text).expect("samples are JSON");
        for place in ["", "/requestContext", "/requestContext/identity"] {
            let Some(Value::Object(fields)) = sample.pointer(place) else { continue };
            for name in fields.keys().filter(|name| *name != "version") {
                let path = format!("{place}/{name}");
                assert!(ours.pointer(&path).is_some(), "{path} is missing");
                seen.insert(path);
            }
        }
    }
    for place in ["", "/requestContext", "/requestContext/identity"] {
        let fields = ours.pointer(place).and_then(Value::as_object).expect("it was just written");
        for name in fields.keys() {
            assert!(seen.contains(&format!("{place}/{name}")), "{place}/{name} stands in no sample");
        }
    }
}
