use super::*;
use crate::clock::VirtualClock;
use crate::{Config, Parts};

fn noted(number: u64) -> Noted {
    Noted {
        request_id: format!("r{number}").into(),
        trace_id: "1-0-0".into(),
        at_millis: 0,
        micros: number,
        principal: Principal::Root,
        account: "000000000000".into(),
        region: "us-east-1".into(),
        service: "sqs",
        operation: "SendMessage",
        change: false,
        depth: 0,
        error: None,
        invocation: None,
    }
}

/// Records of the first release know nothing of invocations.
#[test]
fn old_records_are_read() {
    let mut json = serde_json::to_value(noted(1).record()).unwrap();
    assert!(json.get("invocation").is_none(), "a record without one has no member for it");
    json["invocation"] = serde_json::Value::Null;
    assert_eq!(serde_json::from_value::<Record>(json).unwrap().invocation, None);
}

async fn cloud(clock: &Arc<VirtualClock>) -> Arc<Cloud> {
    let config = Config::of_tests(std::env::temp_dir());
    Cloud::assemble(config, &[], Parts { clock: clock.clone(), ..Parts::in_memory() }).await.unwrap()
}

async fn count(cloud: &Cloud, hour: i64) -> usize {
    let view = store::snapshot(cloud.store()).await.unwrap();
    let rows = stream(hour).read(&view, None, 10_000).await.unwrap();
    rows.iter().map(|row| serde_json::from_slice::<Vec<Record>>(&row.val).unwrap().len()).sum()
}

#[tokio::test]
async fn records_are_kept_by_the_hour_and_forgotten() {
    let clock = Arc::new(VirtualClock::new(shape::Timestamp::from_secs(3600 * 100)));
    let cloud = cloud(&clock).await;
    let mut share = Share::default();
    write(&cloud, &mut (0..BATCH_MAX as u64 + 2).map(noted).collect(), &mut share).await;
    assert_eq!(count(&cloud, 100).await, BATCH_MAX + 2);
    assert_eq!(noted(1).record().caller, "arn:aws:iam::000000000000:root");
    clock.advance(std::time::Duration::from_secs(3600 * 24));
    forget_old(&cloud).await.unwrap();
    assert_eq!(count(&cloud, 100).await, BATCH_MAX + 2);
    clock.advance(std::time::Duration::from_secs(3600));
    forget_old(&cloud).await.unwrap();
    assert_eq!(count(&cloud, 100).await, 0);
}

/// The largest rows stay under the store's limit for a value, also with long names.
#[tokio::test]
async fn a_batch_fits_a_row() {
    let clock = Arc::new(VirtualClock::new(shape::Timestamp::from_secs(3600 * 100)));
    let cloud = cloud(&clock).await;
    let long = Record { caller: "a".repeat(256), ..noted(1).record() };
    append(&cloud, 100, &vec![long; BATCH_MAX]).await.unwrap();
    assert_eq!(count(&cloud, 100).await, BATCH_MAX);
}

#[tokio::test]
async fn beyond_its_share_an_hour_keeps_changes_alone() {
    let clock = Arc::new(VirtualClock::new(shape::Timestamp::from_secs(3600 * 100)));
    let cloud = cloud(&clock).await;
    let mut share = Share { hour: 100, written: HOURLY_MAX, dropped: 0 };
    write(&cloud, &mut vec![noted(1), Noted { change: true, ..noted(2) }], &mut share).await;
    assert_eq!((count(&cloud, 100).await, share.dropped), (1, 1));
}
