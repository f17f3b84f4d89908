//! Layers.

use testkit::nobody;

use super::*;

async fn publish(world: &World, files: &[(&str, &[u8], u32)]) -> Value {
    let input = json!({"LayerName": "shared", "Content": {"ZipFile": STANDARD.encode(zip(files))},
        "CompatibleRuntimes": ["nodejs20.x"], "Description": "d"});
    world.ok("lambda", "PublishLayerVersion", input).await
}

#[tokio::test]
async fn functions_find_layers_below_opt() {
    let world = world().await;
    let module: &[(&str, &[u8], u32)] = &[
        ("nodejs/node_modules/words/index.js", b"exports.word = 'layered'", 0o644),
        ("data.txt", b"one", 0o644),
    ];
    let first = publish(&world, module).await;
    assert_eq!(first["LayerVersionArn"], "arn:aws:lambda:us-east-1:000000000000:layer:shared:1");
    assert_eq!(
        (&first["Version"], &first["CreatedDate"]),
        (&json!(1), &json!("2026-01-01T00:00:00.000+0000"))
    );
    let over = json!({"LayerName": "over", "Content": {"ZipFile": STANDARD.encode(zip(&[("data.txt", b"two", 0o644)]))}});
    let over = world.ok("lambda", "PublishLayerVersion", over).await;
    let mut input = node(
        "f",
        "exports.handler = async () => [require('words').word, require('fs').readFileSync('/opt/data.txt', 'utf8')]",
    );
    input["Layers"] = json!([first["LayerVersionArn"], over["LayerVersionArn"]]);
    let made = world.ok("lambda", "CreateFunction", input).await;
    assert_eq!(made["Layers"][0]["Arn"], first["LayerVersionArn"]);
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!(["layered", "two"]));
    // A layer version that was deleted stays with the functions that have it.
    world.ok("lambda", "DeleteLayerVersion", json!({"LayerName": "shared", "VersionNumber": 1})).await;
    world.ok("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": "f", "Description": "x"})).await;
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!(["layered", "two"]));
    world.ok("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": "f", "Layers": []})).await;
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0["errorType"], "Error");
}

#[tokio::test]
async fn layer_versions_are_listed_shown_and_deleted() {
    let world = world().await;
    for _ in 0..2 {
        publish(&world, &[("a", b"1", 0o644)]).await;
    }
    let list = world.ok("lambda", "ListLayerVersions", json!({"LayerName": "shared"})).await;
    let versions: Vec<_> =
        list["LayerVersions"].as_array().unwrap().iter().map(|one| one["Version"].clone()).collect();
    assert_eq!(versions, [2, 1]);
    let none = world
        .ok("lambda", "ListLayerVersions", json!({"LayerName": "shared", "CompatibleRuntime": "python3.11"}))
        .await;
    assert_eq!(none["LayerVersions"], json!([]));
    let layers = world.ok("lambda", "ListLayers", json!({})).await;
    assert_eq!(layers["Layers"][0]["LatestMatchingVersion"]["Version"], 2);
    let shown = world
        .ok(
            "lambda",
            "GetLayerVersionByArn",
            json!({"Arn": "arn:aws:lambda:us-east-1:000000000000:layer:shared:1"}),
        )
        .await;
    assert!(shown["Content"]["Location"].as_str().unwrap().contains("signature="));
    world.ok("lambda", "DeleteLayerVersion", json!({"LayerName": "shared", "VersionNumber": 2})).await;
    world.ok("lambda", "DeleteLayerVersion", json!({"LayerName": "shared", "VersionNumber": 2})).await;
    let (code, text) =
        world.error("lambda", "GetLayerVersion", json!({"LayerName": "shared", "VersionNumber": 2})).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ResourceNotFoundException", "The resource you requested does not exist.")
    );
    assert_eq!(publish(&world, &[("a", b"1", 0o644)]).await["Version"], 3, "numbers are not used again");
}

/// AWS Lambda docs, "Lambda quotas": 250 MB unzipped, layers included.
#[tokio::test]
async fn code_and_layers_share_their_limit() {
    let world = world().await;
    let half = vec![0; 131_072_000];
    publish(&world, &[("half", &half, 0o644)]).await;
    let mut input = node("f", ECHO);
    let files: &[(&str, &[u8], u32)] = &[("index.js", ECHO.as_bytes(), 0o644), ("half", &half, 0o644)];
    input["Code"] = json!({"ZipFile": STANDARD.encode(zip(files))});
    input["Layers"] = json!(["arn:aws:lambda:us-east-1:000000000000:layer:shared:1"]);
    let total = 2 * half.len() + ECHO.len();
    assert_eq!(
        world.error("lambda", "CreateFunction", input).await.1,
        format!(
            "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is {total} bytes."
        )
    );
}

/// The way of an extension from a layer into the environment; what it can do there is tested in `runtime::tests`.
#[tokio::test]
async fn extensions_of_layers_run() {
    let world = world().await;
    let agent = r#"#!/usr/bin/python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
api.request("POST", "/2020-01-01/extension/register", "{}", {"Lambda-Extension-Name": "agent"})
answer = api.getresponse()
answer.read()
open("/tmp/agent", "w").write("was here")
api.request("GET", "/2020-01-01/extension/event/next", None, {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]})
api.getresponse().read()
"#;
    publish(&world, &[("extensions/agent", agent.as_bytes(), 0o755)]).await;
    let mut input =
        node("f", "exports.handler = async () => require('fs').readFileSync('/tmp/agent', 'utf8')");
    input["Layers"] = json!(["arn:aws:lambda:us-east-1:000000000000:layer:shared:1"]);
    world.ok("lambda", "CreateFunction", input).await;
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!("was here"));
    let many: Vec<(String, &[u8], u32)> =
        (0..11).map(|number| (format!("extensions/e{number}"), &b"#!"[..], 0o755)).collect();
    let many: Vec<(&str, &[u8], u32)> =
        many.iter().map(|(name, text, mode)| (name.as_str(), *text, *mode)).collect();
    publish(&world, &many).await;
    let mut input = node("g", ECHO);
    input["Layers"] = json!(["arn:aws:lambda:us-east-1:000000000000:layer:shared:2"]);
    assert_eq!(world.error("lambda", "CreateFunction", input).await.1, "Extension limit (10) reached");
}

#[tokio::test]
async fn a_layer_can_be_shared() {
    let world = world().await;
    publish(&world, &[("a", b"1", 0o644)]).await;
    let get = json!({"LayerName": "shared", "VersionNumber": 1});
    assert_eq!(
        world.call_as(nobody(), "lambda", "GetLayerVersion", get.clone()).await.unwrap_err().status(),
        403
    );
    let grant = json!({"LayerName": "shared", "VersionNumber": 1, "StatementId": "all", "Action": "lambda:GetLayerVersion", "Principal": "*"});
    world.ok("lambda", "AddLayerVersionPermission", grant).await;
    world.call_as(nobody(), "lambda", "GetLayerVersion", get.clone()).await.unwrap();
    let policy = world.ok("lambda", "GetLayerVersionPolicy", get.clone()).await;
    assert!(policy["Policy"].as_str().unwrap().contains("\"Principal\":\"*\""));
    world
        .ok(
            "lambda",
            "RemoveLayerVersionPermission",
            json!({"LayerName": "shared", "VersionNumber": 1, "StatementId": "all"}),
        )
        .await;
    assert_eq!(world.error("lambda", "GetLayerVersionPolicy", get).await.0, "ResourceNotFoundException");
}
