//! Feeds from streams: what `cloud::feed` promises, with consumers that fail and nodes that die.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloud::feed::{Batch, Filter, Outcome, Record, Settings, Start};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use testkit::World;
use testkit::feeds::{Fed, settings};

use super::{item, ok, table, world};

/// Makes a table with a stream and answers the stream's ARN.
async fn streamed(world: &World) -> String {
    let stream = json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}});
    table(world, "things", stream).await;
    let described = ok(world, "DescribeTable", json!({"TableName": "things"})).await;
    described["Table"]["LatestStreamArn"].as_str().unwrap().to_owned()
}

async fn put(world: &World, p: &str, s: i64) {
    ok(world, "PutItem", json!({"TableName": "things", "Item": item(p, s, json!({}))})).await;
}

/// The keys of a record: `p` and `s`.
fn place(record: &Record) -> (String, i64) {
    let record: Value = serde_json::from_str(&record.json).unwrap();
    keys(&record)
}

fn keys(record: &Value) -> (String, i64) {
    let keys = &record["dynamodb"]["Keys"];
    (keys["p"]["S"].as_str().unwrap().to_owned(), keys["s"]["N"].as_str().unwrap().parse().unwrap())
}

type Seen = Arc<Mutex<Vec<Vec<i64>>>>;

/// A consumer for which the numbers in `bad` fail; it tells which.
fn collect(arn: &str, settings: Settings, bad: &'static [i64], partial: bool) -> (Arc<Fed>, Seen) {
    let seen = Seen::default();
    let taken = seen.clone();
    let fed = Fed::new(arn, settings, move |_cloud, batch: Batch| {
        let numbers: Vec<i64> = batch.records.iter().map(|record| place(record).1).collect();
        let failed: Vec<String> = batch
            .records
            .iter()
            .filter(|record| bad.contains(&place(record).1))
            .map(|record| record.id.clone())
            .collect();
        taken.lock().unwrap().push(numbers);
        Box::pin(async move {
            match failed.is_empty() {
                true => Outcome::Done { state: None },
                false if partial => Outcome::Partial { ids: failed, detail: json!("no") },
                false => Outcome::Failed { detail: json!("no") },
            }
        })
    });
    (fed, seen)
}

#[tokio::test]
async fn records_come_in_order_and_once() {
    let world = world().await;
    let arn = streamed(&world).await;
    for number in 0..5 {
        put(&world, "a", number).await;
    }
    let (fed, seen) = collect(&arn, Settings { batch_size: 3, ..settings() }, &[], false);
    fed.run(world.cloud());
    world.settle().await;
    put(&world, "a", 5).await;
    world.settle().await;
    assert_eq!(*seen.lock().unwrap(), [vec![0, 1, 2], vec![3, 4], vec![5]]);
}

/// An event as in the documentation ("Using AWS Lambda with Amazon DynamoDB", example event).
#[tokio::test]
async fn records_have_the_form_of_events() {
    let world = world().await;
    let arn = streamed(&world).await;
    put(&world, "a", 1).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let taken = told.clone();
    let fed = Fed::new(&arn, settings(), move |_cloud, batch| {
        taken.lock().unwrap().push(batch.json());
        Box::pin(async { Outcome::Done { state: None } })
    });
    fed.run(world.cloud());
    world.settle().await;
    let records: Value = serde_json::from_str(&told.lock().unwrap()[0]).unwrap();
    let record = &records[0];
    let change = json!({
        "ApproximateCreationDateTime": 1_767_225_600,
        "Keys": {"p": {"S": "a"}, "s": {"N": "1"}},
        "NewImage": {"p": {"S": "a"}, "s": {"N": "1"}},
        "SequenceNumber": record["dynamodb"]["SequenceNumber"],
        "SizeBytes": record["dynamodb"]["SizeBytes"],
        "StreamViewType": "NEW_IMAGE",
    });
    let expected = json!({
        "eventID": record["eventID"], "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1", "dynamodb": change, "eventSourceARN": arn,
    });
    assert_eq!(*record, expected);
}

