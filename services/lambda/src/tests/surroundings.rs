//! Networks, shared file systems, SnapStart and updates of the runtime.

use super::*;

#[tokio::test]
async fn functions_share_a_file_system() {
    let world = world().await;
    let writes = "const fs = require('fs'); exports.handler = async (e) => { fs.writeFileSync('/mnt/shared/note', e.text) }";
    let reads =
        "const fs = require('fs'); exports.handler = async () => fs.readFileSync('/mnt/shared/note', 'utf8')";
    let made = world.ok("lambda", "CreateFunction", with_file_system("writer", writes)).await;
    assert_eq!(made["FileSystemConfigs"], json!([{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/shared"}]));
    world.ok("lambda", "CreateFunction", with_file_system("reader", reads)).await;
    let (_, answer) =
        invoke(&world, json!({"FunctionName": "writer", "Payload": payload(&json!({"text": "hi"}))})).await;
    assert!(answer["FunctionError"].is_null(), "{answer}");
    assert_eq!(invoke(&world, json!({"FunctionName": "reader"})).await.0, "hi");
    // Without the file system the path is not there, and code stays read-only in any case.
    let none = json!({"FunctionName": "reader", "FileSystemConfigs": []});
    assert!(world.ok("lambda", "UpdateFunctionConfiguration", none).await["FileSystemConfigs"].is_null());
    let (_, answer) = invoke(&world, json!({"FunctionName": "reader"})).await;
    assert_eq!(answer["FunctionError"], "Unhandled");
    let code = json!({"FunctionName": "writer", "ZipFile": code("index.js", "const fs = require('fs'); exports.handler = async () => { try { fs.writeFileSync('/var/task/x', '') } catch (error) { return error.code } }")});
    world.ok("lambda", "UpdateFunctionCode", code).await;
    assert_eq!(invoke(&world, json!({"FunctionName": "writer"})).await.0, "EROFS");
}

#[tokio::test]
async fn file_systems_are_checked() {
    let world = world().await;
    for (arn, code) in [
        (
            "arn:aws:elasticfilesystem:us-east-1:111111111111:access-point/fsap-0123456789abcdef0",
            "AccessDeniedException",
        ),
        (
            "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0/../../x",
            "InvalidParameterValueException",
        ),
        (
            "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-..",
            "InvalidParameterValueException",
        ),
        ("arn:aws:s3:::bucket", "InvalidParameterValueException"),
    ] {
        let mut input = node("f", ECHO);
        input["FileSystemConfigs"] = json!([{"Arn": arn, "LocalMountPath": "/mnt/x"}]);
        assert_eq!(world.error("lambda", "CreateFunction", input).await.0, code, "{arn}");
    }
    let mut input = with_file_system("f", ECHO);
    input["FileSystemConfigs"][0]["LocalMountPath"] = json!("/mnt/../etc");
    assert_eq!(world.error("lambda", "CreateFunction", input).await.0, "ValidationException");
}

#[tokio::test]
async fn networks_are_kept_and_shown() {
    let world = world().await;
    put_role_with(&world, "weak", TRUST, None).await;
    let mut input = node("f", ECHO);
    input["VpcConfig"] = json!({"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]});
    let made = world.ok("lambda", "CreateFunction", input.clone()).await;
    let vpc = &made["VpcConfig"];
    assert_eq!(vpc["SubnetIds"], json!(["subnet-1", "subnet-2"]));
    assert!(vpc["VpcId"].as_str().is_some_and(|id| id.len() == 21 && id.starts_with("vpc-")));
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!({}));
    let half = json!({"FunctionName": "f", "VpcConfig": {"SubnetIds": ["subnet-1"]}});
    assert_eq!(
        world.error("lambda", "UpdateFunctionConfiguration", half).await.1,
        "SubnetIds and SecurityIds must coexist in VPC config."
    );
    let out = json!({"FunctionName": "f", "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}});
    assert!(world.ok("lambda", "UpdateFunctionConfiguration", out).await["VpcConfig"].is_null());
    input["FunctionName"] = json!("g");
    input["Role"] = json!("arn:aws:iam::000000000000:role/weak");
    assert_eq!(
        world.error("lambda", "CreateFunction", input).await.1,
        "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"
    );
}

#[tokio::test]
async fn snap_start_is_for_versions_and_certain_runtimes() {
    let world = world().await;
    let mut input = node("f", ECHO);
    input["SnapStart"] = json!({"ApplyOn": "PublishedVersions"});
    assert_eq!(
        world.error("lambda", "CreateFunction", input.clone()).await.1,
        "nodejs20.x is not supported for SnapStart enabled functions."
    );
    input["Runtime"] = json!("python3.12");
    input["Code"] = json!({"ZipFile": code("index.py", "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']")});
    let made = world.ok("lambda", "CreateFunction", input).await;
    assert_eq!(made["SnapStart"], json!({"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}));
    let version = world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    assert_eq!(version["SnapStart"]["OptimizationStatus"], "On");
    assert_eq!(invoke(&world, json!({"FunctionName": "f:1"})).await.0, "snap-start");
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, "on-demand");
}

#[tokio::test]
async fn updates_of_the_runtime_are_kept_for_each_version() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    let arn = "arn:aws:lambda:us-east-1::runtime:0123456789abcdef";
    let manual =
        json!({"FunctionName": "f", "Qualifier": "1", "UpdateRuntimeOn": "Manual", "RuntimeVersionArn": arn});
    world.ok("lambda", "PutRuntimeManagementConfig", manual).await;
    let get = |qualifier: &str| json!({"FunctionName": "f", "Qualifier": qualifier});
    let shown = world.ok("lambda", "GetRuntimeManagementConfig", get("1")).await;
    assert_eq!((&shown["UpdateRuntimeOn"], &shown["RuntimeVersionArn"]), (&json!("Manual"), &json!(arn)));
    let shown = world.ok("lambda", "GetRuntimeManagementConfig", get("$LATEST")).await;
    assert_eq!((&shown["UpdateRuntimeOn"], &shown["RuntimeVersionArn"]), (&json!("Auto"), &Value::Null));
    let without = json!({"FunctionName": "f", "UpdateRuntimeOn": "Manual"});
    assert_eq!(
        world.error("lambda", "PutRuntimeManagementConfig", without).await.0,
        "InvalidParameterValueException"
    );
}

/// Code that was not checked must not be taken for code that was.
#[tokio::test]
async fn code_signing_is_refused_wherever_it_is_asked_for() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let unsupported = |what: &str| {
        ("InvalidParameterValueException".to_string(), format!("{what} is not supported by this cloud."))
    };
    let arn = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdefg";
    let mut signed = node("signed", ECHO);
    signed["CodeSigningConfigArn"] = json!(arn);
    assert_eq!(world.error("lambda", "CreateFunction", signed).await, unsupported("CodeSigningConfigArn"));
    assert_eq!(
        world.error("lambda", "GetFunction", json!({"FunctionName": "signed"})).await.0,
        "ResourceNotFoundException"
    );
    let put = |function: &str| json!({"FunctionName": function, "CodeSigningConfigArn": arn});
    assert_eq!(
        world.error("lambda", "PutFunctionCodeSigningConfig", put("f")).await,
        unsupported("Code signing")
    );
    assert_eq!(
        world.error("lambda", "PutFunctionCodeSigningConfig", put("none")).await.0,
        "ResourceNotFoundException"
    );
    let profile = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/0123456789";
    let config = json!({"AllowedPublishers": {"SigningProfileVersionArns": [profile]}});
    assert_eq!(world.error("lambda", "CreateCodeSigningConfig", config).await, unsupported("Code signing"));
    let shown = world.ok("lambda", "GetFunctionCodeSigningConfig", json!({"FunctionName": "f"})).await;
    assert_eq!(shown, json!({"FunctionName": "f"}));
    let kind = world.cloud().registry().resource_type("AWS::Lambda::Function").expect("the type").1;
    assert!(kind.properties().iter().all(|property| property.name != "CodeSigningConfigArn"));
    assert!(world.cloud().registry().resource_type("AWS::Lambda::CodeSigningConfig").is_none());
}
