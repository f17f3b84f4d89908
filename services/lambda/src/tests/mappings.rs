//! Event source mappings, with the real queues and streams behind them and real processes in front.

use std::time::Duration;

use cloud::resource::ResourceRequest;

use super::*;

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
/// Longer than a message of a [`queue`] stays hidden.
const HIDDEN: Duration = Duration::from_secs(TIMEOUT_SECONDS as u64 + 1);

/// A cloud with what feeds functions, and the role that may read it.
async fn world() -> World {
    let world =
        World::new(&[&crate::LAMBDA, &LOGS, &sqs::SQS, &dynamodb::DYNAMODB, &dynamodb::DYNAMODB_STREAMS])
            .await;
    put_role(&world, "runner", TRUST).await;
    CALLS.with(|calls| calls.lock().unwrap().clear());
    world
}

/// A queue whose messages stay hidden for as long as a function may take, unless `attributes` say something else.
async fn queue(world: &World, name: &str, attributes: Value) -> String {
    let mut input =
        json!({"QueueName": name, "Attributes": {"VisibilityTimeout": TIMEOUT_SECONDS.to_string()}});
    for (name, value) in attributes.as_object().unwrap() {
        input["Attributes"][name] = value.clone();
    }
    world.ok("sqs", "CreateQueue", input).await;
    format!("/{ACCOUNT}/{name}")
}

async fn send(world: &World, url: &str, body: &str) {
    world.ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": body})).await;
}

async fn map(world: &World, more: Value) -> Value {
    let mut input = json!({"FunctionName": "f", "EventSourceArn": QUEUE});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    world.ok("lambda", "CreateEventSourceMapping", input).await
}

/// The lines of functions' logs.
fn logged() -> impl Iterator<Item = String> {
    let events = calls("PutLogEvents").into_iter().flat_map(|put| put["events"].as_array().cloned().unwrap());
    events.filter_map(|event| event[1].as_str().map(str::to_string))
}

/// What functions logged as JSON.
fn told() -> Vec<Value> {
    logged().filter_map(|text| serde_json::from_str(text.split("\tINFO\t").nth(1)?.trim()).ok()).collect()
}

/// How many invocations have ended: their batches are settled with the next step of the clock.
fn ended() -> usize {
    logged().filter(|text| text.starts_with("REPORT RequestId")).count()
}

async fn count(world: &World, url: &str) -> Value {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let answer =
        world.ok("sqs", "GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": names})).await;
    json!([answer["Attributes"][names[0]], answer["Attributes"][names[1]]])
}

async fn state(world: &World, id: &Value) -> Value {
    match world.call("lambda", "GetEventSourceMapping", json!({"UUID": id})).await {
        Ok(mapping) => mapping["State"].clone(),
        Err(failure) => json!(failure.code()),
    }
}

const TELL: &str = "exports.handler = async (event) => { console.log(JSON.stringify(event)) }";

/// The event of "Using Lambda with Amazon SQS" (example standard queue message event); the members of a mapping as recorded
/// (LocalStack tests/aws/services/lambda_/event_source_mapping, test_failing_lambda_retries_after_visibility_timeout).
#[tokio::test]
async fn messages_become_events() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    create(&world, "f", TELL).await;
    world.cloud().start();
    let made = map(&world, json!({})).await;
    let expected = json!({
        "UUID": made["UUID"], "BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "EventSourceArn": QUEUE,
        "EventSourceMappingArn": format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{}", made["UUID"].as_str().unwrap()),
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "FunctionResponseTypes": [],
        "LastModified": made["LastModified"], "State": "Creating", "StateTransitionReason": "USER_INITIATED",
    });
    assert_eq!(made, expected);
    world.until("enabled", async || state(&world, &made["UUID"]).await == "Enabled").await;
    let attributes = json!({"a": {"DataType": "String", "StringValue": "x"}, "b": {"DataType": "Binary", "BinaryValue": "AAE="}});
    let sent_at = world.cx().now().millis();
    world
        .ok(
            "sqs",
            "SendMessage",
            json!({"QueueUrl": url, "MessageBody": "hello", "MessageAttributes": attributes}),
        )
        .await;
    world.until("invoked", async || !told().is_empty()).await;
    let record = &told()[0]["Records"][0];
    let system = &record["attributes"];
    assert_eq!(
        *record,
        json!({
            "messageId": record["messageId"], "receiptHandle": record["receiptHandle"], "body": "hello",
            "attributes": {
                "ApproximateFirstReceiveTimestamp": system["ApproximateFirstReceiveTimestamp"], "ApproximateReceiveCount": "1",
                "SenderId": system["SenderId"], "SentTimestamp": sent_at.to_string(),
            },
            "messageAttributes": {
                "a": {"stringListValues": [], "binaryListValues": [], "dataType": "String", "stringValue": "x"},
                "b": {"stringListValues": [], "binaryListValues": [], "dataType": "Binary", "binaryValue": "AAE="},
            },
            "md5OfBody": "5d41402abc4b2a76b9719d911017c592", "md5OfMessageAttributes": record["md5OfMessageAttributes"],
            "eventSource": "aws:sqs", "eventSourceARN": QUEUE, "awsRegion": "us-east-1",
        })
    );
    assert!(record["md5OfMessageAttributes"].is_string());
    let received_at: i64 = system["ApproximateFirstReceiveTimestamp"].as_str().unwrap().parse().unwrap();
    assert!((sent_at..=world.cx().now().millis()).contains(&received_at), "{system}");
    world.until("deleted", async || count(&world, &url).await == json!(["0", "0"])).await;
    world.cloud().stop().await;
}

