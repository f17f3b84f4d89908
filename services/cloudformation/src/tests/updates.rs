//! Updates: in place, by replacement, rolled back.

use serde_json::json;

use super::{Room, TWO};

fn things(lines: &[&str]) -> String {
    format!("Resources:\n{}", lines.iter().map(|line| format!("  {line}\n")).collect::<String>())
}

#[tokio::test]
async fn only_what_changed_is_touched() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.log();
    let more = TWO.replace("Outputs:", "  C: {Type: 'Test::Thing', Properties: {Name: c}}\nOutputs:");
    assert_eq!(room.deploy("UpdateStack", &more).await, "UPDATE_COMPLETE");
    assert_eq!(room.log(), ["create C"]);
    let bigger = more.replace("Size: 1", "Size: 2");
    assert_eq!(room.deploy("UpdateStack", &bigger).await, "UPDATE_COMPLETE");
    // B follows A's attribute.
    assert_eq!(room.log(), ["update A", "update B"]);
    assert_eq!(room.size("a-b"), json!(2));
    assert_eq!(room.deploy("UpdateStack", TWO).await, "UPDATE_COMPLETE");
    assert_eq!(room.log(), ["update A", "update B", "delete C"]);
    let resources = room.call("DescribeStackResources", json!({"StackName": "s"})).await;
    assert_eq!(resources["StackResources"].as_array().unwrap().len(), 2);
}

/// Recorded at AWS: LocalStack's `test_change_set_parameters`, "per-resource-events".
#[tokio::test]
async fn a_replacement_makes_the_new_thing_first() {
    let room = Room::new().await;
    room.deploy("CreateStack", &things(&["A: {Type: 'Test::Thing', Properties: {Name: a}}"])).await;
    let before = room.events("s").await.len();
    let template = things(&["A: {Type: 'Test::Thing', Properties: {Name: a2}}"]);
    assert_eq!(room.deploy("UpdateStack", &template).await, "UPDATE_COMPLETE");
    assert_eq!(
        room.events("s").await[before..],
        [
            "s UPDATE_IN_PROGRESS User Initiated",
            "A UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
            "A UPDATE_IN_PROGRESS Resource creation Initiated",
            "A UPDATE_COMPLETE",
            "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "s UPDATE_COMPLETE",
        ]
    );
    assert_eq!(room.ids(), ["a2"]);
    let keep = things(&["A: {Type: 'Test::Thing', UpdateReplacePolicy: Retain, Properties: {Name: a3}}"]);
    room.deploy("UpdateStack", &keep).await;
    let next = keep.replace("a3", "a4");
    room.deploy("UpdateStack", &next).await;
    assert_eq!(room.ids(), ["a3", "a4"]);
    assert!(room.events("s").await.contains(&"A DELETE_SKIPPED".to_owned()));
}

