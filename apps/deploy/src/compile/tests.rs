use serde_json::{Value, json};

use super::*;
use crate::model::{Package, Source};

/// A service of one configuration, with a package for each function and layer.
fn service(config: Value) -> (Service, Packages) {
    let package = |name: &str| Package {
        file: "/nowhere/service.zip".into(),
        name: format!("{name}.zip"),
        sha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
        size_bytes: 0,
    };
    let keys =
        |part: &str| config.get(part).and_then(Value::as_object).into_iter().flat_map(|part| part.keys());
    let packages = Packages {
        prefix: "serverless/shop/dev/1700000000000-2023-11-14T22:13:20.000Z".to_owned(),
        functions: keys("functions").map(|key| (key.clone(), package("shop"))).collect(),
        layers: keys("layers").map(|key| (key.clone(), package(key))).collect(),
        helpers: None,
    };
    let service = Service {
        config,
        source: Source::new("serverless.yml"),
        directory: "/nowhere".into(),
        stage: "dev".to_owned(),
        region: "us-east-1".to_owned(),
    };
    (service, packages)
}

/// The template of a service with these functions and these settings of the provider.
fn template(provider: Value, functions: Value) -> Value {
    let mut config = json!({
        "service": "shop",
        "provider": { "name": "aws", "stage": "dev", "region": "us-east-1", "runtime": "nodejs20.x" },
        "functions": functions,
    });
    cfn::merge(&mut config["provider"], &provider);
    let (service, packages) = service(config);
    compile(&service, &packages).expect("the configuration is right").update
}

/// What is wrong with a service of these functions.
fn problems(provider: Value, functions: Value) -> String {
    let mut config = json!({ "service": "shop", "provider": { "name": "aws" }, "functions": functions });
    cfn::merge(&mut config["provider"], &provider);
    let (service, packages) = service(config);
    compile(&service, &packages).expect_err("the configuration is wrong").to_string()
}

fn ids(template: &Value) -> Vec<&str> {
    template["Resources"].as_object().expect("there are resources").keys().map(String::as_str).collect()
}

fn statements(template: &Value) -> &Vec<Value> {
    let policy = &template["Resources"]["IamRoleLambdaExecution"]["Properties"]["Policies"][0];
    policy["PolicyDocument"]["Statement"].as_array().expect("the role has a policy")
}

/// The expected ids and properties below are those that Serverless Framework 3.40 gives.
#[test]
fn a_function_brings_its_log_group_role_version_and_outputs() {
    let template = template(
        json!({ "environment": { "LEVEL": 1 } }),
        json!({ "get-item": { "handler": "index.get", "environment": { "TABLE": "items" } } }),
    );
    assert_eq!(
        ids(&template),
        [
            "ServerlessDeploymentBucket",
            "ServerlessDeploymentBucketPolicy",
            "GetDashitemLogGroup",
            "IamRoleLambdaExecution",
            "GetDashitemLambdaFunction",
            "GetDashitemLambdaVersionIeqDge6i6GSldIBpL5VSKpzwee2sjahyelmFgv81RS8",
        ]
    );
    assert_eq!(
        template["Resources"]["GetDashitemLambdaFunction"],
        json!({
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {
                    "S3Bucket": { "Ref": "ServerlessDeploymentBucket" },
                    "S3Key": "serverless/shop/dev/1700000000000-2023-11-14T22:13:20.000Z/shop.zip",
                },
                "Handler": "index.get",
                "Runtime": "nodejs20.x",
                "FunctionName": "shop-dev-get-item",
                "MemorySize": 1024,
                "Timeout": 6,
                "Environment": { "Variables": { "LEVEL": "1", "TABLE": "items" } },
                "Role": { "Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"] },
            },
            "DependsOn": ["GetDashitemLogGroup"],
        })
    );
    assert_eq!(
        template["Outputs"]["GetDashitemLambdaFunctionQualifiedArn"]["Export"]["Name"],
        "sls-shop-dev-GetDashitemLambdaFunctionQualifiedArn"
    );
}

#[test]
fn the_id_of_a_version_follows_the_settings_but_not_the_tags() {
    let version = |extra: Value| {
        let mut function = json!({ "handler": "index.get" });
        cfn::merge(&mut function, &extra);
        let template = template(json!({}), json!({ "hello": function }));
        ids(&template).iter().find(|id| id.contains("LambdaVersion")).map(|id| (*id).to_owned())
    };
    let plain = version(json!({}));
    assert!(plain.is_some());
    assert_eq!(plain, version(json!({ "tags": { "a": "b" }, "reservedConcurrency": 3 })));
    assert_ne!(plain, version(json!({ "timeout": 10 })));
}

