//! What the door promises.

use serde_json::json;
use testkit::{World, nobody};

use crate::service::TALLY;

#[tokio::test]
async fn violations_come_before_anything_else() {
    let world = World::new(&[&TALLY]).await;
    let (code, text) = world.error("sqs", "Add", json!({"Name": ""})).await;
    assert_eq!(code, "ValidationException");
    assert_eq!(
        text,
        "1 validation error detected: Value '' at 'name' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
    );
}

#[tokio::test]
async fn an_operation_that_fails_leaves_nothing() {
    let world = World::new(&[&TALLY]).await;
    assert_eq!(world.error("sqs", "Add", json!({"Name": "a", "Most": 0})).await.0, "TooMany");
    assert_eq!(world.ok("sqs", "Count", json!({"Name": "a"})).await["Count"], 0);
}

#[tokio::test]
async fn a_joined_call_that_fails_takes_back_its_own_writes_only() {
    let world = World::new(&[&TALLY]).await;
    assert_eq!(world.ok("sqs", "AddTwice", json!({"Name": "a"})).await["Count"], 2);
    assert_eq!(world.ok("sqs", "AddTwice", json!({"Name": "a", "Most": 0})).await["Count"], 3);
}

#[tokio::test]
async fn only_free_operations_call_free_ones() {
    let world = World::new(&[&TALLY]).await;
    assert_eq!(world.ok("sqs", "AddFreely", json!({"Name": "a"})).await["Count"], 1);
    assert_eq!(world.error("sqs", "CallFree", json!({"Name": "a"})).await.0, "InternalFailure");
}

#[tokio::test]
async fn races_are_run_again_until_all_are_done() {
    let world = World::new(&[&TALLY]).await;
    let calls = (0..50).map(|_| world.ok("sqs", "Add", json!({"Name": "a"})));
    futures::future::join_all(calls).await;
    assert_eq!(world.ok("sqs", "Count", json!({"Name": "a"})).await["Count"], 50);
}

#[tokio::test]
async fn who_may_not_changes_nothing() {
    let world = World::new(&[&TALLY]).await;
    let failure = world.call_as(nobody(), "sqs", "Add", json!({"Name": "a"})).await.unwrap_err();
    assert_eq!(failure.code(), "AccessDeniedException");
    assert_eq!(world.ok("sqs", "Count", json!({"Name": "a"})).await["Count"], 0);
    assert_eq!(world.error("sqs", "Missing", json!({})).await.0, "UnknownOperationException");
}
