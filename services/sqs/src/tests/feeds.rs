//! Feeds from queues: what `cloud::feed` promises, with consumers that fail, dawdle and die.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloud::clock::Chance;
use cloud::feed::{Batch, Filter, Outcome, Settings};
use serde_json::{Value, json};
use testkit::feeds::{self, Fed, Obstacle, settings};
use testkit::{ACCOUNT, World};

use super::{queue, receive, send, world};

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}")
}

fn body(record: &cloud::feed::Record) -> String {
    let record: Value = serde_json::from_str(&record.json).unwrap();
    record["body"].as_str().unwrap().to_owned()
}

fn failed() -> Outcome {
    Outcome::Failed { detail: Value::Null }
}

async fn count(world: &World, url: &str) -> (String, String) {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let input = json!({"QueueUrl": url, "AttributeNames": names});
    let answer = world.ok("sqs", "GetQueueAttributes", input).await;
    let text = |name: &str| answer["Attributes"][name].as_str().unwrap().to_owned();
    (text(names[0]), text(names[1]))
}

/// The bodies of the batches that a consumer got, in their order.
type Seen = Arc<Mutex<Vec<Vec<String>>>>;

fn collect(
    source: &str,
    settings: Settings,
    answer: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> (Arc<Fed>, Seen) {
    let seen = Seen::default();
    let taken = seen.clone();
    let fed = Fed::new(source, settings, move |_cloud, batch: Batch| {
        let bodies: Vec<String> = batch.records.iter().map(body).collect();
        let bad = batch.records.iter().filter(|record| !answer(&body(record)));
        let ids: Vec<String> = bad.map(|record| record.id.clone()).collect();
        taken.lock().unwrap().push(bodies);
        Box::pin(async move {
            if ids.is_empty() {
                Outcome::Done { state: None }
            } else {
                Outcome::Partial { ids, detail: Value::Null }
            }
        })
    });
    (fed, seen)
}

#[tokio::test]
async fn messages_are_delivered_once_and_deleted() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    let (fed, seen) = collect(&arn("q"), Settings { batch_size: 10, ..settings() }, |_| true);
    fed.run(world.cloud());
    world.settle().await;
    send(&world, &url, "a").await;
    world.settle().await;
    for body in ["b", "c"] {
        send(&world, &url, body).await;
    }
    world.advance(Duration::from_secs(1)).await;
    let mut bodies: Vec<String> = seen.lock().unwrap().concat();
    bodies.sort();
    assert_eq!(bodies, ["a", "b", "c"]);
    assert_eq!(count(&world, &url).await, ("0".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn a_window_gathers_until_it_is_over_or_full() {
    let world = world().await;
    let url = queue(&world, "q", json!({"VisibilityTimeout": "300"})).await;
    let settings = Settings { batch_size: 25, window_millis: 5_000, ..settings() };
    let (fed, seen) = collect(&arn("q"), settings, |_| true);
    fed.run(world.cloud());
    for index in 0..13 {
        send(&world, &url, &index.to_string()).await;
    }
    world.advance(Duration::from_millis(4_900)).await;
    assert_eq!(seen.lock().unwrap().len(), 0);
    world.advance(Duration::from_millis(200)).await;
    assert_eq!(seen.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [13]);
    for index in 0..25 {
        send(&world, &url, &index.to_string()).await;
    }
    world.advance(Duration::from_millis(10)).await;
    assert_eq!(seen.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [13, 25]);
}

#[tokio::test]
async fn messages_that_are_not_wanted_are_deleted() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    let filter = Filter::parse(&[r#"{"body":{"kind":["good"]}}"#.to_owned()]).unwrap();
    let (fed, seen) = collect(&arn("q"), Settings { filter, batch_size: 10, ..settings() }, |_| true);
    for body in [r#"{"kind":"good"}"#, r#"{"kind":"bad"}"#, "plain"] {
        send(&world, &url, body).await;
    }
    fed.run(world.cloud());
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(*seen.lock().unwrap(), [[r#"{"kind":"good"}"#]]);
    assert_eq!(count(&world, &url).await, ("0".to_owned(), "0".to_owned()));
}

/// A message that always fails is delivered exactly maxReceiveCount times, then it is in the dead-letter queue. Those of the
/// same batch that are fine are delivered once.
#[tokio::test]
async fn poison_goes_to_the_dead_letter_queue_after_so_many_receives() {
    let world = world().await;
    let dead = queue(&world, "dead", json!({})).await;
    let redrive = json!({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 3}).to_string();
    let url = queue(&world, "q", json!({"VisibilityTimeout": "30", "RedrivePolicy": redrive})).await;
    for body in ["good", "poison", "fine"] {
        send(&world, &url, body).await;
    }
    let (fed, seen) = collect(&arn("q"), Settings { batch_size: 10, ..settings() }, |body| body != "poison");
    fed.run(world.cloud());
    for _ in 0..5 {
        world.advance(Duration::from_secs(30)).await;
    }
    let all = seen.lock().unwrap().concat();
    let times = |body: &str| all.iter().filter(|seen| *seen == body).count();
    assert_eq!((times("poison"), times("good"), times("fine")), (3, 1, 1));
    let received = receive(&world, &dead).await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["Body"], "poison");
    assert_eq!(count(&world, &url).await, ("0".to_owned(), "0".to_owned()));
}

/// A consumer without room is not fed: the messages stay in the queue and are not counted as received.
#[tokio::test]
async fn a_closed_consumer_costs_no_receives() {
    let world = world().await;
    let url = queue(&world, "q", json!({"VisibilityTimeout": "30"})).await;
    let (fed, seen) = collect(&arn("q"), settings(), |_| true);
    fed.set_capacity(Some(0));
    fed.run(world.cloud());
    send(&world, &url, "a").await;
    for _ in 0..10 {
        world.advance(Duration::from_secs(20)).await;
    }
    assert!(seen.lock().unwrap().is_empty());
    assert_eq!(count(&world, &url).await, ("1".to_owned(), "0".to_owned()));
    fed.set_capacity(Some(1));
    world.advance(Duration::from_secs(2)).await;
    assert_eq!(*seen.lock().unwrap(), [["a"]]);
}

#[tokio::test]
async fn no_more_batches_are_under_way_than_are_allowed() {
    let world = world().await;
    let url = queue(&world, "q", json!({"VisibilityTimeout": "3600"})).await;
    for index in 0..40 {
        send(&world, &url, &index.to_string()).await;
    }
    let (now, most) = (Arc::new(Mutex::new(0_u32)), Arc::new(Mutex::new(0_u32)));
    let (counted, highest) = (now.clone(), most.clone());
    let settings = Settings { concurrency_max: Some(7), ..settings() };
    let fed = Fed::new(&arn("q"), settings, move |cloud, _batch| {
        let (counted, highest) = (counted.clone(), highest.clone());
        Box::pin(async move {
            let running = {
                let mut running = counted.lock().unwrap();
                *running += 1;
                *running
            };
            let mut most = highest.lock().unwrap().max(running);
            std::mem::swap(&mut *highest.lock().unwrap(), &mut most);
            cloud.clock().sleep_until(cloud.clock().now().plus_secs(20)).await;
            *counted.lock().unwrap() -= 1;
            Outcome::Done { state: None }
        })
    });
    fed.run(world.cloud());
    world.settle().await;
    assert_eq!(*most.lock().unwrap(), 5, "it begins with five");
    for _ in 0..40 {
        world.advance(Duration::from_secs(5)).await;
    }
    assert_eq!((*most.lock().unwrap(), *now.lock().unwrap()), (7, 0));
    assert_eq!(count(&world, &url).await, ("0".to_owned(), "0".to_owned()));
}

/// A consumer that is busy is asked again as long as the messages are hidden; then they come again by themselves.
#[tokio::test]
async fn a_busy_consumer_is_asked_again() {
    let world = world().await;
    let url = queue(&world, "q", json!({"VisibilityTimeout": "10"})).await;
    let (asked, open) = (Arc::new(Mutex::new(0)), Arc::new(AtomicBool::new(false)));
    let (count_asked, is_open) = (asked.clone(), open.clone());
    let fed = Fed::new(&arn("q"), settings(), move |_cloud, _batch| {
        *count_asked.lock().unwrap() += 1;
        let outcome =
            if is_open.load(Ordering::Relaxed) { Outcome::Done { state: None } } else { Outcome::Busy };
        Box::pin(async move { outcome })
    });
    fed.run(world.cloud());
    send(&world, &url, "a").await;
    for _ in 0..90 {
        world.advance(Duration::from_millis(100)).await;
    }
    assert!(*asked.lock().unwrap() > 5);
    open.store(true, Ordering::Relaxed);
    for _ in 0..130 {
        world.advance(Duration::from_millis(100)).await;
    }
    assert_eq!(count(&world, &url).await, ("0".to_owned(), "0".to_owned()));
}

/// One feed cannot be begun, one cannot be ended, one never takes a batch, and one never comes to an end with the batches that
/// it has: the last one goes on as if it were alone.
#[tokio::test]
async fn a_slow_or_failing_feed_slows_no_other() {
    let world = world().await;
    let names = ["unopened", "unsettled", "failing", "slow", "good"];
    let mut urls = Vec::new();
    for name in names {
        let url = queue(&world, name, json!({"VisibilityTimeout": "300"})).await;
        for number in 0..30 {
            send(&world, &url, &number.to_string()).await;
        }
        urls.push(url);
    }
    let asked = Arc::new(AtomicBool::new(false));
    let is_asked = asked.clone();
    let failing = Fed::new(&arn("failing"), settings(), move |_, _| {
        is_asked.store(true, Ordering::Relaxed);
        Box::pin(async { failed() })
    });
    let slow = Fed::new(&arn("slow"), settings(), |_, _| Box::pin(std::future::pending()));
    let (unopened, late) = collect(&arn("unopened"), settings(), |_| true);
    let (unsettled, _) = collect(&arn("unsettled"), settings(), |_| true);
    let (good, seen) = collect(&arn("good"), settings(), |_| true);
    unopened.set_obstacle(Some(Obstacle::Opening));
    unsettled.set_obstacle(Some(Obstacle::Settling));
    feeds::run(world.cloud(), vec![unopened.clone(), unsettled.clone(), failing, slow, good]);
    let nothing = ("0".to_owned(), "0".to_owned());
    let is_done = async |url: &str| {
        for _ in 0..100 {
            if count(&world, url).await == nothing {
                return true;
            }
            world.advance(Duration::from_millis(100)).await;
        }
        false
    };
    assert!(is_done(&urls[4]).await, "{:?}", count(&world, &urls[4]).await);
    assert_eq!(seen.lock().unwrap().len(), 30);
    assert!(asked.load(Ordering::Relaxed));
    assert_eq!(count(&world, &urls[3]).await.1, "5", "five batches are under way for ever");
    assert_eq!(late.lock().unwrap().len(), 0);
    assert_eq!((unopened.begun(), unsettled.begun()), (0, 0));
    // What was in the way goes away.
    unopened.set_obstacle(None);
    assert!(is_done(&urls[0]).await);
    assert_eq!(late.lock().unwrap().len(), 30);
}

/// One message in the eyes of a test.
#[derive(Default)]
struct Told {
    deliveries: u32,
    done: u32,
}

/// What a random run is checked against.
#[derive(Default)]
struct Story {
    told: HashMap<String, Told>,
    /// By group: what was done or given up, in its order.
    settled: BTreeMap<String, Vec<u64>>,
    violations: Vec<String>,
}

/// Bodies are `group-number`, with `!` behind those that always fail.
fn parts(body: &str) -> (String, u64, bool) {
    let poison = body.ends_with('!');
    let (group, number) = body.trim_end_matches('!').split_once('-').unwrap();
    (group.to_owned(), number.parse().unwrap(), poison)
}

/// Notes a delivery in order: within a group nothing overtakes what is not settled.
fn note(story: &mut Story, batch: &Batch, failed: &HashSet<String>, is_fifo: bool) {
    let mut held: HashSet<String> = HashSet::new();
    for record in &batch.records {
        let body = body(record);
        let (group, number, _) = parts(&body);
        let told = story.told.entry(body.clone()).or_default();
        told.deliveries += 1;
        if failed.contains(&record.id) {
            held.insert(group);
            continue;
        }
        told.done += 1;
        if is_fifo && held.contains(&group) {
            story.violations.push(format!("{body} was done behind one that failed"));
        }
        let before = story.settled.entry(group).or_default();
        if before.contains(&number) {
            // Its node died before the message was deleted: all that was not deleted comes again, in order.
            continue;
        }
        if is_fifo && before.last().is_some_and(|last| *last > number) {
            story.violations.push(format!("{body} was done after {:?}", before.last()));
        }
        before.push(number);
    }
}

/// A consumer that fails, wholly or in part, and takes its time; `poison` never succeeds.
fn moody(seed: u64, is_fifo: bool, story: Arc<Mutex<Story>>, visibility: u64) -> Arc<Fed> {
    let source = arn(if is_fifo { "q.fifo" } else { "q" });
    let chance = Chance::from_seed(seed);
    Fed::new(&source, Settings { batch_size: 10, ..settings() }, move |cloud, batch| {
        let (mood, slow) = (chance.number() % 10, chance.number() % (visibility * 333));
        let picks: Vec<u64> = batch.records.iter().map(|_| chance.number() % 4).collect();
        let story = story.clone();
        Box::pin(async move {
            // A node that dies meanwhile never comes behind this.
            cloud.clock().sleep_until(cloud.clock().now().plus_millis(slow as i64)).await;
            if mood == 0 {
                return Outcome::Busy;
            }
            let mut ids = HashSet::new();
            let mut held = HashSet::new();
            for (record, pick) in batch.records.iter().zip(picks) {
                let (group, _, poison) = parts(&body(record));
                // As the developer guide asks of functions behind FIFO queues: what follows in the group fails, too.
                if poison || mood == 1 || (mood < 5 && pick == 0) || (is_fifo && held.contains(&group)) {
                    ids.insert(record.id.clone());
                    held.insert(group);
                }
            }
            note(&mut story.lock().unwrap(), &batch, &ids, is_fifo);
            match ids.len() {
                0 => Outcome::Done { state: None },
                all if all == batch.records.len() => failed(),
                _ => Outcome::Partial { ids: ids.into_iter().collect(), detail: Value::Null },
            }
        })
    })
}

/// Takes what is in the dead-letter queue: bodies with their counts of receives.
async fn exhume(world: &World, url: &str, buried: &mut HashMap<String, String>) {
    loop {
        let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"]});
        let answer = world.ok("sqs", "ReceiveMessage", input).await;
        let Some(messages) = answer["Messages"].as_array().cloned() else { return };
        for message in messages {
            let receives = message["Attributes"]["ApproximateReceiveCount"].as_str().unwrap().to_owned();
            buried.insert(message["Body"].as_str().unwrap().to_owned(), receives);
            let input = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
            world.ok("sqs", "DeleteMessage", input).await;
        }
    }
}

/// Sends at random times while nodes die, one after the other, until all is settled: nothing is lost, nothing is done after it was
/// deleted, poison is in the dead-letter queue, and groups keep their order.
async fn chaos(seed: u64, is_fifo: bool) {
    const NODES: usize = 8;
    let chance = Chance::from_seed(seed);
    let nodes = World::nodes(&[&crate::SQS], NODES as u32).await;
    let ending = if is_fifo { ".fifo" } else { "" };
    let (name, dead_name) = (format!("q{ending}"), format!("dead{ending}"));
    let fifo = |mut attributes: Value| {
        if is_fifo {
            attributes["FifoQueue"] = json!("true");
            attributes["ContentBasedDeduplication"] = json!("true");
        }
        attributes
    };
    let first = &nodes[0];
    let dead_url = queue(first, &dead_name, fifo(json!({"MessageRetentionPeriod": "1209600"}))).await;
    let receives_max = 8;
    let visibility = [30, 600, 4 * 3600][usize::try_from(seed % 3).unwrap()];
    let redrive =
        json!({"deadLetterTargetArn": arn(&dead_name), "maxReceiveCount": receives_max}).to_string();
    let attributes = json!({"VisibilityTimeout": visibility.to_string(), "RedrivePolicy": redrive,
        "MessageRetentionPeriod": "1209600"});
    let url = queue(first, &name, fifo(attributes)).await;
    let story = Arc::new(Mutex::new(Story::default()));
    let fed = moody(seed, is_fifo, story.clone(), visibility);
    fed.run(first.cloud());
    let mut sent: Vec<String> = Vec::new();
    let (mut alive, mut elapsed) = (0, Duration::ZERO);
    let most = 60;
    let mut buried = HashMap::new();
    for round in 0..1_000 {
        if sent.len() < most && chance.number().is_multiple_of(3) {
            let poison = if chance.number().is_multiple_of(12) { "!" } else { "" };
            let body = format!("g{}-{}{poison}", chance.number() % 3, sent.len());
            let mut input = json!({"QueueUrl": url, "MessageBody": body});
            if is_fifo {
                input["MessageGroupId"] = json!(parts(&body).0);
            }
            nodes[alive].ok("sqs", "SendMessage", input).await;
            sent.push(body);
        }
        if alive + 1 < NODES && chance.number().is_multiple_of(20) {
            // Killed: nothing of it is settled. The next one begins at the same time.
            nodes[alive].cloud().tasks().shutdown(Duration::ZERO).await;
            alive += 1;
            nodes[alive].advance(elapsed).await;
            fed.run(nodes[alive].cloud());
        }
        let divisor = [100, 10, 2, 1][usize::try_from(chance.number() % 4).unwrap()];
        let step = Duration::from_millis(visibility * 1_010 / divisor);
        elapsed += step;
        nodes[alive].advance(step).await;
        if round % 20 == 0 {
            exhume(&nodes[alive], &dead_url, &mut buried).await;
        }
        if sent.len() == most && count(&nodes[alive], &url).await == ("0".to_owned(), "0".to_owned()) {
            break;
        }
    }
    exhume(&nodes[alive], &dead_url, &mut buried).await;
    assert_eq!(
        count(&nodes[alive], &url).await,
        ("0".to_owned(), "0".to_owned()),
        "seed {seed}: not settled"
    );
    let story = story.lock().unwrap();
    assert!(story.violations.is_empty(), "seed {seed}: {:?}", story.violations);
    for body in &sent {
        let told = story.told.get(body);
        let done = told.map_or(0, |told| told.done);
        let poison = parts(body).2;
        assert!(done > 0 || buried.contains_key(body), "seed {seed}: {body} is lost");
        assert!(!(poison && done > 0), "seed {seed}: {body} was done");
        assert!(told.map_or(0, |told| told.deliveries) <= receives_max, "seed {seed}: {body} came too often");
        if let Some(receives) = buried.get(body) {
            // The receive from the dead-letter queue is counted, too.
            assert_eq!(*receives, (receives_max + 1).to_string(), "seed {seed}: {body}");
        }
    }
}

/// A node that stands still loses what it reads to another one.
#[tokio::test]
async fn another_node_takes_over() {
    let nodes = World::nodes(&[&crate::SQS], 2).await;
    let url = queue(&nodes[0], "q", json!({})).await;
    let (fed, seen) = collect(&arn("q"), settings(), |_| true);
    fed.run(nodes[0].cloud());
    nodes[0].advance(Duration::from_secs(1)).await;
    fed.run(nodes[1].cloud());
    nodes[1].advance(Duration::from_secs(1)).await;
    assert_eq!(fed.begun(), 1, "one node at a time");
    for _ in 0..6 {
        nodes[1].advance(Duration::from_secs(1)).await;
    }
    assert_eq!(fed.begun(), 2);
    send(&nodes[1], &url, "a").await;
    nodes[1].advance(Duration::from_secs(1)).await;
    assert_eq!(seen.lock().unwrap().concat(), ["a"]);
}

/// Thousands of simulated hours of retries and visibility timeouts, with nodes that die at random. It takes seconds.
#[tokio::test]
async fn nothing_is_lost_whatever_dies() {
    for seed in 1..=testkit::feeds::seeds() {
        chaos(seed, false).await;
    }
}

#[tokio::test]
async fn groups_keep_their_order_whatever_dies() {
    for seed in 1..=testkit::feeds::seeds() {
        chaos(seed, true).await;
    }
}

/// However many queues there are, and feeds from them: where nothing happens, nothing is asked for.
#[tokio::test]
async fn an_idle_cloud_asks_its_store_for_nothing() {
    let world = world().await;
    if world.cloud().store().node().is_some() {
        return; // Several nodes renew their leases.
    }
    for number in 0..20 {
        queue(&world, &format!("q{number}"), json!({})).await;
    }
    let url = queue(&world, "q", json!({"MessageRetentionPeriod": "60"})).await;
    let (fed, seen) = collect(&arn("q"), settings(), |_| true);
    world.cloud().start();
    fed.run(world.cloud());
    send(&world, &url, "a").await;
    // What is left over from that: a look for old messages, the traces, one round of the house.
    for _ in 0..20 {
        world.advance(Duration::from_secs(30)).await;
    }
    assert_eq!(seen.lock().unwrap().concat(), ["a"]);
    let before = world.store_calls();
    for _ in 0..40 {
        world.advance(Duration::from_secs(60)).await;
    }
    assert_eq!(world.store_calls() - before, 0);
    send(&world, &url, "b").await;
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(seen.lock().unwrap().concat(), ["a", "b"], "and it wakes");
}