#[test]
fn a_rest_event_makes_the_api_its_resources_and_a_preflight_answer() {
    let template = template(
        json!({ "versionFunctions": false }),
        json!({ "users": { "handler": "index.users", "events": [
            { "http": { "method": "get", "path": "/users/{id}/", "cors": true } },
            { "http": "POST users" },
        ] } }),
    );
    assert_eq!(
        ids(&template)[4..],
        [
            "UsersLambdaFunction",
            "ApiGatewayRestApi",
            "ApiGatewayResourceUsers",
            "ApiGatewayResourceUsersIdVar",
            "ApiGatewayMethodUsersIdVarOptions",
            "ApiGatewayMethodUsersIdVarGet",
            "ApiGatewayMethodUsersPost",
            "ApiGatewayDeployment1700000000000",
            "UsersLambdaPermissionApiGateway",
        ]
    );
    let resources = &template["Resources"];
    assert_eq!(
        resources["ApiGatewayResourceUsersIdVar"]["Properties"],
        json!({
            "ParentId": { "Ref": "ApiGatewayResourceUsers" },
            "PathPart": "{id}",
            "RestApiId": { "Ref": "ApiGatewayRestApi" },
        })
    );
    assert_eq!(
        resources["ApiGatewayDeployment1700000000000"]["DependsOn"],
        json!([
            "ApiGatewayMethodUsersIdVarOptions",
            "ApiGatewayMethodUsersIdVarGet",
            "ApiGatewayMethodUsersPost"
        ])
    );
    let answer = &resources["ApiGatewayMethodUsersIdVarOptions"]["Properties"]["Integration"]["IntegrationResponses"]
        [0];
    assert_eq!(
        answer["ResponseParameters"]["method.response.header.Access-Control-Allow-Methods"],
        "'OPTIONS,GET'"
    );
}

#[test]
fn a_transfer_mode_is_one_of_two_and_that_of_a_proxy() {
    let event = |integration: &str, mode: Value| {
        let http = json!({
            "method": "get", "path": "x", "integration": integration, "response": { "transferMode": mode },
        });
        json!({ "a": { "handler": "index.a", "events": [{ "http": http }] } })
    };
    for (integration, mode, problem) in [
        ("lambda-proxy", json!("SLOW"), "is \"SLOW\"; it can be BUFFERED or STREAM"),
        ("lambda-proxy", json!(true), "is true; it can be BUFFERED or STREAM"),
        ("lambda", json!("STREAM"), "needs a proxy; the integration is AWS"),
        ("mock", json!("BUFFERED"), "needs a proxy; the integration is MOCK"),
    ] {
        let message = problems(json!({}), event(integration, mode));
        assert_eq!(message, format!("serverless.yml: `transferMode` {problem}"));
    }
    let template = template(json!({ "versionFunctions": false }), event("lambda-proxy", json!("stream")));
    let integration = &template["Resources"]["ApiGatewayMethodXGet"]["Properties"]["Integration"];
    assert_eq!(integration["ResponseTransferMode"], "STREAM");
    assert!(integration["Uri"].to_string().contains("/response-streaming-invocations"), "{integration}");
}

