//! Notifications of what happens to objects.

use std::time::Duration;

use super::*;

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";

async fn clouds() -> World {
    let world = World::new(&[&crate::S3, &sqs::SQS, &sns::SNS, &events::EVENTS]).await;
    world.cloud().start();
    world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
    world
}

/// A queue with this name that the principal may send to; its URL.
async fn queue(world: &World, name: &str, principal: &str) -> String {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": principal}, "Action": "sqs:SendMessage", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}},
    }]});
    let input = json!({"QueueName": name, "Attributes": {"Policy": policy.to_string()}});
    world.ok("sqs", "CreateQueue", input).await["QueueUrl"].as_str().unwrap().to_owned()
}

async fn configure(world: &World, configuration: Value) -> Result<Value, cloud::Failure> {
    world
        .call(
            "s3",
            "PutBucketNotificationConfiguration",
            input(json!({"NotificationConfiguration": configuration})),
        )
        .await
}

/// What comes next out of a queue.
async fn next(world: &World, url: &str) -> Value {
    for _ in 0..5_000 {
        let answer = world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await;
        if let Some(message) = answer["Messages"].get(0) {
            let gone = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
            world.ok("sqs", "DeleteMessage", gone).await;
            return serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
        }
        world.advance(Duration::from_millis(20)).await;
    }
    panic!("nothing comes");
}

