//! Asynchronous invocation.

use std::time::Duration;

use store::layer::outbox;

use super::*;

/// How often the function began to run, as its log says.
fn runs() -> usize {
    let puts = calls("PutLogEvents");
    puts.iter().map(|put| put.to_string().matches("START RequestId: ").count()).sum()
}

async fn send(world: &World, event: Value) -> String {
    let input = json!({"FunctionName": "f", "InvocationType": "Event", "Payload": payload(&event)});
    assert_eq!(world.ok("lambda", "Invoke", input).await["StatusCode"], 202);
    event.to_string()
}

/// Seconds until the event that waits is due. While an attempt runs that is the end of its lease.
async fn due(world: &World) -> Option<i64> {
    let view = world.cx().snapshot().await.unwrap();
    let lane = outbox::lanes(&view, None, 1).await.unwrap().pop()?;
    let at = outbox::next_at(&view, &lane).await.unwrap()?;
    Some((at - world.cx().now().millis()) / 1000)
}

/// Waits until the attempt that ran is settled, and goes to just before the next one.
async fn pass(world: &World, pause: i64) {
    let is_settled = async || due(world).await.is_some_and(|seconds| seconds > LEASE_SECONDS);
    world.until("the attempt is settled", is_settled).await;
    let left = due(world).await.unwrap();
    // The clock may have moved a few steps while the process ran.
    assert!((pause - 5..=pause).contains(&left), "{left} seconds, not {pause}");
    world.advance(Duration::from_secs(u64::try_from(left - 1).unwrap())).await;
    assert_eq!(due(world).await, Some(1), "nothing has begun");
}

/// More than the lease of an attempt, less than the pause behind one.
const LEASE_SECONDS: i64 = 45;

fn queue(name: &str) -> Value {
    json!({"Destination": format!("arn:aws:sqs:us-east-1:000000000000:{name}")})
}

fn text_of<'a>(message: &'a Value, attribute: &str) -> &'a Value {
    &message["attributes"][attribute]["StringValue"]
}

#[tokio::test]
async fn an_event_is_accepted_and_runs_through_the_outbox() {
    let world = world().await;
    create(&world, "f", "exports.handler = async (e) => { console.log('ran', e.a) }").await;
    world.cloud().start();
    let (_, answer) = invoke(
        &world,
        json!({"FunctionName": "f", "InvocationType": "Event", "Payload": payload(&json!({"a": 5}))}),
    )
    .await;
    assert_eq!(answer["StatusCode"], 202);
    let ran = async || calls("PutLogEvents").iter().any(|put| put.to_string().contains("ran 5"));
    world.until("it ran", ran).await;
    let large = payload(&json!("x".repeat(1024 * 1024)));
    let (code, text) = world
        .error("lambda", "Invoke", json!({"FunctionName": "f", "InvocationType": "Event", "Payload": large}))
        .await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        (
            "RequestEntityTooLargeException",
            "Request must be smaller than 1048576 bytes for the InvokeFunction operation"
        )
    );
    world.cloud().stop().await;
}

#[tokio::test]
async fn a_failing_event_is_tried_three_times_and_then_dead_lettered() {
    let world = world().await;
    let mut input = node("f", "exports.handler = async () => { throw new Error('no') }");
    input["DeadLetterConfig"] = json!({"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"});
    world.ok("lambda", "CreateFunction", input).await;
    world.cloud().start();
    send(&world, json!({"order": 1})).await;
    world.until("the first attempt", async || runs() == 1).await;
    pass(&world, 60).await;
    assert_eq!(runs(), 1, "the second attempt comes after a minute");
    world.advance(Duration::from_secs(2)).await;
    world.until("the second attempt", async || runs() == 2).await;
    pass(&world, 120).await;
    assert_eq!(runs(), 2, "the third attempt comes after two");
    world.advance(Duration::from_secs(2)).await;
    world.until("it is given up", async || !calls("SendMessage").is_empty() && runs() == 3).await;
    let sent = &calls("SendMessage")[0];
    assert_eq!((&sent["queue"], &sent["body"]), (&json!("/000000000000/dead"), &json!({"order": 1})));
    assert_eq!((text_of(sent, "ErrorMessage"), text_of(sent, "ErrorCode")), (&json!("no"), &json!("200")));
    assert!(text_of(sent, "RequestID").as_str().is_some_and(|id| id.len() == 36));
    assert_eq!(sent["caller"], "arn:aws:sts::000000000000:assumed-role/runner/f");
    world.cloud().stop().await;
}

