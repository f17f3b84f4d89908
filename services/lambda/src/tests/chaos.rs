//! Many invocations of many functions that crash, hang and eat memory, with callers that go away: no place of an
//! environment and no event is lost. `tests/sdk/python/test_chaos.py` does the same from outside, with ten thousand.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cloud::clock::Chance;

use super::*;
use crate::names::FunctionRef;
use crate::runner::Runner;

const FUNCTIONS: usize = 6;
const CALLS_AT_ALL: usize = 240;
const EVENTS: usize = 60;
/// A seed to run again with.
const SEED: Option<u64> = None;

/// Does what the event says.
const CODE: &str = "
import os, time
def handler(event, context):
    do = event['do']
    if do == 'error': raise ValueError('no')
    if do == 'exit': os._exit(3)
    if do == 'hang': time.sleep(30)
    if do == 'eat': return len(bytearray(os.urandom(1024)) * (1024 * 1024))
    if do == 'slow': time.sleep(0.05)
    return event
";

/// What events ask for, most of them nothing bad.
const DEEDS: [&str; 16] = [
    "ok", "ok", "ok", "ok", "ok", "ok", "ok", "slow", "slow", "slow", "error", "error", "exit", "exit",
    "eat", "hang",
];

fn pick<'a>(chance: &Chance, from: &[&'a str]) -> &'a str {
    from[chance.number() as usize % from.len()]
}

async fn make(world: &World, name: &str) {
    let input = json!({"FunctionName": name, "Runtime": "python3.11", "Role": ROLE, "Handler": "index.handler",
        "Timeout": 1, "MemorySize": 128, "Code": {"ZipFile": code("index.py", CODE)}});
    world.ok("lambda", "CreateFunction", input).await;
    let queue = json!({"Destination": "arn:aws:sqs:us-east-1:000000000000:results"});
    let config = json!({"FunctionName": name, "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnSuccess": queue, "OnFailure": queue}});
    world.ok("lambda", "PutFunctionEventInvokeConfig", config).await;
}

/// One call, whose caller perhaps goes away in the middle. None then; else whether it ended as it had to.
async fn one_call(
    world: &World,
    function: String,
    deed: &'static str,
    patience: Option<Duration>,
) -> Option<bool> {
    let input = json!({"FunctionName": function, "Payload": payload(&json!({"do": deed}))});
    let call = world.call("lambda", "Invoke", input);
    let answer = match patience {
        Some(patience) => tokio::time::timeout(patience, call).await.ok()?,
        None => call.await,
    };
    let failed = !answer.unwrap_or_else(|failure| panic!("{failure}"))["FunctionError"].is_null();
    Some(failed != ["ok", "slow"].contains(&deed))
}

#[tokio::test]
async fn nothing_is_lost_in_a_storm() {
    let seed = SEED.unwrap_or_else(|| Chance::from_machine().number());
    println!("seed {seed}");
    let chance = Chance::from_seed(seed);
    let world = world().await;
    for index in 0..FUNCTIONS {
        make(&world, &format!("f{index}")).await;
    }
    world.cloud().start();
    let name = || format!("f{}", chance.number() as usize % FUNCTIONS);
    let mut accepted = 0;
    let calls_made: Vec<_> = (0..CALLS_AT_ALL)
        .map(|_| {
            let goes_away = chance.number().is_multiple_of(5);
            let patience = goes_away.then(|| Duration::from_millis(chance.number() % 400));
            one_call(&world, name(), pick(&chance, &DEEDS), patience)
        })
        .collect();
    let events = async {
        for _ in 0..EVENTS {
            let event = payload(&json!({"do": pick(&chance, &DEEDS)}));
            let input = json!({"FunctionName": name(), "InvocationType": "Event", "Payload": event});
            world.ok("lambda", "Invoke", input).await;
            accepted += 1;
        }
    };
    let (answers, ()) = tokio::join!(futures::future::join_all(calls_made), events);
    assert!(answers.iter().flatten().all(|as_it_had_to| *as_it_had_to), "seed {seed}");
    assert!(answers.iter().flatten().count() > CALLS_AT_ALL / 2);
    while calls("SendMessage").len() < accepted {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    settle(&world, seed).await;
    world.cloud().stop().await;
}

/// Waits until what runs for callers that have gone has ended, and looks at every counter.
async fn settle(world: &World, seed: u64) {
    let runner = Runner::of_cloud(world.cloud());
    let shelves = runner.shelves();
    assert_eq!(shelves.len(), FUNCTIONS);
    let all_idle = || {
        shelves.iter().all(|(_, shelf)| {
            let busy = shelf.busy().load(Ordering::Relaxed);
            busy == 0 && shelf.capacity().environments as usize == shelf.idle()
        })
    };
    // Longer than anything of this test may take; the test hangs no CI when a place is lost.
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !all_idle() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let shown = || {
        shelves
            .iter()
            .map(|(_, shelf)| (shelf.busy().load(Ordering::Relaxed), shelf.capacity(), shelf.idle()))
            .collect::<Vec<_>>()
    };
    assert!(waited.await.is_ok(), "seed {seed}: {:?}", shown());
    let mut cx = world.cx();
    for index in 0..FUNCTIONS {
        let function = FunctionRef::parse(&cx, &format!("f{index}"), None).unwrap();
        let ready = runner.ready(&cx, &function).await.unwrap();
        assert_eq!(ready.in_flight(), (0, 0), "seed {seed}: f{index}");
        // And it still works.
        let answer =
            cloud::client::lambda::invoke(&mut cx, testkit::root(), &function.name, r#"{"do":"ok"}"#.into());
        assert_eq!(answer.await.unwrap().function_error, None);
    }
}