#[tokio::test]
async fn latest_begins_behind_what_is_there() {
    let world = world().await;
    let arn = streamed(&world).await;
    put(&world, "a", 1).await;
    let (fed, seen) = collect(&arn, Settings { start: Start::Latest, ..settings() }, &[], false);
    fed.run(world.cloud());
    world.settle().await;
    put(&world, "a", 2).await;
    world.settle().await;
    assert_eq!(*seen.lock().unwrap(), [[2]]);
    // An iterator lives for fifteen minutes; the feed for longer.
    world.advance(Duration::from_secs(3600)).await;
    put(&world, "a", 3).await;
    world.settle().await;
    assert_eq!(*seen.lock().unwrap(), [[2], [3]]);
}

#[tokio::test]
async fn latest_holds_also_when_nothing_comes_for_long() {
    let world = world().await;
    let arn = streamed(&world).await;
    put(&world, "a", 1).await;
    world.advance(Duration::from_secs(2)).await;
    let (fed, seen) = collect(&arn, Settings { start: Start::Latest, ..settings() }, &[], false);
    fed.run(world.cloud());
    world.settle().await;
    world.advance(Duration::from_secs(3600)).await;
    put(&world, "a", 2).await;
    world.settle().await;
    assert_eq!(*seen.lock().unwrap(), [[2]]);
}

#[tokio::test]
async fn what_is_not_wanted_is_passed_over() {
    let world = world().await;
    let arn = streamed(&world).await;
    for number in 0..4 {
        put(&world, if number % 2 == 0 { "even" } else { "odd" }, number).await;
    }
    let pattern = r#"{"dynamodb":{"Keys":{"p":{"S":["odd"]}}}}"#.to_owned();
    let filter = Filter::parse(&[pattern]).unwrap();
    let (fed, seen) = collect(&arn, Settings { filter, batch_size: 10, ..settings() }, &[], false);
    fed.run(world.cloud());
    world.settle().await;
    assert_eq!(*seen.lock().unwrap(), [[1, 3]]);
}

