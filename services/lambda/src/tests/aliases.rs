//! Versions and aliases.

use super::*;

#[tokio::test]
async fn versions_are_published_when_something_has_changed() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let first =
        world.ok("lambda", "PublishVersion", json!({"FunctionName": "f", "Description": "first"})).await;
    assert_eq!(first["Version"], "1");
    assert_eq!(first["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f:1");
    assert_eq!(first["Description"], "first");
    let again = world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    assert_eq!(again["Version"], "1", "nothing has changed");
    world.ok("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": "f", "Timeout": 7})).await;
    assert_eq!(world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await["Version"], "2");
    let one =
        world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": "f", "Qualifier": "1"})).await;
    assert_eq!((&one["Timeout"], &one["Version"]), (&json!(TIMEOUT_SECONDS), &json!("1")));
    let (_, text) =
        world.error("lambda", "PublishVersion", json!({"FunctionName": "f", "CodeSha256": "x"})).await;
    assert!(text.starts_with("CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ("), "{text}");
    let list = world.ok("lambda", "ListVersionsByFunction", json!({"FunctionName": "f"})).await;
    let versions: Vec<_> =
        list["Versions"].as_array().unwrap().iter().map(|one| one["Version"].clone()).collect();
    assert_eq!(versions, ["$LATEST", "1", "2"]);
    world.ok("lambda", "DeleteFunction", json!({"FunctionName": "f", "Qualifier": "1"})).await;
    assert_eq!(
        world.error("lambda", "DeleteFunction", json!({"FunctionName": "f", "Qualifier": "1"})).await.0,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn aliases_lead_to_versions() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    let make =
        |name: &str, version: &str| json!({"FunctionName": "f", "Name": name, "FunctionVersion": version});
    let alias = world.ok("lambda", "CreateAlias", make("live", "1")).await;
    assert_eq!(alias["AliasArn"], "arn:aws:lambda:us-east-1:000000000000:function:f:live");
    let (code, text) = world.error("lambda", "CreateAlias", make("live", "1")).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        (
            "ResourceConflictException",
            "Alias already exists: arn:aws:lambda:us-east-1:000000000000:function:f:live"
        )
    );
    let (_, text) = world.error("lambda", "CreateAlias", make("x", "9")).await;
    assert_eq!(text, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:9");
    assert_eq!(world.error("lambda", "CreateAlias", make("123", "1")).await.0, "ValidationException");
    let (_, text) = world.error("lambda", "GetAlias", json!({"FunctionName": "f", "Name": "none"})).await;
    assert_eq!(text, "Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:f:none");
    let shown = world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": "f:live"})).await;
    assert_eq!(shown["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f:live");
    assert_eq!(shown["Version"], "1");
    let moved = world
        .ok(
            "lambda",
            "UpdateAlias",
            json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "$LATEST"}),
        )
        .await;
    assert_eq!(moved["FunctionVersion"], "$LATEST");
    let stale =
        json!({"FunctionName": "f", "Name": "live", "Description": "x", "RevisionId": alias["RevisionId"]});
    assert_eq!(world.error("lambda", "UpdateAlias", stale).await.0, "PreconditionFailedException");
    let list = world.ok("lambda", "ListAliases", json!({"FunctionName": "f", "FunctionVersion": "1"})).await;
    assert_eq!(list["Aliases"], json!([]));
    world.ok("lambda", "DeleteAlias", json!({"FunctionName": "f", "Name": "live"})).await;
    world.ok("lambda", "DeleteAlias", json!({"FunctionName": "f", "Name": "live"})).await;
    let routed = json!({"FunctionName": "f", "Name": "r", "FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}});
    assert_eq!(world.error("lambda", "CreateAlias", routed).await.0, "InvalidParameterValueException");
}
