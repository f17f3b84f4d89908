//! Change sets.

use serde_json::json;

use super::{Room, TWO};

/// Answers as recorded at AWS in LocalStack's `test_conditions` and `test_changesets`.
#[tokio::test]
async fn a_change_set_creates_a_stack() {
    let room = Room::new().await;
    let input =
        json!({"StackName": "s", "ChangeSetName": "first", "ChangeSetType": "CREATE", "TemplateBody": TWO});
    let made = room.call("CreateChangeSet", input.clone()).await;
    let stack = room.stack("s").await;
    assert_eq!(stack["StackStatus"], "REVIEW_IN_PROGRESS");
    assert_eq!(stack["StackStatusReason"], "User Initiated");
    let (code, text) = room.error("CreateChangeSet", input).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("AlreadyExistsException", "ChangeSet [first] already exists")
    );
    let seen = room.call("DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": "first"})).await;
    assert_eq!(seen["Status"], "CREATE_COMPLETE");
    assert_eq!(seen["ExecutionStatus"], "AVAILABLE");
    assert_eq!(
        seen["Changes"][0],
        json!({"Type": "Resource", "ResourceChange": {
            "Action": "Add", "LogicalResourceId": "A", "ResourceType": "Test::Thing", "Scope": [], "Details": [],
        }})
    );
    assert!(room.ids().is_empty());
    room.call("ExecuteChangeSet", json!({"ChangeSetName": made["Id"]})).await;
    assert_eq!(room.settle("s").await.0, "CREATE_COMPLETE");
    let events = room.events("s").await;
    assert_eq!(events[..2], ["s REVIEW_IN_PROGRESS User Initiated", "s CREATE_IN_PROGRESS User Initiated"]);
    let stack = room.stack("s").await;
    assert_eq!(stack["ChangeSetId"], made["Id"]);
    assert!(!stack["LastUpdatedTime"].is_null());
    let (code, text) =
        room.error("DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": "first"})).await;
    assert_eq!((code.as_str(), text.as_str()), ("ChangeSetNotFound", "ChangeSet [first] does not exist"));
    let seen = room.call("DescribeChangeSet", json!({"ChangeSetName": made["Id"]})).await;
    assert_eq!(seen["ExecutionStatus"], "EXECUTE_COMPLETE");
    let again =
        json!({"StackName": "s", "ChangeSetName": "again", "ChangeSetType": "CREATE", "TemplateBody": TWO});
    let (_, text) = room.error("CreateChangeSet", again).await;
    assert_eq!(text, "Stack [s] already exists and cannot be created again with the changeSet [again].");
}

/// API reference, CreateChangeSet, "ClientToken": a request that is sent again does not mean another change set.
#[tokio::test]
async fn a_request_for_a_change_set_may_be_sent_again() {
    let room = Room::new().await;
    let mut input = json!({"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": TWO,
        "ClientToken": "one"});
    let made = room.call("CreateChangeSet", input.clone()).await;
    assert_eq!(room.call("CreateChangeSet", input.clone()).await["Id"], made["Id"]);
    input["ClientToken"] = json!("two");
    assert_eq!(room.error("CreateChangeSet", input).await.0, "AlreadyExistsException");
}

#[tokio::test]
async fn a_change_set_says_what_an_update_would_do() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    let template = TWO.replace("Name: a, Size: 1", "Name: a2, Size: 1") + "  More: {Value: !Ref N}\n";
    let template =
        template.replace("Outputs:", "  N: {Type: 'Test::Thing', Properties: {Name: n}}\nOutputs:");
    let input = json!({"StackName": "s", "ChangeSetName": "c", "TemplateBody": template});
    room.call("CreateChangeSet", input).await;
    let seen = room.call("DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    let changes: Vec<String> = seen["Changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let change = &change["ResourceChange"];
            let text = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("Action"), text("LogicalResourceId"), text("Replacement"))
        })
        .collect();
    // B's name and size follow A, which is a new one.
    assert_eq!(changes, ["Modify A True", "Add N -", "Modify B Conditional"]);
    assert_eq!(seen["Changes"][0]["ResourceChange"]["PolicyAction"], "ReplaceAndDelete");
    let listed = room.call("ListChangeSets", json!({"StackName": "s"})).await;
    assert_eq!(listed["Summaries"][0]["ChangeSetName"], "c");
    room.call("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    assert_eq!(room.settle("s").await.0, "UPDATE_COMPLETE");
    assert_eq!(room.ids(), ["a2", "a2-b", "n"]);
    assert_eq!(room.templates().await, 1);
}

#[tokio::test]
async fn an_empty_change_set_fails() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.call("CreateChangeSet", json!({"StackName": "s", "ChangeSetName": "c", "TemplateBody": TWO})).await;
    let seen = room.call("DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    assert_eq!(seen["Status"], "FAILED");
    assert_eq!(seen["ExecutionStatus"], "UNAVAILABLE");
    assert_eq!(
        seen["StatusReason"],
        "The submitted information didn't contain changes. Submit different information to create a change set."
    );
    let (code, _) = room.error("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    assert_eq!(code, "InvalidChangeSetStatus");
    room.call("DeleteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    room.call("DeleteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    let (_, text) =
        room.error("DeleteChangeSet", json!({"StackName": "nostack", "ChangeSetName": "c"})).await;
    assert_eq!(text, "Stack [nostack] does not exist");
    let (_, text) = room.error("DeleteChangeSet", json!({"ChangeSetName": "c"})).await;
    assert_eq!(text, "StackName must be specified if ChangeSetName is not specified as an ARN.");
    let input = json!({"StackName": "none", "ChangeSetName": "c", "TemplateBody": TWO});
    let (_, text) = room.error("CreateChangeSet", input).await;
    assert_eq!(text, "Stack [none] does not exist");
}