#[test]
fn an_http_api_event_makes_the_api_and_one_integration_for_each_function() {
    let template = template(
        json!({ "versionFunctions": false, "httpApi": { "cors": true } }),
        json!({ "app": { "handler": "index.app", "events": [{ "httpApi": "GET /a" }, { "httpApi": "*" }] } }),
    );
    assert_eq!(
        ids(&template)[4..],
        [
            "AppLambdaFunction",
            "HttpApi",
            "HttpApiStage",
            "AppLambdaPermissionHttpApi",
            "HttpApiIntegrationApp",
            "HttpApiRouteGetA",
            "HttpApiRouteDefault",
        ]
    );
    assert_eq!(
        template["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]["AllowMethods"],
        json!(["OPTIONS", "GET", "POST", "PUT", "PATCH", "HEAD", "DELETE"])
    );
}

#[test]
fn event_sources_let_the_role_read_them() {
    let template = template(
        json!({ "versionFunctions": false }),
        json!({ "work": { "handler": "index.work", "events": [
            { "sqs": { "arn": { "Fn::GetAtt": ["Jobs", "Arn"] }, "batchSize": 1 } },
            { "stream": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s" },
        ] } }),
    );
    assert_eq!(
        template["Resources"]["WorkEventSourceMappingSQSJobs"]["DependsOn"],
        json!(["IamRoleLambdaExecution"])
    );
    assert!(template["Resources"]["WorkEventSourceMappingDynamodbT"].is_object());
    let actions: Vec<&Value> =
        statements(&template).iter().map(|statement| &statement["Action"][0]).collect();
    assert_eq!(
        actions,
        ["logs:CreateLogStream", "logs:PutLogEvents", "dynamodb:GetRecords", "sqs:ReceiveMessage"]
    );
}

#[test]
fn resources_are_merged_and_extended() {
    let (service, packages) = service(json!({
        "service": "shop",
        "provider": { "name": "aws", "versionFunctions": false },
        "functions": { "hello": { "handler": "index.hello" } },
        "resources": {
            "Conditions": { "IsProd": { "Fn::Equals": ["a", "b"] } },
            "Resources": { "Jobs": { "Type": "AWS::SQS::Queue", "DependsOn": "Other", "Properties": { "KmsKeyId": null } } },
            "extensions": { "HelloLogGroup": { "Properties": { "RetentionInDays": 7 }, "DeletionPolicy": "Retain" } },
            "Outputs": { "Url": { "Value": { "Ref": "Jobs" } } },
        },
    }));
    let template = compile(&service, &packages).expect("the configuration is right").update;
    assert_eq!(
        template["Resources"]["HelloLogGroup"],
        json!({
            "Type": "AWS::Logs::LogGroup",
            "Properties": { "LogGroupName": "/aws/lambda/shop-dev-hello", "RetentionInDays": 7 },
            "DeletionPolicy": "Retain",
        })
    );
    assert_eq!(
        template["Resources"]["Jobs"],
        json!({ "Type": "AWS::SQS::Queue", "DependsOn": ["Other"], "Properties": {} })
    );
    assert!(template["Conditions"]["IsProd"].is_object());
    assert_eq!(template["Outputs"]["Url"], json!({ "Value": { "Ref": "Jobs" } }));
}

#[test]
fn a_bucket_of_the_author_takes_the_place_of_the_stacks_own() {
    let (service, packages) = service(json!({
        "service": "shop",
        "provider": { "name": "aws", "deploymentBucket": { "name": "my-bucket" } },
        "functions": {},
    }));
    let template = compile(&service, &packages).expect("the configuration is right");
    assert_eq!(template.create["Resources"], json!({}));
    assert_eq!(template.create["Outputs"]["ServerlessDeploymentBucketName"]["Value"], "my-bucket");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let message = problems(
        json!({}),
        json!({
            "a": { "runtime": "go1.x", "events": [{ "kafka": { "topic": "t" } }] },
            "b": { "handler": "index.b", "image": "x", "events": [
                { "http": "FETCH /x" },
                { "http": { "method": "get", "path": "x", "authorizer": "nobody" } },
                { "schedule": { "rate": ["rate(1 hour)"], "timezone": "Europe/Paris" } },
                { "cognitoUserPool": { "pool": "there", "trigger": "PreSignUp", "existing": true } },
            ] },
        }),
    );
    let expected = "serverless.yml: the function `a` has no `handler`
serverless.yml: `timezone` of a schedule works with `method: scheduler` alone
serverless.yml: `FETCH` is no HTTP method
serverless.yml: there is no function `nobody`
serverless.yml: the event type `kafka` is not supported
serverless.yml: the runtime `go1.x` is not supported
  functions run in runtimes such as nodejs20.x, python3.12 and provided.al2023
serverless.yml: the function `b` is a container image, which needs Docker
  package it as a zip archive with a `handler`
serverless.yml: an event of type `cognitoUserPool` with `existing: true` needs a helper function of the framework, which is not supported
  declare the resource in this service instead";
    assert_eq!(message, expected);
}

#[test]
fn two_packagings_are_equal_once_normalised() {
    let config = json!({
        "service": "shop",
        "provider": { "name": "aws" },
        "functions": { "hello": { "handler": "index.hello", "events": [{ "http": "GET /" }, { "websocket": "$connect" }] } },
    });
    let (service, mut packages) = service(config);
    let first = compile(&service, &packages).expect("the configuration is right").update;
    packages.prefix = "serverless/shop/dev/1800000000000-2027-01-15T08:00:00.000Z".to_owned();
    let second = compile(&service, &packages).expect("the configuration is right").update;
    assert_ne!(first, second);
    assert_eq!(normalise(&first), normalise(&second));
}

/// The role of the helper functions stays for those that run here: REST APIs need none to write logs.
#[test]
fn helper_functions_keep_their_role() {
    let rest = json!({ "logs": { "restApi": true } });
    let bucket = json!({ "s3": { "bucket": "there", "existing": true } });
    let resources = |events: Value| {
        let functions = json!({ "a": { "handler": "index.a", "events": events } });
        template(rest.clone(), functions)["Resources"].clone()
    };
    let both = resources(json!([{ "http": "GET /" }, bucket]));
    assert_eq!(both["ACustomS31"]["Type"], "Custom::S3");
    let helper = &both["CustomDashresourceDashexistingDashs3LambdaFunction"]["Properties"];
    assert_eq!(helper["Handler"], "s3/handler.handler");
    assert_eq!(helper["Role"]["Fn::GetAtt"][0], "IamRoleCustomResourcesLambdaExecution");
    assert!(both["IamRoleCustomResourcesLambdaExecution"].is_object());
    assert!(both["CustomDashresourceDashapigwDashcwDashroleLambdaFunction"].is_null());
    let one = resources(json!([{ "http": "GET /" }]));
    assert!(one["IamRoleCustomResourcesLambdaExecution"].is_null());
}
