//! API keys and usage plans: their operations, the stages that they open, and their CloudFormation types.

use super::*;

/// An API that wants keys, and the id of a plan for its stage.
async fn closed<'w>(world: &'w World, more: Value) -> (Api<'w>, String) {
    let api = Api::new(world, more).await;
    let all = api.resource(&api.root, "{proxy+}").await;
    api.lambda(&all, "ANY", "echo", json!({"apiKeyRequired": true})).await;
    api.deploy("dev").await;
    let plan = json!({"name": "plan", "apiStages": [{"apiId": api.id, "stage": "dev"}]});
    let plan = world.ok("apigateway", "CreateUsagePlan", plan).await;
    let id = plan["id"].as_str().expect("an id").to_owned();
    (api, id)
}

async fn new_key(world: &World, more: Value) -> Value {
    let mut input = json!({"name": "key", "enabled": true});
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    world.ok("apigateway", "CreateApiKey", input).await
}

async fn with_key(world: &World, api: &Api<'_>, key: &Value) -> Seen {
    let key = key.as_str().expect("a key");
    ask(world, "GET", &api.id, "/dev/a", &[("x-api-key", key)], "").await
}

#[tokio::test]
async fn keys_of_a_plan_open_its_stages() {
    let world = world().await;
    let (api, plan) = closed(&world, json!({})).await;
    let key = new_key(&world, json!({})).await;
    let forbidden = (403, "{\"message\":\"Forbidden\"}".to_owned());
    let seen = get(&world, &api.id, "/dev/a").await;
    assert_eq!((seen.status, seen.text().to_owned()), forbidden);
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 403);
    let member = json!({"usagePlanId": plan, "keyId": key["id"], "keyType": "API_KEY"});
    world.ok("apigateway", "CreateUsagePlanKey", member.clone()).await;
    let seen = with_key(&world, &api, &key["value"]).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let identity = seen.json()["requestContext"]["identity"].clone();
    assert_eq!((&identity["apiKey"], &identity["apiKeyId"]), (&key["value"], &key["id"]));
    assert_eq!(with_key(&world, &api, &json!("no")).await.status, 403);
    // Whatever takes the key away is heard at once.
    let enabled = |value: &str| json!({"apiKey": key["id"], "patchOperations": [{"op": "replace", "path": "/enabled", "value": value}]});
    world.ok("apigateway", "UpdateApiKey", enabled("false")).await;
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 403);
    world.ok("apigateway", "UpdateApiKey", enabled("true")).await;
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 200);
    let stage = |op: &str| {
        let value = format!("{}:dev", api.id);
        json!({"usagePlanId": plan, "patchOperations": [{"op": op, "path": "/apiStages", "value": value}]})
    };
    world.ok("apigateway", "UpdateUsagePlan", stage("remove")).await;
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 403);
    world.ok("apigateway", "UpdateUsagePlan", stage("add")).await;
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 200);
    world.ok("apigateway", "DeleteUsagePlanKey", json!({"usagePlanId": plan, "keyId": key["id"]})).await;
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 403);
    world.ok("apigateway", "CreateUsagePlanKey", member).await;
    world.ok("apigateway", "DeleteApiKey", json!({"apiKey": key["id"]})).await;
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 403);
    let keys = world.ok("apigateway", "GetUsagePlanKeys", json!({"usagePlanId": plan})).await;
    assert_eq!(keys["item"], json!([]));
}