#[tokio::test]
async fn reported_failures_come_again_and_end_in_the_dead_letter_queue() {
    let world = world().await;
    let dead = queue(&world, "dead", json!({})).await;
    let redrive =
        json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 2});
    let url = queue(&world, "q", json!({"RedrivePolicy": redrive.to_string()})).await;
    let text = "exports.handler = async (event) => { console.log(JSON.stringify(event.Records.map(r => r.body).sort()));
        return {batchItemFailures: event.Records.filter(r => r.body === 'bad').map(r => ({itemIdentifier: r.messageId}))} }";
    create(&world, "f", text).await;
    for body in ["good", "bad"] {
        send(&world, &url, body).await;
    }
    world.cloud().start();
    map(&world, json!({"FunctionResponseTypes": ["ReportBatchItemFailures"]})).await;
    world.until("the good one is deleted", async || count(&world, &url).await == json!(["0", "1"])).await;
    world.advance(HIDDEN).await;
    world.until("again", async || told().len() == 2).await;
    world.until("settled", async || count(&world, &url).await == json!(["0", "1"])).await;
    world.until("the second one has ended", async || ended() == 2).await;
    world.advance(HIDDEN).await;
    world.until("buried", async || count(&world, &dead).await == json!(["1", "0"])).await;
    assert_eq!(told(), [json!(["bad", "good"]), json!(["bad"])]);
    world.cloud().stop().await;
}

#[tokio::test]
async fn streams_are_followed_and_what_fails_goes_to_its_destination() {
    let world = world().await;
    let place = queue(&world, "failures", json!({})).await;
    let table = json!({
        "TableName": "things", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    });
    let made = world.ok("dynamodb", "CreateTable", table).await;
    let arn = made["TableDescription"]["LatestStreamArn"].clone();
    let text = "exports.handler = async (event) => { console.log(JSON.stringify(event.Records.map(r => r.dynamodb.Keys.id.S)));
        if (event.Records.some(r => r.dynamodb.Keys.id.S === 'bad')) throw new Error('no') }";
    create(&world, "f", text).await;
    world.cloud().start();
    let more = json!({
        "EventSourceArn": arn, "StartingPosition": "LATEST", "BatchSize": 1, "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:failures"}},
    });
    let mapping = map(&world, more).await;
    assert_eq!(mapping["LastProcessingResult"], "No records processed");
    world.until("enabled", async || state(&world, &mapping["UUID"]).await == "Enabled").await;
    let put_at = crate::time::iso_millis(world.cx().now().millis()).replace(".000Z", "Z");
    for id in ["one", "bad", "two"] {
        world.ok("dynamodb", "PutItem", json!({"TableName": "things", "Item": {"id": {"S": id}}})).await;
    }
    world.until("failed once", async || told().len() == 2).await;
    world.until("the second one has ended", async || ended() == 2).await;
    world.advance(Duration::from_secs(2)).await;
    world.until("all", async || told().len() == 4).await;
    assert_eq!(told(), [json!(["one"]), json!(["bad"]), json!(["bad"]), json!(["two"])]);
    world.until("given up", async || count(&world, &place).await == json!(["1", "0"])).await;
    let received = world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": place})).await;
    let body: Value = serde_json::from_str(received["Messages"][0]["Body"].as_str().unwrap()).unwrap();
    let info = &body["DDBStreamBatchInfo"];
    // Recorded: LocalStack test_dynamodb_event_source_mapping_with_on_failure_destination_config.
    assert_eq!(
        body,
        json!({
            "requestContext": {
                "requestId": body["requestContext"]["requestId"],
                "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
                "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0", "timestamp": body["timestamp"],
            "DDBStreamBatchInfo": {
                "shardId": info["shardId"], "startSequenceNumber": info["startSequenceNumber"],
                "endSequenceNumber": info["startSequenceNumber"], "approximateArrivalOfFirstRecord": put_at,
                "approximateArrivalOfLastRecord": put_at, "batchSize": 1, "streamArn": arn,
            },
        })
    );
    world
        .until("the result of the last one", async || {
            let shown = world.ok("lambda", "GetEventSourceMapping", json!({"UUID": mapping["UUID"]})).await;
            shown["LastProcessingResult"] == "OK"
        })
        .await;
    world.cloud().stop().await;
}

