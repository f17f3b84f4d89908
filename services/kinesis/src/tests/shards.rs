//! Splitting, merging and listing shards.

use super::*;

#[tokio::test]
async fn a_shard_is_split_and_merged_again() {
    let world = streaming(1).await;
    put(&world, "k", "one").await;
    let half = "170141183460469231731687303715884105728";
    let split =
        json!({"StreamName": "s", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": half});
    let too_low = json!({"StreamName": "s", "ShardToSplit": "0", "NewStartingHashKey": "1"});
    let (code, text) = error(&world, "SplitShard", too_low).await;
    assert_eq!(code, "InvalidArgumentException");
    assert_eq!(
        text,
        "NewStartingHashKey 1 used in SplitShard() on shard shardId-000000000000 in stream s under account 000000000000 is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 340282366920938463463374607431768211455."
    );
    let before = iterator(&world, "0", "LATEST", json!({})).await;
    ok(&world, "SplitShard", split.clone()).await;
    let busy = json!({"StreamName": "s", "ShardToSplit": "1", "NewStartingHashKey": "5"});
    assert_eq!(
        error(&world, "SplitShard", busy).await,
        (
            "ResourceInUseException".into(),
            "Stream s under account 000000000000 not ACTIVE, instead in state UPDATING".into()
        )
    );
    assert_eq!(put(&world, "k", "two").await["ShardId"], "shardId-000000000002");
    settle(&world).await;
    assert_eq!(error(&world, "SplitShard", split).await.0, "InvalidArgumentException");
    let shards = shard_list(&world, json!({})).await;
    assert_eq!(ids(&shards), [0, 1, 2]);
    assert!(shards[0]["SequenceNumberRange"]["EndingSequenceNumber"].is_string());
    assert_eq!(
        (&shards[2]["ParentShardId"], &shards[2]["HashKeyRange"]["StartingHashKey"]),
        (&json!("shardId-000000000000"), &json!(half))
    );
    // The end of the closed shard, with those that go on.
    let end = get(&world, &before).await;
    assert_eq!((datas(&end).len(), end.get("NextShardIterator")), (0, None));
    assert_eq!(end["ChildShards"][1]["ParentShards"], json!(["shardId-000000000000"]));
    let first = get(&world, &iterator(&world, "0", "TRIM_HORIZON", json!({})).await).await;
    assert_eq!((datas(&first), first.get("NextShardIterator")), (vec!["one".to_owned()], None));

    let wrong = json!({"StreamName": "s", "ShardToMerge": "2", "AdjacentShardToMerge": "1"});
    assert_eq!(
        error(&world, "MergeShards", wrong).await.1,
        "Shards shardId-000000000002 and shardId-000000000001 in stream s under account 000000000000 are not an adjacent pair of shards eligible for merging"
    );
    ok(&world, "MergeShards", json!({"StreamName": "s", "ShardToMerge": "1", "AdjacentShardToMerge": "2"}))
        .await;
    settle(&world).await;
    let merged = shard_list(&world, json!({"ShardFilter": {"Type": "AT_LATEST"}})).await;
    assert_eq!(
        (&merged[0]["ParentShardId"], &merged[0]["AdjacentParentShardId"]),
        (&json!("shardId-000000000001"), &json!("shardId-000000000002"))
    );
    assert_eq!(all(&world, "2").await, ["two"]);
    assert_eq!(put(&world, "k", "three").await["ShardId"], "shardId-000000000003");
    let missing = json!({"StreamName": "s", "ShardToSplit": "9", "NewStartingHashKey": "5"});
    assert_eq!(error(&world, "SplitShard", missing).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn the_number_of_shards_changes_evenly() {
    let world = streaming(2).await;
    let scale =
        |count: i32| json!({"StreamName": "s", "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"});
    assert_eq!(
        error(&world, "UpdateShardCount", scale(5)).await,
        (
            "LimitExceededException".into(),
            "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 2, Target shard count: 5".into()
        )
    );
    let answer = ok(&world, "UpdateShardCount", scale(3)).await;
    assert_eq!((&answer["CurrentShardCount"], &answer["TargetShardCount"]), (&json!(2), &json!(3)));
    settle(&world).await;
    let open = shard_list(&world, json!({"ShardFilter": {"Type": "AT_LATEST"}})).await;
    assert_eq!(open.len(), 3);
    for n in 0..9 {
        ok(&world, "UpdateShardCount", scale(3 + (n % 2))).await;
        settle(&world).await;
    }
    assert_eq!(error(&world, "UpdateShardCount", scale(3)).await.0, "LimitExceededException");
    assert_eq!(error(&world, "UpdateShardCount", scale(1)).await.0, "LimitExceededException");
}

#[tokio::test]
async fn shards_are_listed_by_filters_and_pages() {
    let world = streaming(2).await;
    world.advance(Duration::from_secs(100)).await;
    let scale = json!({"StreamName": "s", "TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"});
    ok(&world, "UpdateShardCount", scale).await;
    world.advance(Duration::from_secs(100)).await;
    let start = testkit::START.secs();
    let at = |kind: &str, secs: i64| json!({"ShardFilter": {"Type": kind, "Timestamp": start + secs}});
    for (more, expected) in [
        (json!({}), vec![0, 1, 2]),
        (json!({"ShardFilter": {"Type": "FROM_TRIM_HORIZON"}}), vec![0, 1, 2]),
        (json!({"ShardFilter": {"Type": "AT_TRIM_HORIZON"}}), vec![0, 1]),
        (json!({"ShardFilter": {"Type": "AT_LATEST"}}), vec![2]),
        (json!({"ShardFilter": {"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000000"}}), vec![1, 2]),
        (at("AT_TIMESTAMP", 50), vec![0, 1]),
        (at("AT_TIMESTAMP", 150), vec![2]),
        (at("FROM_TIMESTAMP", 150), vec![2]),
        (at("FROM_TIMESTAMP", -5000), vec![0, 1, 2]),
        (json!({"ExclusiveStartShardId": "shardId-000000000001"}), vec![2]),
        (json!({"StreamCreationTimestamp": start}), vec![0, 1, 2]),
    ] {
        assert_eq!(ids(&shard_list(&world, more.clone()).await), expected, "{more}");
    }
    for more in
        [json!({"ShardFilter": {"Type": "AT_TIMESTAMP"}}), json!({"ShardFilter": {"Type": "AFTER_SHARD_ID"}})]
    {
        let mut input = json!({"StreamName": "s"});
        input["ShardFilter"] = more["ShardFilter"].clone();
        assert_eq!(error(&world, "ListShards", input).await.0, "InvalidArgumentException");
    }
    let page = json!({"StreamName": "s", "MaxResults": 1, "ShardFilter": {"Type": "AT_TRIM_HORIZON"}});
    let page = ok(&world, "ListShards", page).await;
    assert_eq!(ids(page["Shards"].as_array().unwrap()), [0]);
    let rest = ok(&world, "ListShards", json!({"NextToken": page["NextToken"]})).await;
    assert_eq!((ids(rest["Shards"].as_array().unwrap()), rest.get("NextToken")), (vec![1], None));
    let both = json!({"NextToken": page["NextToken"], "StreamName": "s"});
    assert_eq!(
        error(&world, "ListShards", both).await.1,
        "NextToken and StreamName cannot be provided together."
    );
    assert_eq!(
        error(&world, "ListShards", json!({})).await.1,
        "Either NextToken or StreamName should be provided."
    );
    let other = json!({"StreamName": "s", "StreamCreationTimestamp": 5});
    assert_eq!(error(&world, "ListShards", other).await.0, "ResourceNotFoundException");
    let page =
        ok(&world, "DescribeStream", json!({"StreamName": "s", "Limit": 2})).await["StreamDescription"]
            .clone();
    assert_eq!((page["Shards"].as_array().unwrap().len(), &page["HasMoreShards"]), (2, &json!(true)));
    let rest = json!({"StreamName": "s", "ExclusiveStartShardId": page["Shards"][1]["ShardId"]});
    let rest = ok(&world, "DescribeStream", rest).await["StreamDescription"].clone();
    assert_eq!(ids(rest["Shards"].as_array().unwrap()), [2]);
}

/// A closed shard is there until its last record is gone.
#[tokio::test]
async fn closed_shards_are_forgotten() {
    let world = streaming(2).await;
    put(&world, "k", "x").await;
    let scale = json!({"StreamName": "s", "TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"});
    ok(&world, "UpdateShardCount", scale).await;
    world.advance(Duration::from_secs(23 * 3600)).await;
    world.run_jobs().await;
    assert_eq!(ids(&shard_list(&world, json!({})).await), [0, 1, 2]);
    assert_eq!(all(&world, "1").await, ["x"]);
    world.advance(Duration::from_secs(2 * 3600)).await;
    assert_eq!(ids(&shard_list(&world, json!({})).await), [2]);
    world.run_jobs().await;
    assert_eq!(ids(&shard_list(&world, json!({})).await), [2]);
    let gone = json!({"StreamName": "s", "ShardId": "1", "ShardIteratorType": "LATEST"});
    assert_eq!(error(&world, "GetShardIterator", gone).await.0, "ResourceNotFoundException");
    let left = store::snapshot(world.cloud().store()).await.unwrap();
    let records = store::Scan::prefix(store::keyspace::KINESIS_RECORD.0.to_vec());
    assert_eq!(left.scan(records).await.unwrap().rows.len(), 1);
}
