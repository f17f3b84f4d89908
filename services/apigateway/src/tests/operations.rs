//! The operations. Texts and shapes of answers are those of AWS as LocalStack recorded them
//! (tests/aws/services/apigateway), unless said otherwise.

use super::*;

const BAD: &str = "BadRequestException";
const NOT_FOUND: &str = "NotFoundException";
const CONFLICT: &str = "ConflictException";

fn pair(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

#[tokio::test]
async fn apis() {
    let world = world().await;
    let made = world
        .ok("apigateway", "CreateRestApi", json!({"name": "n", "description": "d", "tags": {"a": "1"}}))
        .await;
    let id = made["id"].as_str().expect("an id");
    assert_eq!(id.len(), 10);
    assert_eq!(
        (&made["apiKeySource"], &made["disableExecuteApiEndpoint"]),
        (&json!("HEADER"), &json!(false))
    );
    assert_eq!(made["endpointConfiguration"], json!({"types": ["EDGE"], "ipAddressType": "ipv4"}));
    assert_eq!(made["tags"], json!({"a": "1"}));
    assert_eq!(world.ok("apigateway", "GetRestApi", json!({"restApiId": id})).await, made);
    let patch = |op: &str, path: &str, value: Option<&str>| json!({"op": op, "path": path, "value": value});
    let update = async |patches: Value| {
        world.ok("apigateway", "UpdateRestApi", json!({"restApiId": id, "patchOperations": patches})).await
    };
    let added = json!([
        patch("add", "/binaryMediaTypes/image~1png", None),
        patch("add", "/binaryMediaTypes/image~1jpeg", None),
    ]);
    assert_eq!(update(added).await["binaryMediaTypes"], json!(["image/png", "image/jpeg"]));
    let replaced = json!([patch("replace", "/binaryMediaTypes/image~1png", Some("image/gif"))]);
    assert_eq!(update(replaced).await["binaryMediaTypes"], json!(["image/jpeg", "image/gif"]));
    let removed =
        json!([patch("remove", "/binaryMediaTypes/image~1gif", None), patch("remove", "/description", None)]);
    let after = update(removed).await;
    assert_eq!((&after["binaryMediaTypes"], after.get("description")), (&json!(["image/jpeg"]), None));
    let renamed = json!([
        patch("replace", "/name", Some("m")),
        patch("replace", "/disableExecuteApiEndpoint", Some("true"))
    ]);
    let after = update(renamed).await;
    assert_eq!((&after["name"], &after["disableExecuteApiEndpoint"]), (&json!("m"), &json!(true)));
    let bad = json!({"restApiId": id, "patchOperations": [patch("replace", "/nope", Some("x"))]});
    assert_eq!(world.error("apigateway", "UpdateRestApi", bad).await, pair(BAD, "Invalid patch path /nope"));
    let wrong = json!({"restApiId": id, "patchOperations": [patch("wrong", "/name", Some("x"))]});
    assert_eq!(world.error("apigateway", "UpdateRestApi", wrong).await.0, "ValidationException");
    for index in 0..3 {
        world.ok("apigateway", "CreateRestApi", json!({"name": index.to_string()})).await;
    }
    let page = world.ok("apigateway", "GetRestApis", json!({"limit": 3})).await;
    let rest = world.ok("apigateway", "GetRestApis", json!({"limit": 3, "position": page["position"]})).await;
    let count = |page: &Value| page["item"].as_array().map(Vec::len);
    assert_eq!((count(&page), count(&rest), rest.get("position")), (Some(3), Some(1), None));
    world.ok("apigateway", "DeleteRestApi", json!({"restApiId": id})).await;
    let gone = pair(NOT_FOUND, &format!("Invalid API identifier specified 000000000000:{id}"));
    for operation in
        ["GetRestApi", "DeleteRestApi", "UpdateRestApi", "GetResources", "GetStages", "GetModels"]
    {
        assert_eq!(world.error("apigateway", operation, json!({"restApiId": id})).await, gone, "{operation}");
    }
}

#[tokio::test]
async fn apis_that_are_refused() {
    let world = world().await;
    let types = json!({"name": "n", "endpointConfiguration": {"types": ["wrong"]}});
    let (code, message) = world.error("apigateway", "CreateRestApi", types).await;
    assert_eq!(code, "ValidationException");
    assert_eq!(
        message,
        "1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to \
         satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: \
         [PRIVATE, EDGE, REGIONAL]]"
    );
    for more in [
        json!({"endpointConfiguration": {"types": ["PRIVATE"]}}),
        json!({"cloneFrom": "abc"}),
        json!({"minimumCompressionSize": -1}),
        json!({"policy": "{"}),
        json!({"securityPolicy": "TLS_1_2"}),
        json!({"name": ""}),
    ] {
        let mut input = json!({"name": "n"});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        assert_eq!(world.error("apigateway", "CreateRestApi", input.clone()).await.0, BAD, "{input}");
    }
    // An API of another account is as good as none.
    let api = Api::new(&world, json!({})).await;
    let stranger = cloud::caller::Caller::root("111111111111", "us-east-1");
    let answer = world.call_as(stranger, "apigateway", "GetRestApi", json!({"restApiId": api.id})).await;
    assert_eq!(answer.expect_err("not there").code(), NOT_FOUND);
}

#[tokio::test]
async fn resources() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let pets = api.resource(&api.root, "pets").await;
    let pet = api.resource(&pets, "{id}").await;
    let seen = api.call("GetResource", json!({"resourceId": pet})).await;
    assert_eq!(seen, json!({"id": pet, "parentId": pets, "pathPart": "{id}", "path": "/pets/{id}"}));
    let update = |id: &str, path: &str, value: Value| json!({"resourceId": id, "patchOperations": [{"op": "replace", "path": path, "value": value}]});
    let moved = api.call("UpdateResource", update(&pets, "/pathPart", json!("dogs"))).await;
    assert_eq!(moved["path"], "/dogs");
    assert_eq!(api.call("GetResource", json!({"resourceId": pet})).await["path"], "/dogs/{id}");
    let no_resource = pair(NOT_FOUND, "Invalid Resource identifier specified");
    assert_eq!(api.fails("UpdateResource", update("fake", "/pathPart", json!("x"))).await, no_resource);
    assert_eq!(api.fails("UpdateResource", update(&pets, "/parentId", json!("fake"))).await, no_resource);
    assert_eq!(
        api.fails("UpdateResource", update(&pets, "/parentId", json!(pet))).await,
        pair(BAD, "Resources cannot be cyclical.")
    );
    assert_eq!(
        api.fails("UpdateResource", update(&pets, "/invalid", json!("x"))).await,
        pair(
            BAD,
            "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"
        )
    );
    let add =
        json!({"resourceId": pets, "patchOperations": [{"op": "add", "path": "/pathPart", "value": "x"}]});
    assert_eq!(
        api.fails("UpdateResource", add).await,
        pair(
            BAD,
            "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations"
        )
    );
    assert_eq!(
        api.fails("UpdateResource", update(&api.root, "/pathPart", json!("x"))).await,
        pair(BAD, "Root resource cannot update its pathPart.")
    );
    api.resource(&api.root, "cats").await;
    assert_eq!(
        api.fails("CreateResource", json!({"parentId": api.root, "pathPart": "cats"})).await,
        pair(CONFLICT, "Another resource with the same parent already has this name: cats")
    );
    assert_eq!(api.fails("CreateResource", json!({"parentId": "fake", "pathPart": "x"})).await, no_resource);
    assert_eq!(api.call("GetResources", json!({})).await["item"].as_array().map(Vec::len), Some(4));
    api.call("DeleteResource", json!({"resourceId": pets})).await;
    assert_eq!(api.fails("GetResource", json!({"resourceId": pet})).await, no_resource);
    assert_eq!(api.fails("DeleteResource", json!({"resourceId": pets})).await, no_resource);
    assert_eq!(api.fails("DeleteResource", json!({"resourceId": api.root})).await.0, BAD);
}

