//! Registered consumers and subscriptions.

use shape::Doc;
use tokio::sync::mpsc;
use wire::eventstream;

use super::*;

async fn register(world: &World, name: &str) -> String {
    let input = json!({"StreamARN": ARN, "ConsumerName": name, "Tags": {"a": "1"}});
    let consumer = ok(world, "RegisterStreamConsumer", input).await["Consumer"].clone();
    assert_eq!(consumer["ConsumerStatus"], "CREATING");
    consumer["ConsumerARN"].as_str().unwrap().to_owned()
}

async fn subscribe(world: &World, consumer: &str, position: Value) -> Result<Doc, cloud::Failure> {
    let input =
        json!({"ConsumerARN": consumer, "ShardId": "shardId-000000000000", "StartingPosition": position});
    let entry = world.cloud().registry().operation("kinesis", "SubscribeToShard").unwrap().1;
    let input = wire::json::from_value((entry.input)(), &input).unwrap();
    cloud::door::call(world.cloud(), testkit::root(), "kinesis", "SubscribeToShard", input).await
}

/// The events of a subscription as they come: their type and payload.
fn follow(answer: &Doc) -> mpsc::UnboundedReceiver<(String, Value)> {
    let Doc::Stream(stream) = answer.member(0) else { panic!("no stream") };
    let mut events = stream.take().unwrap();
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = futures::StreamExt::next(&mut events).await {
            let message = message.unwrap();
            let (headers, payload, _) = eventstream::split(&message).unwrap();
            let kind = headers.iter().find(|(name, _)| {
                name.ends_with("-type") && *name != ":message-type" && *name != ":content-type"
            });
            let event = (kind.unwrap().1.clone(), serde_json::from_slice(payload).unwrap());
            if sender.send(event).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn next(
    world: &World,
    events: &mut mpsc::UnboundedReceiver<(String, Value)>,
) -> Option<(String, Value)> {
    world.until("an event or the end", async || !events.is_empty() || events.is_closed()).await;
    events.try_recv().ok()
}

#[tokio::test]
async fn consumers_come_and_go() {
    let world = streaming(1).await;
    let arn = register(&world, "c").await;
    assert_eq!(arn, format!("{ARN}/consumer/c:{}", testkit::START.secs() + 1));
    let again = json!({"StreamARN": ARN, "ConsumerName": "c"});
    assert_eq!(error(&world, "RegisterStreamConsumer", again.clone()).await.0, "ResourceInUseException");
    settle(&world).await;
    let described = ok(&world, "DescribeStreamConsumer", again.clone()).await;
    assert_eq!(described, ok(&world, "DescribeStreamConsumer", json!({"ConsumerARN": arn})).await);
    assert_eq!(described["ConsumerDescription"]["ConsumerStatus"], "ACTIVE");
    let tags = ok(&world, "ListTagsForResource", json!({"ResourceARN": arn})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "a", "Value": "1"}]));
    for n in 1..20 {
        register(&world, &format!("n{n}")).await;
        settle(&world).await;
    }
    let one_more = json!({"StreamARN": ARN, "ConsumerName": "x"});
    assert_eq!(error(&world, "RegisterStreamConsumer", one_more).await.0, "LimitExceededException");
    let page = ok(&world, "ListStreamConsumers", json!({"StreamARN": ARN, "MaxResults": 15})).await;
    assert_eq!(page["Consumers"].as_array().unwrap().len(), 15);
    let rest = json!({"StreamARN": ARN, "NextToken": page["NextToken"]});
    let rest = ok(&world, "ListStreamConsumers", rest).await;
    assert_eq!((rest["Consumers"].as_array().unwrap().len(), rest.get("NextToken")), (5, None));
    let summary = ok(&world, "DescribeStreamSummary", json!({"StreamName": "s"})).await;
    assert_eq!(summary["StreamDescriptionSummary"]["ConsumerCount"], 20);
    assert_eq!(error(&world, "DeleteStream", json!({"StreamName": "s"})).await.0, "ResourceInUseException");
    ok(&world, "DeregisterStreamConsumer", json!({"ConsumerARN": arn})).await;
    for input in [json!({"ConsumerARN": arn}), again] {
        let code = error(&world, "DescribeStreamConsumer", input).await.0;
        assert_eq!(code, "ResourceNotFoundException");
    }
    let nobody = json!({"ConsumerName": "c"});
    assert_eq!(error(&world, "DescribeStreamConsumer", nobody).await.0, "InvalidArgumentException");
    ok(&world, "DeleteStream", json!({"StreamName": "s", "EnforceConsumerDeletion": true})).await;
    settle(&world).await;
    ok(&world, "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    settle(&world).await;
    let none = ok(&world, "ListStreamConsumers", json!({"StreamARN": ARN})).await;
    assert_eq!(none["Consumers"], json!([]));
}

