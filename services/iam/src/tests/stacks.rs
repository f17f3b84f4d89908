//! The CloudFormation resource types, without the engine.

use std::collections::BTreeMap;

use cloud::resource::{ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};
use testkit::World;

use super::{ok, role, trust, world};

fn of(name: &str) -> &'static dyn ResourceType {
    *crate::stack::RESOURCES.iter().find(|resource| resource.name() == name).unwrap()
}

fn request(physical: Option<&str>, properties: Value) -> ResourceRequest {
    ResourceRequest {
        stack_name: "demo".into(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/demo/1".into(),
        logical_id: "Thing".into(),
        physical_id: physical.map(ToString::to_string),
        token: "t".into(),
        repeated: false,
        properties: map(properties),
        tags: BTreeMap::from([("stack".into(), "demo".into())]),
    }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn create(world: &World, kind: &str, properties: Value) -> ResourceOutcome {
    let declared: Vec<_> = of(kind).properties().iter().map(|property| property.name).collect();
    assert!(properties.as_object().unwrap().keys().all(|name| declared.contains(&name.as_str())));
    let request = request(None, properties);
    let first = of(kind).create(&mut world.cx(), &request).await.unwrap();
    // After a crash the engine does it again.
    let second = of(kind).create(&mut world.cx(), &request).await.unwrap();
    assert_eq!(first.physical_id, second.physical_id);
    let given: Vec<_> = second.attributes.keys().map(String::as_str).collect();
    assert_eq!(given, of(kind).attributes());
    second
}

async fn update(world: &World, kind: &str, physical: &str, old: Value, new: Value) {
    let request = request(Some(physical), new);
    of(kind).update(&mut world.cx(), &request, &map(old)).await.unwrap();
}

async fn delete(world: &World, kind: &str, physical: &str, properties: Value) {
    let request = request(Some(physical), properties);
    of(kind).delete(&mut world.cx(), &request).await.unwrap();
    of(kind).delete(&mut world.cx(), &request).await.unwrap();
}

fn document(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

#[tokio::test]
async fn roles() {
    let world = world().await;
    let trusted: Value = serde_json::from_str(&trust("lambda.amazonaws.com")).unwrap();
    let old = json!({
        "AssumeRolePolicyDocument": trusted, "Path": "/", "MaxSessionDuration": "7200", "Description": "d",
        "Policies": [{"PolicyName": "a", "PolicyDocument": document("s3:*")}, {"PolicyName": "b", "PolicyDocument": document("sqs:*")}],
        "ManagedPolicyArns": [BASIC], "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
        "Tags": [{"Key": "own", "Value": "1"}],
    });
    let made = create(&world, "AWS::IAM::Role", old.clone()).await;
    let name = made.physical_id.as_str();
    assert!(name.starts_with("demo-Thing-"), "{name}");
    assert_eq!(made.attributes["Arn"], format!("arn:aws:iam::000000000000:role/{name}"));
    let named = json!({"RoleName": name});
    let got = ok(&world, "GetRole", named.clone()).await;
    assert_eq!(got["Role"]["MaxSessionDuration"], 7200);
    assert_eq!(got["Role"]["Tags"], json!([{"Key": "own", "Value": "1"}, {"Key": "stack", "Value": "demo"}]));
    assert_eq!(ok(&world, "ListRolePolicies", named.clone()).await["PolicyNames"], json!(["a", "b"]));
    let new = json!({
        "AssumeRolePolicyDocument": trust("states.amazonaws.com"), "Path": "/",
        "Policies": [{"PolicyName": "b", "PolicyDocument": document("sns:*")}],
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    });
    update(&world, "AWS::IAM::Role", name, old, new.clone()).await;
    let got = ok(&world, "GetRole", named.clone()).await;
    let role = &got["Role"];
    assert!(role["AssumeRolePolicyDocument"].as_str().unwrap().contains("states.amazonaws.com"));
    assert_eq!((role.get("Description"), role.get("PermissionsBoundary")), (None, None));
    assert_eq!(
        (&role["MaxSessionDuration"], &role["Tags"]),
        (&json!(3600), &json!([{"Key": "stack", "Value": "demo"}]))
    );
    assert_eq!(ok(&world, "ListRolePolicies", named.clone()).await["PolicyNames"], json!(["b"]));
    let attached = ok(&world, "ListAttachedRolePolicies", named.clone()).await;
    assert_eq!(attached["AttachedPolicies"][0]["PolicyName"], "ReadOnlyAccess");
    delete(&world, "AWS::IAM::Role", name, new).await;
    world.fails("iam", "GetRole", named).await;
}

#[tokio::test]
async fn a_named_role_that_is_there_is_not_taken_over() {
    let world = world().await;
    role(&world, "theirs").await;
    let properties = json!({"RoleName": "theirs", "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")});
    let failure =
        of("AWS::IAM::Role").create(&mut world.cx(), &request(None, properties)).await.expect_err("theirs");
    assert_eq!(failure.code(), "EntityAlreadyExists");
}

#[tokio::test]
async fn policies_inside_others() {
    let world = world().await;
    role(&world, "one").await;
    role(&world, "two").await;
    let old = json!({"PolicyName": "p", "PolicyDocument": document("s3:*"), "Roles": ["one"]});
    let made = create(&world, "AWS::IAM::Policy", old.clone()).await;
    let new = json!({"PolicyName": "q", "PolicyDocument": document("s3:*"), "Roles": ["one", "two"]});
    update(&world, "AWS::IAM::Policy", &made.physical_id, old, new.clone()).await;
    for name in ["one", "two"] {
        assert_eq!(
            ok(&world, "ListRolePolicies", json!({"RoleName": name})).await["PolicyNames"],
            json!(["q"])
        );
    }
    delete(&world, "AWS::IAM::Policy", &made.physical_id, new).await;
    assert_eq!(ok(&world, "ListRolePolicies", json!({"RoleName": "one"})).await["PolicyNames"], json!([]));
    let alone = map(json!({"PolicyName": "p", "PolicyDocument": document("s3:*")}));
    assert!(of("AWS::IAM::Policy").check(&alone).is_err());
}

#[tokio::test]
async fn managed_policies() {
    let world = world().await;
    role(&world, "one").await;
    let old = json!({"PolicyDocument": document("s3:*"), "Path": "/a/", "Roles": ["one"]});
    let made = create(&world, "AWS::IAM::ManagedPolicy", old.clone()).await;
    let arn = made.physical_id.as_str();
    assert!(arn.starts_with("arn:aws:iam::000000000000:policy/a/demo-Thing-"), "{arn}");
    let mut before = old;
    for n in 0..6 {
        let next = json!({"PolicyDocument": document(&format!("sqs:A{n}")), "Path": "/a/"});
        update(&world, "AWS::IAM::ManagedPolicy", arn, before, next.clone()).await;
        before = next;
    }
    let versions = ok(&world, "ListPolicyVersions", json!({"PolicyArn": arn})).await;
    let versions = versions["Versions"].as_array().unwrap().clone();
    assert_eq!(
        (versions.len(), &versions[0]["VersionId"], &versions[0]["IsDefaultVersion"]),
        (5, &json!("v7"), &json!(true))
    );
    let attached = ok(&world, "ListAttachedRolePolicies", json!({"RoleName": "one"})).await;
    assert_eq!(attached["AttachedPolicies"], json!([]));
    delete(&world, "AWS::IAM::ManagedPolicy", arn, before).await;
    world.fails("iam", "GetPolicy", json!({"PolicyArn": arn})).await;
}

#[tokio::test]
async fn users_groups_and_instance_profiles() {
    let world = world().await;
    role(&world, "one").await;
    role(&world, "two").await;
    let group = json!({"Policies": [{"PolicyName": "p", "PolicyDocument": document("s3:*")}], "ManagedPolicyArns": [BASIC]});
    let made_group = create(&world, "AWS::IAM::Group", group.clone()).await;
    let user = json!({"UserName": "Bob", "Groups": [made_group.physical_id], "Path": "/"});
    let user_request = request(None, user.clone());
    let made_user = of("AWS::IAM::User").create(&mut world.cx(), &user_request).await.unwrap();
    let members = ok(&world, "GetGroup", json!({"GroupName": made_group.physical_id})).await;
    assert_eq!(members["Users"][0]["UserName"], "Bob");
    let moved = json!({"UserName": "Bob", "Path": "/staff/"});
    update(&world, "AWS::IAM::User", &made_user.physical_id, user, moved.clone()).await;
    assert_eq!(ok(&world, "GetUser", json!({"UserName": "Bob"})).await["User"]["Path"], "/staff/");
    delete(&world, "AWS::IAM::User", "Bob", moved).await;
    delete(&world, "AWS::IAM::Group", &made_group.physical_id, group).await;
    let old = json!({"Roles": ["one"]});
    let profile = create(&world, "AWS::IAM::InstanceProfile", old.clone()).await;
    let new = json!({"Roles": ["two"]});
    update(&world, "AWS::IAM::InstanceProfile", &profile.physical_id, old, new.clone()).await;
    let got = ok(&world, "GetInstanceProfile", json!({"InstanceProfileName": profile.physical_id})).await;
    assert_eq!(got["InstanceProfile"]["Roles"][0]["RoleName"], "two");
    delete(&world, "AWS::IAM::InstanceProfile", &profile.physical_id, new).await;
}
