//! The expressions. Those of AWS's own examples come from the pages that `lib.rs` names.

use proptest::prelude::*;

use super::*;

fn moment(text: &str) -> Timestamp {
    format!("{text}Z").parse().unwrap()
}

/// The next times after a moment, in a time zone, as UTC.
#[track_caller]
fn next_in(zone: &str, text: &str, after: &str, count: usize) -> Vec<String> {
    let expression = Expression::parse(text).unwrap();
    let zone = TimeZone::get(zone).unwrap();
    let start = moment(after);
    let mut after = start;
    let mut times = Vec::new();
    while let Some(next) = expression.next(after, start, &zone).filter(|_| times.len() < count) {
        times.push(next.strftime("%Y-%m-%dT%H:%M").to_string());
        after = next;
    }
    times
}

#[track_caller]
fn next(text: &str, after: &str, count: usize) -> Vec<String> {
    next_in("UTC", text, after, count)
}

#[test]
fn rates_count_from_their_start() {
    assert_eq!(next("rate(5 minutes)", "2026-01-01T00:02:00", 2), ["2026-01-01T00:07", "2026-01-01T00:12"]);
    assert_eq!(next("rate(1 day)", "2026-01-01T00:02:00", 1), ["2026-01-02T00:02"]);
    let hourly = Expression::parse("rate(1 hour)").unwrap();
    let (start, late) = (moment("2026-01-01T00:30:00"), moment("2026-01-01T05:30:00"));
    assert_eq!(hourly.next(late, start, &TimeZone::UTC), Some(moment("2026-01-01T06:30:00")));
}

#[test]
fn times_of_day() {
    // The table "Examples of cron expressions" of EventBridge.
    assert_eq!(
        next("cron(0 10 * * ? *)", "2026-01-01T10:00:00", 2),
        ["2026-01-02T10:00", "2026-01-03T10:00"]
    );
    assert_eq!(next("cron(15 12 * * ? *)", "2026-01-01T12:14:59", 1), ["2026-01-01T12:15"]);
    assert_eq!(next("cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00:00", 1), ["2026-01-05T18:00"]);
    assert_eq!(next("cron(0 8 1 * ? *)", "2026-01-02T00:00:00", 2), ["2026-02-01T08:00", "2026-03-01T08:00"]);
    let quarter = ["2026-01-01T00:15", "2026-01-01T00:30", "2026-01-01T00:45", "2026-01-01T01:00"];
    assert_eq!(next("cron(0/15 * * * ? *)", "2026-01-01T00:00:00", 4), quarter);
    let work = ["2026-01-02T17:55", "2026-01-05T08:00"];
    assert_eq!(next("cron(0/5 8-17 ? * MON-FRI *)", "2026-01-02T17:50:00", 2), work);
    assert_eq!(next("cron(0 9 ? * 2#1 *)", "2026-01-06T00:00:00", 1), ["2026-02-02T09:00"]);
}

#[test]
fn days_with_letters() {
    assert_eq!(next("cron(0 0 L * ? *)", "2028-02-01T00:00:00", 2), ["2028-02-29T00:00", "2028-03-31T00:00"]);
    // 31 May 2026 is a Sunday, 1 August 2026 a Saturday.
    assert_eq!(next("cron(0 0 LW 5 ? *)", "2026-01-01T00:00:00", 1), ["2026-05-29T00:00"]);
    assert_eq!(next("cron(0 0 1W 8 ? *)", "2026-01-01T00:00:00", 1), ["2026-08-03T00:00"]);
    assert_eq!(next("cron(0 0 31W 5 ? *)", "2026-01-01T00:00:00", 1), ["2026-05-29T00:00"]);
    assert_eq!(
        next("cron(15 10 ? * 6L 2022-2023)", "2023-11-01T00:00:00", 3),
        ["2023-11-24T10:15", "2023-12-29T10:15"]
    );
    assert_eq!(next("cron(0 0 ? * L *)", "2026-01-01T00:00:00", 1), ["2026-01-03T00:00"]);
    assert_eq!(next("cron(0 0 ? * FRI-SUN *)", "2026-01-01T00:00:00", 3).len(), 3);
}

