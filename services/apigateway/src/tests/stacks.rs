//! The CloudFormation types, with the properties that the Serverless Framework gives them.

use super::*;

fn request(logical_id: &str, physical_id: Option<&str>, properties: Value) -> ResourceRequest {
    let Value::Object(properties) = properties else { panic!("an object") };
    ResourceRequest {
        stack_name: "stack".to_owned(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1".to_owned(),
        logical_id: logical_id.to_owned(),
        physical_id: physical_id.map(str::to_owned),
        token: logical_id.to_owned(),
        repeated: false,
        properties,
        tags: BTreeMap::new(),
    }
}

async fn create(
    world: &World,
    kind: &dyn ResourceType,
    properties: Value,
) -> (String, BTreeMap<String, Value>) {
    let request = request("Thing", None, properties);
    kind.check(&request.properties).expect("supported");
    for name in request.properties.keys() {
        assert!(
            kind.properties().iter().any(|property| property.name == name),
            "{} has no {name}",
            kind.name()
        );
    }
    let made = kind
        .create(&mut world.cx(), &request)
        .await
        .unwrap_or_else(|failure| panic!("{}: {failure}", kind.name()));
    (made.physical_id, made.attributes)
}

/// Creates the same thing again, as after a crash in which the answer of the first creation was lost.
async fn repeat(world: &World, kind: &dyn ResourceType, properties: Value) -> String {
    let mut request = request("Thing", None, properties);
    request.repeated = true;
    let made = kind.create(&mut world.cx(), &request).await;
    made.unwrap_or_else(|failure| panic!("{}: {failure}", kind.name())).physical_id
}

async fn delete(world: &World, kind: &dyn ResourceType, id: &str, properties: Value) {
    for _ in 0..2 {
        let request = request("Thing", Some(id), properties.clone());
        kind.delete(&mut world.cx(), &request)
            .await
            .unwrap_or_else(|failure| panic!("{}: {failure}", kind.name()));
    }
}

async fn update(world: &World, kind: &dyn ResourceType, id: &str, old: Value, new: Value) {
    let Value::Object(old) = old else { panic!("an object") };
    let request = request("Thing", Some(id), new);
    kind.update(&mut world.cx(), &request, &old)
        .await
        .unwrap_or_else(|failure| panic!("{}: {failure}", kind.name()));
}

fn lambda_uri(function: &str) -> String {
    format!(
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
         arn:aws:lambda:us-east-1:000000000000:function:{function}/invocations"
    )
}

#[tokio::test]
async fn a_stack_of_the_framework_comes_lives_and_goes() {
    let world = world().await;
    let api_properties = json!({"Name": "dev-service", "EndpointConfiguration": {"Types": ["EDGE"]}, "Policy": "", "BinaryMediaTypes": ["a/b"]});
    let (api, attributes) = create(&world, &stack::RestApi, api_properties.clone()).await;
    let root = attributes["RootResourceId"].clone();
    let resource_properties = json!({"ParentId": root, "PathPart": "test", "RestApiId": api});
    let (resource, _) = create(&world, &stack::Resource, resource_properties.clone()).await;
    let options = json!({
        "AuthorizationType": "NONE", "HttpMethod": "OPTIONS", "ResourceId": resource, "RestApiId": api,
        "RequestParameters": {},
        "MethodResponses": [{"StatusCode": "200", "ResponseModels": {}, "ResponseParameters": {
            "method.response.header.Access-Control-Allow-Origin": true,
            "method.response.header.Access-Control-Allow-Methods": true,
        }}],
        "Integration": {
            "Type": "MOCK", "ContentHandling": "CONVERT_TO_TEXT", "RequestTemplates": {"application/json": "{statusCode:200}"},
            "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": ""}, "ResponseParameters": {
                "method.response.header.Access-Control-Allow-Origin": "'*'",
                "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,GET'",
            }}],
        },
    });
    create(&world, &stack::Method, options).await;
    let model_properties = json!({
        "RestApiId": api, "ContentType": "application/json",
        "Schema": {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["id"]},
    });
    let (model, _) = create(&world, &stack::Model, model_properties.clone()).await;
    let validator_properties = json!({
        "RestApiId": api, "Name": "service-dev | Validate", "ValidateRequestBody": true, "ValidateRequestParameters": "true",
    });
    let (validator, _) = create(&world, &stack::RequestValidator, validator_properties.clone()).await;
    let post = json!({
        "HttpMethod": "POST", "RequestParameters": {"method.request.querystring.url": true}, "ResourceId": resource,
        "RestApiId": api, "ApiKeyRequired": false, "AuthorizationType": "NONE", "MethodResponses": [],
        "RequestValidatorId": validator, "RequestModels": {"application/json": model},
        "Integration": {"IntegrationHttpMethod": "POST", "Type": "AWS_PROXY", "Uri": lambda_uri("source")},
    });
    let (method, _) = create(&world, &stack::Method, post.clone()).await;
    let (gateway_response, _) = create(
        &world,
        &stack::GatewayResponse,
        json!({"RestApiId": api, "ResponseType": "DEFAULT_4XX", "StatusCode": 418}),
    )
    .await;
    let deployment_properties = json!({"RestApiId": api, "StageName": "dev"});
    let (first, _) = create(&world, &stack::Deployment, deployment_properties.clone()).await;
    let seen = ask(&world, "OPTIONS", &api, "/dev/test", &[], "").await;
    assert_eq!((seen.status, seen.header("access-control-allow-methods")), (200, Some("OPTIONS,GET")));
    assert_eq!(ask(&world, "POST", &api, "/dev/test?url=1", &[], "{\"id\":1}").await.status, 200);
    assert_eq!(ask(&world, "POST", &api, "/dev/test?url=1", &[], "{}").await.status, 418);
    // The next deployment: a new resource serves the stage, the old one goes.
    let mut open = post.clone();
    open["RequestModels"] = json!({});
    update(&world, &stack::Method, &method, post, open.clone()).await;
    let (second, _) = create(&world, &stack::Deployment, deployment_properties.clone()).await;
    delete(&world, &stack::Deployment, &first, deployment_properties.clone()).await;
    assert_eq!(ask(&world, "POST", &api, "/dev/test?url=1", &[], "{}").await.status, 200);
    let renamed = json!({
        "Name": "renamed", "Policy": "", "Tags": [{"Key": "a", "Value": "b"}], "BinaryMediaTypes": ["c/d"],
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
    });
    update(&world, &stack::RestApi, &api, api_properties, renamed.clone()).await;
    let described = world.ok("apigateway", "GetRestApi", json!({"restApiId": api})).await;
    assert_eq!((&described["name"], &described["tags"]["a"]), (&json!("renamed"), &json!("b")));
    assert_eq!(described["tags"]["aws:cloudformation:logical-id"], "Thing");
    assert_eq!(
        (&described["binaryMediaTypes"], &described["endpointConfiguration"]["types"]),
        (&json!(["c/d"]), &json!(["REGIONAL"]))
    );
    update(
        &world,
        &stack::Model,
        &model,
        model_properties.clone(),
        json!({"RestApiId": api, "Schema": {"type": "array"}}),
    )
    .await;
    update(
        &world,
        &stack::RequestValidator,
        &validator,
        validator_properties.clone(),
        json!({"RestApiId": api}),
    )
    .await;
    // Deletion in reverse order; the stage goes with the deployment that made it.
    delete(&world, &stack::Deployment, &second, deployment_properties).await;
    assert_eq!(ask(&world, "POST", &api, "/dev/test", &[], "").await.status, 403);
    delete(
        &world,
        &stack::GatewayResponse,
        &gateway_response,
        json!({"RestApiId": api, "ResponseType": "DEFAULT_4XX"}),
    )
    .await;
    delete(&world, &stack::Method, &method, open).await;
    delete(&world, &stack::RequestValidator, &validator, validator_properties).await;
    delete(&world, &stack::Model, &model, model_properties).await;
    delete(&world, &stack::Resource, &resource, resource_properties).await;
    delete(&world, &stack::RestApi, &api, renamed).await;
}

