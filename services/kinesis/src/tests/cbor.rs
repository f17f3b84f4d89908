//! Requests in CBOR, as the SDKs for Java send them.

use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, Request};
use shape::{Shape, Stream};
use wire::sigv4::{Credentials, Payload, Signer};
use wire::{Notation, eventstream};

use super::*;
use crate::subscription::SubscribeToShardEvent;

const CBOR: &str = "application/x-amz-cbor-1.1";

/// Posts bytes to an operation: status, media type and body.
async fn post(world: &World, operation: &str, body: Vec<u8>, is_signed: bool) -> (u16, String, Stream) {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("localhost:4566"));
    headers.insert("content-type", HeaderValue::from_static(CBOR));
    let target = format!("Kinesis_20131202.{operation}");
    headers.insert("x-amz-target", HeaderValue::from_str(&target).unwrap());
    if is_signed {
        let root = Credentials {
            access_key_id: "test".into(),
            secret_access_key: "test".into(),
            session_token: None,
        };
        let signer = Signer::new(&root, "us-east-1", "kinesis");
        let now = world.cx().now().secs();
        signer.sign(now, ("POST", "/", ""), &mut headers, &Payload::of(&body)).unwrap();
    }
    let mut request = Request::post("/").body(Stream::once(body.into())).unwrap();
    *request.headers_mut() = headers;
    let response = cloud::http::serve(world.cloud(), request, None, false).await;
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), kind, response.into_body())
}

/// Calls an operation in CBOR. Input and answer are JSON here: the schema says what is a blob or an instant.
async fn call(world: &World, operation: &str, input: Value) -> (u16, Value) {
    let entry = world.cloud().registry().operation("kinesis", operation).unwrap().1;
    let input = wire::json::from_value((entry.input)(), &input).unwrap();
    let body = Notation::AmzCbor.encode((entry.input)(), &input);
    let (status, kind, body) = post(world, operation, body, true).await;
    assert_eq!(kind, CBOR);
    let body = body.collect(1 << 20).await.unwrap();
    let schema = if status == 200 { (entry.output)() } else { Problem::schema() };
    let answer = Notation::AmzCbor.decode(schema, &body).unwrap();
    (status, wire::json::to_value(schema, &answer))
}

#[derive(Shape)]
struct Problem {
    #[shape(name = "__type")]
    kind: String,
    #[shape(name = "message")]
    message: Option<String>,
}

#[tokio::test]
async fn records_go_both_ways_in_cbor() {
    let world = streaming(1).await;
    let put = json!({"StreamName": "s", "PartitionKey": "k", "Data": STANDARD.encode([0, 255, 7])});
    let (status, answer) = call(&world, "PutRecord", put).await;
    assert_eq!((status, &answer["ShardId"]), (200, &json!("shardId-000000000000")));
    // An instant in a request: at the time of the record, and after it.
    let from = |secs: i64| {
        json!({"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP",
            "Timestamp": world.cx().now().secs() + secs})
    };
    let (_, late) = call(&world, "GetShardIterator", from(0)).await;
    world.advance(Duration::from_secs(30)).await;
    let (_, records) = call(&world, "GetRecords", json!({"ShardIterator": late["ShardIterator"]})).await;
    let record = &records["Records"][0];
    assert_eq!(record["Data"], STANDARD.encode([0, 255, 7]));
    assert_eq!(record["SequenceNumber"], answer["SequenceNumber"]);
    assert_eq!(record["ApproximateArrivalTimestamp"], world.cx().now().secs() - 30);
    let (_, none) = call(&world, "GetShardIterator", from(-10)).await;
    let (_, records) = call(&world, "GetRecords", json!({"ShardIterator": none["ShardIterator"]})).await;
    assert_eq!(records["Records"], json!([]));
}

#[tokio::test]
async fn errors_are_cbor_as_well() {
    let world = streaming(1).await;
    let put = json!({"StreamName": "nothing", "PartitionKey": "k", "Data": ""});
    let (status, problem) = call(&world, "PutRecord", put).await;
    assert_eq!((status, &problem["__type"]), (400, &json!("ResourceNotFoundException")));
    assert_eq!(problem["message"], "Stream nothing under account 000000000000 not found.");
    // Recorded from AWS: kinesalite, index.js, `sendCborSerialization`.
    let broken = b"\xbf\x66__type\x76SerializationException\xff";
    let (status, kind, body) = post(&world, "PutRecord", b"{}".to_vec(), true).await;
    assert_eq!((status, kind.as_str()), (400, CBOR));
    assert_eq!(body.collect(1000).await.unwrap(), broken[..]);
    let unknown = b"\xbf\x66__type\x78\x19UnknownOperationException\xff";
    let (status, _, body) = post(&world, "Nothing", b"\xbf\xff".to_vec(), true).await;
    assert_eq!((status, body.collect(1000).await.unwrap()), (400, unknown[..].into()));
    let (status, kind, body) = post(&world, "ListStreams", b"\xbf\xff".to_vec(), false).await;
    let problem = Notation::AmzCbor.decode(Problem::schema(), &body.collect(1000).await.unwrap()).unwrap();
    assert_eq!((status, kind.as_str()), (400, CBOR));
    assert_eq!(problem.member(0).as_text(), Some("MissingAuthenticationTokenException"));
}

#[tokio::test]
async fn subscriptions_bring_their_records_in_cbor() {
    let world = streaming(1).await;
    put(&world, "k", "one").await;
    let consumer = json!({"StreamARN": ARN, "ConsumerName": "c"});
    let consumer = ok(&world, "RegisterStreamConsumer", consumer).await["Consumer"]["ConsumerARN"].clone();
    settle(&world).await;
    let entry = world.cloud().registry().operation("kinesis", "SubscribeToShard").unwrap().1;
    let input = json!({"ConsumerARN": consumer, "ShardId": "shardId-000000000000",
        "StartingPosition": {"Type": "TRIM_HORIZON"}});
    let input = wire::json::from_value((entry.input)(), &input).unwrap();
    let body = Notation::AmzCbor.encode((entry.input)(), &input);
    let (status, kind, body) = post(&world, "SubscribeToShard", body, true).await;
    assert_eq!((status, kind.as_str()), (200, eventstream::CONTENT_TYPE));
    let mut events = body.take().unwrap();
    let first = events.next().await.unwrap().unwrap();
    let (headers, payload, _) = eventstream::split(&first).unwrap();
    assert_eq!(headers[1].1, "initial-response");
    assert_eq!((headers[2].1.as_str(), payload), (CBOR, &b"\xbf\xff"[..]));
    let second = events.next().await.unwrap().unwrap();
    let (headers, payload, _) = eventstream::split(&second).unwrap();
    assert_eq!((headers[1].1.as_str(), headers[2].1.as_str()), ("SubscribeToShardEvent", CBOR));
    let schema = SubscribeToShardEvent::schema();
    let event = wire::json::to_value(schema, &Notation::AmzCbor.decode(schema, payload).unwrap());
    assert_eq!(text(&event["Records"][0]["Data"]), "one");
    assert_eq!(event["MillisBehindLatest"], 0);
    // The end comes in CBOR, too.
    ok(&world, "DeregisterStreamConsumer", json!({"ConsumerARN": consumer})).await;
    let last = events.next().await.unwrap().unwrap();
    let (headers, payload, _) = eventstream::split(&last).unwrap();
    assert_eq!((headers[0].1.as_str(), headers[2].1.as_str()), ("exception", CBOR));
    assert!(Notation::AmzCbor.decode(schema, payload).is_ok());
}