#[tokio::test]
async fn states_follow_what_is_asked() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    create(&world, "f", TELL).await;
    world.cloud().start();
    let id = map(&world, json!({"Enabled": false, "Tags": {"a": "1"}})).await["UUID"].clone();
    world.until("disabled", async || state(&world, &id).await == "Disabled").await;
    send(&world, &url, "x").await;
    world.advance(Duration::from_secs(5)).await;
    assert_eq!(count(&world, &url).await, json!(["1", "0"]));
    let update = |more: Value| {
        let mut input = json!({"UUID": id});
        more.as_object().unwrap().iter().for_each(|(name, value)| input[name] = value.clone());
        input
    };
    let enabling = world.ok("lambda", "UpdateEventSourceMapping", update(json!({"Enabled": true}))).await;
    assert_eq!(enabling["State"], "Enabling");
    world.until("fed", async || count(&world, &url).await == json!(["0", "0"])).await;
    world.until("enabled", async || state(&world, &id).await == "Enabled").await;
    let changed = world.ok("lambda", "UpdateEventSourceMapping", update(json!({"BatchSize": 3}))).await;
    assert_eq!((&changed["State"], &changed["BatchSize"]), (&json!("Updating"), &json!(3)));
    world.until("updated", async || state(&world, &id).await == "Enabled").await;
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{}", id.as_str().unwrap());
    world.ok("lambda", "TagResource", json!({"Resource": arn, "Tags": {"b": "2"}})).await;
    world.ok("lambda", "UntagResource", json!({"Resource": arn, "TagKeys": ["a"]})).await;
    assert_eq!(world.ok("lambda", "ListTags", json!({"Resource": arn})).await, json!({"Tags": {"b": "2"}}));
    let listed = world.ok("lambda", "ListEventSourceMappings", json!({"FunctionName": "f"})).await;
    assert_eq!(listed["EventSourceMappings"].as_array().unwrap().len(), 1);
    let other = json!({"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:other"});
    assert_eq!(
        world.ok("lambda", "ListEventSourceMappings", other).await,
        json!({"EventSourceMappings": []})
    );
    let deleting = world.ok("lambda", "DeleteEventSourceMapping", json!({"UUID": id})).await;
    assert_eq!(deleting["State"], "Deleting");
    world.until("gone", async || state(&world, &id).await == "ResourceNotFoundException").await;
    send(&world, &url, "y").await;
    world.advance(Duration::from_secs(5)).await;
    assert_eq!(count(&world, &url).await, json!(["1", "0"]));
    world.cloud().stop().await;
}

/// Reserved concurrency bounds what is received: nothing is throttled into the dead-letter queue.
#[tokio::test]
async fn a_reservation_bounds_what_is_received() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    create(&world, "f", TELL).await;
    world
        .ok(
            "lambda",
            "PutFunctionConcurrency",
            json!({"FunctionName": "f", "ReservedConcurrentExecutions": 0}),
        )
        .await;
    world.cloud().start();
    map(&world, json!({})).await;
    send(&world, &url, "x").await;
    for _ in 0..5 {
        world.advance(HIDDEN).await;
    }
    assert_eq!(count(&world, &url).await, json!(["1", "0"]));
    world
        .ok(
            "lambda",
            "PutFunctionConcurrency",
            json!({"FunctionName": "f", "ReservedConcurrentExecutions": 1}),
        )
        .await;
    // The feed looks every second whether the function takes anything; what it knows may be a moment old.
    world
        .until("received", async || {
            let is_waiting = count(&world, &url).await == json!(["1", "0"]);
            if is_waiting {
                world.advance(Duration::from_secs(1)).await;
            }
            !is_waiting
        })
        .await;
    world.until("fed", async || told().len() == 1).await;
    assert_eq!(told()[0]["Records"][0]["attributes"]["ApproximateReceiveCount"], "1");
    world.cloud().stop().await;
}

