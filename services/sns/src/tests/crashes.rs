//! What SNS promises when its nodes die at any moment: at least once for endpoints, exactly once for functions, whose events
//! are accepted in one transaction with the end of the delivery, and a queue for the dead for what cannot be delivered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cloud::clock::Chance;
use cloud::prelude::*;
use cloud::service::Service;
use store::{Scan, keyspace};
use testkit::lambda::{self, Call, Functions};

use super::endpoints::{Server, confirmed};
use super::*;

const NODES: usize = 6;
const MESSAGES: usize = 24;
/// Steps of a run at most; it ends much earlier.
const STEPS: usize = 4_000;

/// Nodes of a cloud, of which one lives.
struct Nodes {
    nodes: Vec<World>,
    alive: usize,
    elapsed: Duration,
}

impl Nodes {
    async fn new(services: &[&'static Service]) -> Self {
        let nodes = World::nodes(services, NODES as u32).await;
        nodes[0].cloud().start();
        Self { nodes, alive: 0, elapsed: Duration::ZERO }
    }

    fn world(&self) -> &World {
        &self.nodes[self.alive]
    }

    async fn advance(&mut self, by: Duration) {
        self.elapsed += by;
        self.world().advance(by).await;
    }

    /// Kills the living node in the middle of what it does; the next one begins at the same time.
    async fn kill(&mut self) {
        if self.alive + 1 < NODES {
            self.world().cloud().tasks().shutdown(Duration::ZERO).await;
            self.alive += 1;
            self.world().advance(self.elapsed).await;
            self.world().cloud().start();
        }
    }

    /// Publishes messages of these moods at random times, while nodes die, until `is_settled`.
    async fn run(
        &mut self,
        chance: &Chance,
        topic: &str,
        moods: &[&str],
        steps_millis: [u64; 4],
        is_settled: impl AsyncFn(&World, &[String]) -> bool,
    ) -> Vec<String> {
        let mut published: Vec<String> = Vec::new();
        let pick = |count: usize| usize::try_from(chance.number()).unwrap() % count;
        for _ in 0..STEPS {
            if published.len() < MESSAGES && pick(3) == 0 {
                let message = format!("{} {}", moods[pick(moods.len())], published.len());
                publish(self.world(), topic, &message).await;
                published.push(message);
            }
            if pick(12) == 0 {
                self.kill().await;
            }
            self.advance(Duration::from_millis(steps_millis[pick(4)])).await;
            // Each time: what is in a queue does not stay for ever.
            if is_settled(self.world(), &published).await && published.len() == MESSAGES {
                return published;
            }
        }
        panic!("it never came to be: {published:?}");
    }
}

/// Takes what is in a queue and counts it by its text.
async fn collect(world: &World, url: &str, found: &Mutex<BTreeMap<String, usize>>) {
    for body in bodies(world, url).await {
        *found.lock().unwrap().entry(body).or_default() += 1;
    }
}

fn of(found: &Mutex<BTreeMap<String, usize>>, message: &str) -> usize {
    found.lock().unwrap().get(message).copied().unwrap_or(0)
}

#[tokio::test]
async fn endpoints_hear_of_every_message_or_the_queue_for_the_dead_has_it() {
    for seed in 1..=testkit::feeds::seeds() {
        println!("seed {seed}");
        let chance = Chance::from_seed(seed);
        let mut nodes = Nodes::new(&[&crate::SNS, &sqs::SQS]).await;
        let world = nodes.world();
        let heard = Arc::new(Mutex::new(BTreeMap::<String, Vec<u16>>::new()));
        let kept = heard.clone();
        let server = Server::with(move |_, body| {
            let mut kept = kept.lock().unwrap();
            let before = kept.entry(body.to_owned()).or_default();
            let status = match body.split(' ').next().unwrap() {
                "poison" => 500,
                "flaky" if before.len() < 2 => 503,
                _ => 200,
            };
            before.push(status);
            Some(status)
        })
        .await;
        let (dead_url, dead) = queue(world, "dead").await;
        let policy =
            json!({"healthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 2, "numRetries": 3}});
        let attributes = json!({"RawMessageDelivery": "true", "DeliveryPolicy": policy.to_string(),
            "RedrivePolicy": json!({"deadLetterTargetArn": dead}).to_string()});
        let topic = confirmed(world, &server, attributes).await;
        let buried = Mutex::new(BTreeMap::new());
        let was_heard =
            |message: &str| heard.lock().unwrap().get(message).is_some_and(|answers| answers.contains(&200));
        let published = nodes
            .run(
                &chance,
                &topic,
                &["good", "flaky", "poison"],
                [20, 200, 1_000, 3_000],
                async |world, all| {
                    collect(world, &dead_url, &buried).await;
                    all.iter().all(|message| was_heard(message) || of(&buried, message) > 0)
                },
            )
            .await;
        for message in &published {
            let answers = heard.lock().unwrap().get(message).map_or(0, Vec::len);
            let is_dead = of(&buried, message);
            match message.split(' ').next().unwrap() {
                "good" => assert!(was_heard(message), "seed {seed}: {message}"),
                // Each death may cost an attempt, or make one of them happen twice.
                "poison" => assert!(is_dead == 1 && answers <= 4 + NODES, "seed {seed}: {message} {answers}"),
                _ => assert!(is_dead <= 1 && answers > 0, "seed {seed}: {message}"),
            }
        }
        nodes.world().cloud().tasks().shutdown(Duration::ZERO).await;
    }
}

/// Functions that take events into the store, as Lambda does, with a bad day now and then.
struct Unsteady;

impl Unsteady {
    fn message(call: &Call) -> &str {
        call.event["Records"][0]["Sns"]["Message"].as_str().unwrap_or_default()
    }
}

impl Functions for Unsteady {
    fn policy(call: &Call) -> Option<String> {
        let effect = if Self::message(call).starts_with("denied") { "Deny" } else { "Allow" };
        let statement = json!({"Effect": effect, "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": call.function});
        Some(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
    }

    fn accept(cx: &mut Cx, call: &Call) -> Result<(), Failure> {
        let message = Self::message(call);
        if message.starts_with("broken") {
            return Err(Failure::new("ServiceException", 500, "it is broken"));
        }
        if message.starts_with("busy") && !cx.chance().number().is_multiple_of(4) {
            return Err(Failure::new("TooManyRequestsException", 429, "not now"));
        }
        cx.tx().append(keyspace::TEST_PLAIN.0.to_vec(), "", message.to_owned())?;
        Ok(())
    }
}

static LAMBDA: Service = lambda::service::<Unsteady>();

/// How often each message was accepted.
async fn accepted(world: &World) -> BTreeMap<String, usize> {
    let view = world.cx().snapshot().await.unwrap();
    let mut found = BTreeMap::new();
    for (_, message) in view.scan(Scan::prefix(keyspace::TEST_PLAIN.0.to_vec())).await.unwrap().rows {
        *found.entry(String::from_utf8(message.into()).unwrap()).or_default() += 1;
    }
    found
}

#[tokio::test]
async fn functions_get_every_message_once_or_the_queue_for_the_dead_has_it_once() {
    const HOUR: u64 = 3_600_000;
    for seed in 1..=testkit::feeds::seeds() {
        println!("seed {seed}");
        let chance = Chance::from_seed(seed);
        let mut nodes = Nodes::new(&[&crate::SNS, &sqs::SQS, &LAMBDA]).await;
        let world = nodes.world();
        let (dead_url, dead) = queue(world, "dead").await;
        let longest = json!({"QueueUrl": dead_url, "Attributes": {"MessageRetentionPeriod": "1209600"}});
        world.ok("sqs", "SetQueueAttributes", longest).await;
        let topic = topic(world, "t", json!({})).await;
        let function = "arn:aws:lambda:us-east-1:000000000000:function:f";
        let redrive = json!({"RedrivePolicy": json!({"deadLetterTargetArn": dead}).to_string()});
        subscribe(world, &topic, "lambda", function, redrive).await;
        let buried = Mutex::new(BTreeMap::new());
        // 23 days until SNS gives up on what is broken.
        let moods = ["good", "busy", "denied", "broken"];
        let published = nodes
            .run(&chance, &topic, &moods, [100, 10_000, HOUR, 24 * HOUR], async |world, all| {
                for body in bodies(world, &dead_url).await {
                    let event: Value = serde_json::from_str(&body).unwrap();
                    let message = event["Records"][0]["Sns"]["Message"].as_str().unwrap().to_owned();
                    *buried.lock().unwrap().entry(message).or_default() += 1;
                }
                let accepted = accepted(world).await;
                all.iter().all(|message| accepted.contains_key(message) || of(&buried, message) > 0)
            })
            .await;
        let accepted = accepted(nodes.world()).await;
        for message in &published {
            let is_lost = message.starts_with("denied") || message.starts_with("broken");
            let found = (accepted.get(message).copied().unwrap_or(0), of(&buried, message));
            assert_eq!(found, if is_lost { (0, 1) } else { (1, 0) }, "seed {seed}: {message}");
        }
        nodes.world().cloud().tasks().shutdown(Duration::ZERO).await;
    }
}
