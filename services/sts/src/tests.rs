//! Stories from credentials to what they may do.

use std::time::Duration;

use cloud::caller::{Caller, Principal, Session};
use serde_json::{Value, json};
use testkit::{ACCOUNT, World};

const OTHER: &str = "111122223333";

async fn world() -> World {
    World::new(&[&crate::STS, &iam::IAM]).await
}

fn trust(principal: &Value, actions: &Value, condition: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": actions, "Condition": condition},
    ]})
    .to_string()
}

async fn role(world: &World, name: &str, trust: &str) -> String {
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust});
    let answer = world.ok("iam", "CreateRole", input).await;
    answer["Role"]["Arn"].as_str().expect("an ARN").to_owned()
}

async fn user(world: &World, name: &str, policy: Option<Value>) -> Caller {
    let answer = world.ok("iam", "CreateUser", json!({"UserName": name})).await;
    if let Some(policy) = policy {
        let input = json!({"UserName": name, "PolicyName": "p", "PolicyDocument": policy.to_string()});
        world.ok("iam", "PutUserPolicy", input).await;
    }
    let id = answer["User"]["UserId"].as_str().expect("an id");
    Caller {
        principal: Principal::User { name: name.into(), path: "/".into(), id: id.into() },
        ..testkit::root()
    }
}

/// The caller that the credentials of an answer stand for.
fn caller_of(world: &World, answer: &Value) -> Caller {
    let text = |name: &str| answer["Credentials"][name].as_str().expect("a text");
    let sessions = world.cloud().identities().sessions();
    let checked = sessions.check(text("AccessKeyId"), text("SessionToken")).expect("genuine");
    assert_eq!(text("SecretAccessKey"), &*checked.secret);
    Caller {
        principal: checked.principal,
        account: checked.account,
        session: Some(checked.session),
        ..testkit::root()
    }
}

fn assume(arn: &str) -> Value {
    json!({"RoleArn": arn, "RoleSessionName": "call"})
}

#[tokio::test]
async fn who_am_i() {
    let world = world().await;
    let root = world.ok("sts", "GetCallerIdentity", json!({})).await;
    assert_eq!(
        root,
        json!({"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": format!("arn:aws:iam::{ACCOUNT}:root")})
    );
    // Nobody can be denied this, not even a user without policies.
    let bob = user(&world, "Bob", None).await;
    let answer = world.call_as(bob, "sts", "GetCallerIdentity", json!({})).await.expect("open");
    assert_eq!(answer["Arn"], format!("arn:aws:iam::{ACCOUNT}:user/Bob"));
    let failure =
        world.call_as(testkit::anonymous(), "sts", "GetCallerIdentity", json!({})).await.expect_err("nobody");
    assert_eq!((failure.code(), failure.status()), ("AccessDenied", 403));
}

#[tokio::test]
async fn roles_are_assumed_by_those_they_trust() {
    let world = world().await;
    let account = trust(&json!({"AWS": ACCOUNT}), &json!("sts:AssumeRole"), &json!({}));
    let arn = role(&world, "R", &account).await;
    let answer = world.ok("sts", "AssumeRole", assume(&arn)).await;
    assert_eq!(answer["AssumedRoleUser"]["Arn"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/call"));
    // Recorded on AWS (replay vectors, test_assume_role): no PackedPolicySize without policies and tags.
    assert_eq!(answer.get("PackedPolicySize"), None);
    assert_eq!(answer["Credentials"]["AccessKeyId"].as_str().expect("a text")[..4], *"ASIA");
    let session = caller_of(&world, &answer);
    let identity = world.call_as(session.clone(), "sts", "GetCallerIdentity", json!({})).await.expect("open");
    assert_eq!(identity["Arn"], answer["AssumedRoleUser"]["Arn"]);
    assert_eq!(identity["UserId"], answer["AssumedRoleUser"]["AssumedRoleId"]);
    // The account is trusted, so the account's own policies decide about its users.
    let bob = user(&world, "Bob", None).await;
    let failure = world.call_as(bob, "sts", "AssumeRole", assume(&arn)).await.expect_err("Bob has no policy");
    assert_eq!((failure.code(), failure.status()), ("AccessDenied", 403));
    assert_eq!(
        failure.message(),
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/Bob is not authorized to perform: sts:AssumeRole on resource: {arn} \
             because no identity-based policy allows the sts:AssumeRole action"
        )
    );
    let may = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}]});
    let eve = user(&world, "Eve", Some(may)).await;
    world.call_as(eve, "sts", "AssumeRole", assume(&arn)).await.expect("her policy allows it");
}

