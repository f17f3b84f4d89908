//! Connections and API destinations, with endpoints on this machine.

use cloud::resource::ResourceType;
use serde_json::Map;
use testkit::Endpoint;

use super::stacks::request;
use super::*;
use crate::stack::{ApiDestination, Connection};

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
const TOKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 62\r\nconnection: close\r\n\r\n{\"access_token\":\"tok-1\",\"token_type\":\"bearer\",\"expires_in\":60}";
const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nretry-after: 7\r\nconnection: close\r\n\r\n";
const GONE: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

const ROLE: &str = "arn:aws:iam::000000000000:role/out";

async fn world() -> World {
    let world = World::new(&[&crate::EVENTS, &sqs::SQS, &iam::IAM]).await;
    world.cloud().start();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let made = json!({"RoleName": "out", "AssumeRolePolicyDocument": trust.to_string()});
    world.ok("iam", "CreateRole", made).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": "events:InvokeApiDestination", "Resource": "*"}]});
    let put = json!({"RoleName": "out", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", put).await;
    world
}

async fn connection(world: &World, kind: &str, parameters: Value) -> Value {
    let input = json!({"Name": "c", "AuthorizationType": kind, "AuthParameters": parameters});
    world.ok("events", "CreateConnection", input).await["ConnectionArn"].clone()
}

async fn destination(world: &World, connection: &Value, endpoint: &str) -> Value {
    let input = json!({"Name": "d", "ConnectionArn": connection, "HttpMethod": "POST",
        "InvocationEndpoint": endpoint, "InvocationRateLimitPerSecond": 100});
    world.ok("events", "CreateApiDestination", input).await["ApiDestinationArn"].clone()
}

#[tokio::test]
async fn events_reach_endpoints_with_what_was_asked_for() {
    let world = world().await;
    let endpoint = Endpoint::new(&[FINE]).await;
    let secret = json!({"BasicAuthParameters": {"Username": "user", "Password": "pass"},
        "InvocationHttpParameters": {
            "HeaderParameters": [{"Key": "x-own", "Value": "secret-value", "IsValueSecret": true}],
            "BodyParameters": [{"Key": "added", "Value": "yes"}]}});
    let connection = connection(&world, "BASIC", secret).await;
    let arn = destination(&world, &connection, &format!("{}/things/*", endpoint.url)).await;
    let target = json!({"Id": "1", "Arn": arn, "RoleArn": ROLE, "HttpParameters": {
        "PathParameterValues": ["$.detail.n"], "HeaderParameters": {"x-own": "of the target", "x-other": "o"},
        "QueryStringParameters": {"q": "$.source"}}});
    rule(&world, "r", "default", target).await;
    put(&world, "default", json!({"n": 7})).await;
    let heard = endpoint.heard(&world, 1).await;
    let text = heard[0].to_lowercase();
    assert!(text.starts_with("post /things/7?q=shop http/1.1\r\n"), "{text}");
    for header in [
        "authorization: basic dxnlcjpwyxnz", // base64 of user:pass, in lower case here
        "x-own: secret-value",
        "x-other: o",
        "user-agent: amazon/eventbridge/apidestinations",
        "content-type: application/json; charset=utf-8",
    ] {
        assert!(text.contains(header), "{header}: {text}");
    }
    let body: Value = serde_json::from_str(heard[0].split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!((&body["detail"], &body["added"]), (&json!({"n": 7}), &json!("yes")));
    let shown = world.ok("events", "DescribeConnection", json!({"Name": "c"})).await;
    assert!(!shown.to_string().contains("secret-value") && !shown.to_string().contains("pass\""), "{shown}");
    assert_eq!(shown["ConnectionState"], "AUTHORIZED");
}

#[tokio::test]
async fn busy_endpoints_are_tried_again_and_others_are_not() {
    let world = world().await;
    let (dead_url, dead) = queue(&world, "dead").await;
    let endpoint = Endpoint::new(&[BUSY, FINE, GONE]).await;
    let key = json!({"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "k"}});
    let connection = connection(&world, "API_KEY", key).await;
    let arn = destination(&world, &connection, &endpoint.url).await;
    let target = json!({"Id": "1", "Arn": arn, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead}});
    rule(&world, "r", "default", target).await;
    put(&world, "default", json!({"n": 1})).await;
    assert!(endpoint.heard(&world, 1).await[0].contains("x-key: k"));
    // It comes again after the seven seconds that the endpoint asked for, and not before.
    let mut seconds = 0;
    while endpoint.count() < 2 {
        world.advance(Duration::from_secs(1)).await;
        seconds += 1;
    }
    assert!(seconds >= 7, "{seconds}");
    put(&world, "default", json!({"n": 2})).await;
    endpoint.heard(&world, 3).await;
    let mut letters = Vec::new();
    while letters.is_empty() {
        world.advance(Duration::from_millis(100)).await;
        letters = messages(&world, &dead_url).await;
    }
    let attribute = |name: &str| letters[0]["MessageAttributes"][name]["StringValue"].clone();
    assert_eq!(
        (attribute("ERROR_CODE"), attribute("RETRY_ATTEMPTS")),
        (json!("SDK_CLIENT_ERROR"), json!("0"))
    );
    assert_eq!(
        attribute("ERROR_MESSAGE"),
        "The API destination endpoint answered with HTTP status code 404."
    );
    assert_eq!(endpoint.count(), 3);
}

#[tokio::test]
async fn tokens_are_fetched_and_fetched_again() {
    let world = world().await;
    let authority = Endpoint::new(&[TOKEN]).await;
    let refusing = "HTTP/1.1 401 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let endpoint = Endpoint::new(&[FINE, refusing, FINE]).await;
    let oauth = json!({"OAuthParameters": {"AuthorizationEndpoint": format!("{}/token", authority.url),
        "HttpMethod": "POST", "ClientParameters": {"ClientID": "id", "ClientSecret": "very secret"},
        "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "a b"}]}}});
    let connection = connection(&world, "OAUTH_CLIENT_CREDENTIALS", oauth).await;
    let arn = destination(&world, &connection, &endpoint.url).await;
    let asked = authority.heard(&world, 1).await;
    assert!(asked[0].starts_with("POST /token HTTP/1.1"), "{}", asked[0]);
    assert!(
        asked[0]
            .ends_with("client_id=id&client_secret=very%20secret&grant_type=client_credentials&scope=a%20b")
    );
    let is_active = async || {
        let shown = world.ok("events", "DescribeApiDestination", json!({"Name": "d"})).await;
        shown["ApiDestinationState"] == "ACTIVE"
    };
    world.until("active", is_active).await;
    rule(&world, "r", "default", json!({"Id": "1", "Arn": arn, "RoleArn": ROLE})).await;
    put(&world, "default", json!({"n": 1})).await;
    assert!(endpoint.heard(&world, 1).await[0].contains("authorization: Bearer tok-1"));
    assert_eq!(authority.count(), 1, "the token is kept");
    // A token that is not taken is fetched anew for the next attempt.
    put(&world, "default", json!({"n": 2})).await;
    endpoint.heard(&world, 2).await;
    while endpoint.count() < 3 {
        world.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(authority.count(), 2);
    let changed = world.ok("events", "DeauthorizeConnection", json!({"Name": "c"})).await;
    assert_eq!(changed["ConnectionState"], "DEAUTHORIZED");
    let shown = world.ok("events", "DescribeApiDestination", json!({"Name": "d"})).await;
    assert_eq!(shown["ApiDestinationState"], "INACTIVE");
}

#[tokio::test]
async fn what_is_wrong_with_endpoints_is_refused() {
    let world = world().await;
    let wrong =
        json!({"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": {"ApiKeyAuthParameters": {}}});
    assert_eq!(world.error("events", "CreateConnection", wrong).await.0, "ValidationException");
    let basic = json!({"BasicAuthParameters": {"Username": "u", "Password": "p"}});
    let arn = connection(&world, "BASIC", basic.clone()).await;
    let again = json!({"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": basic});
    let (code, text) = world.error("events", "CreateConnection", again).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ResourceAlreadyExistsException", "Connection c already exists.")
    );
    let header = json!({"Name": "c", "AuthParameters": {"InvocationHttpParameters": {
        "HeaderParameters": [{"Key": "Host", "Value": "x"}]}}});
    assert_eq!(world.error("events", "UpdateConnection", header).await.0, "ValidationException");
    let file = json!({"Name": "d", "ConnectionArn": arn, "HttpMethod": "GET", "InvocationEndpoint": "file:///etc/passwd"});
    assert_eq!(world.error("events", "CreateApiDestination", file).await.0, "ValidationException");
    let target = destination(&world, &arn, "https://example.com/").await;
    world.ok("events", "PutRule", json!({"Name": "r", "EventPattern": "{\"source\":[\"x\"]}"})).await;
    let put = json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": target}]});
    let (_, text) = world.error("events", "PutTargets", put).await;
    assert_eq!(text, format!("RoleArn is required for target {}.", target.as_str().unwrap()));
    // Recorded: LocalStack's test_api_destinations_and_connection.
    world.ok("events", "DeleteApiDestination", json!({"Name": "d"})).await;
    let (_, text) = world.error("events", "DescribeApiDestination", json!({"Name": "d"})).await;
    assert_eq!(text, "Failed to describe the api-destination(s). An api-destination 'd' does not exist.");
}

#[tokio::test]
async fn stacks_have_connections_and_destinations() {
    let world = world().await;
    let mut cx = world.stack_cx();
    let first = request(
        json!({"AuthorizationType": "API_KEY", "AuthParameters": {
            "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"},
            "InvocationHttpParameters": {"HeaderParameters": [{"Key": "a", "Value": "b", "IsValueSecret": "true"}]}}}),
        None,
    );
    let made = Connection.create(&mut cx, &first).await.unwrap();
    let wanted = json!({"ConnectionArn": made.attributes["Arn"], "HttpMethod": "POST",
        "InvocationEndpoint": "https://example.com/x", "InvocationRateLimitPerSecond": "5"});
    let destination = ApiDestination.create(&mut cx, &request(wanted.clone(), None)).await.unwrap();
    let second = request(wanted, Some(&destination.physical_id));
    let updated = ApiDestination.update(&mut cx, &second, &Map::new()).await.unwrap();
    assert_eq!(updated.attributes, destination.attributes);
    let same = request(first.properties.clone().into(), Some(&made.physical_id));
    Connection.update(&mut cx, &same, &first.properties).await.unwrap();
    for _ in 0..2 {
        ApiDestination.delete(&mut cx, &second).await.unwrap();
        Connection.delete(&mut cx, &same).await.unwrap();
    }
}
