//! CloudFormation resource types.

use cloud::Failure;
use cloud::resource::{ResourceOutcome, ResourceRequest, ResourceType};

use super::*;
use crate::stack::{ResourcePolicy, StreamConsumer, StreamResource};

fn request(properties: Value, physical_id: Option<&str>) -> ResourceRequest {
    testkit::stacks::request("S", properties, physical_id)
}

/// Runs a handler while time goes on.
async fn run<T>(world: &World, handler: impl Future<Output = T>) -> T {
    tokio::pin!(handler);
    loop {
        tokio::select! {
            biased;
            done = &mut handler => return done,
            () = world.advance(Duration::from_millis(100)) => {}
        }
    }
}

async fn create(
    world: &World,
    kind: &dyn ResourceType,
    properties: Value,
) -> Result<ResourceOutcome, Failure> {
    run(world, async { kind.create(&mut world.stack_cx(), &request(properties, None)).await }).await
}

async fn update(
    world: &World,
    kind: &dyn ResourceType,
    properties: Value,
    id: &str,
) -> Result<ResourceOutcome, Failure> {
    let old = serde_json::Map::new();
    run(world, async { kind.update(&mut world.stack_cx(), &request(properties, Some(id)), &old).await }).await
}

async fn delete(world: &World, kind: &dyn ResourceType, id: &str) {
    let deleted =
        run(world, async { kind.delete(&mut world.stack_cx(), &request(json!({}), Some(id))).await }).await;
    deleted.unwrap();
}

#[tokio::test]
async fn a_stream_follows_its_template() {
    let world = world().await;
    let made = create(
        &world,
        &StreamResource,
        json!({
            "Name": "s", "ShardCount": "2", "RetentionPeriodHours": 48,
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
            "DesiredShardLevelMetrics": ["IncomingBytes"], "Tags": [{"Key": "a", "Value": "1"}],
        }),
    );
    let made = made.await.unwrap();
    assert_eq!((made.physical_id.as_str(), &made.attributes["Arn"]), ("s", &json!(ARN)));
    let described = || ok(&world, "DescribeStreamSummary", json!({"StreamName": "s"}));
    let stream = described().await["StreamDescriptionSummary"].clone();
    assert_eq!(
        (&stream["OpenShardCount"], &stream["RetentionPeriodHours"], &stream["KeyId"]),
        (&json!(2), &json!(48), &json!("alias/aws/kinesis"))
    );
    let tags = ok(&world, "ListTagsForResource", json!({"ResourceARN": ARN})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "STAGE", "Value": "dev"}, {"Key": "a", "Value": "1"}]));
    // Somebody else's stream is not taken over.
    let taken = create(&world, &StreamResource, json!({"Name": "s", "ShardCount": 1})).await;
    assert_eq!(taken.unwrap_err().code(), "ResourceInUseException");
    update(&world, &StreamResource, json!({"Name": "s", "ShardCount": 3}), "s").await.unwrap();
    let stream = described().await["StreamDescriptionSummary"].clone();
    assert_eq!(
        (&stream["OpenShardCount"], &stream["RetentionPeriodHours"], stream.get("KeyId")),
        (&json!(3), &json!(24), None)
    );
    assert_eq!(stream["EnhancedMonitoring"], json!([{"ShardLevelMetrics": []}]));
    let on_demand = json!({"Name": "s", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
    update(&world, &StreamResource, on_demand, "s").await.unwrap();
    let stream = described().await["StreamDescriptionSummary"].clone();
    assert_eq!(stream["StreamModeDetails"]["StreamMode"], "ON_DEMAND");
    delete(&world, &StreamResource, "s").await;
    delete(&world, &StreamResource, "s").await;
    assert_eq!(ok(&world, "ListStreams", json!({})).await["StreamNames"], json!([]));
}

#[tokio::test]
async fn consumers_and_policies_follow_their_templates() {
    let world = streaming(1).await;
    let made = create(&world, &StreamConsumer, json!({"StreamARN": ARN, "ConsumerName": "c"})).await.unwrap();
    assert!(made.physical_id.starts_with(&format!("{ARN}/consumer/c:")));
    assert_eq!(made.attributes["ConsumerStatus"], "ACTIVE");
    let other = json!({"StreamARN": ARN, "ConsumerName": "c", "Tags": [{"Key": "b", "Value": ""}]});
    update(&world, &StreamConsumer, other, &made.physical_id).await.unwrap();
    let tags = ok(&world, "ListTagsForResource", json!({"ResourceARN": made.physical_id})).await;
    assert_eq!(tags["Tags"].as_array().unwrap().len(), 2);
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "kinesis:PutRecord", "Resource": ARN,
    }]});
    let wanted = json!({"ResourceArn": ARN, "ResourcePolicy": policy});
    let put = create(&world, &ResourcePolicy, wanted).await.unwrap();
    assert_eq!(put.physical_id, ARN);
    let stored = ok(&world, "GetResourcePolicy", json!({"ResourceARN": ARN})).await;
    assert_eq!(serde_json::from_str::<Value>(stored["Policy"].as_str().unwrap()).unwrap(), policy);
    for _ in 0..2 {
        delete(&world, &ResourcePolicy, ARN).await;
    }
    for _ in 0..2 {
        delete(&world, &StreamConsumer, &made.physical_id).await;
    }
}
