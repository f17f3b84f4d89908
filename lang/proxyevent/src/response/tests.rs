use proptest::prelude::{any, proptest};
use serde_json::{Value, json};

use super::*;

type Map = fn(&[u8]) -> Result<Reply<'_>, Malformed>;

fn rest_text(payload: &[u8]) -> Result<Reply<'_>, Malformed> {
    rest(payload, false)
}

fn rest_binary(payload: &[u8]) -> Result<Reply<'_>, Malformed> {
    rest(payload, true)
}

/// Maps a payload and shows the reply as `status | headers | body`, or the kind of failure.
fn show(map: Map, payload: &Value) -> String {
    match map(payload.to_string().as_bytes()) {
        Ok(reply) => {
            let headers: Vec<_> =
                reply.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("{} | {} | {}", reply.status, headers.join(", "), String::from_utf8_lossy(&reply.body))
        }
        Err(malformed) => {
            let debug = format!("{malformed:?}");
            debug.split('(').next().unwrap_or_default().to_owned()
        }
    }
}

fn check(map: Map, payload: Value, expected: &str) {
    assert_eq!(show(map, &payload), expected, "{payload}");
}

#[test]
fn rest_takes_its_five_fields_and_nothing_else() {
    // Which answers AWS takes: LocalStack tests/aws/services/apigateway/test_apigateway_lambda.py,
    // `test_lambda_aws_proxy_response_format` (no field is required, an unknown one is malformed).
    check(rest_text, json!({}), "200 | content-type: application/json | ");
    check(rest_text, json!({"statusCode": 200}), "200 | content-type: application/json | ");
    check(
        rest_text,
        json!({"statusCode": 200, "headers": {"test-header": "value"}}),
        "200 | test-header: value, content-type: application/json | ",
    );
    check(rest_text, json!({"statusCode": 200, "wrongValue": "value"}), "UnknownField");
    check(rest_text, json!({"statusCode": 200, "cookies": ["a=b"]}), "UnknownField");
    check(rest_text, json!({"errorMessage": "boom", "errorType": "Error"}), "UnknownField");
    check(rest_text, json!(null), "Form");
    check(rest_text, json!("text"), "Form");
    check(rest_text, json!([1]), "Form");
    check(rest_text, json!({"statusCode": 200, "body": {"a": 1}}), "Form");
    check(rest_text, json!({"statusCode": 200, "headers": "x"}), "Form");
    check(rest_text, json!({"statusCode": 200, "headers": {"a": ["x"]}}), "Form");
    check(rest_text, json!({"statusCode": 200, "headers": {"a": {"b": 1}}}), "Form");
    check(rest_text, json!({"statusCode": 200, "multiValueHeaders": {"a": "x"}}), "Form");
    check(rest_text, json!({"statusCode": 200, "isBase64Encoded": "x"}), "Form");
    assert!(matches!(rest(b"", false), Err(Malformed::Form(_))));
    assert!(matches!(rest(b"{\"a\":", false), Err(Malformed::Form(_))));
}

#[test]
fn status_codes() {
    for (status, expected) in [
        (json!("201"), "201 | content-type: application/json | "),
        (json!(201.0), "201 | content-type: application/json | "),
        (json!(null), "200 | content-type: application/json | "),
        (json!("abc"), "Status"),
        (json!(true), "Status"),
        (json!(99), "Status"),
        (json!(100), "Status"),
        // A function switched the protocol of its client's connection.
        (json!(101), "Status"),
        (json!(600), "Status"),
        (json!(-200), "Status"),
        (json!([200]), "Form"),
    ] {
        check(rest_text, json!({"statusCode": status}), expected);
    }
}

#[test]
fn header_values_may_be_texts_numbers_and_truth_values() {
    check(
        rest_text,
        json!({"headers": {"Access-Control-Allow-Credentials": true, "Access-Control-Max-Age": 600, "x": null}}),
        "200 | Access-Control-Allow-Credentials: true, Access-Control-Max-Age: 600, content-type: application/json | ",
    );
}