#[tokio::test]
async fn too_many_requests_are_refused() {
    let world = world().await;
    let (api, plan) = closed(&world, json!({})).await;
    let [key, other] = [new_key(&world, json!({})).await, new_key(&world, json!({})).await];
    for key in [&key, &other] {
        let member = json!({"usagePlanId": plan, "keyId": key["id"], "keyType": "API_KEY"});
        world.ok("apigateway", "CreateUsagePlanKey", member).await;
    }
    let limits = |path: &str| {
        json!([
            {"op": "replace", "path": format!("{path}/rateLimit"), "value": "1"},
            {"op": "replace", "path": format!("{path}/burstLimit"), "value": "2"},
        ])
    };
    let update = json!({"usagePlanId": plan, "patchOperations": limits("/throttle")});
    world.ok("apigateway", "UpdateUsagePlan", update).await;
    let call = async |key: &Value| with_key(&world, &api, &key["value"]).await;
    assert_eq!([call(&key).await.status, call(&key).await.status], [200, 200]);
    let seen = call(&key).await;
    assert_eq!((seen.status, seen.text()), (429, "{\"message\":\"Too Many Requests\"}"));
    assert_eq!(seen.header("x-amzn-errortype"), Some("TooManyRequestsException"));
    assert_eq!(call(&other).await.status, 200);
    world.advance(std::time::Duration::from_secs(1)).await;
    assert_eq!([call(&key).await.status, call(&key).await.status], [200, 429]);
    // The limits of a method count for all keys together.
    let update = json!({"stageName": "dev", "patchOperations": limits("/*/*/throttling")});
    let stage = api.call("UpdateStage", update).await;
    assert_eq!(stage["methodSettings"]["*/*"]["throttlingBurstLimit"], 2);
    let three = [call(&key).await.status, call(&other).await.status, call(&other).await.status];
    assert_eq!(three, [200, 200, 429]);
}

#[tokio::test]
async fn keys_are_made_found_changed_and_deleted() {
    let world = world().await;
    let value = "a-value-that-is-long-enough";
    let key = new_key(&world, json!({"value": value, "tags": {"a": "b"}, "customerId": "c"})).await;
    assert_eq!(
        (&key["value"], &key["enabled"], &key["stageKeys"]),
        (&json!(value), &json!(true), &json!([]))
    );
    let again = json!({"name": "other", "value": value});
    let conflict = ("ConflictException".to_owned(), "API Key already exists".to_owned());
    assert_eq!(world.error("apigateway", "CreateApiKey", again).await, conflict);
    let short = world.error("apigateway", "CreateApiKey", json!({"value": "short"})).await;
    assert_eq!(short.1, "API Key value should be at least 20 characters");
    let other = new_key(&world, json!({"name": "other"})).await;
    assert_eq!(other["value"].as_str().map(str::len), Some(40));
    let listed =
        world.ok("apigateway", "GetApiKeys", json!({"nameQuery": "ke", "includeValues": true})).await;
    assert_eq!(
        (listed["item"].as_array().map(Vec::len), &listed["item"][0]["value"]),
        (Some(1), &json!(value))
    );
    let listed = world.ok("apigateway", "GetApiKeys", json!({"customerId": "c"})).await;
    assert_eq!((listed["item"].as_array().map(Vec::len), listed["item"][0].get("value")), (Some(1), None));
    let seen = world.ok("apigateway", "GetApiKey", json!({"apiKey": key["id"], "includeValue": true})).await;
    assert_eq!((&seen["value"], &seen["tags"]), (&json!(value), &json!({"a": "b"})));
    let arn = format!("arn:aws:apigateway:us-east-1::/apikeys/{}", key["id"].as_str().expect("an id"));
    world.ok("apigateway", "TagResource", json!({"resourceArn": arn, "tags": {"c": "d"}})).await;
    let tags = world.ok("apigateway", "GetTags", json!({"resourceArn": arn})).await;
    assert_eq!(tags["tags"], json!({"a": "b", "c": "d"}));
    world.ok("apigateway", "DeleteApiKey", json!({"apiKey": key["id"]})).await;
    let gone = world.error("apigateway", "GetApiKey", json!({"apiKey": key["id"]})).await;
    assert_eq!(gone, ("NotFoundException".to_owned(), "Invalid API Key identifier specified".to_owned()));
}

