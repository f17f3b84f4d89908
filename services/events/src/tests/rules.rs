//! Rules, targets and events.

use super::*;

/// A queue hands on the trace of an event, as AWS's do: each entry of PutEvents may be in another.
#[tokio::test]
async fn the_trace_of_an_event_goes_on_to_its_targets() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    rule(&world, "r", "default", json!({"Id": "1", "Arn": arn})).await;
    let header =
        |digit: &str| format!("Root=1-5759e988-{};Parent=53995c3f42cd8ad8;Sampled=1", digit.repeat(24));
    let entry = |trace: Option<String>| json!({"Source": "shop", "DetailType": "order", "Detail": "{}", "TraceHeader": trace});
    let put = async |cx: &mut cloud::cx::Cx, entries: Value| {
        let caller = cx.caller().clone();
        cx.call_json(caller, "events", "PutEvents", &json!({"Entries": entries})).await.unwrap();
        let got = messages(&world, &url).await;
        got.iter().map(|message| message["Attributes"]["AWSTraceHeader"].clone()).collect::<Vec<_>>()
    };
    let mixed = json!([
        entry(Some(header("a"))),
        entry(None),
        entry(Some(header("b"))),
        entry(Some("nonsense".into()))
    ]);
    let mut cx = world.cx();
    let mut traces = put(&mut cx, mixed.clone()).await;
    traces.sort_by_key(Value::to_string);
    assert_eq!(traces, [json!(header("a")), json!(header("b")), Value::Null, Value::Null]);
    // Where the request itself is in a trace, the entries without one are in that.
    cx.join_header(&header("c"));
    let mut traces = put(&mut cx, json!([mixed[0], mixed[1]])).await;
    traces.sort_by_key(Value::to_string);
    assert_eq!(traces, [json!(header("a")), json!(header("c"))]);
    assert_eq!(cx.trace_header(), Some(&*header("c")));
}

#[tokio::test]
async fn events_reach_the_targets_of_rules_that_want_them() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    rule(&world, "r", "default", json!({"Id": "1", "Arn": arn})).await;
    let answer = put(&world, "default", json!({"total": 5})).await;
    assert_eq!(answer["FailedEntryCount"], 0);
    let got = documents(&world, &url).await;
    assert_eq!(got.len(), 1);
    assert_eq!(got[0]["id"], answer["Entries"][0]["EventId"]);
    let keys: Vec<&String> = got[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]
    );
    assert_eq!((&got[0]["detail"], &got[0]["resources"]), (&json!({"total": 5}), &json!(["r"])));
    // Others do not.
    let other = json!({"Source": "other", "DetailType": "t", "Detail": "{}"});
    world.ok("events", "PutEvents", json!({"Entries": [other]})).await;
    world.ok("events", "DisableRule", json!({"Name": "r"})).await;
    put(&world, "default", json!({})).await;
    assert!(documents(&world, &url).await.is_empty());
    world.ok("events", "EnableRule", json!({"Name": "r"})).await;
    put(&world, "default", json!({})).await;
    assert_eq!(documents(&world, &url).await.len(), 1);
}