#[tokio::test]
async fn methods_and_their_answers() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let key = json!({"resourceId": api.root, "httpMethod": "ANY"});
    let with = |more: Value| {
        let mut input = key.clone();
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    let no_method = pair(NOT_FOUND, "Invalid Method identifier specified");
    for operation in ["GetMethod", "DeleteMethod", "UpdateMethod"] {
        assert_eq!(api.fails(operation, key.clone()).await, no_method, "{operation}");
    }
    let made = api.call("PutMethod", with(json!({"authorizationType": "none"}))).await;
    assert_eq!(made, json!({"httpMethod": "ANY", "authorizationType": "NONE", "apiKeyRequired": false}));
    assert_eq!(api.fails("PutMethod", with(json!({"authorizationType": "NONE"}))).await.0, CONFLICT);
    let other = |more: Value| {
        let mut input = json!({"resourceId": api.root, "httpMethod": "GET", "authorizationType": "NONE"});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    for more in [
        json!({"httpMethod": "FETCH"}),
        json!({"authorizationType": "CUSTOM"}),
        json!({"authorizationType": "whatever"}),
        json!({"authorizationScopes": ["a"]}),
        json!({"requestValidatorId": "none"}),
        json!({"requestModels": {"application/json": "None"}}),
        json!({"requestParameters": {"query.x": true}}),
    ] {
        assert_eq!(api.fails("PutMethod", other(more.clone())).await.0, BAD, "{more}");
    }
    let update = |op: &str, path: &str, value: &str| {
        with(json!({"patchOperations": [{"op": op, "path": path, "value": value}]}))
    };
    let only = pair(BAD, "Invalid patch operation specified. Must be one of: [replace]");
    assert_eq!(api.fails("UpdateMethod", update("add", "/operationName", "x")).await, only);
    assert_eq!(
        api.fails("UpdateMethod", update("add", "/httpMethod", "PUT")).await,
        pair(BAD, "Invalid patch path /httpMethod")
    );
    assert_eq!(
        api.fails("UpdateMethod", update("replace", "/requestValidatorId", "fake")).await,
        pair(BAD, "Invalid Request Validator identifier specified")
    );
    let updated = api.call("UpdateMethod", update("replace", "/operationName", "Op")).await;
    assert_eq!(updated["operationName"], "Op");
    let name = "/requestParameters/method.request.querystring.x";
    let updated = api.call("UpdateMethod", update("add", name, "true")).await;
    assert_eq!(updated["requestParameters"], json!({"method.request.querystring.x": true}));
    // Answers.
    let status = |more: Value| {
        let mut input = with(json!({"statusCode": "200"}));
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    let no_response = pair(NOT_FOUND, "Invalid Response status code specified");
    assert_eq!(api.fails("GetMethodResponse", status(json!({}))).await, no_response);
    assert_eq!(api.call("PutMethodResponse", status(json!({}))).await, json!({"statusCode": "200"}));
    assert_eq!(api.fails("PutMethodResponse", status(json!({}))).await.0, CONFLICT);
    let patches = json!([
        {"op": "add", "path": "/responseParameters/method.response.header.x", "value": "true"},
        {"op": "add", "path": "/responseModels/application~1json", "value": "Empty"},
    ]);
    let updated = api.call("UpdateMethodResponse", status(json!({"patchOperations": patches}))).await;
    assert_eq!(updated["responseParameters"], json!({"method.response.header.x": true}));
    assert_eq!(api.call("GetMethodResponse", status(json!({}))).await, updated);
    let bad = json!([{"op": "add", "path": "/nope", "value": "x"}]);
    assert_eq!(api.fails("UpdateMethodResponse", status(json!({"patchOperations": bad}))).await.0, BAD);
    assert_eq!(
        api.fails("PutMethodResponse", with(json!({"statusCode": "wrong"}))).await.0,
        "ValidationException"
    );
    assert_eq!(api.call("GetMethod", key.clone()).await["methodResponses"]["200"]["statusCode"], "200");
    let embedded = api.call("GetResources", json!({"embed": ["methods"]})).await;
    assert_eq!(embedded["item"][0]["resourceMethods"]["ANY"]["authorizationType"], "NONE");
    assert_eq!(api.call("GetResources", json!({})).await["item"][0]["resourceMethods"], json!({"ANY": {}}));
    api.call("DeleteMethodResponse", status(json!({}))).await;
    assert_eq!(api.fails("DeleteMethodResponse", status(json!({}))).await, no_response);
    api.call("DeleteMethod", key.clone()).await;
    assert_eq!(api.fails("GetMethod", key.clone()).await, no_method);
}

#[tokio::test]
async fn integrations_and_their_answers() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let with = |more: Value| {
        let mut input = json!({"resourceId": api.root, "httpMethod": "GET"});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    let mock =
        with(json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}));
    assert_eq!(
        api.fails("PutIntegration", mock.clone()).await,
        pair(NOT_FOUND, "Invalid Method identifier specified")
    );
    let no_integration = pair(NOT_FOUND, "Invalid Integration identifier specified");
    api.call("PutMethod", with(json!({"authorizationType": "NONE"}))).await;
    for operation in ["GetIntegration", "DeleteIntegration", "UpdateIntegration"] {
        assert_eq!(api.fails(operation, with(json!({}))).await, no_integration, "{operation}");
    }
    let status = with(json!({"statusCode": "200"}));
    assert_eq!(api.fails("PutIntegrationResponse", status.clone()).await, no_integration);
    let made = api.call("PutIntegration", mock).await;
    assert_eq!(made["requestTemplates"], json!({"application/json": "{\"statusCode\": 200}"}));
    assert_eq!((&made["type"], &made["timeoutInMillis"]), (&json!("MOCK"), &json!(29000)));
    assert_eq!(
        (&made["passthroughBehavior"], &made["cacheNamespace"]),
        (&json!("WHEN_NO_MATCH"), &json!(api.root))
    );
    for refused in [
        json!({"type": "HTTP", "uri": "http://example.com"}),
        json!({"type": "AWS", "uri": "arn:aws:apigateway:us-east-1:sqs:path/x"}),
        json!({"type": "MOCK", "requestTemplates": {"application/json": "#set($x = 1)"}}),
        json!({"type": "MOCK", "requestParameters": {"integration.request.path.id": "method.request.path.id"}}),
        json!({"type": "MOCK", "timeoutInMillis": 30000}),
        json!({"type": "MOCK", "passthroughBehavior": "SOMETIMES"}),
        json!({"type": "MOCK", "connectionType": "VPC_LINK"}),
        json!({"type": "AWS_PROXY", "uri": "arn:aws:apigateway:us-east-1:lambda:path/x"}),
        json!({"type": "AWS_PROXY", "integrationHttpMethod": "POST"}),
        json!({"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:path/x"}),
    ] {
        assert_eq!(api.fails("PutIntegration", with(refused.clone())).await.0, BAD, "{refused}");
    }
    assert_eq!(
        api.fails("PutIntegration", with(json!({"type": "HTTPS_PROXY"}))).await.0,
        "ValidationException"
    );
    let patch = json!([{"op": "replace", "path": "/timeoutInMillis", "value": "1000"}]);
    let updated = api.call("UpdateIntegration", with(json!({"patchOperations": patch}))).await;
    assert_eq!(updated["timeoutInMillis"], 1000);
    // Answers.
    let response = |more: Value| {
        let mut input = status.clone();
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    let undeclared = json!({"responseParameters": {"method.response.header.x": "'1'"}});
    assert_eq!(
        api.fails("PutIntegrationResponse", response(undeclared.clone())).await,
        pair(
            BAD,
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression parameter specified: method.response.header.x]"
        )
    );
    api.call(
        "PutMethodResponse",
        response(json!({"responseParameters": {"method.response.header.x": true}})),
    )
    .await;
    let made = api.call("PutIntegrationResponse", response(undeclared)).await;
    assert_eq!(made, json!({"statusCode": "200", "responseParameters": {"method.response.header.x": "'1'"}}));
    for refused in [
        json!({"responseParameters": {"method.response.header.x": "integration.response.header.y"}}),
        json!({"responseTemplates": {"application/json": "$input.json('$')"}}),
        json!({"selectionPattern": "("}),
    ] {
        assert_eq!(api.fails("PutIntegrationResponse", response(refused.clone())).await.0, BAD, "{refused}");
    }
    let patch = json!([{"op": "add", "path": "/responseTemplates/text~1plain", "value": "hi"}]);
    let updated = api.call("UpdateIntegrationResponse", response(json!({"patchOperations": patch}))).await;
    assert_eq!(updated["responseTemplates"], json!({"text/plain": "hi"}));
    assert_eq!(api.call("GetIntegrationResponse", status.clone()).await, updated);
    let no_response = pair(NOT_FOUND, "Invalid Response status code specified");
    assert_eq!(api.fails("GetIntegrationResponse", with(json!({"statusCode": "201"}))).await, no_response);
    assert_eq!(api.fails("DeleteIntegrationResponse", with(json!({"statusCode": "201"}))).await, no_response);
    api.call("DeleteIntegrationResponse", status.clone()).await;
    api.call("DeleteIntegration", with(json!({}))).await;
    assert_eq!(api.fails("GetIntegrationResponse", status).await, no_integration);
}