/// The texts are AWS's, as cited where they are made.
#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = world().await;
    queue(&world, "q", json!({})).await;
    queue(&world, "q.fifo", json!({"FifoQueue": "true"})).await;
    queue(&world, "short", json!({"VisibilityTimeout": "2"})).await;
    create(&world, "f", ECHO).await;
    let refused = async |more: Value| {
        let mut input = json!({"FunctionName": "f", "EventSourceArn": QUEUE});
        more.as_object().unwrap().iter().for_each(|(name, value)| input[name] = value.clone());
        let (code, text) = world.error("lambda", "CreateEventSourceMapping", input).await;
        assert_eq!(code, "InvalidParameterValueException", "{text}");
        text
    };
    let arn = |name: &str| json!({"EventSourceArn": format!("arn:aws:sqs:us-east-1:000000000000:{name}")});
    assert_eq!(refused(json!({"EventSourceArn": null})).await, "Unrecognized event source.");
    assert_eq!(refused(json!({"FunctionName": "none"})).await, "Function does not exist");
    assert_eq!(
        refused(arn("none")).await,
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist."
    );
    assert_eq!(
        refused(arn("short")).await,
        format!(
            "Queue visibility timeout: 2 seconds is less than Function timeout: {TIMEOUT_SECONDS} seconds"
        )
    );
    assert_eq!(
        refused(json!({"BatchSize": 11})).await,
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    );
    let mut fifo = arn("q.fifo");
    fifo["MaximumBatchingWindowInSeconds"] = json!(1);
    assert_eq!(refused(fifo).await, "Batching window is not supported for FIFO queues");
    assert_eq!(
        refused(json!({"StartingPosition": "LATEST"})).await,
        "StartingPosition is not valid for SQS event sources."
    );
    assert_eq!(
        refused(json!({"FilterCriteria": {"Filters": [{"Pattern": "single-string"}]}})).await,
        "Invalid filter pattern definition."
    );
    assert_eq!(
        refused(json!({"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}})).await,
        "Unsupported DestinationConfig parameter for given event source mapping type."
    );
    let stream = "arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/2026-01-01T00:00:00.000";
    let of_stream = |more: Value| {
        let mut input = json!({"EventSourceArn": stream});
        more.as_object().unwrap().iter().for_each(|(name, value)| input[name] = value.clone());
        input
    };
    assert!(refused(of_stream(json!({}))).await.contains("Value null at 'startingPosition'"));
    let timed = json!({"StartingPosition": "LATEST", "StartingPositionTimestamp": 1});
    assert_eq!(refused(of_stream(timed)).await, "Timestamp only valid with StartingPosition AT_TIMESTAMP");
    let timed = json!({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1});
    assert_eq!(
        refused(of_stream(timed)).await,
        format!("Unsupported starting position for arn type: {stream}")
    );
    let start = json!({"StartingPosition": "LATEST"});
    assert_eq!(refused(of_stream(start)).await, format!("Stream not found: {stream}"));
    for more in [
        json!({"EventSourceArn": "arn:aws:kafka:us-east-1:000000000000:cluster/c/1"}),
        json!({"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:1"]}}}),
        json!({"ProvisionedPollerConfig": {"MinimumPollers": 1}}),
        json!({"MetricsConfig": {"Metrics": ["EventCount"]}}),
        json!({"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"}),
    ] {
        assert!(refused(more).await.ends_with("is not supported by this cloud."));
    }
    let (code, _) = world
        .error(
            "lambda",
            "CreateEventSourceMapping",
            json!({"FunctionName": "f", "EventSourceArn": QUEUE, "BatchSize": 0}),
        )
        .await;
    assert_eq!(code, "ValidationException");
    let listed = world.ok("lambda", "ListEventSourceMappings", json!({})).await;
    assert_eq!(listed, json!({"EventSourceMappings": []}), "nothing was made");
    for operation in ["GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"] {
        let (code, text) = world.error("lambda", operation, json!({"UUID": "x"})).await;
        assert_eq!(
            (code.as_str(), text.as_str()),
            ("ResourceNotFoundException", "The resource you requested does not exist.")
        );
    }
}

