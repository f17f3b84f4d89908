//! Thousands of hours of schedules, while the process is killed at random points: each occurrence is invoked, none twice
//! and none that nobody asked for. A failing run prints its seed.

use std::collections::BTreeMap;

use cloud::clock::Chance;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::*;

/// A process that lives on a store which others had before it.
struct Process {
    nodes: std::vec::IntoIter<World>,
    alive: World,
    seconds: u64,
}

impl Process {
    async fn first(count: u32) -> Self {
        let nodes = World::nodes(&[&crate::SCHEDULER, &sqs::SQS, &iam::IAM], count).await;
        let mut nodes = nodes.into_iter();
        let alive = nodes.next().unwrap();
        alive.cloud().start();
        Self { nodes, alive, seconds: 0 }
    }

    async fn pass(&mut self, seconds: u64) {
        self.seconds += seconds;
        self.alive.advance(Duration::from_secs(seconds)).await;
    }

    /// Kills the process in the middle of its work and starts another one after a while. False when there is none.
    async fn kill(&mut self, chance: &Chance, down_seconds: u64) -> bool {
        let Some(next) = self.nodes.next() else { return false };
        for _ in 0..chance.number() % 40 {
            tokio::task::yield_now().await;
        }
        self.alive.cloud().tasks().shutdown(Duration::ZERO).await;
        self.seconds += down_seconds;
        next.advance(Duration::from_secs(self.seconds)).await;
        next.cloud().start();
        next.settle().await;
        self.alive = next;
        true
    }
}

/// How often each text came.
type Counts = BTreeMap<String, usize>;

async fn collect(process: &Process, url: &str, into: &mut Counts) {
    for body in bodies(&process.alive, url).await {
        *into.entry(body).or_default() += 1;
    }
}

/// The occurrences of a time of day on some days of the week, found by looking at each day.
fn of_days(
    zone: &str,
    hour: i8,
    minute: i8,
    days: &[Weekday],
    from: Timestamp,
    to: Timestamp,
) -> Vec<Timestamp> {
    let zone = TimeZone::get(zone).unwrap();
    let mut day = zone.to_datetime(from - SignedDuration::from_hours(48)).date();
    let mut found = Vec::new();
    while found.last().is_none_or(|last| *last <= to) {
        let at = DateTime::from_parts(day, jiff::civil::time(hour, minute, 0, 0));
        let ambiguous = zone.to_ambiguous_timestamp(at);
        let is_left_out = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
        if !is_left_out && days.contains(&day.weekday()) {
            found.push(ambiguous.earlier().unwrap());
        }
        day = day.tomorrow().unwrap();
        if zone.to_timestamp(day.to_datetime(jiff::civil::time(0, 0, 0, 0))).unwrap() > to {
            break;
        }
    }
    found.retain(|time| (from..=to).contains(time));
    found
}

const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
const ALL_DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn every(hours: i64, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let mut times = vec![from];
    while times[times.len() - 1] + SignedDuration::from_hours(hours) <= to {
        times.push(times[times.len() - 1] + SignedDuration::from_hours(hours));
    }
    times
}

fn expect(into: &mut Counts, name: &str, times: &[Timestamp]) {
    for time in times {
        into.insert(format!("{name} {}", time.strftime("%Y-%m-%dT%H:%M:%SZ")), 1);
    }
}