#[tokio::test]
async fn deployments_and_stages() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    assert_eq!(
        api.fails("CreateDeployment", json!({})).await,
        pair(BAD, "The REST API doesn't contain any methods")
    );
    api.call("PutMethod", json!({"resourceId": api.root, "httpMethod": "GET", "authorizationType": "NONE"}))
        .await;
    assert_eq!(
        api.fails("CreateDeployment", json!({})).await,
        pair(BAD, "No integration defined for method")
    );
    api.call("PutIntegration", json!({"resourceId": api.root, "httpMethod": "GET", "type": "MOCK"})).await;
    let made = api.call("CreateDeployment", json!({"description": "first"})).await;
    let id = made["id"].clone();
    let key = json!({"deploymentId": id});
    assert_eq!(api.call("GetDeployment", key.clone()).await, made);
    let embedded = api.call("GetDeployment", json!({"deploymentId": id, "embed": ["apisummary"]})).await;
    assert_eq!(
        embedded["apiSummary"],
        json!({"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": false}}})
    );
    assert_eq!(api.call("GetDeployments", json!({})).await["item"].as_array().map(Vec::len), Some(1));
    let patch = json!([{"op": "replace", "path": "/description", "value": "new"}]);
    let updated = api.call("UpdateDeployment", json!({"deploymentId": id, "patchOperations": patch})).await;
    assert_eq!(updated["description"], "new");
    // Stages.
    let made =
        api.call("CreateStage", json!({"stageName": "dev", "deploymentId": id, "description": "s"})).await;
    assert_eq!((&made["cacheClusterStatus"], &made["methodSettings"]), (&json!("NOT_AVAILABLE"), &json!({})));
    assert_eq!(api.call("GetStage", json!({"stageName": "dev"})).await, made);
    assert_eq!(
        api.fails("CreateStage", json!({"stageName": "dev", "deploymentId": id})).await,
        pair(CONFLICT, "Stage already exists")
    );
    let no_deployment = pair(BAD, "Deployment id does not exist");
    assert_eq!(
        api.fails("CreateStage", json!({"stageName": "x", "deploymentId": "none"})).await,
        no_deployment
    );
    for more in [
        json!({"stageName": "a b"}),
        json!({"cacheClusterEnabled": true}),
        json!({"canarySettings": {"percentTraffic": 50.0}}),
        json!({"documentationVersion": "1"}),
        json!({"variables": {"a b": "c"}}),
    ] {
        let mut input = json!({"stageName": "x", "deploymentId": id});
        for (name, value) in more.as_object().expect("an object") {
            input[name] = value.clone();
        }
        assert_eq!(api.fails("CreateStage", input).await.0, BAD, "{more}");
    }
    let update = |patches: Value| json!({"stageName": "dev", "patchOperations": patches});
    let updated = api
        .call(
            "UpdateStage",
            update(json!([
                {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
                {"op": "replace", "path": "/~1/GET/metrics/enabled", "value": "true"},
                {"op": "replace", "path": "/tracingEnabled", "value": "true"},
                {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "-1"},
                {"op": "replace", "path": "/description", "value": "t"},
            ])),
        )
        .await;
    assert_eq!(updated["methodSettings"]["*/*"]["loggingLevel"], "INFO");
    assert_eq!((&updated["tracingEnabled"], &updated["description"]), (&json!(true), &json!("t")));
    let remove = json!([{"op": "remove", "path": "/*/*"}]);
    api.call("UpdateStage", update(remove.clone())).await;
    assert_eq!(
        api.fails("UpdateStage", update(remove)).await,
        pair(BAD, "Cannot remove method setting */* because there is no method setting for this method ")
    );
    for refused in [
        json!({"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "much"}),
        json!({"op": "replace", "path": "/*/*/caching/enabled", "value": "true"}),
        json!({"op": "replace", "path": "/accessLogSettings/format", "value": "#set($x)"}),
        json!({"op": "replace", "path": "/accessLogSettings/destinationArn", "value": "arn:aws:firehose:x:0:deliverystream/x"}),
        json!({"op": "replace", "path": "/accessLogSettings/destinationArn", "value": "x"}),
        json!({"op": "replace", "path": "/clientCertificateId", "value": "x"}),
        json!({"op": "replace", "path": "/canarySettings/percentTraffic", "value": "5"}),
        json!({"op": "replace", "path": "/nope", "value": "5"}),
        json!({"op": "replace", "path": "/deploymentId", "value": "none"}),
        json!({"op": "copy", "path": "/variables", "from": "/canarySettings/stageVariableOverrides"}),
    ] {
        assert_eq!(api.fails("UpdateStage", update(json!([refused]))).await.0, BAD, "{refused}");
    }
    let listed = api.call("GetStages", json!({"deploymentId": "other"})).await;
    assert_eq!(listed["item"], json!([]));
    assert_eq!(
        api.fails("DeleteDeployment", key.clone()).await,
        pair(BAD, "Active stages pointing to this deployment must be moved or deleted")
    );
    api.call("DeleteStage", json!({"stageName": "dev"})).await;
    let no_stage = pair(NOT_FOUND, "Invalid stage identifier specified");
    for operation in ["GetStage", "DeleteStage", "UpdateStage"] {
        assert_eq!(api.fails(operation, json!({"stageName": "dev"})).await, no_stage, "{operation}");
    }
    api.call("DeleteDeployment", key.clone()).await;
    let no_deployment = pair(NOT_FOUND, "Invalid Deployment identifier specified");
    for operation in ["GetDeployment", "DeleteDeployment", "UpdateDeployment"] {
        assert_eq!(api.fails(operation, key.clone()).await, no_deployment, "{operation}");
    }
    assert_eq!(
        api.fails("CreateDeployment", json!({"canarySettings": {"percentTraffic": 50.0}})).await.1,
        "Invalid deployment content specified.Non null and non empty stageName must be provided for canary \
         deployment. Provided value is null"
    );
}

#[tokio::test]
async fn models_and_validators() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let names = |page: &Value| -> Vec<String> {
        let items = page["item"].as_array().expect("items");
        items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&api.call("GetModels", json!({})).await), ["Empty", "Error"]);
    let schema = "{\"title\": \"MySchema\", \"type\": \"object\"}";
    let create =
        |name: &str, schema: &str| json!({"name": name, "contentType": "application/json", "schema": schema});
    let made = api.call("CreateModel", create("MySchema", schema)).await;
    assert_eq!((&made["name"], &made["schema"]), (&json!("MySchema"), &json!(schema)));
    assert_eq!(api.call("GetModel", json!({"modelName": "MySchema"})).await, made);
    assert_eq!(
        api.fails("CreateModel", create("MySchema", schema)).await,
        pair(CONFLICT, "Model name already exists for this REST API")
    );
    assert_eq!(api.fails("CreateModel", create("", schema)).await, pair(BAD, "Model name must be non-empty"));
    assert_eq!(
        api.fails("CreateModel", create("X", "")).await,
        pair(BAD, "Model schema must have at least 1 property or array items defined")
    );
    let foreign = json!({"restApiId": "none", "modelName": "MySchema"});
    let no_model = pair(NOT_FOUND, "Invalid model name specified: MySchema");
    assert_eq!(world.error("apigateway", "GetModel", foreign).await, no_model);
    let patch = json!([{"op": "replace", "path": "/description", "value": "d"}]);
    let updated = api.call("UpdateModel", json!({"modelName": "MySchema", "patchOperations": patch})).await;
    assert_eq!(updated["description"], "d");
    let more = json!({"requestModels": {"application/json": "MySchema"}});
    api.lambda(&api.root, "ANY", "echo", more).await;
    assert_eq!(
        api.fails("DeleteModel", json!({"modelName": "MySchema"})).await,
        pair(CONFLICT, "Cannot delete model 'MySchema', is referenced in method request: //ANY")
    );
    let test = api.resource(&api.root, "test").await;
    api.call("DeleteMethod", json!({"resourceId": api.root, "httpMethod": "ANY"})).await;
    api.lambda(&test, "ANY", "echo", json!({"requestModels": {"application/json": "MySchema"}})).await;
    assert_eq!(
        api.fails("DeleteModel", json!({"modelName": "MySchema"})).await,
        pair(CONFLICT, "Cannot delete model 'MySchema', is referenced in method request: /test/ANY")
    );
    api.call("DeleteMethod", json!({"resourceId": test, "httpMethod": "ANY"})).await;
    api.call("DeleteModel", json!({"modelName": "MySchema"})).await;
    for operation in ["GetModel", "DeleteModel", "UpdateModel"] {
        assert_eq!(api.fails(operation, json!({"modelName": "MySchema"})).await, no_model, "{operation}");
    }
    // Validators.
    let made = api.call("CreateRequestValidator", json!({"name": "v", "validateRequestBody": true})).await;
    let key = json!({"requestValidatorId": made["id"]});
    assert_eq!(
        (&made["validateRequestBody"], &made["validateRequestParameters"]),
        (&json!(true), &json!(false))
    );
    let patch = json!([{"op": "replace", "path": "/validateRequestParameters", "value": "true"}]);
    let input = json!({"requestValidatorId": made["id"], "patchOperations": patch});
    assert_eq!(api.call("UpdateRequestValidator", input).await["validateRequestParameters"], true);
    assert_eq!(names(&api.call("GetRequestValidators", json!({})).await), ["v"]);
    api.call("DeleteRequestValidator", key.clone()).await;
    let no_validator = pair(NOT_FOUND, "Invalid Request Validator identifier specified");
    for operation in ["GetRequestValidator", "DeleteRequestValidator", "UpdateRequestValidator"] {
        assert_eq!(api.fails(operation, key.clone()).await, no_validator, "{operation}");
    }
    assert_eq!(
        world.error("apigateway", "CreateRequestValidator", json!({"restApiId": "api_id"})).await,
        pair(BAD, "Invalid REST API identifier specified")
    );
}