#[tokio::test]
async fn plans_are_made_found_changed_and_deleted() {
    let world = world().await;
    let none = json!({"name": "p", "apiStages": [{"apiId": "none", "stage": "dev"}]});
    let (code, message) = world.error("apigateway", "CreateUsagePlan", none).await;
    assert_eq!((code.as_str(), message.as_str()), ("NotFoundException", "API Stage not found: none:dev"));
    let bad = json!({"name": "p", "quota": {"limit": 1, "period": "YEAR"}});
    assert_eq!(world.error("apigateway", "CreateUsagePlan", bad).await.0, "BadRequestException");
    let (api, plan) = closed(&world, json!({})).await;
    let patch = json!([
        {"op": "replace", "path": "/throttle/rateLimit", "value": "1.5"},
        {"op": "replace", "path": "/throttle/burstLimit", "value": "2"},
        {"op": "replace", "path": "/quota/limit", "value": "3"},
        {"op": "replace", "path": "/quota/period", "value": "DAY"},
        {"op": "replace", "path": "/description", "value": "d"},
    ]);
    let update = json!({"usagePlanId": plan, "patchOperations": patch});
    world.ok("apigateway", "UpdateUsagePlan", update).await;
    let seen = world.ok("apigateway", "GetUsagePlan", json!({"usagePlanId": plan})).await;
    assert_eq!(seen["throttle"], json!({"rateLimit": 1.5, "burstLimit": 2}));
    assert_eq!(seen["quota"], json!({"limit": 3, "offset": 0, "period": "DAY"}));
    assert_eq!(seen["apiStages"], json!([{"apiId": api.id, "stage": "dev"}]));
    let key = new_key(&world, json!({})).await;
    let member = json!({"usagePlanId": plan, "keyId": key["id"], "keyType": "API_KEY"});
    let made = world.ok("apigateway", "CreateUsagePlanKey", member.clone()).await;
    assert_eq!((&made["id"], &made["type"], &made["name"]), (&key["id"], &json!("API_KEY"), &json!("key")));
    assert_eq!(world.error("apigateway", "CreateUsagePlanKey", member).await.0, "ConflictException");
    let one = json!({"usagePlanId": plan, "keyId": key["id"]});
    assert_eq!(world.ok("apigateway", "GetUsagePlanKey", one).await["value"], key["value"]);
    let of_key = world.ok("apigateway", "GetUsagePlans", json!({"keyId": key["id"]})).await;
    assert_eq!(of_key["item"].as_array().map(Vec::len), Some(1));
    let of_none = world.ok("apigateway", "GetUsagePlans", json!({"keyId": "none"})).await;
    assert_eq!(of_none["item"], json!([]));
    world.ok("apigateway", "DeleteUsagePlan", json!({"usagePlanId": plan})).await;
    let gone = world.error("apigateway", "GetUsagePlan", json!({"usagePlanId": plan})).await;
    assert_eq!(gone, ("NotFoundException".to_owned(), "Invalid Usage Plan ID specified".to_owned()));
}

#[tokio::test]
async fn authorizers_may_name_the_key() {
    let world = world().await;
    let (api, plan) = closed(&world, json!({"apiKeySource": "AUTHORIZER"})).await;
    let key = new_key(&world, json!({"value": "the-key-of-the-authorizer"})).await;
    let member = json!({"usagePlanId": plan, "keyId": key["id"], "keyType": "API_KEY"});
    world.ok("apigateway", "CreateUsagePlanKey", member).await;
    // A header says nothing here.
    assert_eq!(with_key(&world, &api, &key["value"]).await.status, 403);
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
               arn:aws:lambda:us-east-1:000000000000:function:authorizer/invocations";
    let authorizer = json!({
        "name": "a", "type": "TOKEN", "authorizerUri": uri, "identitySource": "method.request.header.x-token",
    });
    let authorizer = api.call("CreateAuthorizer", authorizer).await;
    let part = api.resource(&api.root, "guarded").await;
    let custom =
        json!({"apiKeyRequired": true, "authorizationType": "CUSTOM", "authorizerId": authorizer["id"]});
    api.lambda(&part, "GET", "echo", custom).await;
    api.deploy("dev").await;
    let seen = ask(&world, "GET", &api.id, "/dev/guarded", &[("x-token", "allow")], "").await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    assert_eq!(seen.json()["requestContext"]["identity"]["apiKeyId"], key["id"]);
}
