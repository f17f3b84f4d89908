use super::*;
use crate::clock::VirtualClock;
use crate::{Config, Parts};

const HOUR: i64 = 100;

fn noted(number: u64) -> Noted {
    Noted {
        request_id: format!("r{number}").into(),
        trace_id: "1-0-0".into(),
        at_millis: HOUR * HOUR_MILLIS,
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

async fn cloud(clock: &Arc<VirtualClock>) -> Arc<Cloud> {
    let config = Config::of_tests(std::env::temp_dir());
    Cloud::assemble(config, &[], Parts { clock: clock.clone(), ..Parts::in_memory() }).await.unwrap()
}

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::new(shape::Timestamp::from_millis(HOUR * HOUR_MILLIS)))
}

async fn stored(cloud: &Cloud, hour: i64) -> Vec<Record> {
    let view = store::snapshot(cloud.store()).await.unwrap();
    let rows = stream(hour).read(&view, None, 10_000).await.unwrap();
    rows.iter().flat_map(|row| records(&row.val).unwrap()).collect()
}

#[tokio::test]
async fn records_are_kept_by_the_hour_and_forgotten() {
    let clock = clock();
    let cloud = cloud(&clock).await;
    let count = batch::RECORDS_MAX + 2;
    (0..count as u64).for_each(|number| cloud.traces().put(&noted(number)));
    write(&cloud).await;
    let records = stored(&cloud, HOUR).await;
    assert!(records.iter().map(|record| record.micros).eq(0..count as u64), "all, in their order");
    assert_eq!(records[1].caller, "arn:aws:iam::000000000000:root");
    clock.advance(std::time::Duration::from_secs(3600 * 24));
    forget_old(&cloud).await.unwrap();
    assert_eq!(stored(&cloud, HOUR).await.len(), count);
    clock.advance(std::time::Duration::from_secs(3600));
    forget_old(&cloud).await.unwrap();
    assert!(stored(&cloud, HOUR).await.is_empty());
}

/// A call belongs to the hour in which it ended, whatever was noted before it.
#[tokio::test]
async fn an_hour_has_rows_of_its_own() {
    let cloud = cloud(&clock()).await;
    let over_the_hour = Noted { micros: 3_600_000_000, ..noted(2) };
    for one in [noted(1), over_the_hour, noted(3)] {
        cloud.traces().put(&one);
    }
    write(&cloud).await;
    let ids = |records: Vec<Record>| records.into_iter().map(|one| one.request_id).collect::<Vec<_>>();
    assert_eq!(ids(stored(&cloud, HOUR).await), ["r1", "r3"]);
    assert_eq!(ids(stored(&cloud, HOUR + 1).await), ["r2"]);
}

/// Rows stay under the store's limit for a value, whatever their records have.
#[tokio::test]
async fn the_largest_records_fit_rows() {
    const COUNT: usize = 20;
    let cloud = cloud(&clock()).await;
    for number in 0..COUNT as u64 {
        // Much more than any record has: names of callers and codes of errors have a few hundred bytes.
        cloud.traces().put(&Noted { trace_id: "a".repeat(80 * 1024).into(), ..noted(number) });
    }
    write(&cloud).await;
    assert_eq!(stored(&cloud, HOUR).await.len(), COUNT);
}

#[tokio::test]
async fn beyond_its_share_an_hour_keeps_changes_alone() {
    let cloud = cloud(&clock()).await;
    cloud.traces().waiting().share = Share { hour: HOUR, taken: HOURLY_MAX, dropped: 0 };
    cloud.traces().put(&noted(1));
    cloud.traces().put(&Noted { change: true, ..noted(2) });
    write(&cloud).await;
    assert_eq!(stored(&cloud, HOUR).await.len(), 1);
    assert_eq!(cloud.traces().waiting().share.dropped, 1);
}

#[tokio::test]
async fn what_waits_is_bounded() {
    let cloud = cloud(&clock()).await;
    (0..=WAITING_MAX as u64).for_each(|number| cloud.traces().put(&noted(number)));
    assert_eq!(cloud.traces().waiting().share.dropped, 1);
    write(&cloud).await;
    assert_eq!(stored(&cloud, HOUR).await.len(), WAITING_MAX);
    cloud.traces().put(&noted(0));
    write(&cloud).await;
    assert_eq!(stored(&cloud, HOUR).await.len(), WAITING_MAX + 1, "there is room again");
}