#[tokio::test]
async fn roles_are_not_assumed_by_others() {
    let world = world().await;
    let lambda = trust(&json!({"Service": "lambda.amazonaws.com"}), &json!("sts:AssumeRole"), &json!({}));
    let arn = role(&world, "R", &lambda).await;
    let (code, message) = world.error("sts", "AssumeRole", assume(&arn)).await;
    assert_eq!(code, "AccessDenied");
    assert!(message.ends_with("because no role trust policy allows the sts:AssumeRole action"), "{message}");
    let service = Caller::service("lambda.amazonaws.com", ACCOUNT, "us-east-1", None);
    world.call_as(service, "sts", "AssumeRole", assume(&arn)).await.expect("the service is trusted");
    let missing = format!("arn:aws:iam::{ACCOUNT}:role/none");
    let (code, message) = world.error("sts", "AssumeRole", assume(&missing)).await;
    assert_eq!(code, "AccessDenied");
    assert!(message.ends_with(&format!("sts:AssumeRole on resource: {missing}")), "{message}");
    // Another account needs trust and its own policies; its root has all of these.
    let stranger = Caller::root(OTHER, "us-east-1");
    world.call_as(stranger.clone(), "sts", "AssumeRole", assume(&arn)).await.expect_err("not trusted");
    let open = trust(&json!({"AWS": OTHER}), &json!("sts:AssumeRole"), &json!({}));
    let arn = role(&world, "Shared", &open).await;
    let answer = world.call_as(stranger, "sts", "AssumeRole", assume(&arn)).await.expect("trusted");
    assert_eq!(&*caller_of(&world, &answer).account, ACCOUNT);
}

#[tokio::test]
async fn external_ids() {
    let world = world().await;
    let condition = json!({"StringEquals": {"sts:ExternalId": "secret-123"}});
    let arn = role(&world, "R", &trust(&json!({"AWS": ACCOUNT}), &json!("sts:AssumeRole"), &condition)).await;
    let (code, _) = world.error("sts", "AssumeRole", assume(&arn)).await;
    assert_eq!(code, "AccessDenied");
    let mut input = assume(&arn);
    input["ExternalId"] = json!("secret-123");
    world.ok("sts", "AssumeRole", input).await;
}

#[tokio::test]
async fn session_policies_narrow() {
    let world = world().await;
    let arn = role(&world, "R", &trust(&json!({"AWS": ACCOUNT}), &json!("sts:AssumeRole"), &json!({}))).await;
    let attach = json!({"RoleName": "R", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    world.ok("iam", "AttachRolePolicy", attach).await;
    let only_users = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]});
    let mut input = assume(&arn);
    input["Policy"] = json!(only_users.to_string());
    let answer = world.ok("sts", "AssumeRole", input.clone()).await;
    assert!(
        answer["PackedPolicySize"].as_i64().is_some_and(|percent| (1..=5).contains(&percent)),
        "{answer}"
    );
    let session = caller_of(&world, &answer);
    world.call_as(session.clone(), "iam", "ListUsers", json!({})).await.expect("allowed by both");
    let failure =
        world.call_as(session, "iam", "ListRoles", json!({})).await.expect_err("not by the session");
    assert!(
        failure.message().ends_with("because no session policy allows the iam:ListRoles action"),
        "{failure}"
    );
    // A policy of AWS that is far too long for a token narrows just the same.
    input["Policy"] = Value::Null;
    input["PolicyArns"] = json!([{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]);
    let session = caller_of(&world, &world.ok("sts", "AssumeRole", input.clone()).await);
    world.call_as(session.clone(), "iam", "ListRoles", json!({})).await.expect("reads");
    world.call_as(session, "iam", "DeleteRole", json!({"RoleName": "R"})).await.expect_err("does not write");
    input["PolicyArns"] = json!([{"arn": "arn:aws:iam::aws:policy/Nothing"}]);
    assert_eq!(world.error("sts", "AssumeRole", input.clone()).await.0, "InvalidParameterValue");
    input["PolicyArns"] = Value::Null;
    input["Policy"] = json!("nonsense");
    assert_eq!(world.error("sts", "AssumeRole", input).await.0, "MalformedPolicyDocument");
}

