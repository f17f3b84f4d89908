//! Stories of the service, through the door.

mod access;
mod entities;
mod policies;
mod stacks;

use serde_json::{Value, json};
use testkit::World;

async fn world() -> World {
    World::new(&[&crate::IAM]).await
}

fn allow(action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
        .to_string()
}

fn trust(service: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
    ]})
    .to_string()
}

async fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok("iam", operation, input).await
}

/// The code, the status and the text of a call that fails.
async fn refused(world: &World, operation: &str, input: Value) -> (String, u16, String) {
    let failure = world.fails("iam", operation, input).await;
    (failure.code().to_owned(), failure.status(), failure.message().to_owned())
}

#[track_caller]
fn is(refused: &(String, u16, String), code: &str, status: u16, message: &str) {
    assert_eq!((refused.0.as_str(), refused.1, refused.2.as_str()), (code, status, message));
}

async fn role(world: &World, name: &str) {
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")});
    ok(world, "CreateRole", input).await;
}

async fn user(world: &World, name: &str) {
    ok(world, "CreateUser", json!({"UserName": name})).await;
}
