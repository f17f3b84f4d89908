//! Every operation that gives tags, or takes them away, tells policies of them.

use cloud::caller::{Caller, Principal};
use cloudlet::services::SERVICES;
use serde_json::{Value, json};
use shape::{Field, Schema};
use testkit::World;

use crate::access::denied;
use crate::sample::least;

/// Operations that refuse everything.
const OTHERS: &[&str] = &["lambda/CreateCodeSigningConfig"];

/// The tag `team` in the form of a member: a map, or a list of keys with values.
fn tag(field: &Field, team: &str) -> Option<Value> {
    match field.schema.get() {
        Schema::Map(_) => Some(json!({"team": team})),
        Schema::List(list) => match list.element.get() {
            Schema::Structure(pair) => {
                let mut tag = json!({});
                for (name, text) in [("key", "team"), ("value", team)] {
                    let field = pair.fields.iter().find(|field| field.name.to_lowercase().ends_with(name))?;
                    tag[field.name] = json!(text);
                }
                Some(json!([tag]))
            }
            // Keys of tags that are taken away.
            Schema::Text => Some(json!([team])),
            _ => None,
        },
        _ => None,
    }
}

/// A user who may do everything with tags of the team `blue`, and nothing else.
async fn user(world: &World) -> Caller {
    let made = world.ok("iam", "CreateUser", json!({"UserName": "tagger"})).await;
    let allow =
        |condition: Value| json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    let policy = json!({"Version": "2012-10-17", "Statement": [
        allow(json!({"StringEquals": {"aws:RequestTag/team": "blue"}})),
        allow(json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["blue"]}})),
    ]});
    let put = json!({"UserName": "tagger", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutUserPolicy", put).await;
    let id = made["User"]["UserId"].as_str().unwrap().into();
    Caller { principal: Principal::User { name: "tagger".into(), path: "/".into(), id }, ..testkit::root() }
}

#[tokio::test]
async fn policies_hear_of_the_tags_of_requests() {
    let world = World::new(SERVICES).await;
    let user = user(&world).await;
    let (mut asked, mut deaf) = (0, Vec::new());
    for service in SERVICES {
        for entry in service.operations.iter().filter(|entry| !entry.internal && !entry.open) {
            let Schema::Structure(input) = (entry.input)() else { continue };
            let is_tags = |field: &&Field| matches!(field.name.to_lowercase().as_str(), "tags" | "tagkeys");
            let Some(field) = input.fields.iter().find(is_tags) else { continue };
            let name = format!("{}/{}", service.name, entry.name);
            let mut answers = Vec::new();
            for team in ["blue", "red"] {
                let mut given = wire::json::to_value((entry.input)(), &least((entry.input)()));
                let Some(tags) = tag(field, team) else { continue };
                given[field.name] = tags;
                answers.push(denied(&world.call_as(user.clone(), service.name, entry.name, given).await));
            }
            asked += 1;
            if answers != [false, true] && !OTHERS.contains(&name.as_str()) {
                deaf.push(format!("{name} {answers:?}"));
            }
        }
    }
    assert!(asked > 30, "{asked} operations have tags");
    assert!(deaf.is_empty(), "{deaf:#?}");
}