#[tokio::test]
async fn destinations_get_a_record() {
    let world = world().await;
    create(
        &world,
        "f",
        "exports.handler = async (e) => { if (e.fail) throw new Error('no'); return 'fine' }",
    )
    .await;
    let config = json!({"FunctionName": "f", "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": {"OnSuccess": queue("good"), "OnFailure": queue("bad")}});
    let set = world.ok("lambda", "PutFunctionEventInvokeConfig", config).await;
    assert_eq!(set["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
    world.cloud().start();
    send(&world, json!({"a": 1})).await;
    world.until("a result", async || calls("SendMessage").len() == 1).await;
    let sent = &calls("SendMessage")[0];
    // The record of "Retaining records of asynchronous invocations" (Lambda developer guide).
    let id = sent["body"]["requestContext"]["requestId"].clone();
    assert_eq!(sent["queue"], "/000000000000/good");
    assert_eq!(
        sent["body"],
        json!({
            "version": "1.0",
            "timestamp": sent["body"]["timestamp"],
            "requestContext": {
                "requestId": id,
                "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
                "condition": "Success",
                "approximateInvokeCount": 1,
            },
            "requestPayload": {"a": 1},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
            "responsePayload": "fine",
        })
    );
    send(&world, json!({"fail": true})).await;
    world.until("the second result", async || calls("SendMessage").len() == 2).await;
    let sent = &calls("SendMessage")[1];
    assert_eq!(
        (&sent["queue"], &sent["body"]["requestContext"]["condition"]),
        (&json!("/000000000000/bad"), &json!("RetriesExhausted"))
    );
    assert_eq!(
        sent["body"]["responseContext"],
        json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"})
    );
    assert_eq!(sent["body"]["responsePayload"]["errorMessage"], "no");
    world.cloud().stop().await;
}

/// The next attempt would come when the event is too old, so it is given up at once, as AWS does.
#[tokio::test]
async fn an_event_that_would_be_too_old_is_not_tried_again() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => { throw new Error('no') }").await;
    let config = json!({"FunctionName": "f", "MaximumEventAgeInSeconds": 60, "DestinationConfig": {"OnFailure": queue("bad")}});
    world.ok("lambda", "PutFunctionEventInvokeConfig", config).await;
    send(&world, json!({})).await;
    // The attempt ends later than the event came, however quick it is.
    world.advance(Duration::from_secs(1)).await;
    world.cloud().start();
    world.until("it is given up", async || calls("SendMessage").len() == 1).await;
    let sent = &calls("SendMessage")[0]["body"];
    assert_eq!(sent["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(sent["requestContext"]["approximateInvokeCount"], 1);
    world.cloud().stop().await;
}

#[tokio::test]
async fn without_concurrency_events_are_given_up_at_once() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let config = json!({"FunctionName": "f", "DestinationConfig": {"OnFailure": queue("bad")}});
    world.ok("lambda", "PutFunctionEventInvokeConfig", config).await;
    let none = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 0});
    world.ok("lambda", "PutFunctionConcurrency", none).await;
    world.cloud().start();
    send(&world, json!({"a": 1})).await;
    world.until("it is given up", async || calls("SendMessage").len() == 1).await;
    let sent = &calls("SendMessage")[0]["body"];
    assert_eq!(sent["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!((&sent["requestPayload"], &sent["responseContext"]), (&json!({"a": 1}), &Value::Null));
    assert_eq!(runs(), 0);
    world.cloud().stop().await;
}

/// A reservation of one: the events run one after the other, and none is lost to a throttle.
#[tokio::test]
async fn throttled_events_wait_for_their_place() {
    let world = world().await;
    create(&world, "f", "let busy = 0; exports.handler = async (e) => { if (busy++) throw new Error('two at once'); await new Promise((r) => setTimeout(r, 20)); busy--; return e }").await;
    let config = json!({"FunctionName": "f", "MaximumRetryAttempts": 0, "DestinationConfig": {"OnSuccess": queue("good"), "OnFailure": queue("bad")}});
    world.ok("lambda", "PutFunctionEventInvokeConfig", config).await;
    let one = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 1});
    world.ok("lambda", "PutFunctionConcurrency", one).await;
    world.cloud().start();
    for number in 0..10 {
        send(&world, json!({"number": number})).await;
    }
    while calls("SendMessage").len() < 10 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        world.advance(Duration::from_millis(50)).await;
    }
    let mut numbers: Vec<i64> = calls("SendMessage")
        .iter()
        .map(|sent| {
            assert_eq!(sent["queue"], "/000000000000/good", "{sent}");
            sent["body"]["responsePayload"]["number"].as_i64().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..10).collect::<Vec<i64>>());
    world.cloud().stop().await;
}

#[tokio::test]
async fn roles_must_be_allowed_to_send_results() {
    let world = world().await;
    put_role_with(&world, "weak", TRUST, None).await;
    let mut input = node("f", ECHO);
    input["Role"] = json!("arn:aws:iam::000000000000:role/weak");
    world.ok("lambda", "CreateFunction", input.clone()).await;
    let config = json!({"FunctionName": "f", "DestinationConfig": {"OnFailure": queue("bad")}});
    // AWS's texts, as many projects quote them.
    assert_eq!(
        world.error("lambda", "PutFunctionEventInvokeConfig", config).await,
        (
            "InvalidParameterValueException".to_string(),
            "The function's execution role does not have permissions to call SendMessage on arn:aws:sqs:us-east-1:000000000000:bad".to_string()
        )
    );
    input["FunctionName"] = json!("g");
    input["DeadLetterConfig"] = json!({"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"});
    assert_eq!(
        world.error("lambda", "CreateFunction", input).await.1,
        "The provided execution role does not have permissions to call SendMessage on SQS"
    );
    let own = json!({"FunctionName": "f", "DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:lambda:us-east-1:000000000000:function:f"}}});
    assert_eq!(
        world.error("lambda", "PutFunctionEventInvokeConfig", own).await.1,
        "You can't specify the function as a destination for itself."
    );
}