/// Texts recorded in LocalStack's test_events.
#[tokio::test]
async fn entries_fail_one_by_one() {
    let world = world().await;
    let entry = |source: Value, detail: &str| json!({"Source": source, "DetailType": "t", "Detail": detail});
    let entries = json!([
        entry(json!("shop"), "{}"),
        entry(Value::Null, "{}"),
        entry(json!("shop"), "NotJSON"),
        entry(json!("shop"), "[]"),
        entry(json!("aws.s3"), "{}"),
    ]);
    let answer = world.ok("events", "PutEvents", json!({"Entries": entries})).await;
    assert_eq!(answer["FailedEntryCount"], 4);
    let text = "Parameter Source is not valid. Reason: Source is a required argument.";
    assert_eq!(answer["Entries"][1], json!({"ErrorCode": "InvalidArgument", "ErrorMessage": text}));
    let malformed = json!({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."});
    assert_eq!((&answer["Entries"][2], &answer["Entries"][3]), (&malformed, &malformed));
    assert_eq!(answer["Entries"][4]["ErrorCode"], "NotAuthorizedForSourceException");
    let large = json!({"x": "y".repeat(256 * 1024)}).to_string();
    let (code, text) =
        world.error("events", "PutEvents", json!({"Entries": [entry(json!("shop"), &large)]})).await;
    assert_eq!(code, "ValidationException");
    assert_eq!(text, "Total size of the entries in the request is over the limit.");
}

#[tokio::test]
async fn targets_get_what_they_ask_for() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    let target = |more: Value| {
        let mut target = json!({"Id": "1", "Arn": arn});
        target.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        target
    };
    for (more, expected) in [
        (json!({"Input": "{\"fixed\":true}"}), json!({"fixed": true})),
        (json!({"InputPath": "$.detail.order"}), json!({"id": 7})),
        (
            json!({"InputTransformer": {"InputPathsMap": {"id": "$.detail.order.id"},
                "InputTemplate": "{\"order\": <id>, \"rule\": \"<aws.events.rule-name>\"}"}}),
            json!({"order": 7, "rule": "r"}),
        ),
    ] {
        rule(&world, "r", "default", target(more)).await;
        put(&world, "default", json!({"order": {"id": 7}})).await;
        assert_eq!(documents(&world, &url).await, [expected]);
    }
    let both = target(json!({"Input": "{}", "InputPath": "$.a"}));
    let (code, text) = world.error("events", "PutTargets", json!({"Rule": "r", "Targets": [both]})).await;
    assert_eq!(code, "ValidationException");
    assert_eq!(text, "Only one of Input, InputPath, or InputTransformer must be provided for target 1.");
}

#[tokio::test]
async fn fifo_queues_get_groups() {
    let world = world().await;
    let (url, arn) = queue(&world, "q.fifo").await;
    let target = json!({"Id": "1", "Arn": arn, "SqsParameters": {"MessageGroupId": "g"}});
    rule(&world, "r", "default", target).await;
    put(&world, "default", json!({})).await;
    assert_eq!(messages(&world, &url).await[0]["Attributes"]["MessageGroupId"], "g");
    let without = json!({"Rule": "r", "Targets": [{"Id": "2", "Arn": arn}]});
    assert_eq!(world.error("events", "PutTargets", without).await.0, "ValidationException");
}

#[tokio::test]
async fn what_may_not_be_sent_goes_to_the_queue_for_the_dead() {
    let world = world().await;
    let (dead_url, dead) = queue(&world, "dead").await;
    world.ok("sqs", "CreateQueue", json!({"QueueName": "closed"})).await;
    let closed = "arn:aws:sqs:us-east-1:000000000000:closed";
    let target = json!({"Id": "1", "Arn": closed, "DeadLetterConfig": {"Arn": dead}});
    let rule_arn = rule(&world, "r", "default", target).await;
    // The event itself is accepted.
    assert_eq!(put(&world, "default", json!({"n": 1})).await["FailedEntryCount"], 0);
    later(&world, 1).await;
    let got = messages(&world, &dead_url).await;
    let attribute = |name: &str| got[0]["MessageAttributes"][name]["StringValue"].clone();
    assert_eq!((attribute("RULE_ARN"), attribute("TARGET_ARN")), (rule_arn, json!(closed)));
    assert_eq!((attribute("ERROR_CODE"), attribute("RETRY_ATTEMPTS")), (json!("NO_PERMISSIONS"), json!("0")));
    let body: Value = serde_json::from_str(got[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(body["detail"], json!({"n": 1}));
}

#[tokio::test]
async fn buses_forward_to_buses_and_never_for_ever() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    let bus = world.ok("events", "CreateEventBus", json!({"Name": "b"})).await["EventBusArn"].clone();
    rule(&world, "there", "default", json!({"Id": "1", "Arn": bus})).await;
    rule(&world, "queue", "b", json!({"Id": "1", "Arn": arn})).await;
    put(&world, "default", json!({})).await;
    assert_eq!(documents(&world, &url).await.len(), 1);
    let default = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    rule(&world, "back", "b", json!({"Id": "1", "Arn": default})).await;
    put(&world, "default", json!({})).await;
    assert_eq!(documents(&world, &url).await.len(), 3, "each time it passes the bus, five hops in all");
}

/// Any rule could send to the buses of others.
#[tokio::test]
async fn buses_of_other_accounts_are_asked() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    rule(&world, "queue", "default", json!({"Id": "1", "Arn": arn})).await;
    let stranger = || cloud::caller::Caller::root("111111111111", "us-east-1");
    let put = json!({"Name": "r", "EventPattern": "{\"source\":[\"shop\"]}"});
    world.call_as(stranger(), "events", "PutRule", put).await.unwrap();
    let default = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    let targets = json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": default}]});
    world.call_as(stranger(), "events", "PutTargets", targets).await.unwrap();
    let entries = json!({"Entries": [{"Source": "shop", "DetailType": "t", "Detail": "{}"}]});
    world.call_as(stranger(), "events", "PutEvents", entries.clone()).await.unwrap();
    assert!(documents(&world, &url).await.is_empty());
    let permission = json!({"StatementId": "s", "Action": "events:PutEvents", "Principal": "111111111111"});
    world.ok("events", "PutPermission", permission).await;
    world.call_as(stranger(), "events", "PutEvents", entries).await.unwrap();
    assert_eq!(documents(&world, &url).await.len(), 1);
}

#[tokio::test]
async fn schedules_fire() {
    let world = world().await;
    let (url, arn) = queue(&world, "q").await;
    let made =
        world.ok("events", "PutRule", json!({"Name": "s", "ScheduleExpression": "rate(1 minute)"})).await;
    world.ok("events", "PutTargets", json!({"Rule": "s", "Targets": [{"Id": "1", "Arn": arn}]})).await;
    later(&world, 59).await;
    assert!(documents(&world, &url).await.is_empty());
    later(&world, 1).await;
    let got = documents(&world, &url).await;
    assert_eq!(
        (&got[0]["source"], &got[0]["detail-type"]),
        (&json!("aws.events"), &json!("Scheduled Event"))
    );
    assert_eq!((&got[0]["resources"], &got[0]["detail"]), (&json!([made["RuleArn"]]), &json!({})));
    // What was missed while the cloud was down comes once, and the next one in its time.
    later(&world, 3600).await;
    assert_eq!(documents(&world, &url).await.len(), 1);
    world.ok("events", "DisableRule", json!({"Name": "s"})).await;
    later(&world, 120).await;
    assert!(documents(&world, &url).await.is_empty());
    for wrong in ["rate(1 minutes)", "cron(0 0 * * * *)", "at(2030-01-01T00:00:00)"] {
        let (code, text) =
            world.error("events", "PutRule", json!({"Name": "x", "ScheduleExpression": wrong})).await;
        assert_eq!(
            (code.as_str(), text.as_str()),
            ("ValidationException", "Parameter ScheduleExpression is not valid.")
        );
    }
}

#[tokio::test]
async fn rules_are_described_listed_and_deleted() {
    let world = world().await;
    let (_, arn) = queue(&world, "q").await;
    rule(&world, "a1", "default", json!({"Id": "1", "Arn": arn})).await;
    rule(&world, "a2", "default", json!({"Id": "1", "Arn": arn, "RetryPolicy": {"MaximumRetryAttempts": 3}}))
        .await;
    let described = world.ok("events", "DescribeRule", json!({"Name": "a1"})).await;
    assert_eq!((&described["State"], &described["CreatedBy"]), (&json!("ENABLED"), &json!("000000000000")));
    let names = world.ok("events", "ListRuleNamesByTarget", json!({"TargetArn": arn})).await;
    assert_eq!(names["RuleNames"], json!(["a1", "a2"]));
    let first = world.ok("events", "ListRules", json!({"NamePrefix": "a", "Limit": 1})).await;
    let rest = json!({"NamePrefix": "a", "NextToken": first["NextToken"]});
    assert_eq!(world.ok("events", "ListRules", rest).await["Rules"][0]["Name"], "a2");
    let targets = world.ok("events", "ListTargetsByRule", json!({"Rule": "a2"})).await;
    assert_eq!(targets["Targets"][0]["RetryPolicy"], json!({"MaximumRetryAttempts": 3}));
    let (code, text) = world.error("events", "DeleteRule", json!({"Name": "a1"})).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ValidationException", "Rule can't be deleted since it has targets.")
    );
    let removed = world.ok("events", "RemoveTargets", json!({"Rule": "a1", "Ids": ["1", "none"]})).await;
    assert_eq!(removed["FailedEntryCount"], 1);
    world.ok("events", "DeleteRule", json!({"Name": "a1"})).await;
    let (code, text) = world.error("events", "DescribeRule", json!({"Name": "a1"})).await;
    assert_eq!(code, "ResourceNotFoundException");
    assert_eq!(text, "Rule a1 does not exist on EventBus default.");
}