#[tokio::test]
async fn a_failed_update_is_rolled_back() {
    let room = Room::new().await;
    let first = things(&[
        "A: {Type: 'Test::Thing', Properties: {Name: a, Size: 1}}",
        "R: {Type: 'Test::Thing', Properties: {Name: r}}",
        "Z: {Type: 'Test::Thing', DependsOn: [A, R, N], Properties: {Name: z, Size: 1}}",
        "N: {Type: 'Test::Thing', Properties: {Name: n}}",
        "Old: {Type: 'Test::Thing', Properties: {Name: old}}",
    ]);
    assert_eq!(room.deploy("CreateStack", &first).await, "CREATE_COMPLETE");
    room.log();
    let second = things(&[
        "A: {Type: 'Test::Thing', Properties: {Name: a, Size: 2}}",
        "R: {Type: 'Test::Thing', Properties: {Name: r2}}",
        "N: {Type: 'Test::Thing', Properties: {Name: n}}",
        "New: {Type: 'Test::Thing', Properties: {Name: new}}",
        "Z: {Type: 'Test::Thing', DependsOn: [A, R, New], Properties: {Name: z, Size: 2, Fail: update}}",
    ]);
    let before = room.events("s").await.len();
    assert_eq!(room.deploy("UpdateStack", &second).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.ids(), ["a", "n", "old", "r", "z"]);
    assert_eq!((room.size("a"), room.size("z")), (json!(1), json!(1)));
    let events = room.events("s").await[before..].to_vec();
    assert!(
        events.contains(
            &"s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Z].".to_owned()
        ),
        "{events:#?}"
    );
    assert!(events.contains(&"New DELETE_COMPLETE".to_owned()));
    let tail: Vec<_> = events.iter().filter(|line| line.starts_with("s ")).collect();
    assert_eq!(tail[2], "s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    assert_eq!(tail[3], "s UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.templates().await, 1);
    // The template is the old one again, and the stack can go on.
    let template = room.call("GetTemplate", json!({"StackName": "s"})).await;
    assert_eq!(template["TemplateBody"], first);
    assert_eq!(room.deploy("UpdateStack", &second.replace(", Fail: update", "")).await, "UPDATE_COMPLETE");
    assert_eq!(room.ids(), ["a", "n", "new", "r2", "z"]);
    assert_eq!(room.templates().await, 1);
}

#[tokio::test]
async fn a_failed_rollback_can_be_continued() {
    let room = Room::new().await;
    let first = things(&[
        "A: {Type: 'Test::Thing', Properties: {Name: a, Size: 1}}",
        "Z: {Type: 'Test::Thing', DependsOn: A, Properties: {Name: z, Size: 1}}",
    ]);
    room.deploy("CreateStack", &first).await;
    let second = first.replace("Size: 1", "Size: 2");
    room.things().with(|inner| inner.broken.push("update Z".to_owned()));
    assert_eq!(room.deploy("UpdateStack", &second).await, "UPDATE_ROLLBACK_FAILED");
    // A is back already; Z is not.
    assert_eq!(room.size("a"), json!(1));
    let (code, text) = room.error("UpdateStack", json!({"StackName": "s", "TemplateBody": first})).await;
    assert_eq!(code, "ValidationError");
    assert!(text.ends_with("is in UPDATE_ROLLBACK_FAILED state and can not be updated."), "{text}");
    room.things().with(|inner| inner.broken.clear());
    room.call("ContinueUpdateRollback", json!({"StackName": "s"})).await;
    assert_eq!(room.settle("s").await.0, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.size("z"), json!(1));
    let (_, text) = room.error("ContinueUpdateRollback", json!({"StackName": "s"})).await;
    assert!(text.ends_with("is in UPDATE_ROLLBACK_COMPLETE state and can not continue rollback."), "{text}");
}

#[tokio::test]
async fn an_update_without_rollback_keeps_what_succeeded() {
    let room = Room::new().await;
    let first = things(&[
        "A: {Type: 'Test::Thing', Properties: {Name: a}}",
        "Z: {Type: 'Test::Thing', DependsOn: A, Properties: {Name: z, Size: 1}}",
    ]);
    room.deploy("CreateStack", &first).await;
    let second = first.replace("Name: a", "Name: a2").replace("Size: 1", "Size: 2, Fail: update");
    let input = json!({"StackName": "s", "TemplateBody": second, "DisableRollback": true});
    room.call("UpdateStack", input).await;
    let (status, reason) = room.settle("s").await;
    assert_eq!(status, "UPDATE_FAILED");
    assert_eq!(reason, "The following resource(s) failed to update: [Z]. ");
    assert_eq!(room.ids(), ["a", "a2", "z"]);
    // The next update also clears away what this one left behind.
    let third = second.replace(", Fail: update", "");
    assert_eq!(room.deploy("UpdateStack", &third).await, "UPDATE_COMPLETE");
    assert_eq!(room.ids(), ["a2", "z"]);
}