fn differences(expected: &Counts, found: &Counts) -> Vec<String> {
    let keys = expected.keys().chain(found.keys());
    let mut lines: Vec<String> = keys
        .filter(|key| expected.get(*key) != found.get(*key))
        .map(|key| format!("{key}: wanted {:?}, found {:?}", expected.get(key), found.get(key)))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_is_invented() {
    let seed = 20_260_101;
    let chance = Chance::from_seed(seed);
    let below = |limit: u64| chance.number() % limit;
    // From January over the change of clocks in March in America and in Europe.
    // It takes 12 seconds, and many times that where each commit goes to a disk: there the hours are fewer.
    let hours = if std::env::var_os("CLOUDLET_TEST_STORE").is_some() { 300 } else { 2_400 };
    let mut process = Process::first(40).await;
    let world = &process.alive;
    role(world, &["sqs:SendMessage"], json!({})).await;
    let (url, arn) = queue(world, "q").await;
    let from = Timestamp::from_millisecond(world.cx().now().millis()).unwrap();
    let to = from + SignedDuration::from_hours(hours);
    let until = json!({"EndDate": to.as_second()});
    let mut expected = Counts::new();
    for (name, expression, zone, times) in [
        ("hourly", "rate(5 hours)", "UTC", every(5, from, to)),
        ("daily", "rate(1 day)", "UTC", every(24, from, to)),
        (
            "gap",
            "cron(30 2 * * ? *)",
            "America/New_York",
            of_days("America/New_York", 2, 30, &ALL_DAYS, from, to),
        ),
        (
            "work",
            "cron(15 9 ? * MON-FRI *)",
            "Europe/Berlin",
            of_days("Europe/Berlin", 9, 15, &WORKDAYS, from, to),
        ),
        ("night", "cron(0 0 * * ? *)", "Asia/Kolkata", of_days("Asia/Kolkata", 0, 0, &ALL_DAYS, from, to)),
    ] {
        let mut more = until.clone();
        more["ScheduleExpressionTimezone"] = json!(zone);
        if name == "night" {
            more["FlexibleTimeWindow"] = json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 45});
        }
        create(world, schedule(name, expression, &arn, more)).await;
        expect(&mut expected, name, &times);
    }
    for number in 0..40 {
        let at = from
            + SignedDuration::from_mins(
                i64::try_from(1 + below(60 * u64::try_from(hours).unwrap())).unwrap(),
            );
        let name = format!("once{number}");
        let expression = format!("at({})", at.strftime("%Y-%m-%dT%H:%M:%S"));
        create(world, schedule(&name, &expression, &arn, json!({"ActionAfterCompletion": "DELETE"}))).await;
        expect(&mut expected, &name, &[at]);
    }
    let mut found = Counts::new();
    let end = u64::try_from(hours).unwrap() * 3600 + 7200;
    let mut step = 0;
    while process.seconds < end {
        process.pass(1 + below(40 * 60)).await;
        step += 1;
        if below(100) == 0 {
            process.kill(&chance, below(9 * 60)).await;
        }
        if step % 20 == 0 {
            collect(&process, &url, &mut found).await;
        }
    }
    // What the last process had leased is taken over.
    for _ in 0..20 {
        process.pass(10).await;
    }
    collect(&process, &url, &mut found).await;
    let differences = differences(&expected, &found);
    assert!(differences.is_empty(), "seed {seed}: {differences:#?}");
    assert!(i64::try_from(expected.len()).unwrap() > hours / 3, "{}", expected.len());
}

#[tokio::test]
async fn what_a_restart_missed_is_made_up_for() {
    let seed = 7;
    let chance = Chance::from_seed(seed);
    let mut process = Process::first(30).await;
    let world = &process.alive;
    role(world, &["sqs:SendMessage"], json!({})).await;
    let (url, arn) = queue(world, "q").await;
    let from = Timestamp::from_millisecond(world.cx().now().millis()).unwrap();
    let hours = if std::env::var_os("CLOUDLET_TEST_STORE").is_some() { 2 } else { 12 };
    let to = from + SignedDuration::from_hours(hours);
    create(world, schedule("s", "rate(1 minute)", &arn, json!({"EndDate": to.as_second()}))).await;
    let mut expected = Counts::new();
    let times: Vec<Timestamp> =
        (0..=hours * 60).map(|minute| from + SignedDuration::from_mins(minute)).collect();
    expect(&mut expected, "s", &times);
    let mut found = Counts::new();
    while process.seconds < (u64::try_from(hours).unwrap() + 1) * 3600 {
        process.pass(1 + chance.number() % 240).await;
        if chance.number().is_multiple_of(10) {
            process.kill(&chance, chance.number() % 300).await;
        }
        collect(&process, &url, &mut found).await;
    }
    let differences = differences(&expected, &found);
    assert!(differences.is_empty(), "seed {seed}: {differences:#?}");
}
