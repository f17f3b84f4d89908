//! Groups and their tags.

use super::*;
use crate::limits::DELETE_SLICE;

#[tokio::test]
async fn groups_come_and_go_with_their_schedules() {
    let world = world(&[]).await;
    let (_, arn) = queue(&world, "q").await;
    let tags = json!([{"Key": "a", "Value": "1"}]);
    let made = world.ok("scheduler", "CreateScheduleGroup", json!({"Name": "g", "Tags": tags})).await;
    let group = made["ScheduleGroupArn"].clone();
    assert_eq!(group, "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g");
    let (code, text) = world.error("scheduler", "CreateScheduleGroup", json!({"Name": "g"})).await;
    assert_eq!((code.as_str(), text.as_str()), ("ConflictException", "Schedule group g already exists."));
    let more = json!({"ResourceArn": group, "Tags": [{"Key": "b", "Value": "2"}]});
    world.ok("scheduler", "TagResource", more).await;
    world.ok("scheduler", "UntagResource", json!({"ResourceArn": group, "TagKeys": ["a"]})).await;
    let shown = world.ok("scheduler", "ListTagsForResource", json!({"ResourceArn": group})).await;
    assert_eq!(shown["Tags"], json!([{"Key": "b", "Value": "2"}]));
    let listed = world.ok("scheduler", "ListScheduleGroups", json!({})).await;
    let names: Vec<&Value> =
        listed["ScheduleGroups"].as_array().unwrap().iter().map(|group| &group["Name"]).collect();
    assert_eq!(names, ["default", "g"]);
    for number in 0..=DELETE_SLICE {
        let input = schedule(
            &format!("s{number}"),
            "rate(1 hour)",
            &arn,
            json!({"GroupName": "g", "State": "DISABLED"}),
        );
        create(&world, input).await;
    }
    world.ok("scheduler", "DeleteScheduleGroup", json!({"Name": "g"})).await;
    world.settle().await;
    world.run_jobs().await;
    let (code, text) = world.error("scheduler", "GetScheduleGroup", json!({"Name": "g"})).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ResourceNotFoundException", "Schedule group g does not exist.")
    );
    assert_eq!(world.ok("scheduler", "ListSchedules", json!({})).await["Schedules"], json!([]));
    assert_eq!(
        world.error("scheduler", "DeleteScheduleGroup", json!({"Name": "default"})).await.0,
        "ValidationException"
    );
}