/// Texts: AWS documentation of UpdateStack; `No updates are to be performed.` recorded in LocalStack's
/// `test_update_stack`.
#[tokio::test]
async fn parameters_tags_and_nothing() {
    let room = Room::new().await;
    let template = "Parameters: {P: {Type: String}, H: {Type: String, NoEcho: true, Default: secret}}\nResources: {A: {Type: 'Test::Thing', Properties: {Name: a, Size: !Ref P, Fail: !Sub 'not-${H}'}}}\n";
    let given = |value: &str| json!([{"ParameterKey": "P", "ParameterValue": value}]);
    room.call("CreateStack", json!({"StackName": "s", "TemplateBody": template, "Parameters": given("1"), "Tags": [{"Key": "k", "Value": "v"}]})).await;
    room.settle("s").await;
    room.log();
    let stack = room.stack("s").await;
    assert_eq!(stack["Tags"], json!([{"Key": "k", "Value": "v"}]));
    assert_eq!(stack["Parameters"][0], json!({"ParameterKey": "H", "ParameterValue": "****"}));
    let events = room.call("DescribeStackEvents", json!({"StackName": "s"})).await.to_string();
    assert!(events.contains("not-****") && !events.contains("secret"), "{events}");
    let previous = json!([{"ParameterKey": "P", "UsePreviousValue": true}]);
    let (code, text) = room
        .error("UpdateStack", json!({"StackName": "s", "UsePreviousTemplate": true, "Parameters": previous}))
        .await;
    assert_eq!((code.as_str(), text.as_str()), ("ValidationError", "No updates are to be performed."));
    let input = json!({"StackName": "s", "UsePreviousTemplate": true, "Parameters": given("2")});
    room.call("UpdateStack", input).await;
    assert_eq!(room.settle("s").await.0, "UPDATE_COMPLETE");
    assert_eq!(room.size("a"), json!("2"));
    assert_eq!(room.stack("s").await["Tags"], json!([{"Key": "k", "Value": "v"}]));
    room.log();
    let input = json!({"StackName": "s", "UsePreviousTemplate": true, "Parameters": previous, "Tags": [{"Key": "k", "Value": "w"}]});
    room.call("UpdateStack", input).await;
    assert_eq!(room.settle("s").await.0, "UPDATE_COMPLETE");
    assert_eq!(room.log(), ["update A"]);
    let (_, text) = room.error("UpdateStack", json!({"StackName": "s", "UsePreviousTemplate": true})).await;
    assert_eq!(text, "Parameters: [P] must have values");
}

#[tokio::test]
async fn stack_policies_hold_updates_back() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    let policy = r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["Update:Modify", "Update:Delete"], "Principal": "*", "Resource": "LogicalResourceId/A"}]}"#;
    room.call("SetStackPolicy", json!({"StackName": "s", "StackPolicyBody": policy})).await;
    let answer = room.call("GetStackPolicy", json!({"StackName": "s"})).await;
    assert_eq!(answer["StackPolicyBody"], policy);
    let bigger = TWO.replace("Size: 1", "Size: 2");
    assert_eq!(room.deploy("UpdateStack", &bigger).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.size("a"), json!(1));
    let removed = "Resources: {B: {Type: 'Test::Thing', Properties: {Name: a-b, Size: 1}}}";
    assert_eq!(room.deploy("UpdateStack", removed).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.ids(), ["a", "a-b"]);
    let open =
        r#"{"Statement": {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}}"#;
    let input = json!({"StackName": "s", "TemplateBody": bigger, "StackPolicyDuringUpdateBody": open});
    room.call("UpdateStack", input).await;
    assert_eq!(room.settle("s").await.0, "UPDATE_COMPLETE");
    let (_, text) = room.error("SetStackPolicy", json!({"StackName": "s", "StackPolicyBody": "{}"})).await;
    assert_eq!(text, "Error validating stack policy: Invalid stack policy");
}