#[tokio::test]
async fn stages_of_their_own_and_the_account() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "echo", json!({})).await;
    let (deployment, _) =
        create(&world, &stack::Deployment, json!({"RestApiId": api.id, "Description": "d"})).await;
    let properties = json!({
        "RestApiId": api.id, "StageName": "dev", "DeploymentId": deployment, "Variables": {"a": "1", "b": 2},
        "TracingEnabled": true, "Tags": [{"Key": "x", "Value": "y"}],
        "AccessLogSetting": {"DestinationArn": "arn:aws:logs:us-east-1:0:log-group:x", "Format": "$context.requestId"},
        "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "INFO", "DataTraceEnabled": true}],
    });
    let (stage, _) = create(&world, &stack::Stage, properties.clone()).await;
    assert_eq!(get(&world, &api.id, "/dev").await.json()["stageVariables"], json!({"a": "1", "b": "2"}));
    let described = api.call("GetStage", json!({"stageName": "dev"})).await;
    assert_eq!(
        (&described["methodSettings"]["*/*"]["loggingLevel"], &described["tags"]),
        (&json!("INFO"), &json!({"x": "y"}))
    );
    assert_eq!(described["accessLogSettings"]["format"], "$context.requestId");
    let new =
        json!({"RestApiId": api.id, "StageName": "dev", "DeploymentId": deployment, "Variables": {"a": "3"}});
    update(&world, &stack::Stage, &stage, properties, new.clone()).await;
    assert_eq!(get(&world, &api.id, "/dev").await.json()["stageVariables"], json!({"a": "3"}));
    let described = api.call("GetStage", json!({"stageName": "dev"})).await;
    assert_eq!(described.get("accessLogSettings"), None);
    delete(&world, &stack::Stage, &stage, new).await;
    let (id, _) =
        create(&world, &stack::Account, json!({"CloudWatchRoleArn": "arn:aws:iam::000000000000:role/x"}))
            .await;
    update(
        &world,
        &stack::Account,
        &id,
        json!({}),
        json!({"CloudWatchRoleArn": "arn:aws:iam::000000000000:role/y"}),
    )
    .await;
    let account = world.ok("apigateway", "GetAccount", json!({})).await;
    assert_eq!(account["cloudwatchRoleArn"], "arn:aws:iam::000000000000:role/y");
    delete(&world, &stack::Account, &id, json!({})).await;
}

