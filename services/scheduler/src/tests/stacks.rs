//! CloudFormation's way to schedules.

use cloud::resource::{ResourceRequest, ResourceType};
use serde_json::Map;

use super::*;
use crate::stack::{Schedule, ScheduleGroup};

fn request(properties: Value, physical_id: Option<&str>) -> ResourceRequest {
    testkit::stacks::request("Thing", properties, physical_id)
}

#[tokio::test]
async fn a_schedule_in_a_group_comes_changes_and_goes() {
    let world = world(&[]).await;
    let mut cx = world.stack_cx();
    let (_, arn) = queue(&world, "q").await;
    let group = request(json!({"Tags": [{"Key": "a", "Value": "b"}]}), None);
    let made = ScheduleGroup.create(&mut cx, &group).await.unwrap();
    assert_eq!(made.attributes["State"], "ACTIVE");
    let mut properties = json!({
        "GroupName": made.physical_id, "ScheduleExpression": "rate(1 hour)", "StartDate": "2026-02-01T00:00:00Z",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": "5"},
        "Target": {"Arn": arn, "RoleArn": ROLE, "RetryPolicy": {"MaximumRetryAttempts": "2"}},
    });
    let first = request(properties.clone(), None);
    let schedule = Schedule.create(&mut cx, &first).await.unwrap();
    assert!(schedule.physical_id.starts_with("demo-Thing-"), "{}", schedule.physical_id);
    assert_eq!(Schedule.create(&mut cx, &first).await.unwrap().physical_id, schedule.physical_id);
    properties["State"] = json!("DISABLED");
    let second = request(properties, Some(&schedule.physical_id));
    let updated = Schedule.update(&mut cx, &second, &first.properties).await.unwrap();
    assert_eq!(updated.attributes, schedule.attributes);
    let asked = json!({"Name": schedule.physical_id, "GroupName": made.physical_id});
    let shown = world.ok("scheduler", "GetSchedule", asked).await;
    assert_eq!((&shown["State"], &shown["StartDate"]), (&json!("DISABLED"), &json!(1_769_904_000)));
    assert_eq!(shown["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 2);
    for _ in 0..2 {
        Schedule.delete(&mut cx, &second).await.unwrap();
    }
    let retagged = request(json!({}), Some(&made.physical_id));
    let after = ScheduleGroup.update(&mut cx, &retagged, &Map::new()).await.unwrap();
    let tags =
        world.ok("scheduler", "ListTagsForResource", json!({"ResourceArn": after.attributes["Arn"]})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "STAGE", "Value": "dev"}]));
    for _ in 0..2 {
        ScheduleGroup.delete(&mut cx, &retagged).await.unwrap();
    }
}