#[tokio::test]
async fn a_subscription_pushes_records() {
    let world = streaming(1).await;
    let arn = register(&world, "c").await;
    let horizon = json!({"Type": "TRIM_HORIZON"});
    assert_eq!(subscribe(&world, &arn, horizon.clone()).await.unwrap_err().code(), "ResourceInUseException");
    settle(&world).await;
    put(&world, "k", "one").await;
    let answer = subscribe(&world, &arn, horizon.clone()).await.unwrap();
    let mut events = follow(&answer);
    let (kind, event) = next(&world, &mut events).await.unwrap();
    assert_eq!((kind.as_str(), datas(&event)), ("SubscribeToShardEvent", vec!["one".to_owned()]));
    assert_eq!(event["ContinuationSequenceNumber"], event["Records"][0]["SequenceNumber"]);
    assert_eq!(event["MillisBehindLatest"], 0);
    // A new record comes at once, an empty event after five seconds.
    world.advance(Duration::from_millis(100)).await;
    put(&world, "k", "two").await;
    let (_, event) = next(&world, &mut events).await.unwrap();
    assert_eq!(datas(&event), ["two"]);
    let continued = event["ContinuationSequenceNumber"].clone();
    world.advance(Duration::from_secs(6)).await;
    let (_, event) = next(&world, &mut events).await.unwrap();
    assert!(datas(&event).is_empty() && event["ContinuationSequenceNumber"].is_string());
    // Somebody else may take over after five seconds.
    let position = json!({"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": continued});
    let answer = subscribe(&world, &arn, position.clone()).await.unwrap();
    let mut second = follow(&answer);
    assert_eq!(next(&world, &mut events).await.unwrap().0, "ResourceInUseException");
    assert_eq!(next(&world, &mut events).await, None);
    assert!(datas(&next(&world, &mut second).await.unwrap().1).is_empty());
    assert_eq!(subscribe(&world, &arn, position).await.unwrap_err().code(), "ResourceInUseException");
    // The end of the shard.
    let half = "170141183460469231731687303715884105728";
    ok(&world, "SplitShard", json!({"StreamName": "s", "ShardToSplit": "0", "NewStartingHashKey": half}))
        .await;
    let (_, event) = next(&world, &mut second).await.unwrap();
    assert_eq!(event["ChildShards"].as_array().unwrap().len(), 2);
    assert_eq!(event.get("ContinuationSequenceNumber"), None);
    assert_eq!(next(&world, &mut second).await, None);
}

#[tokio::test]
async fn a_subscription_ends_after_five_minutes_or_with_its_consumer() {
    let world = streaming(1).await;
    let arn = register(&world, "c").await;
    settle(&world).await;
    let latest = json!({"Type": "LATEST"});
    let mut events = follow(&subscribe(&world, &arn, latest.clone()).await.unwrap());
    let mut heartbeats = 0;
    while next(&world, &mut events).await.is_some() {
        heartbeats += 1;
        world.advance(Duration::from_secs(5)).await;
    }
    assert_eq!(heartbeats, 60);
    let mut events = follow(&subscribe(&world, &arn, latest).await.unwrap());
    next(&world, &mut events).await.unwrap();
    ok(&world, "DeregisterStreamConsumer", json!({"ConsumerARN": arn})).await;
    assert_eq!(next(&world, &mut events).await.unwrap().0, "ResourceInUseException");
    let code = subscribe(&world, &arn, json!({"Type": "LATEST"})).await.unwrap_err();
    assert_eq!(code.code(), "ResourceNotFoundException");
    let wrong = subscribe(
        &world,
        "arn:aws:kinesis:eu-west-1:000000000000:stream/s/consumer/c:1",
        json!({"Type": "LATEST"}),
    );
    assert_eq!(wrong.await.unwrap_err().code(), "InvalidArgumentException");
}

/// A consumer gets 2 MB in a second.
#[tokio::test]
async fn a_subscription_keeps_its_pace() {
    let world = streaming(1).await;
    let arn = register(&world, "c").await;
    let large = "x".repeat(1024 * 1024 - 1);
    for _ in 0..2 {
        settle(&world).await;
        put(&world, "k", &large).await;
    }
    let mut events = follow(&subscribe(&world, &arn, json!({"Type": "TRIM_HORIZON"})).await.unwrap());
    assert_eq!(datas(&next(&world, &mut events).await.unwrap().1).len(), 1);
    world.settle().await;
    assert!(events.try_recv().is_err());
    world.advance(Duration::from_millis(499)).await;
    assert!(events.try_recv().is_err());
    world.advance(Duration::from_millis(2)).await;
    assert_eq!(datas(&next(&world, &mut events).await.unwrap().1).len(), 1);
}