#[test]
fn templates_that_are_refused_before_anything_is_made() {
    let refused = |kind: &dyn ResourceType, properties: Value| {
        let Value::Object(properties) = properties else { panic!("an object") };
        kind.check(&properties).expect_err("refused")
    };
    refused(&stack::Method, json!({"AuthorizationType": "COGNITO_USER_POOLS"}));
    refused(&stack::Authorizer, json!({"Type": "COGNITO_USER_POOLS"}));
    refused(&stack::Method, json!({"Integration": {"Type": "HTTP_PROXY"}}));
    refused(&stack::Method, json!({"Integration": {"Type": "MOCK", "ConnectionId": "x"}}));
    refused(&stack::Deployment, json!({"StageDescription": {"CacheClusterEnabled": true}}));
    refused(&stack::Stage, json!({"MethodSettings": [{"CachingEnabled": true}]}));
}

#[tokio::test]
async fn repeated_creations_find_what_the_first_try_made() {
    let world = world().await;
    let with_methods = proxy(&world, "echo", json!({})).await;
    let properties = json!({"Name": "test"});
    let (id, attributes) = create(&world, &stack::RestApi, properties.clone()).await;
    assert_ne!(with_methods.id, id);
    assert_eq!(repeat(&world, &stack::RestApi, properties).await, id);
    let root = attributes["RootResourceId"].clone();
    let authorizer = json!({
        "RestApiId": id, "Name": "auth", "Type": "TOKEN", "AuthorizerUri": lambda_uri("authorizer"),
        "IdentitySource": "method.request.header.Authorization",
    });
    let (auth, _) = create(&world, &stack::Authorizer, authorizer.clone()).await;
    let resource = json!({"ParentId": root, "PathPart": "test", "RestApiId": id});
    let (part, _) = create(&world, &stack::Resource, resource.clone()).await;
    let model = json!({"RestApiId": id, "Name": "m", "Schema": {"type": "object"}});
    let method = json!({
        "HttpMethod": "GET", "ResourceId": part, "RestApiId": id, "AuthorizationType": "CUSTOM", "AuthorizerId": auth,
        "Integration": {"IntegrationHttpMethod": "POST", "Type": "AWS_PROXY", "Uri": lambda_uri("echo")},
    });
    create(&world, &stack::Model, model.clone()).await;
    create(&world, &stack::Method, method.clone()).await;
    let deployment = json!({"RestApiId": id, "StageName": "dev"});
    let (_, attributes) = create(&world, &stack::Deployment, deployment.clone()).await;
    let stage = json!({"RestApiId": id, "StageName": "other", "DeploymentId": attributes["DeploymentId"]});
    create(&world, &stack::Stage, stage.clone()).await;
    assert_eq!(repeat(&world, &stack::Authorizer, authorizer).await, auth);
    assert_eq!(repeat(&world, &stack::Resource, resource).await, part);
    assert_eq!(repeat(&world, &stack::Model, model).await, "m");
    repeat(&world, &stack::Method, method).await;
    assert_eq!(repeat(&world, &stack::Stage, stage).await, "other");
    repeat(&world, &stack::Deployment, deployment).await;
    let seen = ask(&world, "GET", &id, "/dev/test", &[("authorization", "allow")], "").await;
    assert_eq!(seen.status, 200, "{}", seen.text());
}

