//! Invoke through the door.

use super::*;

#[tokio::test]
async fn functions_answer_and_are_used_again() {
    let world = world().await;
    create(
        &world,
        "f",
        "let n = 0; exports.handler = async (e) => { console.log('seen'); return { e, n: ++n } }",
    )
    .await;
    let (value, answer) =
        invoke(&world, json!({"FunctionName": "f", "Payload": payload(&json!({"a": 1})), "LogType": "Tail"}))
            .await;
    assert_eq!(value, json!({"e": {"a": 1}, "n": 1}));
    assert_eq!((&answer["StatusCode"], &answer["ExecutedVersion"]), (&json!(200), &json!("$LATEST")));
    assert!(answer["FunctionError"].is_null());
    let log = String::from_utf8(STANDARD.decode(answer["LogResult"].as_str().unwrap()).unwrap()).unwrap();
    assert!(
        log.starts_with("START RequestId: ")
            && log.contains("\tINFO\tseen\n")
            && log.contains("\nREPORT RequestId: "),
        "{log}"
    );
    let (value, answer) = invoke(&world, json!({"FunctionName": "f"})).await;
    assert_eq!(value, json!({"e": {}, "n": 2}), "no payload is an empty object; the process is the same");
    assert!(answer["LogResult"].is_null());
}

#[tokio::test]
async fn errors_of_functions_are_answers() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => { throw new Error('boom') }").await;
    let (value, answer) = invoke(&world, json!({"FunctionName": "f"})).await;
    assert_eq!(answer["FunctionError"], "Unhandled");
    assert_eq!((&answer["StatusCode"], &value["errorMessage"]), (&json!(200), &json!("boom")));
}

#[tokio::test]
async fn requests_are_checked() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let (value, answer) = invoke(&world, json!({"FunctionName": "f", "InvocationType": "DryRun"})).await;
    assert_eq!((value, &answer["StatusCode"]), (Value::Null, &json!(204)));
    let (code, text) = world
        .error("lambda", "Invoke", json!({"FunctionName": "f", "Payload": STANDARD.encode("{no json")}))
        .await;
    assert_eq!(code, "InvalidRequestContentException");
    assert!(
        text.starts_with("Could not parse request body into json: Could not parse payload into json: "),
        "{text}"
    );
    let large = STANDARD.encode(format!("\"{}\"", "x".repeat(6 * 1024 * 1024)));
    let (code, text) = world.error("lambda", "Invoke", json!({"FunctionName": "f", "Payload": large})).await;
    assert_eq!(code, "RequestEntityTooLargeException");
    assert_eq!(text, "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
    let bad = json!({"FunctionName": "f", "ClientContext": "%%%"});
    assert_eq!(world.error("lambda", "Invoke", bad).await.0, "InvalidRequestContentException");
    assert_eq!(
        world.error("lambda", "Invoke", json!({"FunctionName": "none"})).await.0,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn a_change_is_seen_by_the_next_invocation() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => [process.env.WORD, 1]").await;
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!([null, 1]));
    let variables = json!({"FunctionName": "f", "Environment": {"Variables": {"WORD": "hi"}}});
    world.ok("lambda", "UpdateFunctionConfiguration", variables).await;
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!(["hi", 1]));
    let new = code("index.js", "exports.handler = async () => [process.env.WORD, 2]");
    world.ok("lambda", "UpdateFunctionCode", json!({"FunctionName": "f", "ZipFile": new})).await;
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!(["hi", 2]));
    world.ok("lambda", "DeleteFunction", json!({"FunctionName": "f"})).await;
    assert_eq!(
        world.error("lambda", "Invoke", json!({"FunctionName": "f"})).await.0,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn reserved_concurrency_throttles() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    world
        .ok(
            "lambda",
            "PutFunctionConcurrency",
            json!({"FunctionName": "f", "ReservedConcurrentExecutions": 0}),
        )
        .await;
    let failure = world.fails("lambda", "Invoke", json!({"FunctionName": "f"})).await;
    assert_eq!(
        (failure.code(), failure.status(), failure.message()),
        ("TooManyRequestsException", 429, "Rate Exceeded.")
    );
    let reason = ("Reason".to_string(), "ReservedFunctionConcurrentInvocationLimitExceeded".to_string());
    assert!(failure.body().details.contains(&reason));
    world.ok("lambda", "DeleteFunctionConcurrency", json!({"FunctionName": "f"})).await;
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!({}));
}

