//! What is refused, before anything is made.

use serde_json::json;
use testkit::{anonymous, nobody};

use super::{Room, TWO};

async fn refused(room: &Room, template: &str, expected: &str) {
    let (code, text) = room.error("CreateStack", json!({"StackName": "s", "TemplateBody": template})).await;
    assert_eq!((code.as_str(), text.as_str()), ("ValidationError", expected), "{template}");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_at_once() {
    let room = Room::new().await;
    refused(
        &room,
        "Resources: {A: {Type: 'AWS::EC2::VPC'}, B: {Type: 'AWS::S3::Nope'}, C: {Type: 'Test::Thing'}}",
        "Template format error: Unrecognized resource types: [AWS::EC2::VPC, AWS::S3::Nope]",
    )
    .await;
    refused(
        &room,
        "Resources: {A: {Type: 'Test::Thing', Properties: {Nope: 1, Size: huge}}, B: {Type: 'Test::Thing', CreationPolicy: {}}}",
        "Template error: Resource A (Test::Thing): Encountered unsupported property Nope; Resource A (Test::Thing): Size `huge` is not supported; Resource B (Test::Thing): CreationPolicy and UpdatePolicy are not supported here",
    )
    .await;
    refused(
        &room,
        "Resources: {A: {Type: 'Test::Thing'}, B: {Type: 'Test::Thing', Properties: {Size: !Sub '${A.Nope}'}}}",
        "Template error: resource A does not support attribute type Nope in Fn::GetAtt",
    )
    .await;
    refused(
        &room,
        "Resources: {A: {Type: 'Test::Thing', Properties: {Size: '{{resolve:secretsmanager:x}}'}}}",
        "Template error: dynamic references to secretsmanager are not supported here: {{resolve:secretsmanager:x}}",
    )
    .await;
    refused(
        &room,
        "Resources: {A: {Type: 'Test::Thing', Properties: {Size: !Ref X}}}",
        "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
    )
    .await;
    assert!(room.log().is_empty());
    let (_, text) = room.error("DescribeStacks", json!({"StackName": "s"})).await;
    assert_eq!(text, "Stack with id s does not exist");
}

/// Texts recorded at AWS in LocalStack's snapshots (`test_templates`, `test_stacks`), or from botocore's constraints.
#[tokio::test]
async fn requests_are_checked() {
    let room = Room::new().await;
    let fails = async |operation: &str, input, expected: &str| {
        let (_, text) = room.error(operation, input).await;
        assert_eq!(text, expected, "{operation}");
    };
    fails(
        "CreateStack",
        json!({"StackName": "s"}),
        "Either Template URL or Template Body must be specified.",
    )
    .await;
    fails(
        "CreateStack",
        json!({"StackName": "s", "TemplateURL": "https://example.com/x"}),
        "TemplateURL must be a supported URL.",
    )
    .await;
    fails(
        "CreateStack",
        json!({"StackName": "s", "TemplateBody": TWO, "TemplateURL": "x"}),
        "Specify exactly one of 'TemplateBody' or 'TemplateUrl'",
    )
    .await;
    fails("CreateStack", json!({"StackName": "1s", "TemplateBody": TWO}), "1 validation error detected: Value '1s' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*").await;
    fails(
        "CreateStack",
        json!({"StackName": "s", "TemplateBody": TWO, "OnFailure": "DELETE", "DisableRollback": true}),
        "You can specify either DisableRollback or OnFailure, but not both.",
    )
    .await;
    fails(
        "CreateStack",
        json!({"StackName": "s", "TemplateBody": TWO, "NotificationARNs": ["arn:x"], "TimeoutInMinutes": 1}),
        "TimeoutInMinutes, NotificationARNs is not supported here",
    )
    .await;
    fails("CreateStack", json!({"StackName": "s", "TemplateBody": TWO, "Parameters": [{"ParameterKey": "X", "ParameterValue": "1"}]}), "Parameters: [X] do not exist in the template").await;
    fails(
        "CreateStack",
        json!({"StackName": "s", "TemplateBody": TWO, "RoleARN": "arn:aws:iam::000000000000:role/none"}),
        "Role arn:aws:iam::000000000000:role/none is invalid or cannot be assumed",
    )
    .await;
    fails("UpdateStack", json!({"StackName": "none", "TemplateBody": TWO}), "Stack [none] does not exist")
        .await;
    fails(
        "DescribeStackEvents",
        json!({"StackName": "does-not-exist"}),
        "Stack [does-not-exist] does not exist",
    )
    .await;
    fails(
        "GetTemplate",
        json!({"StackName": "does-not-exist"}),
        "Stack with id does-not-exist does not exist",
    )
    .await;
    fails(
        "DescribeStackResource",
        json!({"StackName": "none", "LogicalResourceId": "A"}),
        "Stack 'none' does not exist",
    )
    .await;
    fails(
        "ValidateTemplate",
        json!({"TemplateBody": "Description: x"}),
        "Template format error: At least one Resources member must be defined.",
    )
    .await;
    let large = format!("{TWO}# {}", "x".repeat(51_200));
    let (_, text) = room.error("CreateStack", json!({"StackName": "s", "TemplateBody": large})).await;
    assert!(text.ends_with(
        "at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200"
    ));
    room.deploy("CreateStack", TWO).await;
    let (code, text) = room.error("CreateStack", json!({"StackName": "s", "TemplateBody": TWO})).await;
    assert_eq!((code.as_str(), text.as_str()), ("AlreadyExistsException", "Stack [s] already exists"));
    fails(
        "DescribeStackResource",
        json!({"StackName": "s", "LogicalResourceId": "X"}),
        "Resource X does not exist for stack s",
    )
    .await;
    fails("UpdateStack", json!({"StackName": "s", "TemplateBody": "Resources: {A: {Type: 'AWS::CloudFormation::WaitConditionHandle'}}"}), "Update of resource type is not permitted. The new template modifies resource type of the following resources: [A]").await;
}

#[tokio::test]
async fn a_repeated_request_is_the_same_request() {
    let room = Room::new().await;
    let input = json!({"StackName": "s", "TemplateBody": TWO, "ClientRequestToken": "t1"});
    let first = room.call("CreateStack", input.clone()).await;
    assert_eq!(room.call("CreateStack", input).await, first);
    room.settle("s").await;
    let events = room.call("DescribeStackEvents", json!({"StackName": "s"})).await;
    assert_eq!(events["StackEvents"][0]["ClientRequestToken"], "t1");
}

#[tokio::test]
async fn templates_are_summarised() {
    let room = Room::new().await;
    let template = "Description: d\nMetadata: {m: 1}\nParameters: {P: {Type: String, Default: x, AllowedValues: [x, y]}}\nResources: {R: {Type: 'AWS::IAM::Role', Properties: {RoleName: r}}}\n";
    let valid = room.call("ValidateTemplate", json!({"TemplateBody": template})).await;
    assert_eq!(valid["Capabilities"], json!(["CAPABILITY_NAMED_IAM"]));
    assert_eq!(valid["Parameters"][0], json!({"ParameterKey": "P", "DefaultValue": "x", "NoEcho": false}));
    let summary = room.call("GetTemplateSummary", json!({"TemplateBody": template})).await;
    assert_eq!(summary["ResourceTypes"], json!(["AWS::IAM::Role"]));
    assert_eq!(summary["Metadata"], "{\"m\":1}");
    assert_eq!(summary["Parameters"][0]["ParameterConstraints"], json!({"AllowedValues": ["x", "y"]}));
    assert_eq!(
        summary["CapabilitiesReason"],
        "The following resource(s) require capabilities: [AWS::IAM::Role]"
    );
}

#[tokio::test]
async fn strangers_are_denied() {
    let room = Room::new().await;
    for (operation, input) in [
        ("CreateStack", json!({"StackName": "s", "TemplateBody": TWO})),
        ("DescribeStacks", json!({})),
        ("DeleteStack", json!({"StackName": "s"})),
        ("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})),
    ] {
        for caller in [nobody(), anonymous()] {
            let answer = room.world.call_as(caller, "cloudformation", operation, input.clone()).await;
            assert_eq!(answer.unwrap_err().status(), 403, "{operation}");
        }
    }
}
