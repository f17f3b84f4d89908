//! Custom resources, with a Lambda service that answers as it is told.

use bytes::Bytes;
use cloud::plane::{Plane, PlaneRequest};
use cloud::prelude::*;
use cloud::service::Service;
use serde_json::{Value, json};
use testkit::World;
use testkit::lambda::{self, Answer, Call, Functions};

use super::Room;

/// Functions whose names say how they do their work; `works` does what the properties of the resource say.
struct Providers;

impl Functions for Providers {
    async fn invoke(cx: &mut Cx, call: Call) -> Result<Answer, Failure> {
        assert_eq!(call.invocation_type, "RequestResponse");
        match call.name() {
            "crashes" => return Ok(Answer::error(&json!({"errorMessage": "boom"}))),
            "forgets" => return Ok(Answer::nothing()),
            _ => {}
        }
        let event = call.event;
        let answer = match event["ResourceProperties"]["Fail"].as_str() {
            Some(reason) => json!({"Status": "FAILED", "Reason": reason, "PhysicalResourceId": "f"}),
            None => json!({"Status": "SUCCESS", "Data": {"Answer": event["ResourceProperties"]["Size"]},
                "PhysicalResourceId": event["ResourceProperties"]["Id"]}),
        };
        let status = put(cx, event["ResponseURL"].as_str().unwrap(), &answer.to_string()).await;
        assert_eq!(status, 200);
        Ok(Answer::nothing())
    }
}

static LAMBDA: Service = lambda::service::<Providers>();

async fn put(cx: &mut Cx, url: &str, body: &str) -> u16 {
    let request = http::Request::put(url).body(()).unwrap();
    let (parts, ()) = request.into_parts();
    assert!(crate::custom::Answers.claims("localhost", parts.uri.path()));
    let body = Stream::once(Bytes::from(body.to_owned()));
    crate::custom::Answers
        .serve(cx, PlaneRequest { parts, body, peer: None, host: String::new(), names: Default::default() })
        .await
        .status()
        .as_u16()
}

async fn room() -> Room {
    Room { world: World::new(&[&crate::CLOUDFORMATION, &LAMBDA]).await }
}

fn template(function: &str, more: &str) -> String {
    format!(
        "Resources: {{C: {{Type: 'Custom::Thing', Properties: {{ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:{function}', Id: c1, Size: 3, List: [true, {{a: 1.5}}]{more}}}}}}}\nOutputs: {{O: {{Value: !GetAtt C.Answer}}}}\n"
    )
}

fn events(room: &Room) -> Vec<Value> {
    lambda::calls(&room.world).into_iter().map(|call| call.event).collect()
}

/// Members: AWS documentation, "Custom resource request and response reference".
#[tokio::test]
async fn a_function_makes_changes_and_deletes_it() {
    let room = room().await;
    assert_eq!(room.deploy("CreateStack", &template("works", "")).await, "CREATE_COMPLETE");
    let event = events(&room).remove(0);
    assert_eq!(event["RequestType"], "Create");
    assert_eq!(event["ResourceType"], "Custom::Thing");
    assert_eq!(event["LogicalResourceId"], "C");
    assert_eq!(event["ResourceProperties"]["List"], json!(["true", {"a": "1.5"}]));
    assert!(event.get("PhysicalResourceId").is_none());
    let stack = room.stack("s").await;
    assert_eq!(stack["Outputs"][0]["OutputValue"], "3");
    assert_eq!(event["StackId"], stack["StackId"]);
    // A new physical id in the answer to an update has the old thing deleted.
    let changed = template("works", "").replace("c1", "c2").replace("Size: 3", "Size: 4");
    assert_eq!(room.deploy("UpdateStack", &changed).await, "UPDATE_COMPLETE");
    let seen = events(&room);
    assert_eq!(seen[0]["RequestType"], "Update");
    assert_eq!(seen[0]["PhysicalResourceId"], "c1");
    assert_eq!(seen[0]["OldResourceProperties"]["Size"], "3");
    assert_eq!((&seen[1]["RequestType"], &seen[1]["PhysicalResourceId"]), (&json!("Delete"), &json!("c1")));
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    room.gone("s").await;
    let seen = events(&room);
    assert_eq!((&seen[0]["RequestType"], &seen[0]["PhysicalResourceId"]), (&json!("Delete"), &json!("c2")));
}

async fn fails(function: &str, more: &str, expected: &str) -> Vec<Value> {
    let room = room().await;
    assert_eq!(room.deploy("CreateStack", &template(function, more)).await, "ROLLBACK_COMPLETE");
    let seen = events(&room);
    let events = room.events("s").await;
    let wanted = format!("C CREATE_FAILED {expected}");
    assert!(events.iter().any(|line| line.starts_with(&wanted)), "{events:#?}");
    seen
}

#[tokio::test]
async fn failures_are_told() {
    let received =
        "Received response status [FAILED] from custom resource. Message returned: no luck (RequestId: ";
    let seen = fails("works", ", Fail: no luck", received).await;
    assert_eq!((&seen[1]["RequestType"], &seen[1]["PhysicalResourceId"]), (&json!("Delete"), &json!("f")));
    let failed = "The function of the custom resource failed before it answered: {\"errorMessage\":\"boom\"}";
    fails("crashes", "", failed).await;
    let room = room().await;
    let topic = template("x", "").replace(":lambda:", ":sns:");
    let (_, text) = room.error("CreateStack", json!({"StackName": "s", "TemplateBody": topic})).await;
    assert!(text.contains("ServiceToken must be a Lambda function here"), "{text}");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up() {
    let room = room().await;
    let input = json!({"StackName": "s", "TemplateBody": template("forgets", ", ServiceTimeout: 60")});
    room.call("CreateStack", input).await;
    room.world.settle().await;
    assert_eq!(room.stack("s").await["StackStatus"], "CREATE_IN_PROGRESS");
    let url = events(&room)[0]["ResponseURL"].as_str().unwrap().to_owned();
    room.world.advance(std::time::Duration::from_secs(61)).await;
    assert_eq!(room.settle("s").await.0, "ROLLBACK_COMPLETE");
    let mut cx = room.world.cx();
    assert_eq!(put(&mut cx, &url, "{}").await, 403);
    assert_eq!(put(&mut cx, &url, "not JSON").await, 400);
    assert_eq!(put(&mut cx, &url, &"x".repeat(5000)).await, 413);
}
