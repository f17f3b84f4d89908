//! Many invocations of many functions that crash, hang and eat memory, with callers that go away: no place of an
//! environment and no event is lost. `tests/sdk/python/test_chaos.py` does the same from outside, with ten thousand.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cloud::clock::Chance;

use super::*;
use crate::names::FunctionRef;
use crate::runner::Runner;

const FUNCTIONS: usize = 6;
/// Functions with the highest time limit, and with the lowest.
const PATIENT: Range<usize> = 0..4;
const HASTY: Range<usize> = 4..FUNCTIONS;
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
    if do == 'hang': time.sleep(3600)
    if do == 'eat': return len(bytearray(os.urandom(1024)) * (1024 * 1024))
    if do == 'slow': time.sleep(0.05)
    return event
";

/// What events ask for, most of them nothing bad.
const DEEDS: [&str; 16] = [
    "ok", "ok", "ok", "ok", "ok", "ok", "ok", "slow", "slow", "slow", "error", "error", "exit", "exit",
    "eat", "hang",
];

/// A function and what it is asked for. Those with a short time limit are asked only for what fails in any case: on a
/// busy machine the time of everything else might be up, too.
fn pick(chance: &Chance) -> (String, &'static str) {
    let deed = DEEDS[chance.number() as usize % DEEDS.len()];
    let place = chance.number() as usize;
    let index = match deed {
        "ok" | "slow" => PATIENT.start + place % PATIENT.len(),
        "hang" => HASTY.start + place % HASTY.len(),
        _ => place % FUNCTIONS,
    };
    (format!("f{index}"), deed)
}

async fn make(world: &World, index: usize) {
    let name = format!("f{index}");
    let timeout_seconds = if HASTY.contains(&index) { 1 } else { TIMEOUT_SECONDS };
    let input = json!({"FunctionName": name, "Runtime": "python3.11", "Role": ROLE, "Handler": "index.handler",
        "Timeout": timeout_seconds, "MemorySize": 128, "Code": {"ZipFile": code("index.py", CODE)}});
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
        make(&world, index).await;
    }
    world.cloud().start();
    let mut accepted = 0;
    let calls_made: Vec<_> = (0..CALLS_AT_ALL)
        .map(|_| {
            let goes_away = chance.number().is_multiple_of(5);
            let patience = goes_away.then(|| Duration::from_millis(chance.number() % 400));
            let (function, deed) = pick(&chance);
            one_call(&world, function, deed, patience)
        })
        .collect();
    let events = async {
        for _ in 0..EVENTS {
            let (function, deed) = pick(&chance);
            let event = payload(&json!({"do": deed}));
            let input = json!({"FunctionName": function, "InvocationType": "Event", "Payload": event});
            world.ok("lambda", "Invoke", input).await;
            accepted += 1;
        }
    };
    let (answers, ()) = tokio::join!(futures::future::join_all(calls_made), events);
    assert!(answers.iter().flatten().all(|as_it_had_to| *as_it_had_to), "seed {seed}");
    assert!(answers.iter().flatten().count() > CALLS_AT_ALL / 2);
    world.until("all results", async || calls("SendMessage").len() >= accepted).await;
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
    world.until(&format!("seed {seed}: all places are free"), async || all_idle()).await;
    let cx = world.cx();
    for index in 0..FUNCTIONS {
        let function = FunctionRef::parse(&cx, &format!("f{index}"), None).unwrap();
        let ready = runner.ready(&cx, &function).await.unwrap();
        assert_eq!(ready.in_flight(), (0, 0), "seed {seed}: f{index}");
        // And it still works, if not always in time.
        world
            .until(&format!("seed {seed}: f{index} works"), async || {
                let (cx, event) = (&mut world.cx(), r#"{"do":"ok"}"#.into());
                let answer = cloud::client::lambda::invoke(cx, testkit::root(), &function.name, event);
                answer.await.unwrap().function_error.is_none()
            })
            .await;
    }
}
