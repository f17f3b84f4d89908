//! The CloudFormation types, as the engine calls them.

use cloud::cx::Cx;
use cloud::resource::{ResourceOutcome, ResourceRequest, ResourceType};

use super::*;

fn kind(world: &World, name: &str) -> &'static dyn ResourceType {
    world.cloud().registry().resource_type(name).unwrap().1
}

fn request(logical_id: &str, physical_id: Option<&str>, properties: Value) -> ResourceRequest {
    ResourceRequest {
        stack_name: "stack".into(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1".into(),
        logical_id: logical_id.into(),
        physical_id: physical_id.map(str::to_string),
        properties: properties.as_object().unwrap().clone(),
        tags: Default::default(),
        token: format!("token-{logical_id}"),
        repeated: false,
    }
}

async fn make(cx: &mut Cx, world: &World, name: &str, properties: Value) -> ResourceOutcome {
    kind(world, name).create(cx, &request("Res", None, properties)).await.unwrap()
}

fn function(text: &str) -> Value {
    json!({"FunctionName": "f", "Runtime": "nodejs20.x", "Handler": "index.handler", "Role": ROLE, "Timeout": "812",
        "Code": {"ZipFile": text}, "Environment": {"Variables": {"NUMBER": 5, "FLAG": true}}, "Tags": [{"Key": "a", "Value": "b"}]})
}

#[tokio::test]
async fn a_function_with_its_surroundings_is_made_changed_and_removed() {
    let world = world().await;
    let mut cx = world.cx();
    let made = make(
        &mut cx,
        &world,
        "AWS::Lambda::Function",
        function("exports.handler = async () => [process.env.NUMBER, process.env.FLAG]"),
    )
    .await;
    assert_eq!(made.physical_id, "f");
    assert_eq!(made.attributes["Arn"], "arn:aws:lambda:us-east-1:000000000000:function:f");
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!(["5", "true"]));
    let shown = world.ok("lambda", "GetFunction", json!({"FunctionName": "f"})).await;
    assert_eq!((&shown["Configuration"]["Timeout"], &shown["Tags"]["a"]), (&json!(812), &json!("b")));
    assert_eq!(shown["Tags"]["aws:cloudformation:logical-id"], "Res");
    // After a crash the engine calls again: the function is the stack's own.
    let again = make(&mut cx, &world, "AWS::Lambda::Function", function("other")).await;
    assert_eq!(again.physical_id, "f");
    let mut foreign = request("Other", None, function("x"));
    let failed = kind(&world, "AWS::Lambda::Function").create(&mut cx, &foreign).await.unwrap_err();
    assert_eq!(failed.code(), "ResourceConflictException");

    let version = make(&mut cx, &world, "AWS::Lambda::Version", json!({"FunctionName": "f"})).await;
    assert_eq!(version.physical_id, "arn:aws:lambda:us-east-1:000000000000:function:f:1");
    assert_eq!(version.attributes["Version"], "1");
    let alias = make(
        &mut cx,
        &world,
        "AWS::Lambda::Alias",
        json!({"FunctionName": "f", "Name": "live", "FunctionVersion": version.attributes["Version"]}),
    )
    .await;
    assert_eq!(alias.physical_id, "arn:aws:lambda:us-east-1:000000000000:function:f:live");
    let permission = json!({"FunctionName": alias.physical_id, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", "SourceArn": "arn:aws:execute-api:us-east-1:000000000000:x/*/*"});
    let granted = make(&mut cx, &world, "AWS::Lambda::Permission", permission.clone()).await;
    assert!(granted.physical_id.starts_with("stack-Res-"));
    let url = make(
        &mut cx,
        &world,
        "AWS::Lambda::Url",
        json!({"TargetFunctionArn": "f", "AuthType": "NONE", "Cors": {"AllowOrigins": ["*"]}}),
    )
    .await;
    assert!(url.attributes["FunctionUrl"].as_str().unwrap().contains(".lambda-url."));
    let events = make(
        &mut cx,
        &world,
        "AWS::Lambda::EventInvokeConfig",
        json!({"FunctionName": "f", "Qualifier": "$LATEST", "MaximumRetryAttempts": 0}),
    )
    .await;
    assert_eq!(
        world.ok("lambda", "GetFunctionEventInvokeConfig", json!({"FunctionName": "f"})).await["MaximumRetryAttempts"],
        0
    );

    let mut changed = function("exports.handler = async () => Object.keys(process.env).includes('NUMBER')");
    for removed in ["Environment", "Timeout", "Tags"] {
        changed.as_object_mut().unwrap().remove(removed);
    }
    changed["ReservedConcurrentExecutions"] = json!(3);
    let old = function("x").as_object().unwrap().clone();
    kind(&world, "AWS::Lambda::Function")
        .update(&mut cx, &request("Res", Some("f"), changed), &old)
        .await
        .unwrap();
    assert_eq!(invoke(&world, json!({"FunctionName": "f"})).await.0, json!(false));
    let shown = world.ok("lambda", "GetFunction", json!({"FunctionName": "f"})).await;
    assert_eq!((&shown["Configuration"]["Timeout"], &shown["Tags"]["a"]), (&json!(3), &Value::Null));
    assert_eq!(shown["Concurrency"]["ReservedConcurrentExecutions"], 3);

    for (name, made, properties) in [
        ("AWS::Lambda::EventInvokeConfig", &events, json!({"FunctionName": "f", "Qualifier": "$LATEST"})),
        ("AWS::Lambda::Url", &url, json!({"TargetFunctionArn": "f"})),
        ("AWS::Lambda::Permission", &granted, permission),
        ("AWS::Lambda::Alias", &alias, json!({"FunctionName": "f", "Name": "live"})),
        ("AWS::Lambda::Version", &version, json!({"FunctionName": "f"})),
        ("AWS::Lambda::Function", &made, json!({})),
    ] {
        foreign = request("Res", Some(&made.physical_id), properties);
        for _ in 0..2 {
            kind(&world, name).delete(&mut cx, &foreign).await.unwrap();
        }
    }
    assert_eq!(world.ok("lambda", "ListFunctions", json!({})).await["Functions"], json!([]));
}

/// Templates with `LogFormat: JSON` failed, as if functions could not log so.
#[tokio::test]
async fn a_template_says_how_a_function_logs() {
    let world = world().await;
    let mut cx = world.cx();
    let with = |logging: Value| {
        let mut properties = function("exports.handler = async () => 1");
        if !logging.is_null() {
            properties["LoggingConfig"] = logging;
        }
        properties
    };
    let debug = with(json!({"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "LogGroup": "/mine"}));
    let lambda = kind(&world, "AWS::Lambda::Function");
    assert_eq!(lambda.check(debug.as_object().unwrap()), Ok(()));
    make(&mut cx, &world, "AWS::Lambda::Function", debug.clone()).await;
    let shown = async || {
        let shown = world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": "f"})).await;
        shown["LoggingConfig"].clone()
    };
    let info = json!({"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": "/aws/lambda/f"});
    let mut first = info.clone();
    (first["ApplicationLogLevel"], first["LogGroup"]) = (json!("DEBUG"), json!("/mine"));
    assert_eq!(shown().await, first);
    for (logging, then) in [
        (json!({"LogFormat": "JSON"}), info),
        (Value::Null, json!({"LogFormat": "Text", "LogGroup": "/aws/lambda/f"})),
    ] {
        let changed = request("Res", Some("f"), with(logging));
        lambda.update(&mut cx, &changed, debug.as_object().unwrap()).await.unwrap();
        assert_eq!(shown().await, then, "what the template says no more is as by default");
    }
    for property in ["LoggingConfig", "VpcConfig"] {
        let mut broken = with(Value::Null);
        broken[property] = json!("text");
        let failed = lambda.create(&mut cx, &request("Other", None, broken)).await.unwrap_err();
        assert_eq!(failed.code(), "SerializationException", "{property}");
    }
}

#[tokio::test]
async fn layers_are_made_shared_and_removed() {
    let world = world().await;
    let mut cx = world.cx();
    let content = json!({"ZipFile": STANDARD.encode(zip(&[("a", b"1", 0o644)]))});
    let layer =
        make(&mut cx, &world, "AWS::Lambda::LayerVersion", json!({"LayerName": "l", "Content": content}))
            .await;
    assert_eq!(layer.physical_id, "arn:aws:lambda:us-east-1:000000000000:layer:l:1");
    let grant =
        json!({"LayerVersionArn": layer.physical_id, "Action": "lambda:GetLayerVersion", "Principal": "*"});
    let granted = make(&mut cx, &world, "AWS::Lambda::LayerVersionPermission", grant.clone()).await;
    world.ok("lambda", "GetLayerVersionPolicy", json!({"LayerName": "l", "VersionNumber": 1})).await;
    for (name, made, properties) in [
        ("AWS::Lambda::LayerVersionPermission", &granted, grant),
        ("AWS::Lambda::LayerVersion", &layer, json!({})),
    ] {
        kind(&world, name)
            .delete(&mut cx, &request("Res", Some(&made.physical_id), properties))
            .await
            .unwrap();
    }
    assert_eq!(world.ok("lambda", "ListLayers", json!({})).await["Layers"], json!([]));
}

#[tokio::test]
async fn what_is_not_supported_fails_before_anything_is_made() {
    let world = world().await;
    let check = |name: &str, properties: Value| kind(&world, name).check(properties.as_object().unwrap());
    let function = |properties: Value| check("AWS::Lambda::Function", properties);
    assert_eq!(
        function(json!({"KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"})).unwrap_err(),
        "KmsKeyArn is not supported by this cloud"
    );
    assert!(function(json!({"KmsKeyArn": {"Fn::If": ["a", "", ""]}})).is_ok(), "not known yet");
    assert!(function(json!({"Runtime": "java21"})).unwrap_err().contains("java21"));
    let unknown = function(json!({"Runtime": "nodejs9.x"})).unwrap_err();
    assert!(
        unknown.starts_with(
            "Value nodejs9.x at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, "
        ),
        "{unknown}"
    );
    assert!(function(json!({"Runtime": {"Ref": "Runtime"}})).is_ok());
    assert!(check("AWS::Lambda::Url", json!({"InvokeMode": "RESPONSE_STREAM"})).is_ok());
}

#[tokio::test]
async fn an_alias_with_provisioned_concurrency_is_there_with_its_environments() {
    let world = world().await;
    let mut cx = world.cx();
    let code = "exports.handler = async () => process.env.AWS_LAMBDA_INITIALIZATION_TYPE";
    make(&mut cx, &world, "AWS::Lambda::Function", function(code)).await;
    make(&mut cx, &world, "AWS::Lambda::Version", json!({"FunctionName": "f"})).await;
    // As Serverless Framework writes it for `provisionedConcurrency: 1`.
    let mut wanted = json!({"FunctionName": "f", "Name": "provisioned", "FunctionVersion": "1",
        "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}});
    let alias = make(&mut cx, &world, "AWS::Lambda::Alias", wanted.clone()).await;
    let get = json!({"FunctionName": "f", "Qualifier": "provisioned"});
    let found = world.ok("lambda", "GetProvisionedConcurrencyConfig", get.clone()).await;
    assert_eq!(found["Status"], "READY");
    let (kind_of, _) = invoke(&world, json!({"FunctionName": "f:provisioned"})).await;
    assert_eq!(kind_of, "provisioned-concurrency");
    let old = wanted.as_object().unwrap().clone();
    wanted.as_object_mut().unwrap().remove("ProvisionedConcurrencyConfig");
    let change = request("Res", Some(&alias.physical_id), wanted);
    kind(&world, "AWS::Lambda::Alias").update(&mut cx, &change, &old).await.unwrap();
    let (code, _) = world.error("lambda", "GetProvisionedConcurrencyConfig", get).await;
    assert_eq!(code, "ProvisionedConcurrencyConfigNotFoundException");
}