#[tokio::test]
async fn functions_have_the_credentials_of_their_role() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => [process.env.AWS_ACCESS_KEY_ID, process.env.AWS_SESSION_TOKEN, process.env.AWS_ENDPOINT_URL]").await;
    let (value, _) = invoke(&world, json!({"FunctionName": "f"})).await;
    let (key, token) = (value[0].as_str().unwrap(), value[1].as_str().unwrap());
    assert!(key.starts_with("ASIA"));
    let checked = world.cloud().identities().sessions().check(key, token).unwrap();
    let expected = Principal::AssumedRole {
        role: "runner".into(),
        path: "/".into(),
        id: "AROArunner".into(),
        session: "f".into(),
    };
    assert_eq!(checked.principal, expected);
    assert_eq!(value[2], world.cloud().endpoint());
}

#[tokio::test]
async fn log_lines_are_written_as_the_role() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => { console.log('one\\ntwo') }").await;
    invoke(&world, json!({"FunctionName": "f"})).await;
    world.until("the writer has gathered them", async || !calls("PutLogEvents").is_empty()).await;
    assert_eq!(calls("CreateLogGroup")[0]["group"], "/aws/lambda/f");
    let put = &calls("PutLogEvents")[0];
    assert_eq!(put["caller"], "arn:aws:sts::000000000000:assumed-role/runner/f");
    assert!(put["stream"].as_str().unwrap().starts_with("2026/01/01/[$LATEST]"));
    let texts: Vec<&str> =
        put["events"].as_array().unwrap().iter().map(|event| event[1].as_str().unwrap()).collect();
    assert_eq!(texts.len(), 4);
    assert!(texts[0].starts_with("START RequestId: ") && texts[1].ends_with("\tINFO\tone\ntwo\n"));
    assert!(texts[2].starts_with("END RequestId: ") && texts[3].starts_with("REPORT RequestId: "));
}

#[tokio::test]
async fn two_versions_share_an_alias() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => process.env.AWS_LAMBDA_FUNCTION_VERSION").await;
    world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    world.ok("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": "f", "Description": "2"})).await;
    world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    let alias = json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}});
    world.ok("lambda", "CreateAlias", alias).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let (value, answer) = invoke(&world, json!({"FunctionName": "f", "Qualifier": "live"})).await;
        assert_eq!(value, answer["ExecutedVersion"]);
        seen.insert(value.as_str().unwrap().to_string());
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}

/// Stops the cloud, which writes its trace records, and gives those of this hour.
pub(super) async fn trace_records(world: &World) -> Vec<cloud::trace::Record> {
    let hour = world.cloud().clock().now().secs() / 3600;
    world.cloud().stop().await;
    let view = store::snapshot(world.cloud().store()).await.unwrap();
    let rows = cloud::trace::stream(hour).read(&view, None, 100).await.unwrap();
    rows.iter().flat_map(|row| cloud::trace::records(&row.val).unwrap()).collect()
}

/// What an invocation took is in the REPORT line and in the trace record of its call.
#[tokio::test]
async fn invocations_are_seen_in_the_trace() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => 1").await;
    world.cloud().start();
    for _ in 0..2 {
        invoke(&world, json!({"FunctionName": "f"})).await;
    }
    let records = trace_records(&world).await.into_iter();
    let seen: Vec<_> =
        records.filter(|one| one.operation == "Invoke").map(|one| one.invocation.unwrap()).collect();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].cold, seen[1].cold), (true, false));
    assert_eq!(seen[0].environment, seen[1].environment);
    assert!(seen[0].environment.starts_with("2026/01/01/[$LATEST]"));
    let init = seen[0].init_micros.unwrap();
    assert!(seen[0].queue_micros >= init && seen[1].init_micros.is_none());
    assert_eq!(seen[0].billed_millis, (init + seen[0].duration_micros).div_ceil(1000));
    assert!(!seen[0].failed && seen[0].retries == 0);
}
