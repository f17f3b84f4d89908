//! Stacks that are made by a role.

use cloud::identity::record::Role;
use serde_json::{Value, json};
use store::layer::table;
use testkit::ACCOUNT;

use super::{Room, TWO};

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#;

async fn put_role(room: &Room, name: &str, trust: &str) -> String {
    let role = Role {
        account: ACCOUNT.to_owned(),
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AROA{name}"),
        created_at_millis: 0,
        trust: trust.to_owned(),
        description: None,
        max_session_seconds: 3600,
        tags: Default::default(),
        boundary: None,
        inline: Default::default(),
        attached: Vec::new(),
    };
    let mut tx = store::begin(room.world.cloud().store()).await.unwrap();
    table::put(&mut tx, &role).await.unwrap();
    tx.commit().await.unwrap();
    role.arn()
}

fn create(name: &str, role: &str) -> Value {
    json!({"StackName": name, "TemplateBody": TWO, "RoleARN": role})
}

#[tokio::test]
async fn resources_are_made_by_the_stacks_role() {
    let room = Room::new().await;
    let role = put_role(&room, "maker", TRUST).await;
    room.call("CreateStack", create("s", &role)).await;
    assert_eq!(room.settle("s").await.0, "CREATE_COMPLETE");
    let callers = room.things().with(|inner| std::mem::take(&mut inner.callers));
    assert_eq!(callers[0], format!("arn:aws:sts::{ACCOUNT}:assumed-role/maker/AWSCloudFormation"));
    assert_eq!(room.stack("s").await["RoleARN"], role);
    let other = put_role(&room, "other", &TRUST.replace("cloudformation", "lambda")).await;
    let (_, text) = room.error("CreateStack", create("t", &other)).await;
    assert_eq!(text, format!("Role {other} is invalid or cannot be assumed"));
}

/// AWS documentation of CreateStack, "RoleARN": who may work on the stack uses its role without being allowed to pass it.
#[tokio::test]
async fn passing_a_role_needs_permission_and_using_it_does_not() {
    let room = Room::new().await;
    let role = put_role(&room, "maker", TRUST).await;
    let statement = json!({"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"});
    let user = testkit::users::user(&room.world, "worker", statement).await;
    let call = async |operation: &str, input: Value| {
        room.world.call_as(user.clone(), "cloudformation", operation, input).await
    };
    let denied = call("CreateStack", create("s", &role)).await.unwrap_err();
    assert_eq!(denied.status(), 403);
    assert!(denied.message().contains("iam:PassRole"), "{}", denied.message());
    room.call("CreateStack", create("s", &role)).await;
    room.settle("s").await;
    let bigger = TWO.replace("Size: 1", "Size: 2");
    call("UpdateStack", json!({"StackName": "s", "TemplateBody": bigger})).await.unwrap();
    assert_eq!(room.settle("s").await.0, "UPDATE_COMPLETE");
    let denied = call("DeleteStack", json!({"StackName": "s", "RoleARN": role})).await.unwrap_err();
    assert_eq!(denied.status(), 403);
    call("DeleteStack", json!({"StackName": "s"})).await.unwrap();
    room.gone("s").await;
}
