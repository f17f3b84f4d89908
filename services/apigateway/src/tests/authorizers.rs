//! Authorizers: their operations, what they let through, and their CloudFormation type.

use super::*;

const URI: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                   arn:aws:lambda:us-east-1:000000000000:function:authorizer/invocations";

/// An API whose every path needs the authorizer.
async fn guarded<'w>(world: &'w World, more: Value) -> Api<'w> {
    let api = Api::new(world, json!({})).await;
    let mut input = json!({
        "name": "guard", "type": "TOKEN", "authorizerUri": URI,
        "identitySource": "method.request.header.X-Token",
    });
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    let made = api.call("CreateAuthorizer", input).await;
    let all = api.resource(&api.root, "{proxy+}").await;
    let custom = json!({"authorizationType": "CUSTOM", "authorizerId": made["id"]});
    api.lambda(&all, "ANY", "echo", custom).await;
    api.deploy("dev").await;
    api
}

async fn with_token(world: &World, api: &Api<'_>, path: &str, token: &str) -> Seen {
    ask(world, "GET", &api.id, path, &[("x-token", token)], "").await
}

fn authorizer(seen: &Seen) -> Value {
    assert_eq!(seen.status, 200, "{}", seen.text());
    seen.json()["requestContext"]["authorizer"].clone()
}

#[tokio::test]
async fn a_token_is_asked_about_and_its_answer_reaches_the_function() {
    let world = world().await;
    let api = guarded(&world, json!({})).await;
    let seen = authorizer(&with_token(&world, &api, "/dev/a/b", "allow").await);
    assert_eq!(
        (&seen["principalId"], &seen["number"], &seen["flag"]),
        (&json!("me"), &json!("1"), &json!("true"))
    );
    assert!(seen["integrationLatency"].is_number() && seen.get("none").is_none(), "{seen}");
    let event: Value = serde_json::from_str(seen["event"].as_str().expect("a text")).expect("JSON");
    let arn = format!("arn:aws:execute-api:us-east-1:000000000000:{}/dev/GET/a/b", api.id);
    assert_eq!(event, json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": "allow"}));
}

#[tokio::test]
async fn refusals_of_authorizers() {
    let world = world().await;
    let api = guarded(&world, json!({"identityValidationExpression": "[a-z]+"})).await;
    let unauthorized = "{\"message\":\"Unauthorized\"}";
    for (token, status, text, kind) in [
        ("", 401, unauthorized, "UnauthorizedException"),
        ("A1", 401, unauthorized, "UnauthorizedException"),
        ("unknown", 401, unauthorized, "UnauthorizedException"),
        (
            "deny",
            403,
            "{\"Message\":\"User is not authorized to access this resource with an explicit deny\"}",
            "AccessDeniedException",
        ),
        ("crash", 500, "{\"message\":null}", "AuthorizerConfigurationException"),
        ("nested", 500, "{\"message\":null}", "AuthorizerConfigurationException"),
        ("nobody", 500, "{\"message\":null}", "AuthorizerConfigurationException"),
    ] {
        let seen = with_token(&world, &api, "/dev/a", token).await;
        assert_eq!((seen.status, seen.text()), (status, text), "{token}");
        assert_eq!(seen.header("x-amzn-errortype"), Some(kind), "{token}");
    }
    let seen = get(&world, &api.id, "/dev/a").await;
    assert_eq!((seen.status, seen.text()), (401, unauthorized));
    // A gateway response of the API shows what it wants.
    api.call(
        "PutGatewayResponse",
        json!({"responseType": "UNAUTHORIZED", "statusCode": "418", "responseTemplates": {"application/json": "no"}}),
    )
    .await;
    api.deploy("dev").await;
    let seen = get(&world, &api.id, "/dev/a").await;
    assert_eq!((seen.status, seen.text()), (418, "no"));
}

#[tokio::test]
async fn answers_are_kept_for_their_time() {
    let world = world().await;
    let api = guarded(&world, json!({"authorizerResultTtlInSeconds": 60})).await;
    let call = async |path: &str| authorizer(&with_token(&world, &api, path, "allow").await)["call"].clone();
    let first = call("/dev/a").await;
    assert_eq!(call("/dev/b").await, first);
    // What was allowed for one path alone is not for another while it is kept.
    assert_eq!(with_token(&world, &api, "/dev/a", "here").await.status, 200);
    let seen = with_token(&world, &api, "/dev/b", "here").await;
    assert_eq!(
        (seen.status, seen.text()),
        (403, "{\"Message\":\"User is not authorized to access this resource\"}")
    );
    world.advance(std::time::Duration::from_secs(61)).await;
    assert_ne!(call("/dev/a").await, first);
    assert_eq!(with_token(&world, &api, "/dev/b", "here").await.status, 200);
    let api = guarded(&world, json!({"authorizerResultTtlInSeconds": 0})).await;
    let call = async || authorizer(&with_token(&world, &api, "/dev/a", "allow").await)["call"].clone();
    assert_ne!(call().await, call().await);
}

#[tokio::test]
async fn a_whole_request_is_asked_about() {
    let world = world().await;
    let source = "method.request.header.x-token, method.request.querystring.q, context.identity.sourceIp";
    let api = guarded(&world, json!({"type": "REQUEST", "identitySource": source})).await;
    let seen = authorizer(&with_token(&world, &api, "/dev/a?q=1&q=2", "allow").await);
    let event: Value = serde_json::from_str(seen["event"].as_str().expect("a text")).expect("JSON");
    assert_eq!((&event["type"], &event["resource"]), (&json!("REQUEST"), &json!("/{proxy+}")));
    assert_eq!((&event["path"], &event["httpMethod"]), (&json!("/a"), &json!("GET")));
    assert_eq!((&event["pathParameters"], &event["stageVariables"]), (&json!({"proxy": "a"}), &json!({})));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"q": ["1", "2"]}));
    assert_eq!(event["requestContext"]["stage"], "dev");
    assert!(event.get("body").is_none() && event["requestContext"].get("authorizer").is_none(), "{event}");
    // Without one of its sources a request is unknown.
    assert_eq!(with_token(&world, &api, "/dev/a", "allow").await.status, 401);
    // Other values of the sources ask anew.
    let other = authorizer(&with_token(&world, &api, "/dev/a?q=3", "allow").await);
    assert_ne!(other["call"], seen["call"]);
}