#[test]
fn both_maps_of_headers_are_merged() {
    check(
        rest_text,
        json!({
            "headers": {"a": "lost", "b": "1", "Content-Type": "text/html"},
            "multiValueHeaders": {"A": ["1", "2"], "Set-Cookie": ["x=1", "y=2"], "none": null},
            "body": "<p>",
        }),
        "200 | b: 1, Content-Type: text/html, A: 1, A: 2, Set-Cookie: x=1, Set-Cookie: y=2 | <p>",
    );
}

#[test]
fn rest_renames_the_headers_that_it_sets_itself() {
    check(
        rest_text,
        json!({"headers": {"Content-Length": 5, "server": "x", "Transfer-Encoding": "chunked", "content-type": "a/b"}}),
        "200 | x-amzn-Remapped-Content-Length: 5, x-amzn-Remapped-server: x, content-type: a/b | ",
    );
}

#[test]
fn headers_that_cannot_be_sent_are_malformed() {
    for header in [json!({"a b": "x"}), json!({"": "x"}), json!({"é": "x"}), json!({"a": "x\r\nb: y"})] {
        check(rest_text, json!({"headers": header}), "Header");
        check(http_v2, json!({"statusCode": 200, "headers": header}), "Header");
    }
    check(http_v2, json!({"statusCode": 200, "cookies": ["a\nb"]}), "Header");
    check(rest_text, json!({"headers": {"a": "é\t"}}), "200 | a: é\t, content-type: application/json | ");
}

#[test]
fn rest_decodes_a_binary_body_when_the_client_takes_one() {
    let payload =
        json!({"headers": {"content-type": "text/plain"}, "body": "aGVsbG8=", "isBase64Encoded": true});
    check(rest_binary, payload.clone(), "200 | content-type: text/plain | hello");
    check(rest_text, payload, "200 | content-type: text/plain | aGVsbG8=");
    check(rest_binary, json!({"body": "***", "isBase64Encoded": true}), "Base64");
    check(
        rest_binary,
        json!({"body": "aGVs\r\nbG8=\n", "isBase64Encoded": true}),
        "200 | content-type: application/json | hello",
    );
}

#[test]
fn format_2_0_infers_a_response_without_status() {
    // "Create AWS Lambda proxy integrations for HTTP APIs", section on the response format.
    check(http_v2, json!("Hello from Lambda!"), "200 | content-type: application/json | Hello from Lambda!");
    check(
        http_v2,
        json!({"message": "Hello"}),
        "200 | content-type: application/json | {\"message\":\"Hello\"}",
    );
    check(http_v2, json!({"body": "x"}), "200 | content-type: application/json | {\"body\":\"x\"}");
    check(http_v2, json!({"headers": 1}), "200 | content-type: application/json | {\"headers\":1}");
    check(http_v2, json!([1, 2]), "200 | content-type: application/json | [1,2]");
    check(http_v2, json!(null), "200 | content-type: application/json | null");
    assert!(matches!(http_v2(b"no json"), Err(Malformed::Form(_))));
    assert!(matches!(http_v2(b""), Err(Malformed::Form(_))));
}