#[tokio::test]
async fn an_authorizer_of_the_framework() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let properties = json!({
        "AuthorizerResultTtlInSeconds": "0", "IdentitySource": "method.request.header.Authorization", "Name": "auth",
        "RestApiId": api.id, "AuthorizerUri": lambda_uri("authorizer"), "Type": "TOKEN",
    });
    let (id, attributes) = create(&world, &stack::Authorizer, properties.clone()).await;
    assert_eq!(attributes["AuthorizerId"], json!(id));
    let mut new = properties.clone();
    new["IdentitySource"] = json!("method.request.header.X-Key");
    new["IdentityValidationExpression"] = json!("a+");
    new.as_object_mut().expect("an object").remove("AuthorizerResultTtlInSeconds");
    update(&world, &stack::Authorizer, &id, properties, new.clone()).await;
    let seen = api.call("GetAuthorizer", json!({"authorizerId": id})).await;
    assert_eq!(seen["identitySource"], "method.request.header.X-Key");
    assert_eq!(
        (&seen["identityValidationExpression"], &seen["authorizerResultTtlInSeconds"]),
        (&json!("a+"), &json!(300))
    );
    delete(&world, &stack::Authorizer, &id, new).await;
}

#[tokio::test]
async fn keys_and_plans_of_the_framework() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    api.lambda(&api.root, "GET", "echo", json!({"apiKeyRequired": true})).await;
    api.deploy("dev").await;
    let key_properties = json!({
        "Enabled": true, "Name": "service-api-key-1", "Value": "a-value-that-is-long-enough",
        "StageKeys": [{"RestApiId": api.id, "StageName": "dev"}],
    });
    let (key, _) = create(&world, &stack::ApiKey, key_properties.clone()).await;
    let plan_properties = json!({
        "ApiStages": [{"ApiId": api.id, "Stage": "dev"}], "Description": "Usage plan for service dev stage",
        "UsagePlanName": "service-dev", "Quota": {"Limit": "5000", "Offset": 2, "Period": "MONTH"},
        "Throttle": {"BurstLimit": 200, "RateLimit": 100},
    });
    let (plan, _) = create(&world, &stack::UsagePlan, plan_properties.clone()).await;
    let member_properties = json!({"KeyId": key, "KeyType": "API_KEY", "UsagePlanId": plan});
    let (member, _) = create(&world, &stack::UsagePlanKey, member_properties.clone()).await;
    let call = async || {
        let headers = [("x-api-key", "a-value-that-is-long-enough")];
        ask(&world, "GET", &api.id, "/dev", &headers, "").await.status
    };
    assert_eq!(call().await, 200);
    assert_eq!(repeat(&world, &stack::ApiKey, key_properties.clone()).await, key);
    assert_eq!(repeat(&world, &stack::UsagePlan, plan_properties.clone()).await, plan);
    assert_eq!(repeat(&world, &stack::UsagePlanKey, member_properties.clone()).await, member);
    let new = json!({"UsagePlanName": "service-dev", "Throttle": {"RateLimit": 5}});
    update(&world, &stack::UsagePlan, &plan, plan_properties, new.clone()).await;
    let seen = world.ok("apigateway", "GetUsagePlan", json!({"usagePlanId": plan})).await;
    assert_eq!((seen.get("quota"), &seen["throttle"]["rateLimit"]), (None, &json!(5)));
    assert_eq!(call().await, 403);
    let disabled = json!({"Name": "service-api-key-1", "Enabled": "false"});
    update(&world, &stack::ApiKey, &key, key_properties, disabled.clone()).await;
    delete(&world, &stack::UsagePlanKey, &member, member_properties).await;
    delete(&world, &stack::UsagePlan, &plan, new).await;
    delete(&world, &stack::ApiKey, &key, disabled).await;
}