#[test]
fn what_never_comes_again() {
    assert!(next("cron(0 0 1 1 ? 2020)", "2026-01-01T00:00:00", 1).is_empty());
    assert!(next("cron(0 0 31 2 ? *)", "2026-01-01T00:00:00", 1).is_empty());
    assert_eq!(next("at(2030-01-01T00:00:00)", "2026-01-01T00:00:00", 3), ["2030-01-01T00:00"]);
    assert!(next("at(2020-01-01T00:00:00)", "2026-01-01T00:00:00", 1).is_empty());
}

/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time>
#[test]
fn clock_changes_leave_out_and_do_not_repeat() {
    // In New York clocks went from 02:00 to 03:00 on 8 March 2026 and back on 1 November 2026.
    let daily = "cron(30 2 * * ? *)";
    assert_eq!(next_in("America/New_York", daily, "2026-03-07T12:00:00", 1), ["2026-03-09T06:30"]);
    let twice = "cron(30 1 * * ? *)";
    let fall = ["2026-11-01T05:30", "2026-11-02T06:30"];
    assert_eq!(next_in("America/New_York", twice, "2026-10-31T12:00:00", 2), fall);
    assert_eq!(
        next_in("Asia/Tokyo", "at(2030-01-01T00:00:00)", "2026-01-01T00:00:00", 1),
        ["2029-12-31T15:00"]
    );
}

/// All but the last line are recorded for Scheduler (LocalStack's test_scheduler).
#[test]
fn what_is_no_expression() {
    for text in [
        "cron(0 1 * * * *)",
        "cron(7 20 * * NOT *)",
        "cron(INVALID)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron(71 8 1 * ? *)",
        "cron()",
        "rate(10 seconds)",
        "rate(10 years)",
        "rate()",
        "rate(10)",
        "rate(10 minutess)",
        "rate(foo minutes)",
        "rate(-10 minutes)",
        "rate( 10 minutes )",
        " rate(10 minutes)",
        "at(2021-12-31T23:59:59Z)",
        "at(2021-12-31)",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(2 minute)",
        "cron(0 0 ? * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0/0 0 1 * ? *)",
        "cron(0 0 ? * 6#6 *)",
        "every(1 minute)",
    ] {
        assert_eq!(Expression::parse(text), Err(Error), "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "(cron|rate|at)\\([0-9A-Z*?/,#LW \\-:]{0,24}\\)", after in 0_i64..7_000_000_000) {
        if let Ok(expression) = Expression::parse(&text) {
            let after = Timestamp::from_second(after).unwrap();
            let next = expression.next(after, after, &TimeZone::UTC);
            prop_assert!(next.is_none_or(|next| next > after));
        }
    }

    /// The next time is named by the expression, and no minute before it is.
    #[test]
    fn the_next_time_is_the_least(
        minute in 0..60_u8, hours in "(\\*|1-5|\\*/7|23)", weekday in "(\\*|MON|2-4|SAT,SUN)", after in 0_i64..200_000,
    ) {
        let text = format!("cron({minute} {hours} ? * {weekday} *)");
        let expression = Expression::parse(&text).unwrap();
        let after = Timestamp::from_second(1_790_000_000 + after * 60).unwrap();
        let next = expression.next(after, after, &TimeZone::UTC).unwrap();
        let mut least = after;
        loop {
            least += SignedDuration::from_secs(60);
            let floor = Timestamp::from_second(least.as_second() / 60 * 60).unwrap();
            let before = floor - SignedDuration::from_secs(1);
            if expression.next(before, before, &TimeZone::UTC) == Some(floor) {
                prop_assert_eq!(next, floor);
                break;
            }
            prop_assert!(least < next);
        }
    }
}