#[tokio::test]
async fn the_role_must_be_allowed_to_read() {
    let world = world().await;
    queue(&world, "q", json!({})).await;
    let allow = |actions: &[&str]| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
    };
    for (index, (actions, missing)) in [
        (vec!["logs:*"], Some("ReceiveMessage")),
        (vec!["sqs:ReceiveMessage"], Some("DeleteMessage")),
        (vec!["sqs:ReceiveMessage", "sqs:DeleteMessage"], Some("GetQueueAttributes")),
        (vec!["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], None),
    ]
    .into_iter()
    .enumerate()
    {
        let role = format!("role{index}");
        put_role_with(&world, &role, TRUST, Some(&allow(&actions))).await;
        let mut function = node(&format!("f{index}"), ECHO);
        function["Role"] = json!(format!("arn:aws:iam::000000000000:role/{role}"));
        world.ok("lambda", "CreateFunction", function).await;
        let input = json!({"FunctionName": format!("f{index}"), "EventSourceArn": QUEUE});
        let made = world.call("lambda", "CreateEventSourceMapping", input).await;
        match missing {
            Some(call) => assert_eq!(
                made.unwrap_err().message(),
                format!("The function execution role does not have permissions to call {call} on SQS")
            ),
            None => assert!(made.is_ok()),
        }
    }
}

/// Recorded: LocalStack test_duplicate_event_source_mappings.
#[tokio::test]
async fn one_mapping_for_a_source_and_a_function() {
    let world = world().await;
    queue(&world, "q", json!({})).await;
    create(&world, "f", ECHO).await;
    let id = map(&world, json!({})).await["UUID"].clone();
    let (code, text) = world
        .error("lambda", "CreateEventSourceMapping", json!({"FunctionName": "f", "EventSourceArn": QUEUE}))
        .await;
    assert_eq!(code, "ResourceConflictException");
    let expected = format!(
        "An event source mapping with SQS arn (\" {QUEUE} \") and function (\" f \") already exists. Please update or delete the existing mapping with UUID {}",
        id.as_str().unwrap()
    );
    assert_eq!(text, expected);
}

#[tokio::test]
async fn a_stack_makes_changes_and_deletes_a_mapping() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    create(&world, "f", TELL).await;
    world.cloud().start();
    let (_, kind) = world.cloud().registry().resource_type("AWS::Lambda::EventSourceMapping").unwrap();
    let mut request = ResourceRequest {
        stack_name: "s".into(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/s/1".into(),
        logical_id: "Map".into(),
        physical_id: None,
        token: "t".into(),
        repeated: false,
        properties: json!({
            "EventSourceArn": QUEUE, "FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f", "BatchSize": "5",
            "Enabled": "true", "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": "2"}, "FilterCriteria": {"Filters": [{"Pattern": {"body": ["x"]}}]},
        })
        .as_object()
        .unwrap()
        .clone(),
        tags: Default::default(),
    };
    let mut cx = world.stack_cx();
    let made = kind.create(&mut cx, &request).await.unwrap();
    let id = json!(made.physical_id);
    assert_eq!((&made.attributes["Id"], state(&world, &id).await), (&id, json!("Enabled")));
    request.repeated = true;
    assert_eq!(kind.create(&mut cx, &request).await.unwrap().physical_id, made.physical_id);
    request.physical_id = Some(made.physical_id.clone());
    let shown = world.ok("lambda", "GetEventSourceMapping", json!({"UUID": id})).await;
    assert_eq!(shown["FilterCriteria"], json!({"Filters": [{"Pattern": "{\"body\":[\"x\"]}"}]}));
    let old = request.properties.clone();
    for broken in [json!("text"), json!({"Filters": "text"}), json!({"Filters": ["text"]})] {
        request.properties.insert("FilterCriteria".into(), broken);
        let failed = kind.update(&mut cx, &request, &old).await.unwrap_err();
        assert_eq!(failed.code(), "SerializationException", "and nothing breaks");
    }
    for name in ["FilterCriteria", "ScalingConfig", "FunctionResponseTypes", "BatchSize"] {
        request.properties.remove(name);
    }
    kind.update(&mut cx, &request, &old).await.unwrap();
    let shown = world.ok("lambda", "GetEventSourceMapping", json!({"UUID": id})).await;
    assert_eq!((&shown["BatchSize"], &shown["FunctionResponseTypes"]), (&json!(10), &json!([])));
    assert!(shown.get("FilterCriteria").is_none() && shown.get("ScalingConfig").is_none(), "{shown}");
    send(&world, &url, "anything").await;
    world.until("fed", async || told().len() == 1).await;
    kind.delete(&mut cx, &request).await.unwrap();
    kind.delete(&mut cx, &request).await.unwrap();
    assert_eq!(state(&world, &id).await, "ResourceNotFoundException");
    world.cloud().stop().await;
}