#[tokio::test]
async fn durations() {
    let world = world().await;
    let arn = role(&world, "R", &trust(&json!({"AWS": "*"}), &json!("sts:AssumeRole"), &json!({}))).await;
    let mut input = assume(&arn);
    input["DurationSeconds"] = json!(3601);
    let (code, message) = world.error("sts", "AssumeRole", input.clone()).await;
    assert_eq!(code, "ValidationError");
    assert_eq!(message, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    world.ok("iam", "UpdateRole", json!({"RoleName": "R", "MaxSessionDuration": 7200})).await;
    let answer = world.ok("sts", "AssumeRole", input.clone()).await;
    let session = caller_of(&world, &answer);
    let Session { issued_at_millis, expires_at_millis, .. } = *session.session.clone().expect("a session");
    assert_eq!(expires_at_millis - issued_at_millis, 3_601_000);
    let failure =
        world.call_as(session.clone(), "sts", "AssumeRole", input.clone()).await.expect_err("chained");
    assert!(
        failure.message().contains("1 hour session limit for roles assumed by role chaining"),
        "{failure}"
    );
    input["DurationSeconds"] = json!(60);
    assert_eq!(world.error("sts", "AssumeRole", input).await.0, "ValidationError");
    world.advance(Duration::from_secs(3601)).await;
}

#[tokio::test]
async fn tags_of_sessions() {
    let world = world().await;
    let actions = json!(["sts:AssumeRole", "sts:TagSession"]);
    let arn = role(&world, "R", &trust(&json!({"AWS": "*"}), &actions, &json!({}))).await;
    let plain =
        role(&world, "Plain", &trust(&json!({"AWS": "*"}), &json!("sts:AssumeRole"), &json!({}))).await;
    let with = |arn: &str, tags: Value, transitive: Value| {
        let mut input = assume(arn);
        input["Tags"] = tags;
        input["TransitiveTagKeys"] = transitive;
        input
    };
    let one = json!([{"Key": "team", "Value": "red"}]);
    // Texts recorded on AWS: replay vectors, test_assume_role_tag_validation.
    let (code, message) = world.error("sts", "AssumeRole", with(&arn, one.clone(), json!(["other"]))).await;
    assert_eq!(code, "InvalidParameterValue");
    assert_eq!(message, "The specified transitive tag key must be included in the requested tags.");
    let twice = json!([{"Key": "team", "Value": "red"}, {"Key": "TEAM", "Value": "blue"}]);
    let (code, message) = world.error("sts", "AssumeRole", with(&arn, twice, json!([]))).await;
    assert_eq!(code, "InvalidParameterValue");
    assert_eq!(message, "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    // Tags need sts:TagSession, too.
    let (_, message) = world.error("sts", "AssumeRole", with(&plain, one.clone(), json!([]))).await;
    assert!(message.contains("sts:TagSession"), "{message}");
    // Transitive tags go on to the next session.
    let answer = world.ok("sts", "AssumeRole", with(&arn, one.clone(), json!(["TEAM"]))).await;
    let first = caller_of(&world, &answer);
    let answer = world.call_as(first.clone(), "sts", "AssumeRole", assume(&arn)).await.expect("chained");
    let second = caller_of(&world, &answer);
    assert_eq!(second.session.expect("a session").tags, [("team".to_owned(), "red".to_owned())]);
    let failure =
        world.call_as(first, "sts", "AssumeRole", with(&arn, one, json!([]))).await.expect_err("conflict");
    assert_eq!(failure.code(), "InvalidParameterValue");
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let world = world().await;
    let arn = role(&world, "R", &trust(&json!({"AWS": "*"}), &json!("sts:AssumeRole"), &json!({}))).await;
    for (member, value) in [
        ("SourceIdentity", json!("me")),
        ("SerialNumber", json!("arn:aws:iam::1:mfa/me")),
        ("ProvidedContexts", json!([{"ProviderArn": "a", "ContextAssertion": "b"}])),
    ] {
        let mut input = assume(&arn);
        input[member] = value;
        world.fails("sts", "AssumeRole", input).await;
    }
    let (code, _) = world.error("sts", "DecodeAuthorizationMessage", json!({"EncodedMessage": "x"})).await;
    assert_eq!(code, "InvalidAuthorizationMessageException");
}

#[tokio::test]
async fn sessions_of_users() {
    let world = world().await;
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]});
    let bob = user(&world, "Bob", Some(all)).await;
    let answer =
        world.call_as(bob, "sts", "GetSessionToken", json!({"DurationSeconds": 900})).await.expect("open");
    let session = caller_of(&world, &answer);
    assert_eq!(session.arn(), format!("arn:aws:iam::{ACCOUNT}:user/Bob"));
    world.call_as(session.clone(), "iam", "ListUsers", json!({})).await.expect("as Bob may");
    world.call_as(session.clone(), "iam", "ListRoles", json!({})).await.expect_err("as Bob may not");
    let failure = world
        .call_as(session, "sts", "GetSessionToken", json!({}))
        .await
        .expect_err("no session of a session");
    assert_eq!(failure.message(), "Cannot call GetSessionToken with session credentials");
    let root = caller_of(&world, &world.ok("sts", "GetSessionToken", json!({"DurationSeconds": 7200})).await);
    let session = root.session.expect("a session");
    assert_eq!(session.expires_at_millis - session.issued_at_millis, 3_600_000);
}

#[tokio::test]
async fn accounts_of_keys() {
    let world = world().await;
    world.ok("iam", "CreateUser", json!({"UserName": "Bob"})).await;
    let answer = world.ok("iam", "CreateAccessKey", json!({"UserName": "Bob"})).await;
    let id = &answer["AccessKey"]["AccessKeyId"];
    assert_eq!(
        world.ok("sts", "GetAccessKeyInfo", json!({"AccessKeyId": id})).await,
        json!({"Account": ACCOUNT})
    );
    let (code, _) = world.error("sts", "GetAccessKeyInfo", json!({"AccessKeyId": "0000000000000000"})).await;
    assert_eq!(code, "ValidationError");
    let bob = user(&world, "Eve", None).await;
    world.call_as(bob, "sts", "GetAccessKeyInfo", json!({"AccessKeyId": id})).await.expect_err("denied");
}