#[test]
fn format_2_0_with_a_status() {
    // The worked example of the same page.
    check(
        http_v2,
        json!({
            "cookies": ["cookie1", "cookie2"],
            "isBase64Encoded": true,
            "statusCode": 201,
            "headers": {"headername": "headervalue"},
            "body": "SGVsbG8gZnJvbSBMYW1iZGEh",
        }),
        "201 | headername: headervalue, set-cookie: cookie1, set-cookie: cookie2, \
         content-type: text/plain;charset=UTF-8 | Hello from Lambda!",
    );
    check(
        http_v2,
        json!({"statusCode": 200, "unknown": 1, "body": "x"}),
        "200 | content-type: text/plain;charset=UTF-8 | x",
    );
    check(http_v2, json!({"statusCode": 200, "body": {"a": 1}}), "Form");
    check(http_v2, json!({"statusCode": "x"}), "Status");
    check(
        http_v2,
        json!({"statusCode": 204, "headers": {"Content-Length": 3, "Connection": "close"}}),
        "204 | content-type: text/plain;charset=UTF-8 | ",
    );
    check(function_url, json!({"statusCode": 200, "body": "x"}), "200 | content-type: application/json | x");
    check(function_url, json!({"a": 1}), "200 | content-type: application/json | {\"a\":1}");
}

#[test]
fn format_1_0_of_http_apis_needs_a_status() {
    check(
        http_v1,
        json!({"statusCode": 200, "headers": {"a": "lost"}, "multiValueHeaders": {"a": ["1", "2"]}, "body": "x"}),
        "200 | a: 1, a: 2, content-type: text/plain;charset=UTF-8 | x",
    );
    check(http_v1, json!({"body": "x"}), "Form");
    check(http_v1, json!("x"), "Form");
}

#[test]
fn a_body_without_escapes_is_not_copied() {
    let payload = br#"{"statusCode":200,"body":"plain"}"#;
    let reply = http_v2(payload).expect("a good response");
    assert!(matches!(reply.body, Cow::Borrowed(b"plain")));
}

proptest! {
    #[test]
    fn no_payload_panics(payload in any::<Vec<u8>>()) {
        for map in [rest_text as Map, rest_binary, http_v1, http_v2, function_url] {
            let _: Result<_, _> = map(&payload);
        }
    }

    #[test]
    fn headers_are_always_safe(name in any::<String>(), value in any::<String>()) {
        let payload = json!({"statusCode": 200, "headers": {name: value}}).to_string();
        if let Ok(reply) = rest(payload.as_bytes(), false) {
            for (name, value) in &reply.headers {
                assert!(!name.is_empty() && name.bytes().all(is_token));
                assert!(!value.contains(['\r', '\n', '\0']));
            }
        }
    }
}

#[test]
fn the_head_of_a_stream_has_status_headers_and_cookies() {
    // AWS Lambda docs, "Writing response streaming-enabled Lambda functions": the metadata of HttpResponseStream.from.
    check(
        function_url_head,
        json!({"statusCode": 201, "headers": {"Content-Type": "text/html", "X-A": 1, "Connection": "close"}, "cookies": ["a=1", "b=2"]}),
        "201 | Content-Type: text/html, X-A: 1, set-cookie: a=1, set-cookie: b=2 | ",
    );
    check(function_url_head, json!({}), "200 | content-type: application/octet-stream | ");
    check(function_url_head, json!({"statusCode": 101}), "Status");
    check(function_url_head, json!({"headers": {"a b": "c"}}), "Header");
    check(function_url_head, json!("text"), "Form");
}

#[test]
fn heads_of_rest_streams_have_cookies_and_both_maps_of_headers() {
    // The format: AWS's developer guide, response-transfer-mode-lambda.
    check(
        rest_head,
        json!({"statusCode": 201, "headers": {"Content-Type": "text/html", "Content-Length": "3", "x-a": "lost"},
            "multiValueHeaders": {"X-A": ["b", 1]}, "cookies": ["a=1", "b=2"], "isBase64Encoded": true}),
        "201 | Content-Type: text/html, x-amzn-Remapped-Content-Length: 3, X-A: b, X-A: 1, set-cookie: a=1, \
         set-cookie: b=2 | ",
    );
    check(rest_head, json!({}), "200 | content-type: application/json | ");
    check(rest_head, json!({"statusCode": "teapot"}), "Status");
    check(rest_head, json!({"headers": {"a b": "c"}}), "Header");
    check(rest_head, json!("text"), "Form");
}
