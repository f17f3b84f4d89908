//! Putting and getting records.

use super::*;

#[tokio::test]
async fn records_come_back_in_order() {
    let world = streaming(1).await;
    let latest = iterator(&world, "shardId-000000000000", "LATEST", json!({})).await;
    let first = put(&world, "k", "one").await;
    assert_eq!(first["ShardId"], "shardId-000000000000");
    assert_eq!(first.get("EncryptionType"), None);
    let number = |answer: &Value| answer["SequenceNumber"].as_str().unwrap().to_owned();
    world.advance(Duration::from_secs(2)).await;
    let records: Vec<Value> =
        ["two", "three"].map(|data| json!({"PartitionKey": "k", "Data": STANDARD.encode(data)})).to_vec();
    let more = ok(&world, "PutRecords", json!({"StreamARN": ARN, "Records": records})).await;
    assert_eq!(more["FailedRecordCount"], 0);
    assert!(number(&first) < number(&more["Records"][0]));
    assert!(number(&more["Records"][0]) < number(&more["Records"][1]));
    let found = get(&world, &iterator(&world, "0", "TRIM_HORIZON", json!({})).await).await;
    assert_eq!(datas(&found), ["one", "two", "three"]);
    let record = &found["Records"][1];
    assert_eq!(
        (record["SequenceNumber"].clone(), &record["PartitionKey"]),
        (more["Records"][0]["SequenceNumber"].clone(), &json!("k"))
    );
    assert_eq!(record["ApproximateArrivalTimestamp"], (testkit::START.secs() + 3));
    assert_eq!((&found["MillisBehindLatest"], found.get("ChildShards")), (&json!(0), None));
    assert_eq!(datas(&get(&world, &latest).await), ["one", "two", "three"]);
    assert!(datas(&get(&world, &found["NextShardIterator"]).await).is_empty());
    let sequence = json!({"StartingSequenceNumber": more["Records"][0]["SequenceNumber"]});
    let at = iterator(&world, "0", "AT_SEQUENCE_NUMBER", sequence.clone()).await;
    assert_eq!(datas(&get(&world, &at).await), ["two", "three"]);
    let after = iterator(&world, "0", "AFTER_SEQUENCE_NUMBER", sequence).await;
    assert_eq!(datas(&get(&world, &after).await), ["three"]);
    let at = iterator(&world, "0", "AT_TIMESTAMP", json!({"Timestamp": testkit::START.secs() + 2})).await;
    assert_eq!(datas(&get(&world, &at).await), ["two", "three"]);
    let start = iterator(&world, "0", "TRIM_HORIZON", json!({})).await;
    world.advance(Duration::from_secs(4)).await;
    let page = ok(&world, "GetRecords", json!({"ShardIterator": start, "Limit": 2})).await;
    assert_eq!((datas(&page).len(), &page["MillisBehindLatest"]), (2, &json!(4000)));
    assert_eq!(datas(&get(&world, &page["NextShardIterator"]).await), ["three"]);
}

#[tokio::test]
async fn hashes_decide_on_the_shard() {
    let world = streaming(4).await;
    let explicit =
        |hash: &str| json!({"StreamName": "s", "PartitionKey": "k", "Data": "eA==", "ExplicitHashKey": hash});
    for (hash, shard) in [
        ("0", 0),
        ("85070591730234615865843651857942052863", 0),
        ("85070591730234615865843651857942052864", 1),
        ("340282366920938463463374607431768211455", 3),
    ] {
        let answer = ok(&world, "PutRecord", explicit(hash)).await;
        assert_eq!(answer["ShardId"], format!("shardId-{shard:012}"), "{hash}");
    }
    let (code, text) = error(&world, "PutRecord", explicit("340282366920938463463374607431768211456")).await;
    assert_eq!(code, "InvalidArgumentException");
    assert!(text.starts_with("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]."));
    // MD5 of `k` begins with 8c.
    assert_eq!(put(&world, "k", "x").await["ShardId"], "shardId-000000000002");
}

