//! Asynchronous invocation.

use std::time::Duration;

use super::*;

/// Runs the outbox's next delivery by hand: worlds have no background work.
async fn run_event(world: &World, event: &Value, attempt_at: i64) -> Result<Value, Failure> {
    let lambda = service("lambda.amazonaws.com", "arn:aws:lambda:us-east-1:000000000000:function:f");
    let input = json!({"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f", "RequestId": "event-1",
        "Event": event.to_string(), "AcceptedAt": attempt_at});
    world.call_as(lambda, "lambda", "RunEvent", input).await
}

fn now(world: &World) -> i64 {
    world.cloud().clock().now().millis()
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
    let ran = || calls("PutLogEvents").iter().any(|put| put.to_string().contains("ran 5"));
    while !ran() {
        tokio::time::sleep(Duration::from_millis(5)).await; // A real process runs.
    }
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
    let event = json!({"order": 1});
    assert!(run_event(&world, &event, now(&world)).await.is_err(), "the outbox tries again");
    assert!(run_event(&world, &event, now(&world)).await.is_err());
    assert!(calls("SendMessage").is_empty());
    assert!(run_event(&world, &event, now(&world)).await.is_ok(), "given up");
    let sent = &calls("SendMessage")[0];
    assert_eq!((&sent["queue"], &sent["body"]), (&json!("/000000000000/dead"), &event));
    assert_eq!(sent["attributes"]["RequestID"]["StringValue"], "event-1");
    assert_eq!(sent["attributes"]["ErrorMessage"]["StringValue"], "no");
    assert_eq!(sent["caller"], "arn:aws:sts::000000000000:assumed-role/runner/f");
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
    let queue = |name: &str| json!({"Destination": format!("arn:aws:sqs:us-east-1:000000000000:{name}")});
    let config = json!({"FunctionName": "f", "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": {"OnSuccess": queue("good"), "OnFailure": queue("bad")}});
    let set = world.ok("lambda", "PutFunctionEventInvokeConfig", config).await;
    assert_eq!(set["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
    run_event(&world, &json!({"a": 1}), now(&world)).await.unwrap();
    run_event(&world, &json!({"fail": true}), now(&world)).await.unwrap();
    run_event(&world, &json!({"late": true}), now(&world) - 61_000).await.unwrap();
    let sent = calls("SendMessage");
    assert_eq!(
        (&sent[0]["queue"], &sent[0]["body"]["requestContext"]["condition"]),
        (&json!("/000000000000/good"), &json!("Success"))
    );
    assert_eq!(
        (&sent[0]["body"]["requestPayload"], &sent[0]["body"]["responsePayload"]),
        (&json!({"a": 1}), &json!("fine"))
    );
    assert_eq!(
        (&sent[1]["queue"], &sent[1]["body"]["requestContext"]["condition"]),
        (&json!("/000000000000/bad"), &json!("RetriesExhausted"))
    );
    assert_eq!(
        sent[1]["body"]["responseContext"],
        json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"})
    );
    assert_eq!(sent[2]["body"]["requestContext"]["condition"], "EventAgeExceeded");
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
