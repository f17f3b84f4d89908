//! Who may call what.

use cloud::caller::{Caller, Principal};
use cloud::operation::Entry;
use serde_json::{Map, Value, json};
use shape::Schema;

use super::{allow, ok, role, trust, user, world};

/// An input that passes the checks of its schema.
fn sample(entry: &Entry) -> Value {
    let Schema::Structure(shape) = (entry.input)() else { panic!("inputs are structures") };
    let mut input = Map::new();
    for field in shape.fields.iter().filter(|field| field.required) {
        let value = match field.name {
            "PolicyArn" | "PermissionsBoundary" => json!("arn:aws:iam::aws:policy/ReadOnlyAccess"),
            "PolicySourceArn" => json!("arn:aws:iam::000000000000:user/sample"),
            "PolicyDocument" => json!(allow("s3:*")),
            "AssumeRolePolicyDocument" => json!(trust("lambda.amazonaws.com")),
            "VersionId" => json!("v1"),
            "Status" => json!("Active"),
            "Tags" => json!([{"Key": "k", "Value": "v"}]),
            "TagKeys" | "ActionNames" | "PolicyInputList" => json!(["s3:GetObject"]),
            "AccessKeyId" => json!("AKIAEXAMPLEEXAMPLE12"),
            _ => json!("sample"),
        };
        input.insert(field.name.to_owned(), value);
    }
    Value::Object(input)
}

#[tokio::test]
async fn every_operation_is_denied_without_a_policy() {
    let world = world().await;
    for entry in crate::IAM.operations {
        for caller in [
            testkit::nobody(),
            testkit::anonymous(),
            Caller::service("s3.amazonaws.com", "000000000000", "us-east-1", None),
        ] {
            let who = caller.arn();
            let answer = world.call_as(caller, "iam", entry.name, sample(entry)).await;
            let failure = answer.expect_err(entry.name);
            assert_eq!(
                (failure.code(), failure.status()),
                ("AccessDenied", 403),
                "{who} {}: {failure}",
                entry.name
            );
            let start = format!("User: {who} is not authorized to perform: iam:{} on resource: ", entry.name);
            assert!(failure.message().starts_with(&start), "{failure}");
        }
    }
}

async fn caller(world: &testkit::World, name: &str, policy: &str) -> Caller {
    user(world, name).await;
    let input = json!({"UserName": name, "PolicyName": "p", "PolicyDocument": policy});
    ok(world, "PutUserPolicy", input).await;
    let answer = ok(world, "GetUser", json!({"UserName": name})).await;
    let id = answer["User"]["UserId"].as_str().unwrap();
    let principal = Principal::User { name: name.into(), path: "/".into(), id: id.into() };
    Caller { principal, ..testkit::root() }
}

#[tokio::test]
async fn decisions_see_the_path() {
    let world = world().await;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::*:role/admin/*"},
    ]});
    let bob = caller(&world, "Bob", &policy.to_string()).await;
    role(&world, "plain").await;
    let input = json!({"RoleName": "boss", "Path": "/admin/", "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")});
    ok(&world, "CreateRole", input.clone()).await;
    world.call_as(bob.clone(), "iam", "DeleteRole", json!({"RoleName": "plain"})).await.expect("allowed");
    let failure = world
        .call_as(bob.clone(), "iam", "DeleteRole", json!({"RoleName": "boss"}))
        .await
        .expect_err("denied");
    assert!(failure.message().ends_with(
        "on resource: arn:aws:iam::000000000000:role/admin/boss with an explicit deny in an identity-based policy"
    ));
    world.call_as(bob, "iam", "CreateRole", input).await.expect_err("denied by its path, too");
}

#[tokio::test]
async fn users_manage_their_own_keys() {
    let world = world().await;
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_iam_credentials_console.html
    let own = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::*:user/${aws:username}"},
    ]});
    let bob = caller(&world, "Bob", &own.to_string()).await;
    user(&world, "Eve").await;
    let answer = world.call_as(bob.clone(), "iam", "CreateAccessKey", json!({})).await.expect("his own");
    assert_eq!(answer["AccessKey"]["UserName"], "Bob");
    let failure =
        world.call_as(bob, "iam", "CreateAccessKey", json!({"UserName": "Eve"})).await.expect_err("hers");
    assert!(failure.message().contains("arn:aws:iam::000000000000:user/Eve"), "{failure}");
}

#[tokio::test]
async fn boundaries_can_be_demanded() {
    let world = world().await;
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*",
         "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}},
    ]});
    let bob = caller(&world, "Bob", &policy.to_string()).await;
    world
        .call_as(bob.clone(), "iam", "CreateUser", json!({"UserName": "a"}))
        .await
        .expect_err("without boundary");
    let input = json!({"UserName": "a", "PermissionsBoundary": boundary});
    world.call_as(bob, "iam", "CreateUser", input).await.expect("with boundary");
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let world = world().await;
    user(&world, "Bob").await;
    let other = Caller::root("111122223333", "us-east-1");
    let listed = world.call_as(other.clone(), "iam", "ListUsers", json!({})).await.expect("their own");
    assert_eq!(listed["Users"], json!([]));
    let failure =
        world.call_as(other, "iam", "GetUser", json!({"UserName": "Bob"})).await.expect_err("not theirs");
    assert_eq!(failure.code(), "NoSuchEntity");
}
