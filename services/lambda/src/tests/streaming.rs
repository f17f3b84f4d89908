//! InvokeWithResponseStream and function URLs with InvokeMode RESPONSE_STREAM.

use http::Request;
use shape::Doc;
use wire::eventstream;

use super::*;

const STREAMER: &str = "exports.handler = awslambda.streamifyResponse(async (event, out) => {
    if (event.early) throw new Error('early');
    if (event.rawPath) out = awslambda.HttpResponseStream.from(out, { statusCode: 203, headers: { 'X-A': 'b' }, cookies: ['c=1', 'd=2'] });
    out.write('one '); if (event.late || event.rawPath === '/late') throw new Error('late');
    out.write('two'); out.end() })";

/// The events of an invocation as (type, payload).
async fn events(world: &World, function: &str, event: &Value) -> Vec<(String, Vec<u8>)> {
    let input = json!({"FunctionName": function, "Payload": payload(event), "LogType": "Tail"});
    let schema = world.cloud().registry().operation("lambda", "InvokeWithResponseStream").unwrap().1.input;
    let input = wire::json::decode(schema(), input.to_string().as_bytes()).unwrap();
    let answer =
        cloud::door::call(world.cloud(), testkit::root(), "lambda", "InvokeWithResponseStream", input);
    let Doc::Structure(members) = answer.await.unwrap() else { panic!("a structure") };
    let body = members.into_iter().find_map(|member| match member {
        Doc::Stream(stream) => Some(stream),
        _ => None,
    });
    let bytes = body.unwrap().collect(1 << 20).await.unwrap();
    let mut rest = &bytes[..];
    let mut events = Vec::new();
    while !rest.is_empty() {
        let (headers, payload, after) = eventstream::split(rest).unwrap();
        assert_eq!(headers[0], (":message-type".to_string(), "event".to_string()));
        events.push((headers[1].1.clone(), payload.to_vec()));
        rest = after;
    }
    events
}

fn complete(events: &[(String, Vec<u8>)]) -> Value {
    let (kind, payload) = events.last().unwrap();
    assert_eq!(kind, "InvokeComplete");
    serde_json::from_slice(payload).unwrap()
}

#[tokio::test]
async fn events_carry_what_a_function_streams() {
    let world = world().await;
    create(&world, "f", STREAMER).await;
    let seen = events(&world, "f", &json!({})).await;
    assert_eq!(seen[0], ("PayloadChunk".to_string(), b"one ".to_vec()));
    assert_eq!(seen[1], ("PayloadChunk".to_string(), b"two".to_vec()));
    let end = complete(&seen);
    assert!(end.get("ErrorCode").is_none());
    let log = String::from_utf8(STANDARD.decode(end["LogResult"].as_str().unwrap()).unwrap()).unwrap();
    assert!(log.starts_with("START RequestId: "), "{log}");
    for (event, chunks) in [(json!({"late": 1}), 1), (json!({"early": 1}), 0)] {
        let seen = events(&world, "f", &event).await;
        assert_eq!(seen.len(), chunks + 1);
        let end = complete(&seen);
        assert_eq!(end["ErrorCode"], "Unhandled");
        let details: Value = serde_json::from_str(end["ErrorDetails"].as_str().unwrap()).unwrap();
        assert_eq!(details["errorMessage"], if chunks == 1 { "late" } else { "early" });
    }
    create(&world, "plain", ECHO).await;
    let seen = events(&world, "plain", &json!({"a": 1})).await;
    assert_eq!((seen.len(), &seen[0].1[..]), (2, &b"{\"a\":1}"[..]));
    let (value, _) =
        invoke(&world, json!({"FunctionName": "f", "Payload": payload(&json!({"early": 1}))})).await;
    assert_eq!(value["errorMessage"], "early", "Invoke reads streams as a whole");
}