#[tokio::test]
async fn a_queue_hears_of_what_it_wants() {
    let world = clouds().await;
    let url = queue(&world, "q", "s3.amazonaws.com").await;
    let rules = json!([{"Name": "prefix", "Value": "in/"}]);
    let wanted = json!({"Id": "mine", "QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"],
        "Filter": {"Key": {"FilterRules": rules}}});
    configure(&world, json!({"QueueConfigurations": [wanted]})).await.unwrap();
    let test = next(&world, &url).await;
    assert_eq!(
        (&test["Event"], &test["Bucket"], &test["Service"]),
        (&json!("s3:TestEvent"), &json!("photos"), &json!("Amazon S3"))
    );
    world.ok("s3", "PutObject", input(json!({"Key": "out/a", "Body": body(b"x")}))).await;
    world.ok("s3", "PutObject", input(json!({"Key": "in/red flower.jpg", "Body": body(b"hello")}))).await;
    let record = next(&world, &url).await["Records"][0].clone();
    let names: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    // The order of the page "Event message structure".
    assert_eq!(
        names,
        [
            "eventVersion",
            "eventSource",
            "awsRegion",
            "eventTime",
            "eventName",
            "userIdentity",
            "requestParameters",
            "responseElements",
            "s3"
        ]
    );
    assert_eq!((&record["eventVersion"], &record["eventName"]), (&json!("2.1"), &json!("ObjectCreated:Put")));
    assert_eq!(record["s3"]["configurationId"], "mine");
    let object = &record["s3"]["object"];
    assert_eq!((&object["key"], &object["size"]), (&json!("in/red+flower.jpg"), &json!(5)));
    assert_eq!(object["eTag"], "5d41402abc4b2a76b9719d911017c592");
    let first = object["sequencer"].as_str().unwrap().to_owned();
    let key = "in/red flower.jpg";
    let copy = input(json!({"Key": "in/copy", "CopySource": "photos/in/red%20flower.jpg"}));
    world.ok("s3", "CopyObject", copy).await;
    world
        .ok(
            "s3",
            "PutObjectTagging",
            input(json!({"Key": key, "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}})),
        )
        .await;
    world.ok("s3", "DeleteObjectTagging", input(json!({"Key": key}))).await;
    world.ok("s3", "DeleteObjects", input(json!({"Delete": {"Objects": [{"Key": key}]}}))).await;
    world.ok("s3", "DeleteObject", input(json!({"Key": key}))).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let record = next(&world, &url).await["Records"][0].clone();
        let sequencer = record["s3"]["object"]["sequencer"].as_str().unwrap_or("~").to_owned();
        assert!(sequencer > first, "later events have larger sequencers");
        seen.push(record["eventName"].as_str().unwrap().to_owned());
    }
    seen.sort();
    assert_eq!(
        seen,
        ["ObjectCreated:Copy", "ObjectRemoved:Delete", "ObjectTagging:Delete", "ObjectTagging:Put"]
    );
    let shown = world.ok("s3", "GetBucketNotificationConfiguration", input(json!({}))).await;
    let kept = &shown["QueueConfigurations"][0];
    assert_eq!(
        (&kept["Id"], &kept["Filter"]["Key"]["FilterRules"][0]["Name"]),
        (&json!("mine"), &json!("Prefix"))
    );
    world.cloud().stop().await;
}

/// Texts as in LocalStack's validated tests of notifications.
#[tokio::test]
async fn destinations_are_tried_first() {
    let world = clouds().await;
    let to_queue =
        |arn: &str| json!({"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]});
    let why = |failure: cloud::Failure| {
        let details = failure.body().details.clone();
        let value = details.into_iter().find(|(name, _)| name == "ArgumentValue").unwrap().1;
        (failure.code().to_owned(), failure.message().to_owned(), value)
    };
    let text = "Unable to validate the following destination configurations".to_owned();
    let none = why(configure(&world, to_queue(QUEUE)).await.unwrap_err());
    assert_eq!(
        none,
        ("InvalidArgument".to_owned(), text.clone(), "The destination queue does not exist".to_owned())
    );
    queue(&world, "q", "sns.amazonaws.com").await;
    let denied = why(configure(&world, to_queue(QUEUE)).await.unwrap_err());
    let permissions =
        "Permissions on the destination queue do not allow S3 to publish notifications from this bucket";
    assert_eq!((denied.1, denied.2), (text.clone(), permissions.to_owned()));
    let topic = json!({"TopicConfigurations": [{"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "Events": ["s3:ObjectCreated:*"]}]});
    assert!(configure(&world, topic).await.is_err());
    let wrong = why(configure(&world, to_queue("q")).await.unwrap_err());
    assert_eq!((wrong.1.as_str(), wrong.2.as_str()), ("The ARN could not be parsed", "q"));
    let shown = world.ok("s3", "GetBucketNotificationConfiguration", input(json!({}))).await;
    assert_eq!(shown, json!({}), "nothing was changed");
    let mut unseen = input(json!({"NotificationConfiguration": to_queue(QUEUE)}));
    unseen["SkipDestinationValidation"] = json!(true);
    world.ok("s3", "PutBucketNotificationConfiguration", unseen).await;
    world.cloud().stop().await;
}

#[tokio::test]
async fn topics_and_event_bridge_hear_of_it() {
    let world = clouds().await;
    let from_topic = queue(&world, "from-topic", "sns.amazonaws.com").await;
    let from_bus = queue(&world, "from-bus", "events.amazonaws.com").await;
    let topic = world.ok("sns", "CreateTopic", json!({"Name": "t"})).await["TopicArn"].clone();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sns:Publish", "Resource": topic, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"}}}]});
    world
        .ok(
            "sns",
            "SetTopicAttributes",
            json!({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy.to_string()}),
        )
        .await;
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    world
        .ok("sns", "Subscribe", json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn("from-topic")}))
        .await;
    let pattern = json!({"source": ["aws.s3"], "detail-type": ["Object Created"]}).to_string();
    world.ok("events", "PutRule", json!({"Name": "r", "EventPattern": pattern})).await;
    world
        .ok("events", "PutTargets", json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": arn("from-bus")}]}))
        .await;
    let wanted = json!({"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:Put"]}], "EventBridgeConfiguration": {}});
    configure(&world, wanted).await.unwrap();
    let test = next(&world, &from_topic).await;
    assert_eq!(test["Subject"], "Amazon S3 Notification");
    world.ok("s3", "PutObject", input(json!({"Key": "a b", "Body": body(b"hello")}))).await;
    let told = next(&world, &from_topic).await;
    let records: Value = serde_json::from_str(told["Message"].as_str().unwrap()).unwrap();
    assert_eq!(records["Records"][0]["s3"]["object"]["key"], "a+b");
    // Recorded: test_object_created_put_in_different_region.
    let event = next(&world, &from_bus).await;
    assert_eq!(
        (&event["detail-type"], &event["resources"]),
        (&json!("Object Created"), &json!(["arn:aws:s3:::photos"]))
    );
    let detail = event["detail"].as_object().unwrap();
    let names: Vec<&str> = detail.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["version", "bucket", "object", "request-id", "requester", "source-ip-address", "reason"]
    );
    assert_eq!((&detail["object"]["key"], &detail["reason"]), (&json!("a b"), &json!("PutObject")));
    world.cloud().stop().await;
}

