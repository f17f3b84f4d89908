//! Every kind of source, enrichment and target that a pipe can have, each as it is used most.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::prelude::*;
use testkit::Endpoint;
use testkit::lambda::{self, Answer, Call, Functions};

use super::*;

/// Functions whose names say what they do.
struct Named;

impl Functions for Named {
    async fn invoke(cx: &mut Cx, call: Call) -> Result<Answer, Failure> {
        let is_first = lambda::times(cx, &call) == 1;
        let records = call.event.as_array().unwrap();
        Ok(match call.name() {
            // Makes two of the even ones and drops the odd ones.
            "doubles" => {
                let even = records.iter().filter_map(|n| n.as_i64()).filter(|n| n % 2 == 0);
                Answer::of(&even.flat_map(|n| [json!({"n": n}), json!({"n": n * 10})]).collect())
            }
            "fails" if is_first => Answer::error(&json!({"errorMessage": "no"})),
            // Does all but the second one, once.
            "half" if is_first && records.len() > 1 => {
                let id = records[1]["eventID"].as_str().unwrap();
                Answer::of(&json!({"batchItemFailures": [{"itemIdentifier": id}]}))
            }
            _ => Answer::of(&Value::Null),
        })
    }
}

static LAMBDA: Service = lambda::service::<Named>();

fn function(name: &str) -> String {
    format!("arn:aws:lambda:{ACCOUNT}:function:{name}")
}

/// What functions got, once it is as much as this: their name, how they were invoked, and the payload.
async fn invocations(world: &World, count: usize) -> Vec<(String, String, Value)> {
    for _ in 0..3_000 {
        if lambda::count(world) >= count {
            break;
        }
        world.advance(Duration::from_millis(200)).await;
    }
    let seen = lambda::calls(world);
    assert_eq!(seen.len(), count, "{seen:#?}");
    seen.into_iter().map(|call| (call.name().to_owned(), call.invocation_type, call.event)).collect()
}

async fn stream(world: &World) -> String {
    world.ok("kinesis", "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    world.advance(Duration::from_secs(1)).await;
    format!("arn:aws:kinesis:{ACCOUNT}:stream/s")
}

/// Puts records at once, so that one batch has them.
async fn put_all(world: &World, numbers: &[i64]) {
    let records: Vec<Value> = numbers
        .iter()
        .map(|n| json!({"PartitionKey": "k", "Data": STANDARD.encode(json!({"n": n}).to_string())}))
        .collect();
    world.ok("kinesis", "PutRecords", json!({"StreamName": "s", "Records": records})).await;
}

#[tokio::test]
async fn a_table_feeds_a_function() {
    let world = world_with(&[&LAMBDA, &dynamodb::DYNAMODB, &dynamodb::DYNAMODB_STREAMS]).await;
    permit(&world, &["dynamodb:*", "lambda:*"]).await;
    let table = json!({"TableName": "things", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}});
    let made = world.ok("dynamodb", "CreateTable", table).await;
    let source = made["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_owned();
    world.advance(Duration::from_secs(5)).await;
    let filters = json!({"Filters": [{"Pattern": "{\"eventName\": [\"INSERT\"], \"dynamodb\": {\"NewImage\": {\"n\": {\"N\": [{\"exists\": true}]}}}}"}]});
    let more = json!({"SourceParameters": {"FilterCriteria": filters,
        "DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", "BatchSize": 10}}});
    create(&world, &source, &function("f"), more).await;
    let put = async |item: Value| {
        world.ok("dynamodb", "PutItem", json!({"TableName": "things", "Item": item})).await
    };
    put(json!({"id": {"S": "plain"}})).await;
    put(json!({"id": {"S": "wanted"}, "n": {"N": "1"}})).await;
    put(json!({"id": {"S": "wanted"}, "n": {"N": "2"}})).await;
    let (name, kind, records) = invocations(&world, 1).await.remove(0);
    assert_eq!((name.as_str(), kind.as_str()), ("f", "RequestResponse"));
    // Members of a record: eb-pipes-event-source.html and the record that functions get.
    let records = records.as_array().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (&records[0]["eventSource"], &records[0]["eventName"]),
        (&json!("aws:dynamodb"), &json!("INSERT"))
    );
    assert_eq!(records[0]["dynamodb"]["NewImage"]["n"]["N"], "1");
    assert_eq!(records[0]["eventSourceARN"], source);
    // The next batch, rewritten, to one that nobody waits for.
    let update = json!({"Name": "p", "RoleArn": ROLE, "TargetParameters": {
        "InputTemplate": "{\"id\": <$.dynamodb.Keys.id.S>}",
        "LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}});
    world.ok("pipes", "UpdatePipe", update).await;
    settle(&world, "RUNNING").await;
    put(json!({"id": {"S": "third"}, "n": {"N": "3"}})).await;
    let seen = invocations(&world, 1).await;
    assert_eq!(seen, [("f".to_owned(), "Event".to_owned(), json!([{"id": "third"}]))]);
}

/// eb-pipes-batching-concurrency.html: a function names what it did not do; of a stream all from the first such on
/// comes again.
#[tokio::test]
async fn a_function_does_a_part_of_a_batch() {
    let world = world_with(&[&LAMBDA]).await;
    permit(&world, &["kinesis:*", "lambda:*"]).await;
    let source = stream(&world).await;
    put_all(&world, &[1, 2, 3]).await;
    let more = json!({"SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON"}}});
    create(&world, &source, &function("half"), more).await;
    let seen = invocations(&world, 2).await;
    let numbers = |records: &Value| -> Vec<Value> {
        let data = records.as_array().unwrap().iter().map(|record| record["data"].as_str().unwrap());
        data.map(|data| serde_json::from_slice(&STANDARD.decode(data).unwrap()).unwrap()).collect()
    };
    assert_eq!(numbers(&seen[0].2), [json!({"n": 1}), json!({"n": 2}), json!({"n": 3})]);
    assert_eq!(numbers(&seen[1].2), [json!({"n": 2}), json!({"n": 3})]);
    assert_eq!(seen[0].2[0]["eventSource"], "aws:kinesis");
}

