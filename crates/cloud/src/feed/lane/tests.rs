use super::*;
use crate::feed::{Filter, Start};

fn settings() -> Settings {
    Settings {
        batch_size: 4,
        window_millis: 0,
        filter: Filter::default(),
        concurrency_max: None,
        start: Start::TrimHorizon,
        lanes: 1,
        bisect: false,
        age_max_millis: None,
        retries_max: None,
        tumbling_millis: None,
    }
}

fn record(id: u32, at_millis: i64) -> Record {
    Record { id: id.to_string(), json: "{}".to_owned(), at_millis, handle: String::new(), trace: None }
}

fn lane(records: u32) -> Lane {
    let mut lane = Lane::default();
    (1..=records).for_each(|id| lane.push(record(id, 0), 0));
    lane
}

/// Delivers until the lane waits; which records are `bad` decides. What was delivered, and what was given up.
fn drain(
    lane: &mut Lane,
    settings: &Settings,
    bad: impl Fn(u32) -> bool,
    partial: bool,
) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let (mut delivered, mut lost, mut now) = (Vec::new(), Vec::new(), 0);
    loop {
        match lane.next(settings, now, true) {
            Step::Wait(None) => return (delivered, lost),
            Step::Wait(Some(at)) => now = at,
            Step::GiveUp(count, _) => {
                lost.push(lane.head(count).iter().map(|record| record.id.parse().unwrap()).collect());
                lane.done(count, None, now);
            }
            Step::Deliver(count, _) => {
                let ids: Vec<u32> =
                    lane.head(count).iter().map(|record| record.id.parse().unwrap()).collect();
                lane.begin();
                assert_eq!(lane.next(settings, now, true), Step::Wait(None), "one batch at a time");
                match ids.iter().position(|id| bad(*id)) {
                    None => lane.done(count, None, now),
                    Some(first) => {
                        lane.failed(settings, if partial { first } else { 0 }, count, json!("no"), now);
                    }
                }
                delivered.push(ids);
            }
        }
        assert!(delivered.len() < 1000, "no end");
    }
}

#[test]
fn batches_come_in_order_and_full() {
    let mut one = lane(10);
    let (delivered, lost) = drain(&mut one, &settings(), |_| false, false);
    assert_eq!(delivered, [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]);
    assert!(lost.is_empty() && one.is_empty());
    assert_eq!(
        one.row(Some("12")).after.as_deref(),
        Some("12"),
        "records that were not wanted are done, too"
    );
    one.push(record(10, 0), 0);
    assert_eq!(one.len(), 0, "what is done is not taken again");
}

#[test]
fn a_window_gathers() {
    let settings = Settings { window_millis: 500, ..settings() };
    let mut one = lane(3);
    assert_eq!(one.next(&settings, 0, true), Step::Wait(Some(500)));
    assert_eq!(one.next(&settings, 500, true), Step::Deliver(3, None));
    let mut one = lane(4);
    assert_eq!(one.next(&settings, 0, true), Step::Deliver(4, None), "a full batch does not wait");
}

/// Recorded: LocalStack tests/aws/services/lambda_/event_source_mapping,
/// test_dynamodb_event_source_mapping_with_on_failure_destination_config (one retry, `approximateInvokeCount` 2).
#[test]
fn retries_end() {
    let settings = Settings { retries_max: Some(1), ..settings() };
    let (delivered, lost) = drain(&mut lane(5), &settings, |id| id == 2, false);
    assert_eq!(delivered, [vec![1, 2, 3, 4], vec![1, 2, 3, 4], vec![5]]);
    assert_eq!(lost, [vec![1, 2, 3, 4]]);
}

#[test]
fn bisecting_finds_the_bad_record() {
    let settings = Settings { retries_max: Some(1), bisect: true, ..settings() };
    let (delivered, lost) = drain(&mut lane(5), &settings, |id| id == 3, false);
    assert_eq!(delivered, [vec![1, 2, 3, 4], vec![1, 2], vec![3, 4], vec![3], vec![3], vec![4], vec![5]]);
    assert_eq!(lost, [vec![3]]);
}

#[test]
fn a_partial_failure_goes_on_behind_what_was_done() {
    let settings = Settings { retries_max: Some(2), ..settings() };
    let (delivered, lost) = drain(&mut lane(5), &settings, |id| id == 3, true);
    assert_eq!(delivered, [vec![1, 2, 3, 4], vec![3, 4], vec![3, 4], vec![5]]);
    assert_eq!(lost, [vec![3, 4]]);
}