#[tokio::test]
async fn stacks_set_notifications() {
    use cloud::resource::ResourceType as _;
    let world = clouds().await;
    let url = queue(&world, "q", "s3.amazonaws.com").await;
    let request = |properties: Value, physical: Option<&str>| cloud::resource::ResourceRequest {
        stack_name: "demo".into(),
        stack_id: "s".into(),
        logical_id: "B".into(),
        physical_id: physical.map(str::to_owned),
        token: "t".into(),
        repeated: false,
        properties: properties.as_object().cloned().unwrap(),
        tags: std::collections::BTreeMap::new(),
    };
    let rules = json!({"S3Key": {"Rules": [{"Name": "suffix", "Value": ".jpg"}]}});
    let old = json!({"NotificationConfiguration": {
        "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": QUEUE, "Filter": rules}],
        "EventBridgeConfiguration": {"EventBridgeEnabled": "true"},
    }});
    let mut cx = world.stack_cx();
    let made = crate::stack::Bucket.create(&mut cx, &request(old.clone(), None)).await.unwrap();
    assert_eq!(next(&world, &url).await["Event"], "s3:TestEvent");
    let shown = async || {
        let asked = json!({"Bucket": made.physical_id});
        world.ok("s3", "GetBucketNotificationConfiguration", asked).await
    };
    assert_eq!(shown().await["EventBridgeConfiguration"], json!({}));
    assert_eq!(shown().await["QueueConfigurations"][0]["Events"], json!(["s3:ObjectCreated:*"]));
    let changed = request(json!({}), Some(&made.physical_id));
    crate::stack::Bucket.update(&mut cx, &changed, old.as_object().unwrap()).await.unwrap();
    assert_eq!(shown().await, json!({}));
    world.cloud().stop().await;
}

/// Two nodes over one store; each stands still at times, as one that died, and the other takes over what it had.
#[tokio::test]
async fn no_record_is_lost_or_doubled() {
    use std::collections::BTreeMap;

    use cloud::clock::Chance;

    for seed in 1..=4 {
        println!("seed {seed}");
        let chance = Chance::from_seed(seed);
        let pick = |below: u64| chance.number() % below;
        let nodes = World::nodes(&[&crate::S3, &sqs::SQS], 2).await;
        for node in &nodes {
            node.cloud().start();
        }
        nodes[0].ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        let url = queue(&nodes[0], "q", "s3.amazonaws.com").await;
        let wanted = json!({"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]});
        configure(&nodes[0], json!({"QueueConfigurations": [wanted]})).await.unwrap();
        let mut put = 0;
        for _ in 0..40 {
            let node = &nodes[usize::try_from(pick(2)).unwrap()];
            if pick(2) == 0 {
                node.ok("s3", "PutObject", input(json!({"Key": put.to_string(), "Body": body(b"x")}))).await;
                put += 1;
            } else {
                node.advance(Duration::from_millis(pick(3_000))).await;
            }
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for round in 0..2_000 {
            let answer = nodes[0]
                .ok("sqs", "ReceiveMessage", json!({"QueueUrl": url, "MaxNumberOfMessages": 10}))
                .await;
            for message in answer["Messages"].as_array().into_iter().flatten() {
                let gone = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
                nodes[0].ok("sqs", "DeleteMessage", gone).await;
                let told: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
                if let Some(key) = told["Records"][0]["s3"]["object"]["key"].as_str() {
                    *seen.entry(key.to_owned()).or_default() += 1;
                }
            }
            // All are there; a while longer shows whether one comes twice.
            if seen.len() == put && round > 100 {
                break;
            }
            for node in &nodes {
                node.advance(Duration::from_millis(100)).await;
            }
        }
        let expected: BTreeMap<String, usize> = (0..put).map(|number| (number.to_string(), 1)).collect();
        assert_eq!(seen, expected, "seed {seed}");
        for node in &nodes {
            node.cloud().stop().await;
        }
    }
}
