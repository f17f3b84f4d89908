//! Deletions.

use serde_json::json;

use super::{Room, TWO};

#[tokio::test]
async fn things_go_in_reverse_order() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.log();
    let id = room.stack("s").await["StackId"].clone();
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    room.gone("s").await;
    assert_eq!(room.log(), ["delete B", "delete A"]);
    assert!(room.ids().is_empty());
    let (code, text) = room.error("DescribeStacks", json!({"StackName": "s"})).await;
    assert_eq!((code.as_str(), text.as_str()), ("ValidationError", "Stack with id s does not exist"));
    let stack = room.stack(id.as_str().unwrap()).await;
    assert_eq!(stack["StackStatus"], "DELETE_COMPLETE");
    assert!(!stack["DeletionTime"].is_null());
    let events = room.events(id.as_str().unwrap()).await;
    assert_eq!(
        events[events.len() - 6..],
        [
            "s DELETE_IN_PROGRESS User Initiated",
            "B DELETE_IN_PROGRESS",
            "B DELETE_COMPLETE",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "s DELETE_COMPLETE",
        ]
    );
    // Deleting again, or what never was, succeeds.
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    // The name is free.
    assert_eq!(room.deploy("CreateStack", TWO).await, "CREATE_COMPLETE");
    let listed = room.call("ListStacks", json!({"StackStatusFilter": ["DELETE_COMPLETE"]})).await;
    assert_eq!(listed["StackSummaries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_deletion_can_be_repeated_or_leave_things_alone() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.things().with(|inner| inner.broken.push("delete B".to_owned()));
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    let (status, reason) = room.settle("s").await;
    assert_eq!(status, "DELETE_FAILED");
    assert_eq!(reason, "The following resource(s) failed to delete: [B]. ");
    // A is what B depends on.
    assert_eq!(room.ids(), ["a", "a-b"]);
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(room.settle("s").await.0, "DELETE_FAILED");
    room.call("DeleteStack", json!({"StackName": "s", "RetainResources": ["B"]})).await;
    room.gone("s").await;
    assert_eq!(room.ids(), ["a-b"]);
}

#[tokio::test]
async fn protected_and_retained() {
    let room = Room::new().await;
    let template = "Resources: {A: {Type: 'Test::Thing', DeletionPolicy: Retain, Properties: {Name: a}}}";
    let input = json!({"StackName": "s", "TemplateBody": template, "EnableTerminationProtection": true});
    room.call("CreateStack", input).await;
    room.settle("s").await;
    let (_, text) = room.error("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(text, "Stack [s] cannot be deleted while TerminationProtection is enabled");
    let input = json!({"StackName": "s", "EnableTerminationProtection": false});
    room.call("UpdateTerminationProtection", input).await;
    let (_, text) = room.error("DeleteStack", json!({"StackName": "s", "RetainResources": ["A"]})).await;
    assert!(text.contains("DELETE_FAILED state"), "{text}");
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    room.gone("s").await;
    assert_eq!(room.ids(), ["a"]);
}

#[tokio::test]
async fn deleted_stacks_are_forgotten_after_ninety_days() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    room.gone("s").await;
    let count = async || {
        let listed = room.call("ListStacks", json!({})).await;
        listed["StackSummaries"].as_array().unwrap().len()
    };
    room.world.run_jobs().await;
    assert_eq!(count().await, 1);
    room.world.advance(std::time::Duration::from_secs(91 * 24 * 3600)).await;
    room.world.run_jobs().await;
    assert_eq!(count().await, 0);
}
