use serde_json::{Value, json};

use super::*;

fn request() -> Request<'static> {
    Request {
        method: "POST",
        path: "/my/path",
        full_path: "/my/path",
        query: "parameter1=value1&parameter1=value2&parameter2=value",
        headers: &[
            ("Header1", b"value1"),
            ("header2", b"value1"),
            ("Header2", b"value2"),
            ("cookie", b"cookie1=a; cookie2=b"),
            ("content-type", b"application/json"),
            ("user-agent", b"agent"),
        ],
        body: b"Hello from Lambda",
        source_ip: "192.0.2.1",
        protocol: "HTTP/1.1",
        domain_name: "id.execute-api.us-east-1.amazonaws.com",
        domain_prefix: "id",
        time_millis: 1_587_481_701_067,
    }
}

fn api() -> HttpApi<'static> {
    HttpApi {
        account_id: "123456789012",
        api_id: "api-id",
        stage: "$default",
        route_key: "$default",
        request_id: "LV7fzho-PHcEJPw=",
        stage_variables: &[],
        path_parameters: &[],
        authorizer: None,
    }
}

fn event(request: &Request<'_>, api: &HttpApi<'_>) -> Value {
    let mut out = Vec::new();
    write_http_api(&mut out, request, api);
    serde_json::from_slice(&out).expect("an event is JSON")
}

fn check(part: &Value, expected: Value) {
    assert_eq!(*part, expected);
}

#[test]
fn the_event_of_the_documentation() {
    // The example of format 2.0 in "Create AWS Lambda proxy integrations for HTTP APIs", without the parts that
    // certificates and tokens add.
    let variables = [("stageVariable1".to_owned(), "value1".to_owned())];
    let parameters = [("parameter1", Cow::Borrowed("value1"))];
    let api = HttpApi { stage_variables: &variables, path_parameters: &parameters, ..api() };
    check(
        &event(&request(), &api),
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/my/path",
            "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
            "cookies": ["cookie1=a", "cookie2=b"],
            "headers": {
                "header1": "value1",
                "header2": "value1,value2",
                "content-type": "application/json",
                "user-agent": "agent",
            },
            "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api-id",
                "domainName": "id.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "id",
                "http": {
                    "method": "POST",
                    "path": "/my/path",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "agent",
                },
                "requestId": "LV7fzho-PHcEJPw=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "21/Apr/2020:15:08:21 +0000",
                "timeEpoch": 1_587_481_701_067_i64,
            },
            "pathParameters": {"parameter1": "value1"},
            "stageVariables": {"stageVariable1": "value1"},
            "body": "Hello from Lambda",
            "isBase64Encoded": false,
        }),
    );
}