#[tokio::test]
async fn large_records_come_back_whole() {
    let world = streaming(1).await;
    let large = "x".repeat(1024 * 1024);
    let before = put(&world, "k", "before").await;
    world.advance(Duration::from_secs(5)).await;
    let put_large = put(&world, "k", &large).await;
    world.advance(Duration::from_secs(5)).await;
    put(&world, "k", "after").await;
    assert_eq!(all(&world, "0").await, ["before", &large, "after"]);
    for (kind, number, expected) in [
        ("AT_SEQUENCE_NUMBER", &put_large, vec![large.as_str(), "after"]),
        ("AFTER_SEQUENCE_NUMBER", &put_large, vec!["after"]),
        ("AFTER_SEQUENCE_NUMBER", &before, vec![&large, "after"]),
    ] {
        let from =
            iterator(&world, "0", kind, json!({"StartingSequenceNumber": number["SequenceNumber"]})).await;
        assert_eq!(datas(&get(&world, &from).await), expected, "{kind}");
    }
    let start = iterator(&world, "0", "TRIM_HORIZON", json!({})).await;
    let page = ok(&world, "GetRecords", json!({"ShardIterator": start, "Limit": 1})).await;
    let page =
        ok(&world, "GetRecords", json!({"ShardIterator": page["NextShardIterator"], "Limit": 1})).await;
    assert_eq!(datas(&page), [large.as_str()]);
    assert_eq!(datas(&get(&world, &page["NextShardIterator"]).await), ["after"]);
    let larger =
        json!({"StreamName": "s", "PartitionKey": "k", "Data": STANDARD.encode(format!("{large}x"))});
    let text = "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576";
    assert_eq!(error(&world, "PutRecord", larger.clone()).await, ("ValidationException".into(), text.into()));
    ok(&world, "UpdateMaxRecordSize", json!({"StreamARN": ARN, "MaxRecordSizeInKiB": 2048})).await;
    world.advance(Duration::from_secs(5)).await;
    ok(&world, "PutRecord", larger).await;
}

/// Limits of PutRecords and UpdateMaxRecordSize, API reference.
#[tokio::test]
async fn ten_mebibytes_go_at_once() {
    let world = streaming(1).await;
    ok(&world, "UpdateMaxRecordSize", json!({"StreamARN": ARN, "MaxRecordSizeInKiB": 10240})).await;
    settle(&world).await;
    let largest = vec![b'x'; 10 * 1024 * 1024 - 1];
    let records = |data: &[u8], more: Value| {
        let mut records = vec![json!({"PartitionKey": "k", "Data": STANDARD.encode(data)})];
        records.extend(more.as_array().unwrap().iter().cloned());
        json!({"StreamName": "s", "Records": records})
    };
    let over = records(&largest, json!([{"PartitionKey": "k", "Data": ""}]));
    let text = "Records size exceeds 10 MB limit";
    let refused = ("InvalidArgumentException".to_owned(), text.to_owned());
    assert_eq!(error(&world, "PutRecords", over).await, refused);
    let answer = ok(&world, "PutRecords", records(&largest, json!([]))).await;
    assert_eq!(answer["FailedRecordCount"], 0);
    world.advance(Duration::from_secs(10)).await;
    put(&world, "k", "after").await;
    let start = iterator(&world, "0", "TRIM_HORIZON", json!({})).await;
    let page = ok(&world, "GetRecords", json!({"ShardIterator": start})).await;
    assert_eq!(page["Records"].as_array().unwrap().len(), 1);
    assert_eq!(STANDARD.decode(page["Records"][0]["Data"].as_str().unwrap()).unwrap(), largest);
    assert_eq!(datas(&get(&world, &page["NextShardIterator"]).await), ["after"]);
}

#[tokio::test]
async fn a_shard_takes_only_so_much() {
    let world = streaming(2).await;
    let records: Vec<Value> = (0..500)
        .map(|n| {
            let hash = if n == 0 { "340282366920938463463374607431768211455" } else { "0" };
            json!({"PartitionKey": "k", "Data": "eA==", "ExplicitHashKey": hash})
        })
        .collect();
    let input = json!({"StreamName": "s", "Records": records});
    for failed in [0, 0, 497, 499] {
        let answer = ok(&world, "PutRecords", input.clone()).await;
        assert_eq!(answer["FailedRecordCount"], failed);
        if failed > 0 {
            assert_eq!(answer["Records"][0]["ShardId"], "shardId-000000000001");
            assert_eq!(
                answer["Records"][499],
                json!({
                    "ErrorCode": "ProvisionedThroughputExceededException",
                    "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.",
                })
            );
        }
    }
    let one = json!({"StreamName": "s", "PartitionKey": "k", "Data": "eA==", "ExplicitHashKey": "0"});
    assert_eq!(error(&world, "PutRecord", one.clone()).await.0, "ProvisionedThroughputExceededException");
    world.advance(Duration::from_secs(1)).await;
    ok(&world, "PutRecord", one).await;
    assert_eq!(all(&world, "0").await.len(), 1001);
    // Clients may read five times in a second, the cloud itself always.
    let start = iterator(&world, "0", "TRIM_HORIZON", json!({})).await;
    let read = || world.call_as(client(), "kinesis", "GetRecords", json!({"ShardIterator": start}));
    for _ in 0..5 {
        read().await.unwrap();
    }
    assert_eq!(read().await.unwrap_err().code(), "ProvisionedThroughputExceededException");
    get(&world, &start).await;
    world.advance(Duration::from_millis(200)).await;
    read().await.unwrap();
}

