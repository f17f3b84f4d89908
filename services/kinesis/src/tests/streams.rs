//! Streams and their settings.

use super::*;

async fn summary(world: &World) -> Value {
    ok(world, "DescribeStreamSummary", json!({"StreamName": "s"})).await["StreamDescriptionSummary"].clone()
}

#[tokio::test]
async fn a_stream_comes_and_goes() {
    let world = world().await;
    let made = json!({"StreamName": "s", "ShardCount": 2, "Tags": {"a": "1"}});
    assert_eq!(ok(&world, "CreateStream", made.clone()).await, json!({}));
    assert_eq!(
        error(&world, "CreateStream", made.clone()).await,
        ("ResourceInUseException".into(), "Stream s under account 000000000000 already exists.".into())
    );
    assert_eq!(summary(&world).await["StreamStatus"], "CREATING");
    let record = json!({"StreamName": "s", "PartitionKey": "k", "Data": ""});
    assert_eq!(
        error(&world, "PutRecord", record.clone()).await,
        ("ResourceNotFoundException".into(), "Stream s under account 000000000000 not found.".into())
    );
    settle(&world).await;
    let described =
        ok(&world, "DescribeStream", json!({"StreamARN": ARN})).await["StreamDescription"].clone();
    assert_eq!(
        (&described["StreamStatus"], &described["RetentionPeriodHours"], &described["HasMoreShards"]),
        (&json!("ACTIVE"), &json!(24), &json!(false))
    );
    assert_eq!(described["EnhancedMonitoring"], json!([{"ShardLevelMetrics": []}]));
    assert_eq!(
        (&described["EncryptionType"], &described["StreamModeDetails"]),
        (&json!("NONE"), &json!({"StreamMode": "PROVISIONED"}))
    );
    let range = |n: usize| described["Shards"][n]["HashKeyRange"].clone();
    // The halves that AWS makes.
    assert_eq!(
        range(0),
        json!({"StartingHashKey": "0", "EndingHashKey": "170141183460469231731687303715884105727"})
    );
    assert_eq!(range(1)["EndingHashKey"], "340282366920938463463374607431768211455");
    put(&world, "k", "x").await;
    ok(&world, "DeleteStream", json!({"StreamName": "s"})).await;
    assert_eq!(summary(&world).await["StreamStatus"], "DELETING");
    assert_eq!(error(&world, "DeleteStream", json!({"StreamName": "s"})).await.0, "ResourceInUseException");
    assert_eq!(error(&world, "PutRecord", record).await.0, "ResourceNotFoundException");
    settle(&world).await;
    assert_eq!(
        error(&world, "DescribeStreamSummary", json!({"StreamName": "s"})).await.0,
        "ResourceNotFoundException"
    );
    // One of the same name has nothing of the old one; its records are removed.
    ok(&world, "CreateStream", made).await;
    settle(&world).await;
    assert!(all(&world, "shardId-000000000000").await.is_empty());
    world.run_jobs().await;
    let left = store::snapshot(world.cloud().store()).await.unwrap();
    let records = store::Scan::prefix(store::keyspace::KINESIS_RECORD.0.to_vec());
    // Only the word by which readers are woken.
    assert_eq!(left.scan(records).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn streams_are_listed_in_pages() {
    let world = world().await;
    for name in ["c", "a", "b"] {
        ok(&world, "CreateStream", json!({"StreamName": name, "ShardCount": 1})).await;
    }
    let page = ok(&world, "ListStreams", json!({"Limit": 2})).await;
    assert_eq!((&page["StreamNames"], &page["HasMoreStreams"]), (&json!(["a", "b"]), &json!(true)));
    assert_eq!(page["StreamSummaries"][1]["StreamStatus"], "CREATING");
    let rest = ok(&world, "ListStreams", json!({"NextToken": page["NextToken"]})).await;
    assert_eq!((&rest["StreamNames"], &rest["HasMoreStreams"]), (&json!(["c"]), &json!(false)));
    let rest = ok(&world, "ListStreams", json!({"ExclusiveStartStreamName": "a", "Limit": 1})).await;
    assert_eq!(rest["StreamNames"], json!(["b"]));
    assert_eq!(error(&world, "ListStreams", json!({"NextToken": "x"})).await.0, "InvalidArgumentException");
    world.advance(Duration::from_secs(301)).await;
    let code = error(&world, "ListStreams", json!({"NextToken": page["NextToken"]})).await.0;
    assert_eq!(code, "ExpiredNextTokenException");
    ok(&world, "DeleteStream", json!({"StreamName": "b"})).await;
    settle(&world).await;
    assert_eq!(ok(&world, "ListStreams", json!({"Limit": 2})).await["StreamNames"], json!(["a", "c"]));
}

#[tokio::test]
async fn wrong_streams_are_refused() {
    let world = world().await;
    for (input, code) in [
        (json!({"StreamName": "s"}), "ValidationException"),
        (json!({"StreamName": "a b", "ShardCount": 1}), "ValidationException"),
        (json!({"StreamName": "s", "ShardCount": 501}), "LimitExceededException"),
        (
            json!({"StreamName": "s", "ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
            "ValidationException",
        ),
        (json!({"StreamName": "s", "ShardCount": 1, "MaxRecordSizeInKiB": 10241}), "ValidationException"),
        (json!({"StreamName": "s", "ShardCount": 1, "WarmThroughputMiBps": 5}), "ValidationException"),
        (json!({"StreamName": "s", "ShardCount": 1, "Tags": {"aws:x": ""}}), "InvalidArgumentException"),
    ] {
        assert_eq!(error(&world, "CreateStream", input.clone()).await.0, code, "{input}");
    }
    for n in 0..5 {
        ok(&world, "CreateStream", json!({"StreamName": format!("n{n}"), "ShardCount": 1})).await;
    }
    let sixth = json!({"StreamName": "s", "ShardCount": 1});
    assert_eq!(error(&world, "CreateStream", sixth).await.0, "LimitExceededException");
    for input in [json!({}), json!({"StreamName": "s", "StreamARN": ARN.replace("stream/s", "stream/t")})] {
        assert_eq!(error(&world, "DescribeStream", input).await.0, "InvalidArgumentException");
    }
    let id = json!({"StreamName": "n1", "StreamId": "aaaaaaaaaaaaaaaaaaaa-abc"});
    assert_eq!(error(&world, "DescribeStream", id).await.0, "InvalidArgumentException");
    let limits = ok(&world, "DescribeLimits", json!({})).await;
    assert_eq!(
        limits,
        json!({"ShardLimit": 500, "OpenShardCount": 5, "OnDemandStreamCount": 0, "OnDemandStreamCountLimit": 50})
    );
}

#[tokio::test]
async fn retention_is_changed_and_holds() {
    let world = streaming(1).await;
    let change = |verb: &str, hours: i32| {
        let input = json!({"StreamName": "s", "RetentionPeriodHours": hours});
        (format!("{verb}StreamRetentionPeriod"), input)
    };
    for (verb, hours, text) in [
        (
            "Increase",
            23,
            "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
        ),
        (
            "Increase",
            8761,
            "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.",
        ),
        (
            "Decrease",
            25,
            "Requested retention period (25 hours) for stream s can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.",
        ),
    ] {
        let (operation, input) = change(verb, hours);
        assert_eq!(error(&world, &operation, input).await, ("InvalidArgumentException".into(), text.into()));
    }
    put(&world, "k", "old").await;
    world.advance(Duration::from_secs(25 * 3600)).await;
    put(&world, "k", "new").await;
    assert_eq!(all(&world, "0").await, ["new"]);
    let (operation, input) = change("Increase", 48);
    ok(&world, &operation, input.clone()).await;
    assert_eq!(error(&world, &operation, input).await.0, "ResourceInUseException");
    settle(&world).await;
    // "it does not make previous, expired data accessible"
    assert_eq!(all(&world, "0").await, ["new"]);
    world.run_jobs().await;
    world.advance(Duration::from_secs(30 * 3600)).await;
    world.run_jobs().await;
    assert_eq!(all(&world, "0").await, ["new"]);
    let (operation, input) = change("Decrease", 24);
    ok(&world, &operation, input).await;
    assert!(all(&world, "0").await.is_empty());
    world.run_jobs().await;
    let left = store::snapshot(world.cloud().store()).await.unwrap();
    let records = store::Scan::prefix(store::keyspace::KINESIS_RECORD.0.to_vec());
    assert_eq!(left.scan(records).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn settings_are_remembered() {
    let world = streaming(1).await;
    let metrics = json!({"StreamName": "s", "ShardLevelMetrics": ["IncomingBytes"]});
    let answer = ok(&world, "EnableEnhancedMonitoring", metrics).await;
    assert_eq!(
        (&answer["CurrentShardLevelMetrics"], &answer["DesiredShardLevelMetrics"]),
        (&json!([]), &json!(["IncomingBytes"]))
    );
    settle(&world).await;
    let all = json!({"StreamName": "s", "ShardLevelMetrics": ["ALL"]});
    assert_eq!(ok(&world, "DisableEnhancedMonitoring", all).await["DesiredShardLevelMetrics"], json!([]));
    settle(&world).await;
    let key = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"});
    ok(&world, "StartStreamEncryption", key.clone()).await;
    settle(&world).await;
    let described = summary(&world).await;
    assert_eq!(
        (&described["EncryptionType"], &described["KeyId"]),
        (&json!("KMS"), &json!("alias/aws/kinesis"))
    );
    assert_eq!(put(&world, "k", "x").await["EncryptionType"], "KMS");
    let records = get(&world, &iterator(&world, "0", "TRIM_HORIZON", json!({})).await).await;
    assert_eq!(records["Records"][0]["EncryptionType"], "KMS");
    let other = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "other"});
    assert_eq!(error(&world, "StopStreamEncryption", other).await.0, "InvalidArgumentException");
    ok(&world, "StopStreamEncryption", key).await;
    settle(&world).await;
    assert_eq!(summary(&world).await["EncryptionType"], "NONE");
    ok(&world, "UpdateMaxRecordSize", json!({"StreamARN": ARN, "MaxRecordSizeInKiB": 2048})).await;
    settle(&world).await;
    assert_eq!(summary(&world).await["MaxRecordSizeInKiB"], 2048);
    let warm = json!({"StreamARN": ARN, "WarmThroughputMiBps": 5});
    assert_eq!(error(&world, "UpdateStreamWarmThroughput", warm).await.0, "ValidationException");
    let wanted = json!({"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}});
    assert_eq!(error(&world, "UpdateAccountSettings", wanted).await.0, "ValidationException");
    let disabled = json!({"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}});
    assert_eq!(ok(&world, "UpdateAccountSettings", disabled.clone()).await, disabled);
    assert_eq!(ok(&world, "DescribeAccountSettings", json!({})).await, disabled);
}

#[tokio::test]
async fn modes_change_twice_a_day() {
    let world = streaming(3).await;
    let mode = |mode: &str| json!({"StreamARN": ARN, "StreamModeDetails": {"StreamMode": mode}});
    assert_eq!(error(&world, "UpdateStreamMode", mode("PROVISIONED")).await.0, "InvalidArgumentException");
    ok(&world, "UpdateStreamMode", mode("ON_DEMAND")).await;
    settle(&world).await;
    assert_eq!(ok(&world, "DescribeLimits", json!({})).await["OnDemandStreamCount"], 1);
    let split = json!({"StreamName": "s", "ShardToSplit": "0", "NewStartingHashKey": "5"});
    assert_eq!(error(&world, "SplitShard", split).await.0, "ValidationException");
    ok(&world, "UpdateStreamMode", mode("PROVISIONED")).await;
    settle(&world).await;
    assert_eq!(summary(&world).await["OpenShardCount"], 3);
    assert_eq!(error(&world, "UpdateStreamMode", mode("ON_DEMAND")).await.0, "LimitExceededException");
    world.advance(Duration::from_secs(24 * 3600)).await;
    ok(&world, "UpdateStreamMode", mode("ON_DEMAND")).await;
    let created = json!({"StreamName": "d", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
    ok(&world, "CreateStream", created).await;
    settle(&world).await;
    let shards = ok(&world, "ListShards", json!({"StreamName": "d"})).await;
    assert_eq!(shards["Shards"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn tags_and_policies() {
    let world = streaming(1).await;
    ok(&world, "AddTagsToStream", json!({"StreamName": "s", "Tags": {"a": "1", "b": "2", "c": ""}})).await;
    let page = ok(&world, "ListTagsForStream", json!({"StreamName": "s", "Limit": 2})).await;
    assert_eq!(
        page,
        json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}], "HasMoreTags": true})
    );
    let rest = json!({"StreamName": "s", "ExclusiveStartTagKey": "b"});
    assert_eq!(ok(&world, "ListTagsForStream", rest).await["Tags"], json!([{"Key": "c", "Value": ""}]));
    ok(&world, "RemoveTagsFromStream", json!({"StreamName": "s", "TagKeys": ["a", "none"]})).await;
    ok(&world, "UntagResource", json!({"ResourceARN": ARN, "TagKeys": ["b"]})).await;
    ok(&world, "TagResource", json!({"ResourceARN": ARN, "Tags": {"d": "4"}})).await;
    let tags = ok(&world, "ListTagsForResource", json!({"ResourceARN": ARN})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "c", "Value": ""}, {"Key": "d", "Value": "4"}]));
    let many: serde_json::Map<String, Value> = (0..49).map(|n| (format!("k{n}"), json!(""))).collect();
    for tags in [json!(many), json!({"a;b": ""}), json!({"AWS:a": ""})] {
        let input = json!({"ResourceARN": ARN, "Tags": tags});
        assert_eq!(error(&world, "TagResource", input).await.0, "InvalidArgumentException");
    }
    assert_eq!(ok(&world, "GetResourcePolicy", json!({"ResourceARN": ARN})).await, json!({"Policy": "{}"}));
    let wrong = json!({"ResourceARN": ARN, "Policy": "{"});
    assert_eq!(error(&world, "PutResourcePolicy", wrong).await.0, "InvalidArgumentException");
    let gone = json!({"ResourceARN": ARN});
    assert_eq!(error(&world, "DeleteResourcePolicy", gone).await.0, "ResourceNotFoundException");
}