/// A role that may send no more: the result is dropped, and the trace says why.
#[tokio::test]
async fn a_result_that_may_not_be_sent_is_dropped() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let config = json!({"FunctionName": "f", "DestinationConfig": {"OnSuccess": queue("good")}});
    world.ok("lambda", "PutFunctionEventInvokeConfig", config).await;
    put_role_with(&world, "runner", TRUST, None).await;
    world.cloud().start();
    send(&world, json!({"a": 1})).await;
    world.until("nothing waits", async || due(&world).await.is_none()).await;
    assert!(calls("SendMessage").is_empty());
    let records = super::invoking::trace_records(&world).await;
    let refused = records.iter().find(|record| record.operation == "SendMessage").unwrap();
    assert!(refused.error.as_deref().unwrap().starts_with("AccessDenied"), "{refused:?}");
    assert!(refused.caller.contains("assumed-role/runner/f"), "{refused:?}");
}

/// A function that invokes itself is stopped when the trace has come through it sixteen times.
#[tokio::test]
async fn loops_are_stopped_unless_they_are_allowed() {
    let world = world().await;
    create(&world, "f", "exports.handler = async () => process.env._X_AMZN_TRACE_ID").await;
    let mut cx = world.cx();
    let mut lineage = String::new();
    let mut count = 0;
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    let failure = loop {
        cx.join_trace(root, Some(&lineage));
        let caller = cx.caller().clone();
        match cx.call_json(caller, "lambda", "Invoke", &json!({"FunctionName": "f"})).await {
            Ok(answer) => {
                let header = STANDARD.decode(answer["Payload"].as_str().unwrap()).unwrap();
                let header: String = serde_json::from_slice(&header).unwrap();
                let header = cloud::xray::TraceHeader::parse(&header);
                assert_eq!(header.root.as_deref(), Some(root));
                lineage = header.lineage.unwrap();
                count += 1;
            }
            Err(failure) => break failure,
        }
    };
    assert_eq!((count, failure.code(), failure.status()), (16, "RecursiveInvocationException", 400));
    let allow = json!({"FunctionName": "f", "RecursiveLoop": "Allow"});
    assert_eq!(world.ok("lambda", "PutFunctionRecursionConfig", allow).await["RecursiveLoop"], "Allow");
    cx.join_trace(root, Some(&lineage));
    let caller = cx.caller().clone();
    cx.call_json(caller, "lambda", "Invoke", &json!({"FunctionName": "f"})).await.unwrap();
}

#[tokio::test]
async fn settings_of_asynchronous_invocation_are_kept() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let get = json!({"FunctionName": "f"});
    let (code, text) = world.error("lambda", "GetFunctionEventInvokeConfig", get.clone()).await;
    assert_eq!(code, "ResourceNotFoundException");
    assert_eq!(
        text,
        "The function arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST doesn't have an EventInvokeConfig"
    );
    let (_, text) = world.error("lambda", "PutFunctionEventInvokeConfig", get.clone()).await;
    assert_eq!(text, "You must specify at least one of error handling or destination setting.");
    world
        .ok("lambda", "PutFunctionEventInvokeConfig", json!({"FunctionName": "f", "MaximumRetryAttempts": 1}))
        .await;
    let changed = world
        .ok(
            "lambda",
            "UpdateFunctionEventInvokeConfig",
            json!({"FunctionName": "f", "MaximumEventAgeInSeconds": 90}),
        )
        .await;
    assert_eq!(
        (&changed["MaximumRetryAttempts"], &changed["MaximumEventAgeInSeconds"]),
        (&json!(1), &json!(90))
    );
    let list = world.ok("lambda", "ListFunctionEventInvokeConfigs", get.clone()).await;
    assert_eq!(list["FunctionEventInvokeConfigs"].as_array().unwrap().len(), 1);
    let bus = json!({"FunctionName": "f", "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:events:us-east-1:000000000000:event-bus/b"}}});
    assert!(
        world
            .error("lambda", "PutFunctionEventInvokeConfig", bus)
            .await
            .1
            .contains("is not supported by this cloud")
    );
    world.ok("lambda", "DeleteFunctionEventInvokeConfig", get.clone()).await;
    assert_eq!(
        world.error("lambda", "DeleteFunctionEventInvokeConfig", get).await.0,
        "ResourceNotFoundException"
    );
}
