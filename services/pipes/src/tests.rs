//! The service through the door, with queues, streams and buses.

use std::collections::BTreeMap;
use std::time::Duration;

use cloud::resource::ResourceType;
use cloud::service::Service;
use serde_json::{Map, Value, json};
use testkit::{World, nobody};

use crate::keys::PipeRow;

mod ways;

/// A pipe, for models.
pub(crate) fn row() -> PipeRow {
    PipeRow {
        account: "a".to_owned(),
        region: "r".to_owned(),
        name: "n".to_owned(),
        id: "i".to_owned(),
        description: None,
        runs: true,
        state: "RUNNING".to_owned(),
        source: "s".to_owned(),
        source_parameters: None,
        enrichment: None,
        enrichment_parameters: None,
        target: "t".to_owned(),
        target_parameters: None,
        role_arn: "x".to_owned(),
        kms_key: None,
        revision: 1,
        created_at_millis: 0,
        modified_at_millis: 0,
        tags: BTreeMap::new(),
    }
}

const ROLE: &str = "arn:aws:iam::000000000000:role/pipe";
const ACCOUNT: &str = "us-east-1:000000000000";

async fn world() -> World {
    world_with(&[]).await
}

/// A world with some services more.
async fn world_with(more: &[&'static Service]) -> World {
    let usual: [&'static Service; 6] =
        [&crate::PIPES, &sqs::SQS, &iam::IAM, &events::EVENTS, &kinesis::KINESIS, &logs::LOGS];
    let world = World::new(&[&usual[..], more].concat()).await;
    world.cloud().start();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:pipes:*:000000000000:pipe/*"}}}]});
    let made = json!({"RoleName": "pipe", "AssumeRolePolicyDocument": trust.to_string()});
    world.ok("iam", "CreateRole", made).await;
    permit(&world, &["sqs:*", "events:PutEvents", "kinesis:*", "logs:*"]).await;
    world
}

async fn permit(world: &World, actions: &[&str]) {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let put = json!({"RoleName": "pipe", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", put).await;
}

async fn queue(world: &World, name: &str) -> (String, String) {
    let mut attributes = json!({});
    if name.ends_with(".fifo") {
        attributes = json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"});
    }
    let made = world.ok("sqs", "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    (made["QueueUrl"].as_str().unwrap().to_owned(), format!("arn:aws:sqs:{ACCOUNT}:{name}"))
}

async fn send(world: &World, url: &str, body: Value) {
    world.ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": body.to_string()})).await;
}

/// The messages of a queue, once there are as many.
async fn messages(world: &World, url: &str, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..2_000 {
        let asked = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]});
        let answer = world.ok("sqs", "ReceiveMessage", asked).await;
        for message in answer["Messages"].as_array().into_iter().flatten() {
            let gone = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
            world.ok("sqs", "DeleteMessage", gone).await;
            all.push(message.clone());
        }
        if all.len() >= count {
            break;
        }
        world.advance(Duration::from_millis(200)).await;
    }
    assert_eq!(all.len(), count, "{all:?}");
    all
}

async fn bodies(world: &World, url: &str, count: usize) -> Vec<Value> {
    let all = messages(world, url, count).await;
    all.iter().map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()).collect()
}

async fn create(world: &World, source: &str, target: &str, more: Value) -> Value {
    let mut input = json!({"Name": "p", "Source": source, "Target": target, "RoleArn": ROLE});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = world.ok("pipes", "CreatePipe", input).await;
    assert_eq!((&made["CurrentState"], &made["DesiredState"]), (&json!("CREATING"), &json!("RUNNING")));
    settle(world, "RUNNING").await;
    made
}

async fn settle(world: &World, state: &str) {
    for _ in 0..1_000 {
        world.settle().await;
        let shown = world.ok("pipes", "DescribePipe", json!({"Name": "p"})).await;
        if shown["CurrentState"] == state {
            return;
        }
        world.advance(Duration::from_millis(100)).await;
    }
    panic!("the pipe is not {state}");
}

#[tokio::test]
async fn messages_are_filtered_rewritten_and_forwarded() {
    let world = world().await;
    let ((from_url, from), (to_url, to)) = (queue(&world, "from").await, queue(&world, "to.fifo").await);
    let more = json!({
        "SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "{\"body\":{\"kind\":[\"a\"]}}"}]}},
        "TargetParameters": {
            "InputTemplate": "{\"n\": <$.body.n>, \"pipe\": \"<aws.pipes.pipe-name>\"}",
            "SqsQueueParameters": {"MessageGroupId": "$.body.kind"},
        },
    });
    create(&world, &from, &to, more).await;
    for (kind, n) in [("a", 1), ("b", 2), ("a", 3)] {
        send(&world, &from_url, json!({"kind": kind, "n": n})).await;
    }
    let got = messages(&world, &to_url, 2).await;
    assert!(got.iter().all(|message| message["Attributes"]["MessageGroupId"] == "a"));
    let mut numbers: Vec<i64> = got
        .iter()
        .map(|message| {
            let body: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            assert_eq!(body["pipe"], "p");
            body["n"].as_i64().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 3]);
    // What is not wanted is gone from the source, too.
    world.advance(Duration::from_secs(60)).await;
    let asked = json!({"QueueUrl": from_url, "AttributeNames": ["All"]});
    let counts = world.ok("sqs", "GetQueueAttributes", asked).await;
    assert_eq!(counts["Attributes"]["ApproximateNumberOfMessages"], "0");
    assert_eq!(counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "0");
    // A stopped pipe reads nothing.
    world.ok("pipes", "StopPipe", json!({"Name": "p"})).await;
    settle(&world, "STOPPED").await;
    send(&world, &from_url, json!({"kind": "a", "n": 4})).await;
    world.advance(Duration::from_secs(60)).await;
    assert!(messages(&world, &to_url, 0).await.is_empty());
    let again = world.error("pipes", "StopPipe", json!({"Name": "p"})).await;
    assert_eq!(again.0, "ConflictException");
    world.ok("pipes", "StartPipe", json!({"Name": "p"})).await;
    assert_eq!(bodies(&world, &to_url, 1).await[0]["n"], 4);
}

#[tokio::test]
async fn buses_and_log_groups_get_records() {
    let world = world().await;
    let ((from_url, from), (to_url, to)) = (queue(&world, "from").await, queue(&world, "to").await);
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": to}]});
    let open = json!({"QueueUrl": to_url, "Attributes": {"Policy": policy.to_string()}});
    world.ok("sqs", "SetQueueAttributes", open).await;
    world.ok("events", "PutRule", json!({"Name": "r", "EventPattern": "{\"source\":[\"mine\"]}"})).await;
    world.ok("events", "PutTargets", json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": to}]})).await;
    let bus = format!("arn:aws:events:{ACCOUNT}:event-bus/default");
    let parameters = json!({"InputTemplate": "{\"n\": <$.body.n>}",
        "EventBridgeEventBusParameters": {"Source": "mine", "DetailType": "$.body.kind"}});
    create(&world, &from, &bus, json!({"TargetParameters": parameters})).await;
    send(&world, &from_url, json!({"kind": "k", "n": 1})).await;
    let event = bodies(&world, &to_url, 1).await.remove(0);
    assert_eq!((&event["detail"], &event["detail-type"]), (&json!({"n": 1}), &json!("k")));
    // The same pipe, now to a log group.
    world.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"})).await;
    let group = format!("arn:aws:logs:{ACCOUNT}:log-group:g");
    let update = json!({"Name": "p", "RoleArn": ROLE, "Target": group,
        "TargetParameters": {"InputTemplate": "line <$.body.n>", "CloudWatchLogsParameters": {"LogStreamName": "s"}}});
    world.ok("pipes", "UpdatePipe", update).await;
    settle(&world, "RUNNING").await;
    send(&world, &from_url, json!({"n": 2})).await;
    let mut found = Value::Null;
    for _ in 0..1_000 {
        world.advance(Duration::from_millis(200)).await;
        found = world.ok("logs", "FilterLogEvents", json!({"logGroupName": "g"})).await;
        if found["events"][0]["message"].is_string() {
            break;
        }
    }
    assert_eq!(
        (&found["events"][0]["message"], &found["events"][0]["logStreamName"]),
        (&json!("line 2"), &json!("s"))
    );
}

#[tokio::test]
async fn streams_go_on_behind_what_is_given_up() {
    let world = world().await;
    world.ok("kinesis", "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    world.advance(Duration::from_secs(5)).await;
    let stream = format!("arn:aws:kinesis:{ACCOUNT}:stream/s");
    let ((to_url, to), (dead_url, dead)) = (queue(&world, "to").await, queue(&world, "dead").await);
    let more = json!({
        "SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON", "BatchSize": 1,
            "MaximumRetryAttempts": 1, "DeadLetterConfig": {"Arn": dead}}},
        "TargetParameters": {"InputTemplate": "{\"n\": <$.data.n>, \"key\": <$.partitionKey>}"},
    });
    create(&world, &stream, &to, more).await;
    let put = async |n: i64| {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(json!({"n": n}).to_string());
        world.ok("kinesis", "PutRecord", json!({"StreamName": "s", "PartitionKey": "k", "Data": data})).await;
    };
    put(1).await;
    assert_eq!(bodies(&world, &to_url, 1).await, [json!({"n": 1, "key": "k"})]);
    // The role may read but not send: the record is given up after its retries.
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": dead},
    ]});
    let only = json!({"RoleName": "pipe", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", only).await;
    put(2).await;
    let letter = bodies(&world, &dead_url, 1).await.remove(0);
    assert_eq!(letter["context"]["partnerResourceArn"], format!("arn:aws:pipes:{ACCOUNT}:pipe/p"));
    assert_eq!(
        (&letter["KinesisBatchInfo"]["batchSize"], &letter["KinesisBatchInfo"]["streamArn"]),
        (&json!(1), &json!(stream))
    );
    permit(&world, &["sqs:*", "kinesis:*"]).await;
    put(3).await;
    assert_eq!(bodies(&world, &to_url, 1).await[0]["n"], 3);
}

#[tokio::test]
async fn what_is_wrong_is_refused_before_anything_changes() {
    let world = world().await;
    let ((_, from), (_, to)) = (queue(&world, "from").await, queue(&world, "to").await);
    let base = json!({"Name": "p", "Source": from, "Target": to, "RoleArn": ROLE});
    let table = format!("arn:aws:dynamodb:{ACCOUNT}:table/t/stream/x");
    for more in [
        json!({"Source": "smk://broker:9092"}),
        json!({"Source": table}),
        json!({"Source": format!("arn:aws:kinesis:{ACCOUNT}:stream/s")}),
        json!({"Target": format!("arn:aws:states:{ACCOUNT}:stateMachine:x")}),
        json!({"Target": format!("arn:aws:sqs:{ACCOUNT}:x.fifo")}),
        json!({"Target": format!("arn:aws:sns:{ACCOUNT}:x.fifo")}),
        json!({"Enrichment": format!("arn:aws:states:{ACCOUNT}:stateMachine:x")}),
        json!({"RoleArn": "arn:aws:iam::000000000000:role/none"}),
        json!({"TargetParameters": {"EcsTaskParameters": {}}}),
        json!({"LogConfiguration": {"Level": "INFO"}}),
        json!({"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "{\"a\": []}"}]}}}),
    ] {
        let mut input = base.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (code, text) = world.error("pipes", "CreatePipe", input).await;
        assert_eq!(code, "ValidationException", "{more}: {text}");
    }
    assert_eq!(world.ok("pipes", "ListPipes", json!({})).await["Pipes"], json!([]));
    let denied = world.call_as(nobody(), "pipes", "CreatePipe", base).await.unwrap_err();
    assert_eq!(denied.code(), "AccessDeniedException");
    let (code, text) = world.error("pipes", "DescribePipe", json!({"Name": "p"})).await;
    assert_eq!((code.as_str(), text.as_str()), ("NotFoundException", "Pipe p does not exist."));
}

#[tokio::test]
async fn pipes_are_listed_tagged_and_deleted() {
    let world = world().await;
    let ((_, from), (_, to)) = (queue(&world, "from").await, queue(&world, "to").await);
    let arn = create(&world, &from, &to, json!({"Tags": {"a": "1"}})).await["Arn"].clone();
    world.ok("pipes", "TagResource", json!({"resourceArn": arn, "tags": {"b": "2"}})).await;
    world.ok("pipes", "UntagResource", json!({"resourceArn": arn, "tagKeys": ["a"]})).await;
    let tags = world.ok("pipes", "ListTagsForResource", json!({"resourceArn": arn})).await;
    assert_eq!(tags, json!({"tags": {"b": "2"}}));
    let listed =
        world.ok("pipes", "ListPipes", json!({"SourcePrefix": from, "DesiredState": "RUNNING"})).await;
    assert_eq!(listed["Pipes"][0]["Arn"], arn);
    let gone = world.ok("pipes", "DeletePipe", json!({"Name": "p"})).await;
    assert_eq!((&gone["CurrentState"], &gone["DesiredState"]), (&json!("DELETING"), &json!("DELETED")));
    assert_eq!(world.error("pipes", "DeletePipe", json!({"Name": "p"})).await.0, "NotFoundException");
}

#[tokio::test]
async fn stacks_have_pipes() {
    let world = std::sync::Arc::new(world().await);
    let ((_, from), (_, to)) = (queue(&world, "from").await, queue(&world, "to").await);
    let request = |properties: Value, id: Option<&str>| testkit::stacks::request("Thing", properties, id);
    let properties = json!({"Source": from, "Target": to, "RoleArn": ROLE,
        "SourceParameters": {"SqsQueueParameters": {"BatchSize": "5"}}});
    let first = request(properties.clone(), None);
    // The handler waits for the pipe, and time has to pass meanwhile.
    let drive = async |call: std::pin::Pin<
        Box<dyn Future<Output = Result<cloud::resource::ResourceOutcome, cloud::Failure>> + '_>,
    >| {
        let mut call = call;
        loop {
            tokio::select! {
                biased;
                done = &mut call => return done.unwrap(),
                () = world.advance(Duration::from_millis(250)) => {}
            }
        }
    };
    let mut cx = world.stack_cx();
    let made = drive(Box::pin(crate::stack::Pipe.create(&mut cx, &first))).await;
    assert_eq!(made.attributes["CurrentState"], "RUNNING");
    let mut stopped = properties;
    stopped["DesiredState"] = json!("STOPPED");
    let second = request(stopped, Some(&made.physical_id));
    let mut cx = world.stack_cx();
    let updated = drive(Box::pin(crate::stack::Pipe.update(&mut cx, &second, &Map::new()))).await;
    assert_eq!(updated.attributes["CurrentState"], "STOPPED");
    let mut cx = world.stack_cx();
    for _ in 0..2 {
        crate::stack::Pipe.delete(&mut cx, &second).await.unwrap();
    }
}