#[tokio::test]
async fn what_is_wrong_is_refused_before_anything_changes() {
    let world = world().await;
    let (_, arn) = queue(&world, "q").await;
    let put = |more: Value| {
        let mut input = json!({"Name": "r"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let (code, text) = world.error("events", "PutRule", put(json!({"EventPattern": "{\"a\": []}"}))).await;
    assert_eq!(code, "InvalidEventPatternException");
    assert_eq!(text, "Event pattern is not valid. Reason: Empty arrays are not allowed");
    assert_eq!(world.error("events", "PutRule", put(json!({}))).await.0, "ValidationException");
    let state = put(json!({"EventPattern": "{\"a\": [1]}", "State": "ON"}));
    assert_eq!(world.error("events", "PutRule", state).await.0, "ValidationException");
    rule(&world, "r", "default", json!({"Id": "1", "Arn": arn})).await;
    for wrong in [
        json!({"Id": "2", "Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:x"}),
        json!({"Id": "2", "Arn": "nothing"}),
        json!({"Id": "2", "Arn": arn, "EcsParameters": {"TaskDefinitionArn": "x"}}),
        json!({"Id": "2", "Arn": arn, "InputTransformer": {"InputTemplate": "{\"a\": "}}),
        json!({"Id": "2", "Arn": arn, "InputPath": "detail"}),
    ] {
        let (code, _) = world.error("events", "PutTargets", json!({"Rule": "r", "Targets": [wrong]})).await;
        assert_eq!(code, "ValidationException", "{wrong}");
    }
    let many: Vec<Value> = (0..6).map(|id| json!({"Id": id.to_string(), "Arn": arn})).collect();
    let (code, _) = world.error("events", "PutTargets", json!({"Rule": "r", "Targets": many})).await;
    assert_eq!(code, "LimitExceededException");
    let listed = world.ok("events", "ListTargetsByRule", json!({"Rule": "r"})).await;
    assert_eq!(listed["Targets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn patterns_are_tested() {
    let world = world().await;
    let event = json!({"id": "1", "account": "1", "source": "s", "time": "t", "region": "r", "resources": [],
        "detail-type": "d", "detail": {"x": 1}});
    let ask = |pattern: Value| json!({"EventPattern": pattern.to_string(), "Event": event.to_string()});
    assert_eq!(world.ok("events", "TestEventPattern", ask(json!({"source": ["s"]}))).await["Result"], true);
    assert_eq!(world.ok("events", "TestEventPattern", ask(json!({"source": ["t"]}))).await["Result"], false);
    let wrong = json!({"EventPattern": "{\"a\":[1]}", "Event": "[]"});
    assert_eq!(world.error("events", "TestEventPattern", wrong).await.1, "Parameter Event is not valid.");
}

#[tokio::test]
async fn operations_of_jobs_are_not_in_the_api() {
    let world = world().await;
    let ask = async |operation: &str, body: &'static str| {
        let request = http::Request::post("/")
            .header("host", "localhost")
            .header("x-amz-target", format!("AWSEvents.{operation}"))
            .header("content-type", "application/x-amz-json-1.1");
        let body = shape::Stream::once(body.as_bytes().into());
        let peer = Some("127.0.0.1:1".parse().unwrap());
        let response = cloud::http::serve(world.cloud(), request.body(body).unwrap(), peer, false).await;
        let body = response.into_body().collect(10_000).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    assert!(ask("FireSchedules", "{}").await.contains("UnknownOperationException"));
    assert!(!ask("PutRule", "{\"Name\":\"r\"}").await.contains("UnknownOperationException"));
}

#[tokio::test]
async fn log_groups_get_whole_events_where_their_account_lets_them() {
    let world = World::new(&[&crate::EVENTS, &sqs::SQS, &logs::LOGS]).await;
    world.cloud().start();
    let (dead_url, dead) = queue(&world, "dead").await;
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "/aws/events/g"})).await;
    let group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/g";
    rule(&world, "r", "default", json!({"Id": "1", "Arn": group, "DeadLetterConfig": {"Arn": dead}})).await;
    put(&world, "default", json!({"n": 1})).await;
    world.settle().await;
    let letters = messages(&world, &dead_url).await;
    assert_eq!(letters[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS");
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"}, "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": format!("{group}:*")}]});
    let input = json!({"policyName": "p", "policyDocument": policy.to_string()});
    world.ok("logs", "PutResourcePolicy", input).await;
    put(&world, "default", json!({"text": "x".repeat(100_000)})).await;
    world.settle().await;
    let found = world.ok("logs", "FilterLogEvents", json!({"logGroupName": "/aws/events/g"})).await;
    let event: Value = serde_json::from_str(found["events"][0]["message"].as_str().unwrap()).unwrap();
    assert_eq!(event["detail"]["text"].as_str().unwrap().len(), 100_000);
    assert_eq!(found["events"][0]["logStreamName"], event["id"]);
}

/// A role that rules may use for what the policy says.
async fn role(world: &World, action: &str, resource: &str) -> &'static str {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]});
    let made = json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()});
    world.ok("iam", "CreateRole", made).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": action, "Resource": resource,
    }]});
    let policy = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", policy).await;
    "arn:aws:iam::000000000000:role/r"
}

