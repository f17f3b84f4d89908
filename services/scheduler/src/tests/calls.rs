//! What schedules call, and when.

use super::*;

#[tokio::test]
async fn one_time_schedules_are_invoked_once_and_may_delete_themselves() {
    let world = world(&["sqs:SendMessage"]).await;
    let (url, arn) = queue(&world, "q").await;
    // Virtual time begins on 2026-01-01 at midnight; that is nine o'clock in Tokyo.
    let more = json!({"ScheduleExpressionTimezone": "Asia/Tokyo", "ActionAfterCompletion": "DELETE"});
    create(&world, schedule("s", "at(2026-01-01T09:02:00)", &arn, more)).await;
    create(&world, schedule("stays", "at(2026-01-01T00:03:00)", &arn, json!({}))).await;
    pass(&world, 115).await;
    assert!(bodies(&world, &url).await.is_empty());
    pass(&world, 5).await;
    assert_eq!(bodies(&world, &url).await, ["s 2026-01-01T00:02:00Z"]);
    assert_eq!(
        world.error("scheduler", "GetSchedule", json!({"Name": "s"})).await.0,
        "ResourceNotFoundException"
    );
    pass(&world, 600).await;
    assert_eq!(bodies(&world, &url).await, ["stays 2026-01-01T00:03:00Z"]);
    world.ok("scheduler", "GetSchedule", json!({"Name": "stays"})).await;
}

#[tokio::test]
async fn rates_begin_at_once_and_end() {
    let world = world(&["sqs:SendMessage"]).await;
    let (url, arn) = queue(&world, "q").await;
    let end = world.cx().now().secs() + 120;
    create(&world, schedule("s", "rate(1 minute)", &arn, json!({"EndDate": end}))).await;
    world.settle().await;
    assert_eq!(bodies(&world, &url).await, ["s 2026-01-01T00:00:00Z"]);
    pass(&world, 600).await;
    let mut got = bodies(&world, &url).await;
    got.sort();
    assert_eq!(got, ["s 2026-01-01T00:01:00Z", "s 2026-01-01T00:02:00Z"]);
}

#[tokio::test]
async fn flexible_windows_are_kept() {
    let world = world(&["sqs:SendMessage"]).await;
    let (url, arn) = queue(&world, "q").await;
    let more = json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}});
    for number in 0..20 {
        create(&world, schedule(&format!("s{number}"), "at(2026-01-01T01:00:00)", &arn, more.clone())).await;
    }
    pass(&world, 3595).await;
    assert!(bodies(&world, &url).await.is_empty());
    pass(&world, 300).await;
    let half = bodies(&world, &url).await.len();
    assert!((1..20).contains(&half), "{half} of 20 in the first half of the window");
    pass(&world, 310).await;
    let rest = bodies(&world, &url).await;
    assert_eq!(half + rest.len(), 20);
    assert!(rest.iter().all(|body| body.ends_with("2026-01-01T01:00:00Z")));
}