#[tokio::test]
async fn wrong_places_are_refused() {
    let world = streaming(2).await;
    let number = put(&world, "k", "x").await["SequenceNumber"].clone();
    let ask = |shard: &str, kind: &str, more: Value| {
        let mut input = json!({"StreamName": "s", "ShardId": shard, "ShardIteratorType": kind});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    };
    let at = |text: &str| ask("1", "AT_SEQUENCE_NUMBER", json!({"StartingSequenceNumber": text}));
    for (input, code, part) in [
        (ask("x", "LATEST", json!({})), "ResourceNotFoundException", "Could not find shard x in stream s"),
        (
            ask("2", "LATEST", json!({})),
            "ResourceNotFoundException",
            "Shard shardId-000000000002 in stream s under account 000000000000 does not exist",
        ),
        (
            ask("1", "AT_SEQUENCE_NUMBER", json!({})),
            "InvalidArgumentException",
            "Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.",
        ),
        (
            ask("1", "LATEST", json!({"StartingSequenceNumber": "5"})),
            "InvalidArgumentException",
            "Request specified LATEST and also a StartingSequenceNumber.",
        ),
        (
            at("5"),
            "InvalidArgumentException",
            "StartingSequenceNumber 5 used in GetShardIterator on shard shardId-000000000001",
        ),
        (
            ask("0", "AT_SEQUENCE_NUMBER", json!({"StartingSequenceNumber": number})),
            "InvalidArgumentException",
            "It encodes shardId-000000000001, while it was used in a call to a shard with shardId-000000000000",
        ),
        (at("49543463076548007577105092703039560359975228518395012686"), "InvalidArgumentException", ""),
        (ask("1", "AT_TIMESTAMP", json!({})), "InvalidArgumentException", "Timestamp"),
        (
            ask("1", "AT_TIMESTAMP", json!({"Timestamp": 4_000_000_000_u32})),
            "InvalidArgumentException",
            "cannot be greater than",
        ),
    ] {
        let (found, text) = error(&world, "GetShardIterator", input.clone()).await;
        assert!(found == code && text.contains(part), "{input}: {found} {text}");
    }
    let order = json!({"StreamName": "s", "PartitionKey": "k", "Data": "", "SequenceNumberForOrdering": "1"});
    assert_eq!(error(&world, "PutRecord", order).await.0, "InvalidArgumentException");
    let order =
        json!({"StreamName": "s", "PartitionKey": "k", "Data": "", "SequenceNumberForOrdering": number});
    ok(&world, "PutRecord", order).await;
    let wrong = json!({"ShardIterator": "AAAA"});
    assert_eq!(
        error(&world, "GetRecords", wrong).await,
        ("InvalidArgumentException".into(), "Invalid ShardIterator.".into())
    );
    let old = iterator(&world, "1", "TRIM_HORIZON", json!({})).await;
    let other = json!({"ShardIterator": old, "StreamARN": ARN.replace("stream/s", "stream/t")});
    assert_eq!(error(&world, "GetRecords", other).await.0, "InvalidArgumentException");
    world.advance(Duration::from_secs(301)).await;
    assert_eq!(
        error(&world, "GetRecords", json!({"ShardIterator": old})).await,
        (
            "ExpiredIteratorException".into(),
            "Iterator expired. The iterator was created at time Thu Jan 01 00:00:01 UTC 2026 while right now it is Thu Jan 01 00:05:02 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.".into()
        )
    );
    let fresh = iterator(&world, "1", "TRIM_HORIZON", json!({})).await;
    ok(&world, "DeleteStream", json!({"StreamName": "s"})).await;
    settle(&world).await;
    assert_eq!(
        error(&world, "GetRecords", json!({"ShardIterator": fresh})).await.0,
        "ResourceNotFoundException"
    );
    ok(&world, "CreateStream", json!({"StreamName": "s", "ShardCount": 2})).await;
    settle(&world).await;
    // It was of another stream of this name.
    assert_eq!(
        error(&world, "GetRecords", json!({"ShardIterator": fresh})).await.0,
        "ResourceNotFoundException"
    );
}

/// What one node puts, another one reads, in one order; and who waits hears of it.
#[tokio::test]
async fn nodes_share_a_stream() {
    let nodes = World::nodes(&[&crate::KINESIS], 2).await;
    ok(&nodes[0], "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    for node in &nodes {
        settle(node).await;
    }
    let mut news = cloud::client::kinesis::news(nodes[1].cloud(), ARN).unwrap();
    news.borrow_and_update();
    let mut numbers = Vec::new();
    for (n, node) in nodes.iter().cycle().take(6).enumerate() {
        numbers.push(put(node, "k", &n.to_string()).await["SequenceNumber"].as_str().unwrap().to_owned());
    }
    assert!(numbers.is_sorted());
    nodes[1].until("the news come", async || news.has_changed().unwrap()).await;
    for node in &nodes {
        assert_eq!(all(node, "0").await, ["0", "1", "2", "3", "4", "5"]);
    }
    assert!(cloud::client::kinesis::news(nodes[0].cloud(), &format!("{ARN}/consumer/c:1")).is_some());
    assert!(cloud::client::kinesis::news(nodes[0].cloud(), "arn:aws:sqs:us-east-1:0:stream/s").is_none());
}