async fn ask(world: &World, host: &str, path: &str) -> (u16, http::HeaderMap, std::io::Result<bytes::Bytes>) {
    let request = Request::get(path).header("host", host).body(Stream::empty()).unwrap();
    let response = cloud::http::serve(world.cloud(), request, Some(([192, 0, 2, 7], 5).into()), false).await;
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, body.collect(1 << 20).await)
}

#[tokio::test]
async fn function_urls_stream() {
    let world = world().await;
    create(&world, "f", STREAMER).await;
    let made = json!({"FunctionName": "f", "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"});
    let made = world.ok("lambda", "CreateFunctionUrlConfig", made).await;
    assert_eq!(made["InvokeMode"], "RESPONSE_STREAM");
    let grant = json!({"FunctionName": "f", "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"});
    world.ok("lambda", "AddPermission", grant).await;
    let host = made["FunctionUrl"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .trim_end_matches('/')
        .to_string();
    let (status, headers, body) = ask(&world, &host, "/").await;
    assert_eq!((status, &body.unwrap()[..]), (203, &b"one two"[..]));
    let cookies: Vec<_> = headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!((headers["x-a"].to_str().unwrap(), cookies), ("b", vec!["c=1", "d=2"]));
    assert_eq!(headers["content-type"], "application/octet-stream");
    let (status, _, body) = ask(&world, &host, "/late").await;
    assert_eq!(status, 203);
    assert!(body.is_err(), "the body breaks off");
    let changed = json!({"FunctionName": "f", "InvokeMode": "BUFFERED"});
    assert_eq!(world.ok("lambda", "UpdateFunctionUrlConfig", changed).await["InvokeMode"], "BUFFERED");
    assert_eq!(ask(&world, &host, "/").await.0, 502, "a head and zero bytes are no JSON");
}

/// A streamed invocation goes on after the answer of its call, and a function URL is no call at all.
#[tokio::test]
async fn streams_and_urls_are_seen_in_the_trace() {
    let world = world().await;
    create(&world, "f", STREAMER).await;
    let made = json!({"FunctionName": "f", "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"});
    let made = world.ok("lambda", "CreateFunctionUrlConfig", made).await;
    let grant = json!({"FunctionName": "f", "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"});
    world.ok("lambda", "AddPermission", grant).await;
    world.cloud().start();
    events(&world, "f", &json!({})).await;
    let host = made["FunctionUrl"].as_str().unwrap().strip_prefix("http://").unwrap();
    let host = host.trim_end_matches('/');
    assert!(ask(&world, host, "/late").await.2.is_err());
    let changed = json!({"FunctionName": "f", "InvokeMode": "BUFFERED"});
    world.ok("lambda", "UpdateFunctionUrlConfig", changed).await;
    assert_eq!(ask(&world, host, "/").await.0, 502);
    let records = super::invoking::trace_records(&world).await;
    let seen = |operation: &str| {
        let found = records.iter().filter(|one| one.service == "lambda" && one.operation == operation);
        found.map(|one| one.invocation.as_ref().unwrap()).collect::<Vec<_>>()
    };
    let calls = seen("InvokeWithResponseStream");
    assert_eq!((calls.len(), calls[0].cold, calls[0].failed), (1, true, false));
    let urls = seen("InvokeFunctionUrl");
    assert_eq!(urls.iter().map(|one| one.failed).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn function_urls_that_stream_pass_on_what_others_return() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => ({ statusCode: 404, body: 'x' })").await;
    let made = json!({"FunctionName": "f", "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"});
    let made = world.ok("lambda", "CreateFunctionUrlConfig", made).await;
    let grant = json!({"FunctionName": "f", "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"});
    world.ok("lambda", "AddPermission", grant).await;
    let host = made["FunctionUrl"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .trim_end_matches('/')
        .to_string();
    let (status, _, body) = ask(&world, &host, "/").await;
    assert_eq!((status, &body.unwrap()[..]), (200, &b"{\"statusCode\":404,\"body\":\"x\"}"[..]));
}