#[test]
fn absent_parts_are_left_out() {
    let request = Request { query: "", headers: &[], body: b"", ..request() };
    let event = event(&request, &api());
    for absent in ["cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
    check(&event["headers"], json!({}));
    check(&event["rawQueryString"], json!(""));
    check(&event["isBase64Encoded"], json!(false));
}

#[test]
fn http_apis_decode_the_path_and_function_urls_do_not() {
    // Compared on live services in hotsock/voker, pull request 8; the query string stays as it was sent.
    let request = Request { full_path: "/dev/a%20b%2Fc", query: "q=a%20b", ..request() };
    let event = event(&request, &api());
    check(&event["rawPath"], json!("/dev/a b/c"));
    check(&event["requestContext"]["http"]["path"], json!("/dev/a b/c"));
    check(&event["rawQueryString"], json!("q=a%20b"));
    check(&event["queryStringParameters"]["q"], json!("a b"));
    let mut out = Vec::new();
    let url = FunctionUrl { url_id: "url-id", account_id: None, request_id: "id", authorizer: None };
    write_function_url(&mut out, &request, &url);
    let event: Value = serde_json::from_slice(&out).expect("an event is JSON");
    check(&event["rawPath"], json!("/dev/a%20b%2Fc"));
    check(&event["requestContext"]["accountId"], json!("anonymous"));
    check(&event["requestContext"]["stage"], json!("$default"));
    check(&event["requestContext"]["routeKey"], json!("$default"));
}

#[test]
fn bodies_that_are_no_text_travel_as_base64() {
    let form = Request {
        headers: &[("content-type", b"application/x-www-form-urlencoded")],
        body: b"a=1",
        ..request()
    };
    let event = event(&form, &api());
    check(&event["body"], json!("YT0x"));
    check(&event["isBase64Encoded"], json!(true));
}

#[test]
fn authorizers() {
    let iam = Authorizer::Iam {
        access_key: "AKIDEXAMPLE",
        account_id: "123456789012",
        caller_id: "AIDA",
        user_arn: "arn:aws:iam::123456789012:user/Admin",
        user_id: "AIDA",
    };
    let signed = event(&request(), &HttpApi { authorizer: Some(iam), ..api() });
    check(&signed["requestContext"]["authorizer"]["iam"]["accessKey"], json!("AKIDEXAMPLE"));
    check(&signed["requestContext"]["authorizer"]["iam"]["cognitoIdentity"], json!(null));
    let token = Authorizer::Jwt("{\"claims\":{\"sub\":\"x\"},\"scopes\":null}");
    let token = event(&request(), &HttpApi { authorizer: Some(token), ..api() });
    check(&token["requestContext"]["authorizer"], json!({"jwt": {"claims": {"sub": "x"}, "scopes": null}}));
    let decided =
        event(&request(), &HttpApi { authorizer: Some(Authorizer::Lambda("{\"key\":1}")), ..api() });
    check(&decided["requestContext"]["authorizer"], json!({"lambda": {"key": 1}}));
}

/// Every field of the sample events stands in ours, and the other way round.
#[test]
fn the_fields_of_sample_events() {
    let Some(folder) = std::env::var_os("CLOUDLET_VECTORS") else {
        println!("CLOUDLET_VECTORS is not set: the sample events were not compared");
        return;
    };
    let folder = std::path::Path::new(&folder);
    let fixtures = "lambda-events-rust/lambda-events/src/fixtures";
    let samples = [
        "lambda-events-sam/samcli/lib/generated_sample_events/events/apigateway/HttpApi.json".to_owned(),
        format!("{fixtures}/example-apigw-v2-request-no-authorizer.json"),
        format!("{fixtures}/example-apigw-v2-request-iam.json"),
        format!("{fixtures}/example-apigw-v2-request-multi-value-parameters.json"),
        format!("{fixtures}/example-apigw-sam-http-request.json"),
    ];
    let iam = Authorizer::Iam { access_key: "", account_id: "", caller_id: "", user_arn: "", user_id: "" };
    let variables = [("a".to_owned(), "b".to_owned())];
    let parameters = [("a", Cow::Borrowed("b"))];
    let full =
        HttpApi { authorizer: Some(iam), stage_variables: &variables, path_parameters: &parameters, ..api() };
    let ours = event(&request(), &full);
    let places = ["", "/requestContext", "/requestContext/http", "/requestContext/authorizer/iam"];
    let mut seen = std::collections::BTreeSet::new();
    for sample in samples {
        let text = std::fs::read(folder.join(sample)).expect("the folder holds the samples");
        let sample: Value = serde_json::from_slice(&text).expect("samples are JSON");
        for place in places {
            let Some(Value::Object(fields)) = sample.pointer(place) else { continue };
            // `authentication` is there with mutual TLS on a custom domain only.
            for name in fields.keys().filter(|name| *name != "authentication") {
                let path = format!("{place}/{name}");
                assert!(ours.pointer(&path).is_some(), "{path} is missing");
                seen.insert(path);
            }
        }
    }
    for place in places {
        for name in ours.pointer(place).and_then(Value::as_object).expect("it was just written").keys() {
            assert!(seen.contains(&format!("{place}/{name}")), "{place}/{name} stands in no sample");
        }
    }
}