#[test]
fn old_records_are_given_up_before_they_are_delivered() {
    let settings = Settings { age_max_millis: Some(60_000), ..settings() };
    let mut one = Lane::default();
    [(1, 0), (2, 10), (3, 90_000)].into_iter().for_each(|(id, at)| one.push(record(id, at), 90_000));
    assert_eq!(one.next(&settings, 90_000, true), Step::GiveUp(2, "RecordAgeExceeded"));
    one.done(2, None, 90_000);
    assert_eq!(one.next(&settings, 90_000, true), Step::Deliver(1, None));
}

#[test]
fn waits_grow() {
    let settings = settings();
    let mut one = lane(1);
    let (mut now, mut waits) = (0, Vec::new());
    for _ in 0..9 {
        assert_eq!(one.next(&settings, now, true), Step::Deliver(1, None));
        one.failed(&settings, 0, 1, Value::Null, now);
        let Step::Wait(Some(at)) = one.next(&settings, now, true) else { panic!("it waits") };
        waits.push((at - now) / 1000);
        now = at;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn a_restart_knows_what_had_failed_and_how_often() {
    let settings = Settings { retries_max: Some(3), ..settings() };
    let mut one = lane(9);
    assert_eq!(one.next(&settings, 0, true), Step::Deliver(4, None));
    one.failed(&settings, 0, 4, Value::Null, 0);
    let row = one.row(Some("9"));
    assert_eq!((row.after.as_deref(), row.failing.clone()), (None, Some(("4".to_owned(), 1))));
    let mut again = Lane::of(row);
    (1..=3).for_each(|id| again.push(record(id, 0), 0));
    assert_eq!(again.next(&settings, 0, false), Step::Wait(None), "its end is not read yet");
    (4..=9).for_each(|id| again.push(record(id, 0), 0));
    assert_eq!(again.next(&settings, 0, true), Step::Deliver(4, None));
    assert_eq!(again.failures(), 1);
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>
#[test]
fn tumbling_windows_carry_a_state_and_end() {
    let settings = Settings { tumbling_millis: Some(60_000), ..settings() };
    let mut one = Lane::default();
    [(1, 61_000), (2, 119_999), (3, 120_000)]
        .into_iter()
        .for_each(|(id, at)| one.push(record(id, at), 120_000));
    let window = |state: Value, is_final| Window {
        start_millis: 60_000,
        end_millis: 120_000,
        state,
        is_final,
        is_early: false,
    };
    assert_eq!(one.next(&settings, 120_000, true), Step::Deliver(2, Some(window(json!({}), false))));
    one.done(2, Some(json!({"sum": 2})), 120_000);
    let stored = one.row(None).window;
    assert_eq!(stored, Some((60_000, "{\"sum\":2}".to_owned())));
    assert_eq!(one.next(&settings, 120_000, true), Step::Deliver(0, Some(window(json!({"sum": 2}), true))));
    one.done(0, None, 120_000);
    let Step::Deliver(1, Some(next)) = one.next(&settings, 180_000, true) else { panic!("the next window") };
    assert_eq!((next.start_millis, next.state), (120_000, json!({})));
    one.done(1, Some(json!("x".repeat(STATE_BYTES_MAX))), 130_000);
    let Step::Deliver(0, Some(early)) = one.next(&settings, 130_000, true) else { panic!("it ends early") };
    assert!(early.is_early && early.is_final);
    one.done(0, None, 130_000);
    assert!(one.is_empty());
}

#[test]
fn a_window_without_news_ends_by_time() {
    let settings = Settings { tumbling_millis: Some(60_000), ..settings() };
    let mut one = Lane::default();
    one.push(record(1, 5_000), 5_000);
    assert!(matches!(one.next(&settings, 5_000, true), Step::Deliver(1, Some(_))));
    one.done(1, Some(json!(1)), 5_000);
    assert_eq!(one.next(&settings, 6_000, true), Step::Wait(Some(60_000)));
    assert_eq!(one.next(&settings, 60_000, false), Step::Wait(None), "there may be more of it in the shard");
    assert!(matches!(one.next(&settings, 60_000, true), Step::Deliver(0, Some(_))));
}

#[test]
fn sequence_numbers_are_numbers() {
    assert!(is_behind("10", "9") && !is_behind("9", "10") && !is_behind("9", "9"));
}