#[tokio::test]
async fn a_stream_feeds_a_topic_in_order() {
    let world = world_with(&[&sns::SNS]).await;
    permit(&world, &["kinesis:*", "sns:Publish"]).await;
    let source = stream(&world).await;
    let (url, queue) = queue(&world, "heard").await;
    let topic = world.ok("sns", "CreateTopic", json!({"Name": "t"})).await["TopicArn"].clone();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}]});
    let open = json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}});
    world.ok("sqs", "SetQueueAttributes", open).await;
    let raw = json!({"RawMessageDelivery": "true"});
    let subscription = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": raw});
    world.ok("sns", "Subscribe", subscription).await;
    put_all(&world, &[1, 2, 3]).await;
    let more = json!({
        "SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
        "TargetParameters": {"InputTemplate": "{\"number\": <$.data.n>}"},
    });
    create(&world, &source, topic.as_str().unwrap(), more).await;
    let mut numbers: Vec<i64> =
        bodies(&world, &url, 3).await.iter().map(|body| body["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn a_queue_feeds_a_stream() {
    let world = world().await;
    let target = stream(&world).await;
    let (url, source) = queue(&world, "from").await;
    let more = json!({"TargetParameters": {"InputTemplate": "{\"order\": <$.body.order>}",
        "KinesisStreamParameters": {"PartitionKey": "$.body.customer"}}});
    create(&world, &source, &target, more).await;
    send(&world, &url, json!({"customer": "ana", "order": 7})).await;
    let asked =
        json!({"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = world.ok("kinesis", "GetShardIterator", asked).await["ShardIterator"].clone();
    let mut records = Value::Null;
    for _ in 0..1_000 {
        records =
            world.ok("kinesis", "GetRecords", json!({"ShardIterator": iterator})).await["Records"].clone();
        if records[0].is_object() {
            break;
        }
        world.advance(Duration::from_millis(200)).await;
    }
    assert_eq!(records[0]["PartitionKey"], "ana");
    assert_eq!(STANDARD.decode(records[0]["Data"].as_str().unwrap()).unwrap(), b"{\"order\":7}");
}

/// eb-pipes-enrichment.html: the enrichment gets what its template makes of the records, and its answer takes their
/// place.
#[tokio::test]
async fn a_function_enriches() {
    let world = world_with(&[&LAMBDA]).await;
    permit(&world, &["sqs:*", "lambda:*"]).await;
    let ((from_url, from), (to_url, to)) = (queue(&world, "from").await, queue(&world, "to").await);
    let more = json!({
        "SourceParameters": {"SqsQueueParameters": {"BatchSize": 1}},
        "Enrichment": function("doubles"),
        "EnrichmentParameters": {"InputTemplate": "<$.body.n>"},
        "TargetParameters": {"InputTemplate": "{\"enriched\": <$.n>}"},
    });
    create(&world, &from, &to, more).await;
    for n in [1, 2] {
        send(&world, &from_url, json!({"n": n})).await;
    }
    let mut numbers: Vec<i64> =
        bodies(&world, &to_url, 2).await.iter().map(|body| body["enriched"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 20]);
    let seen = invocations(&world, 2).await;
    assert!(seen.iter().all(|(name, kind, _)| name == "doubles" && kind == "RequestResponse"), "{seen:?}");
    // An enrichment that fails leaves the messages where they are, until it does not.
    let failing = json!({"Name": "p", "RoleArn": ROLE, "Enrichment": function("fails"), "EnrichmentParameters": {},
        "TargetParameters": {}});
    world.ok("pipes", "UpdatePipe", failing).await;
    settle(&world, "RUNNING").await;
    send(&world, &from_url, json!({"n": 3})).await;
    let seen = invocations(&world, 2).await;
    assert_eq!(seen[0].2[0]["messageId"], seen[1].2[0]["messageId"]);
    assert_eq!(seen[1].2[0]["attributes"]["ApproximateReceiveCount"], "2");
}

/// Headers, paths and query strings of calls: API reference, PipeTargetHttpParameters.
#[tokio::test]
async fn endpoints_enrich_and_take_records() {
    const MORE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 34\r\nconnection: close\r\n\r\n[{\"name\":\"ana\"},{\"name\":\"berta\"}]\n";
    const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    const GONE: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let world = world().await;
    permit(&world, &["sqs:*", "events:InvokeApiDestination"]).await;
    let secret = json!({"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}});
    let connection = json!({"Name": "c", "AuthorizationType": "API_KEY", "AuthParameters": secret});
    let connection = world.ok("events", "CreateConnection", connection).await["ConnectionArn"].clone();
    let (asked, told) = (Endpoint::new(&[MORE]).await, Endpoint::new(&[FINE, GONE, FINE]).await);
    let destination = async |name: &str, url: String| {
        let input = json!({"Name": name, "ConnectionArn": connection, "HttpMethod": "POST",
            "InvocationEndpoint": url, "InvocationRateLimitPerSecond": 100});
        world.ok("events", "CreateApiDestination", input).await["ApiDestinationArn"].clone()
    };
    let enrichment = destination("asked", format!("{}/customers/*", asked.url)).await;
    let target = destination("told", format!("{}/orders", told.url)).await;
    let (url, source) = queue(&world, "from").await;
    let more = json!({
        "Enrichment": enrichment,
        "EnrichmentParameters": {"InputTemplate": "{\"id\": <$.body.id>}",
            "HttpParameters": {"PathParameterValues": ["$.body.id"]}},
        "TargetParameters": {"HttpParameters": {"HeaderParameters": {"x-name": "$.name"},
            "QueryStringParameters": {"from": "pipe"}}},
    });
    create(&world, &source, target.as_str().unwrap(), more).await;
    send(&world, &url, json!({"id": "c7"})).await;
    let asked = asked.heard(&world, 1).await;
    assert!(asked[0].starts_with("POST /customers/c7 HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].to_lowercase().contains("\r\nx-key: secret\r\n"), "{}", asked[0]);
    assert!(asked[0].ends_with("\r\n\r\n{\"id\":\"c7\"}"), "{}", asked[0]);
    // The second of the two that the enrichment made is refused.
    let heard = told.heard(&world, 2).await;
    for (text, name) in heard.iter().zip(["ana", "berta"]) {
        assert!(text.starts_with("POST /orders?from=pipe HTTP/1.1\r\n"), "{text}");
        assert!(text.to_lowercase().contains(&format!("\r\nx-name: {name}\r\n")), "{text}");
        assert!(text.ends_with(&format!("\r\n\r\n{{\"name\":\"{name}\"}}")), "{text}");
    }
}