#[tokio::test]
async fn the_role_decides_and_dead_letters_say_why() {
    let world = world(&["sqs:GetQueueUrl"]).await;
    let (url, arn) = queue(&world, "q").await;
    let (dead_url, dead) = queue(&world, "dead").await;
    let more = json!({"Target": {"DeadLetterConfig": {"Arn": dead}}});
    create(&world, schedule("s", "at(2026-01-01T00:01:00)", &arn, more)).await;
    // The role may not send to the queue; to the one for the dead it may, by the time the letter is tried again.
    pass(&world, 60).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": dead},
    ]});
    let put = json!({"RoleName": "sched", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", put).await;
    create(
        &world,
        schedule(
            "s2",
            "at(2026-01-01T00:02:00)",
            &arn,
            json!({"Target": {"DeadLetterConfig": {"Arn": dead}}}),
        ),
    )
    .await;
    pass(&world, 65).await;
    assert!(bodies(&world, &url).await.is_empty());
    let letters = messages(&world, &dead_url).await;
    let letter = letters.iter().find(|letter| letter["Body"].as_str().unwrap().starts_with("s2")).unwrap();
    let attribute =
        |name: &str| letter["MessageAttributes"][name]["StringValue"].as_str().unwrap().to_owned();
    assert_eq!(attribute("SCHEDULE_ARN"), "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s2");
    assert_eq!((attribute("TARGET_ARN"), attribute("RETRY_ATTEMPTS")), (arn, "0".to_owned()));
    assert_eq!(attribute("ERROR_CODE"), "AccessDeniedException");
    assert!(attribute("ERROR_MESSAGE").contains("assumed-role/sched/"), "{}", attribute("ERROR_MESSAGE"));
    assert_eq!(attribute("SCHEDULED_TIME"), "2026-01-01T00:02:00Z");
}

#[tokio::test]
async fn buses_fifo_queues_and_universal_targets() {
    let world = world(&["sqs:*", "events:PutEvents"]).await;
    let (fifo_url, fifo) = queue(&world, "q.fifo").await;
    let (url, arn) = queue(&world, "q").await;
    let at = "at(2026-01-01T00:01:00)";
    let group = json!({"Target": {"SqsParameters": {"MessageGroupId": "g"}}});
    create(&world, schedule("fifo", at, &fifo, group)).await;
    let body =
        json!({"QueueUrl": url, "MessageBody": "universal <aws.scheduler.attempt-number>"}).to_string();
    let universal = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage";
    create(&world, schedule("universal", at, universal, json!({"Target": {"Input": body}}))).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]});
    let open = json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}});
    world.ok("sqs", "SetQueueAttributes", open).await;
    world.ok("events", "PutRule", json!({"Name": "r", "EventPattern": "{\"source\":[\"mine\"]}"})).await;
    world.ok("events", "PutTargets", json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": arn}]})).await;
    let bus = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    let event = json!({"Target": {"Input": "{\"a\":\"<aws.scheduler.scheduled-time>\"}",
        "EventBridgeParameters": {"DetailType": "t", "Source": "mine"}}});
    let bus_arn = create(&world, schedule("bus", at, bus, event)).await;
    // Without an input of its own a target gets an event.
    let mut plain = schedule("plain", at, &arn, json!({}));
    plain["Target"].as_object_mut().unwrap().remove("Input");
    create(&world, plain).await;
    pass(&world, 60).await;
    let got = messages(&world, &fifo_url).await;
    assert_eq!(got[0]["Attributes"]["MessageGroupId"], "g");
    let got = bodies(&world, &url).await;
    assert_eq!(got.len(), 3, "{got:?}");
    assert!(got.contains(&"universal 1".to_owned()), "{got:?}");
    let events: Vec<Value> = got.iter().filter_map(|body| serde_json::from_str(body).ok()).collect();
    let of_bus = events.iter().find(|event| event["source"] == "mine").unwrap();
    assert_eq!(
        (&of_bus["detail"], &of_bus["resources"]),
        (&json!({"a": "2026-01-01T00:01:00Z"}), &json!([bus_arn]))
    );
    let plain = events.iter().find(|event| event["source"] == "aws.scheduler").unwrap();
    assert_eq!((&plain["detail-type"], &plain["detail"]), (&json!("Scheduled Event"), &json!("{}")));
}

#[tokio::test]
async fn topics_and_streams_are_called_as_the_role() {
    let services = [&crate::SCHEDULER, &sqs::SQS, &iam::IAM, &sns::SNS, &kinesis::KINESIS];
    let world = World::new(&services).await;
    world.cloud().start();
    role(&world, &["sns:Publish", "kinesis:PutRecord"], json!({})).await;
    let (url, arn) = queue(&world, "q").await;
    let topic = world.ok("sns", "CreateTopic", json!({"Name": "t"})).await["TopicArn"].clone();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]});
    let open = json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}});
    world.ok("sqs", "SetQueueAttributes", open).await;
    let subscribe = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn,
        "Attributes": {"RawMessageDelivery": "true"}});
    world.ok("sns", "Subscribe", subscribe).await;
    world.ok("kinesis", "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    pass(&world, 10).await;
    let at = "at(2026-01-01T00:01:00)";
    create(&world, schedule("topic", at, topic.as_str().unwrap(), json!({}))).await;
    let stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    let key = json!({"Target": {"KinesisParameters": {"PartitionKey": "k"}}});
    create(&world, schedule("stream", at, stream, key)).await;
    pass(&world, 70).await;
    assert_eq!(bodies(&world, &url).await, ["topic 2026-01-01T00:01:00Z"]);
    let shards = world.ok("kinesis", "ListShards", json!({"StreamName": "s"})).await;
    let asked = json!({"StreamName": "s", "ShardId": shards["Shards"][0]["ShardId"],
        "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = world.ok("kinesis", "GetShardIterator", asked).await["ShardIterator"].clone();
    let found = world.ok("kinesis", "GetRecords", json!({"ShardIterator": iterator})).await;
    assert_eq!(found["Records"][0]["PartitionKey"], "k");
}