#[tokio::test]
async fn what_fails_holds_up_the_shard_until_it_is_given_up() {
    let world = world().await;
    let arn = streamed(&world).await;
    for number in 0..3 {
        put(&world, "a", number).await;
    }
    let settings = Settings { batch_size: 2, retries_max: Some(2), ..settings() };
    let (fed, seen) = collect(&arn, settings, &[1], false);
    fed.run(world.cloud());
    world.settle().await;
    assert_eq!(*seen.lock().unwrap(), [[0, 1]]);
    for _ in 0..10 {
        world.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(*seen.lock().unwrap(), [vec![0, 1], vec![0, 1], vec![0, 1], vec![2]]);
    let given_up = fed.given_up();
    assert_eq!(given_up.len(), 1);
    assert_eq!((given_up[0].condition.as_str(), given_up[0].attempts), ("RetryAttemptsExhausted", 3));
    assert_eq!(given_up[0].records.iter().map(|record| keys(record).1).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn splitting_and_reports_isolate_what_fails() {
    for (bisect, partial) in [(true, false), (false, true), (true, true)] {
        let world = world().await;
        let arn = streamed(&world).await;
        for number in 0..8 {
            put(&world, "a", number).await;
        }
        let settings = Settings { batch_size: 8, retries_max: Some(1), bisect, ..settings() };
        let (fed, seen) = collect(&arn, settings, &[5], partial);
        fed.run(world.cloud());
        for _ in 0..60 {
            world.advance(Duration::from_secs(1)).await;
        }
        let lost: Vec<i64> =
            fed.given_up().iter().flat_map(|lost| lost.records.iter().map(|record| keys(record).1)).collect();
        let expected = if bisect { vec![5] } else { vec![5, 6, 7] };
        assert_eq!(lost, expected, "{bisect} {partial}: {:?}", seen.lock().unwrap());
        let told: BTreeSet<i64> = seen.lock().unwrap().concat().into_iter().collect();
        assert_eq!(told.len(), 8);
    }
}

#[tokio::test]
async fn old_records_are_given_up() {
    let world = world().await;
    let arn = streamed(&world).await;
    put(&world, "a", 1).await;
    world.advance(Duration::from_secs(120)).await;
    put(&world, "a", 2).await;
    let settings = Settings { age_max_millis: Some(60_000), ..settings() };
    let (fed, seen) = collect(&arn, settings, &[], false);
    fed.run(world.cloud());
    world.settle().await;
    assert_eq!(*seen.lock().unwrap(), [[2]]);
    assert_eq!(fed.given_up()[0].condition, "RecordAgeExceeded");
}

/// A lane that is held up does not hold up the others, and items keep their order.
#[tokio::test]
async fn lanes_go_their_own_ways() {
    let world = world().await;
    let arn = streamed(&world).await;
    for number in 0..20 {
        put(&world, &format!("p{number}"), number).await;
    }
    let (fed, seen) = collect(&arn, Settings { lanes: 10, ..settings() }, &[0], false);
    fed.run(world.cloud());
    for _ in 0..10 {
        world.advance(Duration::from_secs(1)).await;
    }
    let told: BTreeSet<i64> = seen.lock().unwrap().concat().into_iter().collect();
    assert!(told.len() >= 15, "{told:?}");
    assert!(fed.given_up().is_empty());
}

#[tokio::test]
async fn windows_carry_a_state() {
    let world = world().await;
    let arn = streamed(&world).await;
    let sums = Arc::new(Mutex::new(Vec::new()));
    let told = sums.clone();
    let settings = Settings { tumbling_millis: Some(60_000), batch_size: 2, ..settings() };
    let fed = Fed::new(&arn, settings, move |_cloud, batch: Batch| {
        let window = batch.window.clone().unwrap();
        let sum = window.state["sum"].as_i64().unwrap_or(0)
            + batch.records.iter().map(|record| place(record).1).sum::<i64>();
        if window.is_final {
            told.lock().unwrap().push((window.end_millis - window.start_millis, batch.records.len(), sum));
        }
        Box::pin(async move { Outcome::Done { state: Some(json!({"sum": sum})) } })
    });
    fed.run(world.cloud());
    for number in 1..=5 {
        put(&world, "a", number).await;
        world.advance(Duration::from_secs(10)).await;
    }
    assert!(sums.lock().unwrap().is_empty());
    world.advance(Duration::from_secs(11)).await;
    assert_eq!(*sums.lock().unwrap(), [(60_000, 0, 15)]);
    put(&world, "a", 7).await;
    world.advance(Duration::from_secs(60)).await;
    assert_eq!(*sums.lock().unwrap(), [(60_000, 0, 15), (60_000, 0, 7)]);
}

/// Random writes, failures, and nodes that die: every record is done or given up, those of one item in their order.
/// It takes seconds.
#[tokio::test]
async fn every_record_is_settled_in_order_whatever_dies() {
    for seed in 1..=testkit::feeds::seeds() {
        chaos(seed).await;
    }
}

/// What was done or given up, by item: the counters that the records carried, each as often as it was.
type Story = Arc<Mutex<BTreeMap<String, Vec<i64>>>>;

async fn chaos(seed: u64) {
    const NODES: usize = 6;
    let mut random = StdRng::seed_from_u64(seed);
    let nodes = World::nodes(&[&crate::DYNAMODB, &crate::DYNAMODB_STREAMS], NODES as u32).await;
    let arn = streamed(&nodes[0]).await;
    let story = Story::default();
    let settings = Settings {
        batch_size: random.random_range(1..=10),
        lanes: random.random_range(1..=4),
        bisect: random.random(),
        retries_max: Some(6),
        window_millis: if random.random() { 2_000 } else { 0 },
        ..settings()
    };
    let (told, moods) = (story.clone(), Mutex::new(StdRng::seed_from_u64(seed)));
    let fed = Fed::new(&arn, settings, move |cloud, batch: Batch| {
        let (mood, slow, first) = {
            let mut moods = moods.lock().unwrap();
            let first = moods.random_range(0..batch.records.len());
            (moods.random_range(0..8), moods.random_range(0..3_000), first)
        };
        let told = told.clone();
        Box::pin(async move {
            cloud.clock().sleep_until(cloud.clock().now().plus_millis(slow)).await;
            let poison = batch.records.iter().position(|record| count(record).1 % 17 == 16);
            let bad = match (poison, mood) {
                (Some(poison), _) => Some(poison),
                (None, 0) => return Outcome::Busy,
                (None, 1) => return Outcome::Failed { detail: Value::Null },
                (None, 2) => Some(first),
                _ => None,
            };
            let good = bad.unwrap_or(batch.records.len());
            for record in &batch.records[..good] {
                let (key, number) = count(record);
                told.lock().unwrap().entry(key).or_default().push(number);
            }
            match bad {
                None => Outcome::Done { state: None },
                Some(bad) => {
                    Outcome::Partial { ids: vec![batch.records[bad].id.clone()], detail: Value::Null }
                }
            }
        })
    });
    fed.run(nodes[0].cloud());
    let (mut alive, mut elapsed) = (0, Duration::ZERO);
    let mut written: BTreeMap<String, i64> = BTreeMap::new();
    for round in 0..5_000 {
        if round < 150 {
            for _ in 0..random.random_range(0..4) {
                let key = format!("k{}", random.random_range(0..5));
                let number = written.entry(key.clone()).or_insert(-1);
                *number += 1;
                let item = item(&key, 0, json!({"n": {"N": number.to_string()}}));
                ok(&nodes[alive], "PutItem", json!({"TableName": "things", "Item": item})).await;
            }
        }
        if alive + 1 < NODES && random.random_range(0..30) == 0 {
            nodes[alive].cloud().tasks().shutdown(Duration::ZERO).await;
            alive += 1;
            nodes[alive].advance(elapsed).await;
            fed.run(nodes[alive].cloud());
        }
        let step = Duration::from_millis([200, 1_000, 3_000, 61_000][random.random_range(0..4)]);
        elapsed += step;
        nodes[alive].advance(step).await;
        if round > 150 && round % 50 == 0 && settled(seed, &story, &fed) == all_of(&written) {
            return;
        }
    }
    assert_eq!(settled(seed, &story, &fed), all_of(&written), "seed {seed}");
}

/// The counters that were written, by item.
fn all_of(written: &BTreeMap<String, i64>) -> BTreeMap<String, BTreeSet<i64>> {
    written.iter().map(|(key, last)| (key.clone(), (0..=*last).collect())).collect()
}

/// What was done or given up, by item; each item's in its order.
fn settled(seed: u64, story: &Story, fed: &Fed) -> BTreeMap<String, BTreeSet<i64>> {
    let mut settled: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for (key, numbers) in story.lock().unwrap().iter() {
        // What is told again after a death begins again where it was stored, and goes on in order from there.
        let mut firsts: Vec<i64> = Vec::new();
        for number in numbers {
            if !firsts.contains(number) {
                firsts.push(*number);
            }
        }
        assert!(firsts.is_sorted(), "seed {seed}: {key} {numbers:?}");
        settled.entry(key.clone()).or_default().extend(firsts);
    }
    for lost in fed.given_up() {
        for record in &lost.records {
            let image = &record["dynamodb"]["NewImage"];
            let number = image["n"]["N"].as_str().unwrap().parse().unwrap();
            settled.entry(keys(record).0).or_default().insert(number);
        }
    }
    settled
}

/// The item of a record and the counter that it carries.
fn count(record: &Record) -> (String, i64) {
    let record: Value = serde_json::from_str(&record.json).unwrap();
    let number = record["dynamodb"]["NewImage"]["n"]["N"].as_str().unwrap().parse().unwrap();
    (keys(&record).0, number)
}