#[tokio::test]
async fn gateway_responses() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let all = api.call("GetGatewayResponses", json!({"limit": 100})).await;
    let items = all["item"].as_array().expect("items");
    assert_eq!(
        (items.len(), &items[0]["responseType"], &items[0]["statusCode"]),
        (21, &json!("REQUEST_TOO_LARGE"), &json!("413"))
    );
    let usual = json!({"application/json": "{\"message\":$context.error.messageString}"});
    assert_eq!(items[0]["responseTemplates"], usual);
    let kind = json!({"responseType": "DEFAULT_4XX"});
    assert_eq!(
        api.fails("DeleteGatewayResponse", kind.clone()).await,
        pair(NOT_FOUND, "Gateway response type not defined on api")
    );
    let put = json!({"responseType": "DEFAULT_4XX", "statusCode": "404", "responseParameters": {
        "gatewayresponse.header.x-request-path": "method.request.path.petId",
        "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
    }});
    let made = api.call("PutGatewayResponse", put).await;
    assert_eq!((&made["statusCode"], &made["defaultResponse"]), (&json!("404"), &json!(false)));
    assert_eq!(made["responseTemplates"], usual);
    let update = |patch: Value| json!({"responseType": "DEFAULT_4XX", "patchOperations": [patch]});
    let replace = |path: &str, value: Value| update(json!({"op": "replace", "path": path, "value": value}));
    let changed = api.call("UpdateGatewayResponse", replace("/statusCode", json!("444"))).await;
    assert_eq!(changed["statusCode"], "444");
    let origin = "/responseParameters/gatewayresponse.header.Access-Control-Allow-Origin";
    let changed = api.call("UpdateGatewayResponse", replace(origin, json!("'x.y'"))).await;
    assert_eq!(changed["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"], "'x.y'");
    assert_eq!(api.call("GetGatewayResponse", kind.clone()).await, changed);
    for (patch, code, message) in [
        (json!({"op": "add", "path": "/statusCode", "value": "444"}), BAD, "Invalid patch path /statusCode"),
        (json!({"op": "add", "value": "x"}), BAD, "Invalid patch path null"),
        (json!({"op": "add", "path": "/wrongPath", "value": "x"}), BAD, "Invalid patch path /wrongPath"),
        (
            json!({"op": "replace", "path": "/responseTemplates/application~1xml"}),
            BAD,
            "Invalid null or empty value in responseTemplates",
        ),
        (json!({"op": "replace", "path": origin}), BAD, "Invalid null or empty value in responseParameters"),
        (
            json!({"op": "replace", "path": "/responseParameters/gatewayresponse.header.none", "value": "'x'"}),
            NOT_FOUND,
            "Invalid parameter name specified",
        ),
    ] {
        assert_eq!(
            api.fails("UpdateGatewayResponse", update(patch.clone())).await,
            pair(code, message),
            "{patch}"
        );
    }
    for refused in [
        json!({"statusCode": "9"}),
        json!({"responseParameters": {"header.x": "'1'"}}),
        json!({"responseParameters": {"gatewayresponse.header.x": "integration.response.header.y"}}),
        json!({"responseTemplates": {"application/json": "#if($x)1#end"}}),
        json!({"responseType": "FAKE"}),
    ] {
        let mut input = json!({"responseType": "DEFAULT_5XX"});
        for (name, value) in refused.as_object().expect("an object") {
            input[name] = value.clone();
        }
        let code = api.fails("PutGatewayResponse", input).await.0;
        assert!(code == BAD || code == "ValidationException", "{refused}: {code}");
    }
    api.call("DeleteGatewayResponse", kind.clone()).await;
    assert_eq!(api.call("GetGatewayResponse", kind).await["defaultResponse"], true);
}