#[tokio::test]
async fn streams_get_records_with_the_partition_key_that_is_asked_for() {
    use base64::Engine as _;
    let world = World::new(&[&crate::EVENTS, &sqs::SQS, &kinesis::KINESIS, &iam::IAM]).await;
    world.ok("kinesis", "CreateStream", json!({"StreamName": "k", "ShardCount": 1})).await;
    world.advance(Duration::from_secs(1)).await;
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/k";
    let role = role(&world, "kinesis:PutRecord", arn).await;
    let target = |id: &str, more: Value| {
        let mut target = json!({"Id": id, "Arn": arn, "RoleArn": role});
        for (name, value) in more.as_object().unwrap() {
            target[name] = value.clone();
        }
        target
    };
    rule(&world, "plain", "default", target("1", json!({}))).await;
    let by_total = json!({"KinesisParameters": {"PartitionKeyPath": "$.detail.total"}, "Input": "{\"x\":1}"});
    rule(&world, "keyed", "default", target("1", by_total)).await;
    let put = put(&world, "default", json!({"total": 5})).await;
    let from =
        json!({"StreamName": "k", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = world.ok("kinesis", "GetShardIterator", from).await["ShardIterator"].clone();
    // In the same transaction: they are there when the event was taken.
    let found = world.ok("kinesis", "GetRecords", json!({"ShardIterator": iterator})).await;
    let mut records: Vec<(String, Value)> = found["Records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let data = base64::engine::general_purpose::STANDARD.decode(record["Data"].as_str().unwrap());
            let data = serde_json::from_slice(&data.unwrap()).unwrap();
            (record["PartitionKey"].as_str().unwrap().to_owned(), data)
        })
        .collect();
    records.sort_by_key(|(key, _)| key.len());
    assert_eq!(records[0], ("5".to_owned(), json!({"x": 1})));
    assert_eq!(records[1].0, put["Entries"][0]["EventId"].as_str().unwrap());
    assert_eq!(records[1].1["detail"], json!({"total": 5}));
    let without = json!({"Rule": "plain", "Targets": [{"Id": "2", "Arn": arn}]});
    let (code, text) = world.error("events", "PutTargets", without).await;
    assert_eq!(
        (code.as_str(), text),
        ("ValidationException", format!("RoleArn is required for target {arn}."))
    );
}
