//! Archives and replays.

use super::*;

const BUS: &str = "arn:aws:events:us-east-1:000000000000:event-bus/default";

async fn archive(world: &World, more: Value) -> Value {
    let mut input = json!({"ArchiveName": "a", "EventSourceArn": BUS});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("events", "CreateArchive", input).await["ArchiveArn"].clone()
}

#[tokio::test]
async fn archived_events_are_replayed() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    let source = archive(&world, json!({"EventPattern": "{\"source\":[\"shop\"]}"})).await;
    for n in 0..3 {
        put(&world, "default", json!({"n": n})).await;
    }
    let other = json!({"Source": "other", "DetailType": "t", "Detail": "{}"});
    world.ok("events", "PutEvents", json!({"Entries": [other]})).await;
    let described = world.ok("events", "DescribeArchive", json!({"ArchiveName": "a"})).await;
    assert_eq!((&described["EventCount"], &described["State"]), (&json!(3), &json!("ENABLED")));
    assert!(described["SizeBytes"].as_i64().unwrap() > 0);
    rule(&world, "r", "default", json!({"Id": "1", "Arn": arn})).await;
    let now = world.cx().now().millis() / 1000;
    let start = json!({"ReplayName": "again", "EventSourceArn": source, "EventStartTime": now - 10,
        "EventEndTime": now + 10, "Destination": {"Arn": BUS}});
    let started = world.ok("events", "StartReplay", start.clone()).await;
    assert_eq!(started["State"], "STARTING");
    later(&world, 2).await;
    let described = world.ok("events", "DescribeReplay", json!({"ReplayName": "again"})).await;
    assert_eq!(described["State"], "COMPLETED");
    let got = documents(&world, &url).await;
    let numbers: Vec<&Value> = got.iter().map(|event| &event["detail"]["n"]).collect();
    assert_eq!(numbers.len(), 3);
    assert!(got.iter().all(|event| event["replay-name"] == "again"));
    let listed = world.ok("events", "ListReplays", json!({"NamePrefix": "ag"})).await;
    assert_eq!(listed["Replays"][0]["State"], "COMPLETED");
    // Recorded texts: LocalStack's test_archive_and_replay.
    let (code, text) = world.error("events", "StartReplay", start).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ResourceAlreadyExistsException", "Replay again already exists.")
    );
    let cancel = world.error("events", "CancelReplay", json!({"ReplayName": "again"})).await;
    assert_eq!(cancel.0, "IllegalStatusException");
}

#[tokio::test]
async fn replays_stay_on_their_bus() {
    let world = world().await;
    let source = archive(&world, json!({})).await;
    let other = world.ok("events", "CreateEventBus", json!({"Name": "b"})).await["EventBusArn"].clone();
    let start = json!({"ReplayName": "x", "EventSourceArn": source, "EventStartTime": 1, "EventEndTime": 2,
        "Destination": {"Arn": other}});
    let (code, text) = world.error("events", "StartReplay", start).await;
    assert_eq!(code, "ValidationException");
    assert_eq!(
        text,
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
    );
}

#[tokio::test]
async fn archives_come_change_and_go() {
    let world = world().await;
    archive(&world, json!({"RetentionDays": 1})).await;
    put(&world, "default", json!({})).await;
    later(&world, 25 * 3600).await;
    put(&world, "default", json!({})).await;
    world.run_jobs().await;
    let described = world.ok("events", "DescribeArchive", json!({"ArchiveName": "a"})).await;
    assert_eq!(described["EventCount"], 1, "the old one is gone");
    world
        .ok("events", "UpdateArchive", json!({"ArchiveName": "a", "Description": "d", "RetentionDays": 0}))
        .await;
    let listed = world.ok("events", "ListArchives", json!({"EventSourceArn": BUS})).await;
    assert_eq!(listed["Archives"][0]["RetentionDays"], 0);
    world.ok("events", "DeleteArchive", json!({"ArchiveName": "a"})).await;
    let (code, text) = world.error("events", "DescribeArchive", json!({"ArchiveName": "a"})).await;
    assert_eq!((code.as_str(), text.as_str()), ("ResourceNotFoundException", "Archive a does not exist."));
}

/// The job of replays and that of schedules looked again and again whether there was something to do.
#[tokio::test]
async fn replays_and_schedules_go_on_by_their_timers() {
    let world = world().await;
    world.cloud().start();
    let (url, arn) = queue(&world, "q").await;
    let source = archive(&world, json!({})).await;
    put(&world, "default", json!({"n": 1})).await;
    rule(&world, "r", "default", json!({"Id": "1", "Arn": arn})).await;
    let now = world.cx().now().millis() / 1000;
    let start = json!({"ReplayName": "again", "EventSourceArn": source, "EventStartTime": now - 10,
        "EventEndTime": now + 10, "Destination": {"Arn": BUS}});
    world.ok("events", "StartReplay", start).await;
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(documents(&world, &url).await.len(), 1);
    let described = world.ok("events", "DescribeReplay", json!({"ReplayName": "again"})).await;
    assert_eq!(described["State"], "COMPLETED");
    world.ok("events", "PutRule", json!({"Name": "s", "ScheduleExpression": "rate(1 minute)"})).await;
    world.ok("events", "PutTargets", json!({"Rule": "s", "Targets": [{"Id": "1", "Arn": arn}]})).await;
    for _ in 0..3 {
        world.advance(Duration::from_secs(60)).await;
        world.settle().await;
    }
    assert_eq!(documents(&world, &url).await.len(), 3);
}
