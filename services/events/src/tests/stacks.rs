//! CloudFormation's way to buses and rules.

use cloud::resource::{ResourceRequest, ResourceType};
use serde_json::Map;

use super::*;
use crate::stack::{Archive, EventBus, EventBusPolicy, Rule};

pub(super) fn request(properties: Value, physical_id: Option<&str>) -> ResourceRequest {
    testkit::stacks::request("Thing", properties, physical_id)
}

#[tokio::test]
async fn a_rule_of_the_framework_comes_changes_and_goes() {
    let world = world().await;
    let mut cx = world.stack_cx();
    let (_, arn) = queue(&world, "q").await;
    let first = request(
        json!({"ScheduleExpression": "rate(5 minutes)", "State": "ENABLED",
            "Targets": [{"Arn": arn, "Id": "helloSchedule"}]}),
        None,
    );
    let made = Rule.create(&mut cx, &first).await.unwrap();
    assert!(made.physical_id.starts_with("demo-Thing-"), "{}", made.physical_id);
    let again = Rule.create(&mut cx, &first).await.unwrap();
    assert_eq!(again.physical_id, made.physical_id);
    let second = request(
        json!({"EventPattern": {"source": ["shop"]}, "State": "DISABLED", "Targets": [{"Arn": arn, "Id": "other",
            "RetryPolicy": {"MaximumRetryAttempts": "2"}}]}),
        Some(&made.physical_id),
    );
    Rule.update(&mut cx, &second, &first.properties).await.unwrap();
    let described = world.ok("events", "DescribeRule", json!({"Name": made.physical_id})).await;
    assert_eq!(
        (&described["State"], &described["EventPattern"]),
        (&json!("DISABLED"), &json!("{\"source\":[\"shop\"]}"))
    );
    assert!(described.get("ScheduleExpression").is_none());
    let targets = world.ok("events", "ListTargetsByRule", json!({"Rule": made.physical_id})).await;
    assert_eq!(targets["Targets"].as_array().unwrap().len(), 1);
    assert_eq!(targets["Targets"][0]["Id"], "other");
    for _ in 0..2 {
        Rule.delete(&mut cx, &second).await.unwrap();
    }
    assert_eq!(world.ok("events", "ListRules", json!({})).await["Rules"], json!([]));
}

#[tokio::test]
async fn a_bus_with_its_policy_and_archive() {
    let world = world().await;
    let mut cx = world.stack_cx();
    let bus = request(json!({"Name": "b"}), None);
    let made = EventBus.create(&mut cx, &bus).await.unwrap();
    assert_eq!(made.attributes["Arn"], "arn:aws:events:us-east-1:000000000000:event-bus/b");
    let mut strict = bus.clone();
    strict.repeated = false;
    assert!(
        EventBus.create(&mut cx, &strict).await.is_err(),
        "it is there already, under a name of the template"
    );
    let policy = request(
        json!({"EventBusName": "b", "StatementId": "s", "Statement": {"Effect": "Allow", "Principal": "*",
            "Action": "events:PutEvents", "Resource": made.attributes["Arn"]}}),
        None,
    );
    let id = EventBusPolicy.create(&mut cx, &policy).await.unwrap().physical_id;
    let described = world.ok("events", "DescribeEventBus", json!({"Name": "b"})).await;
    assert!(described["Policy"].as_str().unwrap().contains("\"Sid\":\"s\""));
    let archive = request(json!({"SourceArn": made.attributes["Arn"], "RetentionDays": "3"}), None);
    let kept = Archive.create(&mut cx, &archive).await.unwrap();
    let gone = request(archive.properties.clone().into(), Some(&kept.physical_id));
    Archive.update(&mut cx, &gone, &Map::new()).await.unwrap();
    Archive.delete(&mut cx, &gone).await.unwrap();
    EventBusPolicy.delete(&mut cx, &request(policy.properties.clone().into(), Some(&id))).await.unwrap();
    EventBus.delete(&mut cx, &request(json!({"Name": "b"}), Some("b"))).await.unwrap();
}
