//! Who may do what with functions.

use testkit::{anonymous, nobody};

use super::*;

#[tokio::test]
async fn a_policy_lets_a_service_invoke_for_one_source() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let bucket = service("s3.amazonaws.com", "arn:aws:s3:::bucket");
    let call = json!({"FunctionName": "f"});
    let denied = world.call_as(bucket.clone(), "lambda", "Invoke", call.clone()).await.unwrap_err();
    assert_eq!(denied.code(), "AccessDeniedException");
    let grant = json!({"FunctionName": "f", "StatementId": "s3", "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::bucket"});
    let added = world.ok("lambda", "AddPermission", grant.clone()).await;
    assert!(added["Statement"].as_str().unwrap().contains("\"Sid\":\"s3\""));
    assert_eq!(world.error("lambda", "AddPermission", grant).await.0, "ResourceConflictException");
    world.call_as(bucket.clone(), "lambda", "Invoke", call.clone()).await.unwrap();
    let other = service("s3.amazonaws.com", "arn:aws:s3:::other");
    assert!(world.call_as(other, "lambda", "Invoke", call.clone()).await.is_err());
    let policy = world.ok("lambda", "GetPolicy", json!({"FunctionName": "f"})).await;
    assert!(
        policy["Policy"]
            .as_str()
            .unwrap()
            .starts_with("{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":[")
    );
    world.ok("lambda", "RemovePermission", json!({"FunctionName": "f", "StatementId": "s3"})).await;
    assert!(world.call_as(bucket, "lambda", "Invoke", call).await.is_err());
    let (_, text) = world.error("lambda", "GetPolicy", json!({"FunctionName": "f"})).await;
    assert_eq!(text, "The resource you requested does not exist.");
}

#[tokio::test]
async fn a_policy_of_an_alias_is_for_the_alias_alone() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    world
        .ok(
            "lambda",
            "CreateAlias",
            json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "$LATEST"}),
        )
        .await;
    let grant = json!({"FunctionName": "f", "Qualifier": "live", "StatementId": "x", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"});
    world.ok("lambda", "AddPermission", grant).await;
    let events = service("events.amazonaws.com", "arn:aws:events:us-east-1:000000000000:rule/r");
    assert!(
        world.call_as(events.clone(), "lambda", "Invoke", json!({"FunctionName": "f:live"})).await.is_ok()
    );
    assert!(world.call_as(events, "lambda", "Invoke", json!({"FunctionName": "f"})).await.is_err());
    let latest = json!({"FunctionName": "f", "Qualifier": "$LATEST", "StatementId": "x", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"});
    assert_eq!(
        world.error("lambda", "AddPermission", latest).await.1,
        "We currently do not support adding policies for $LATEST."
    );
}

#[tokio::test]
async fn every_operation_denies_strangers() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    // Nobody outside can call internal ones.
    for operation in crate::LAMBDA.operations.iter().filter(|operation| !operation.internal) {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        let input = json!({
            "FunctionName": if ["RunEvent", "SendResult"].contains(&operation.name) { arn } else { "f" }, "Name": "x", "FunctionVersion": if operation.name == "ListFunctions" { "ALL" } else { "1" }, "StatementId": "x",
            "Action": if operation.name.contains("Layer") { "lambda:GetLayerVersion" } else { "lambda:InvokeFunction" },
            "Principal": if operation.name.contains("Layer") { "*" } else { "s3.amazonaws.com" },
            "Resource": arn, "Tags": {}, "TagKeys": ["x"], "LayerName": "l", "VersionNumber": 1,
            "Arn": "arn:aws:lambda:us-east-1:000000000000:layer:l:1", "Content": {}, "AuthType": "NONE",
            "ReservedConcurrentExecutions": 1, "ProvisionedConcurrentExecutions": 1, "RecursiveLoop": "Allow", "UpdateRuntimeOn": "Auto", "Service": "sqs", "Operation": "SendMessage", "Input": {}, "Qualifier": "live", "Role": ROLE, "Code": {}, "RequestId": "r", "Event": "{}", "AcceptedAt": 0, "UUID": "14e0db71-5d35-4eb5-b481-8945cf9d10c2",
            "CodeSigningConfigArn": "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdefg",
            "AllowedPublishers": {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/0123456789"]},
        });
        let (_, entry) = world.cloud().registry().operation("lambda", operation.name).unwrap();
        let shape::Schema::Structure(structure) = (entry.input)() else { panic!() };
        let known = input.as_object().unwrap().iter().filter(|(name, _)| structure.index(name).is_some());
        let input = Value::Object(known.map(|(name, value)| (name.clone(), value.clone())).collect());
        for caller in [nobody(), anonymous()] {
            let failure = world.call_as(caller, "lambda", operation.name, input.clone()).await.unwrap_err();
            assert_eq!(failure.status(), 403, "{}: {failure}", operation.name);
        }
    }
}