#[tokio::test]
async fn tags_and_the_account() {
    let world = world().await;
    let api = proxy(&world, "echo", json!({"tags": {"a": "1"}})).await;
    for arn in [
        format!("arn:aws:apigateway:us-east-1::/restapis/{}", api.id),
        format!("arn:aws:apigateway:us-east-1::/restapis/{}/stages/dev", api.id),
    ] {
        world
            .ok("apigateway", "TagResource", json!({"resourceArn": arn, "tags": {"a": "2", "b": "3"}}))
            .await;
        world.ok("apigateway", "UntagResource", json!({"resourceArn": arn, "tagKeys": ["a"]})).await;
        let tags = world.ok("apigateway", "GetTags", json!({"resourceArn": arn})).await;
        assert_eq!(tags, json!({"tags": {"b": "3"}}), "{arn}");
        let many: serde_json::Map<_, _> = (0..50).map(|index| (index.to_string(), json!("x"))).collect();
        let input = json!({"resourceArn": arn, "tags": many});
        assert_eq!(world.error("apigateway", "TagResource", input).await.0, BAD);
    }
    for (arn, code) in [("arn:aws:s3:::b", BAD), ("arn:aws:apigateway:us-east-1::/restapis/none", NOT_FOUND)]
    {
        assert_eq!(world.error("apigateway", "GetTags", json!({"resourceArn": arn})).await.0, code);
    }
    let account = world.ok("apigateway", "GetAccount", json!({})).await;
    assert_eq!(
        (account.get("cloudwatchRoleArn"), &account["throttleSettings"]["burstLimit"]),
        (None, &json!(5000))
    );
    let patch =
        json!([{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::000000000000:role/x"}]);
    world.ok("apigateway", "UpdateAccount", json!({"patchOperations": patch})).await;
    let account = world.ok("apigateway", "GetAccount", json!({})).await;
    assert_eq!(account["cloudwatchRoleArn"], "arn:aws:iam::000000000000:role/x");
    let bad = json!({"patchOperations": [{"op": "replace", "path": "/x", "value": "y"}]});
    assert_eq!(world.error("apigateway", "UpdateAccount", bad).await.0, BAD);
}

#[tokio::test]
async fn every_operation_asks_for_permission() {
    let world = world().await;
    for entry in APIGATEWAY.operations {
        let kind = if entry.name == "CreateAuthorizer" { "TOKEN" } else { "MOCK" };
        let input = json!({
            "name": "n", "restApiId": "a", "resourceId": "r", "parentId": "p", "pathPart": "x", "httpMethod": "GET",
            "authorizerId": "h", "apiKey": "k", "usagePlanId": "u",
            "keyId": "k", "keyType": "API_KEY", "authorizationType": "NONE", "statusCode": "200", "type": kind, "deploymentId": "d", "stageName": "s",
            "modelName": "m", "contentType": "c", "requestValidatorId": "v", "responseType": "DEFAULT_4XX",
            "resourceArn": "arn:aws:apigateway:us-east-1::/restapis/a", "tags": {"a": "b"}, "tagKeys": ["a"],
        });
        let answer = world.call_as(nobody(), "apigateway", entry.name, input).await;
        assert_eq!(answer.expect_err("denied").code(), "AccessDeniedException", "{}", entry.name);
    }
}