#[tokio::test]
async fn an_authorizer_that_may_not_be_invoked_lets_nobody_in() {
    let world = world().await;
    let uri = URI.replace(":authorizer/", ":forbidden/");
    let api = guarded(&world, json!({"authorizerUri": uri})).await;
    let seen = with_token(&world, &api, "/dev/a", "allow").await;
    assert_eq!((seen.status, seen.text()), (500, "{\"message\":null}"));
    // One that is gone with the next deployment neither.
    let api = guarded(&world, json!({})).await;
    let listed = api.call("GetAuthorizers", json!({})).await;
    api.call("DeleteAuthorizer", json!({"authorizerId": listed["item"][0]["id"]})).await;
    assert_eq!(with_token(&world, &api, "/dev/a", "allow").await.status, 200);
    api.deploy("dev").await;
    assert_eq!(with_token(&world, &api, "/dev/a", "allow").await.status, 500);
}

#[tokio::test]
async fn authorizers_are_made_changed_and_deleted() {
    let world = world().await;
    let api = Api::new(&world, json!({})).await;
    let token = json!({
        "name": "a", "type": "TOKEN", "authorizerUri": URI, "identitySource": "method.request.header.Authorization",
    });
    let made = api.call("CreateAuthorizer", token.clone()).await;
    assert_eq!(
        (&made["type"], &made["authType"], &made["authorizerResultTtlInSeconds"]),
        (&json!("TOKEN"), &json!("custom"), &json!(300))
    );
    let with = |name: &str, value: Value| {
        let mut input = token.clone();
        input["name"] = json!("b");
        input[name] = value;
        input
    };
    for (input, text) in [
        (token.clone(), "Authorizer name must be unique. Authorizer a already exists in this RestApi."),
        (with("identitySource", json!("method.request.querystring.a")), "Invalid token source expression"),
        (with("authorizerUri", json!("arn:aws:lambda:x")), "Invalid Authorizer URI: arn:aws:lambda:x."),
        (with("authorizerResultTtlInSeconds", json!(3601)), "Invalid authorizer result TTL"),
        (with("identityValidationExpression", json!("(")), "Invalid identity validation expression"),
        (
            with("authorizerCredentials", json!("arn:aws:iam::0:role/x")),
            "authorizerCredentials is not supported",
        ),
        (
            with("type", json!("COGNITO_USER_POOLS")),
            "an authorizer of type COGNITO_USER_POOLS is not supported",
        ),
    ] {
        let (code, message) = api.fails("CreateAuthorizer", input).await;
        assert!(code == "BadRequestException" && message.starts_with(text), "{message}");
    }
    let whole = json!({"name": "c", "type": "REQUEST", "authorizerUri": URI});
    let (_, message) = api.fails("CreateAuthorizer", whole.clone()).await;
    assert_eq!(message, "Identity source must be set if authorizer caching is enabled");
    let mut whole = whole;
    whole["authorizerResultTtlInSeconds"] = json!(0);
    api.call("CreateAuthorizer", whole).await;
    let listed = api.call("GetAuthorizers", json!({})).await;
    assert_eq!(listed["item"].as_array().map(Vec::len), Some(2));
    let patch = json!([
        {"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "5"},
        {"op": "replace", "path": "/name", "value": "d"},
    ]);
    let id = json!({"authorizerId": made["id"], "patchOperations": patch});
    api.call("UpdateAuthorizer", id).await;
    let id = json!({"authorizerId": made["id"]});
    let seen = api.call("GetAuthorizer", id.clone()).await;
    assert_eq!((&seen["name"], &seen["authorizerResultTtlInSeconds"]), (&json!("d"), &json!(5)));
    let patch = json!([{"op": "replace", "path": "/name", "value": "c"}]);
    let taken = json!({"authorizerId": made["id"], "patchOperations": patch});
    assert!(api.fails("UpdateAuthorizer", taken).await.1.starts_with("Authorizer name must be unique"));
    api.call("DeleteAuthorizer", id.clone()).await;
    let (code, message) = api.fails("GetAuthorizer", id).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("NotFoundException", "Invalid Authorizer identifier specified")
    );
    let input = json!({
        "resourceId": api.root, "httpMethod": "GET", "authorizationType": "CUSTOM", "authorizerId": made["id"],
    });
    assert!(api.fails("PutMethod", input).await.1.starts_with("Invalid authorizer ID specified."));
}
