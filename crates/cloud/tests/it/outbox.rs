//! What the outbox promises.

use std::time::Duration;

use cloud::trace;
use serde_json::json;
use store::layer::outbox;
use store::layer::table::Paging;
use testkit::{START, World};

use crate::service::TALLY;

async fn count(world: &World, name: &str) -> i64 {
    world.ok("sqs", "Count", json!({"Name": name})).await["Count"].as_i64().unwrap()
}

/// Lets the workers run until `done`, moving the clock by `step` between looks.
async fn until(world: &World, step: Duration, done: impl AsyncFn(&World) -> bool) {
    if step.is_zero() {
        return world.until("it comes to be", async || done(world).await).await;
    }
    for _ in 0..1000 {
        if done(world).await {
            return;
        }
        world.advance(step).await;
    }
    panic!("it never came to be");
}

async fn dead(world: &World) -> Vec<outbox::Entry> {
    let view = store::snapshot(world.cloud().store()).await.unwrap();
    outbox::dead(&view, "sqs", &Paging::first(10)).await.unwrap().items
}

#[tokio::test]
async fn deliveries_arrive_once() {
    let world = World::new(&[&TALLY]).await;
    world.cloud().start();
    for _ in 0..20 {
        world.ok("sqs", "AddLater", json!({"Name": "a"})).await;
    }
    until(&world, Duration::ZERO, async |world| {
        count(world, "a").await == 20 || !dead(world).await.is_empty()
    })
    .await;
    assert_eq!(count(&world, "sent").await, 20);
    world.cloud().stop().await;
}

#[tokio::test]
async fn failures_are_retried_and_then_given_up() {
    let world = World::new(&[&TALLY]).await;
    world.cloud().start();
    world.ok("sqs", "AddLater", json!({"Name": "a", "Most": 0})).await;
    until(&world, Duration::from_secs(30), async |world| !dead(world).await.is_empty()).await;
    let dead = dead(&world).await;
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].attempts, dead[0].error.as_deref()), (3, Some("TooMany: 1 is too many")));
    assert_eq!(count(&world, "a").await, 0);
    world.cloud().stop().await;
}

#[tokio::test]
async fn what_does_not_commit_is_not_sent() {
    let world = World::new(&[&TALLY]).await;
    world.fails("sqs", "AddLater", json!({"Name": "much too long"})).await;
    let view = store::snapshot(world.cloud().store()).await.unwrap();
    assert_eq!(outbox::next_at(&view, "sqs").await.unwrap(), None);
}

/// A delivery that panicked stayed leased, and one in the lane itself stopped the lane until the next start.
#[tokio::test]
async fn a_panic_is_a_failure_of_one_delivery() {
    let world = World::new(&[&TALLY]).await;
    world.cloud().start();
    world.ok("sqs", "AddLater", json!({"Name": "panic"})).await;
    world.ok("sqs", "AddLater", json!({"Name": "a"})).await;
    until(&world, Duration::ZERO, async |world| count(world, "a").await == 1).await;
    until(&world, Duration::from_secs(30), async |world| !dead(world).await.is_empty()).await;
    assert_eq!(dead(&world).await[0].attempts, 3);
    world.cloud().stop().await;
}

#[tokio::test]
async fn a_queue_has_a_lane_of_its_own_that_ends_and_begins_again() {
    let world = World::new(&[&TALLY]).await;
    world.cloud().start();
    for expected in 1..=3 {
        world.ok("sqs", "AddLater", json!({"Name": "queued"})).await;
        let view = store::snapshot(world.cloud().store()).await.unwrap();
        assert_eq!(outbox::lanes(&view, None, 9).await.unwrap(), ["sqs/one"]);
        until(&world, Duration::ZERO, async |world| count(world, "queued").await == expected).await;
        world.advance(Duration::from_secs(61)).await; // Long enough for the lane to end.
        world.advance(Duration::from_secs(61)).await;
    }
    world.cloud().stop().await;
}

#[tokio::test]
async fn a_lease_is_renewed_as_long_as_the_call_takes() {
    let world = World::new(&[&TALLY]).await;
    world.cloud().start();
    world.ok("sqs", "AddLater", json!({"Name": "slow"})).await;
    // The leases of nodes are short, and one that stands still for longer loses them.
    until(&world, Duration::from_secs(1), async |world| count(world, "slow").await > 0).await;
    until(&world, Duration::from_secs(1), async |world| {
        let view = store::snapshot(world.cloud().store()).await.unwrap();
        outbox::next_at(&view, "sqs").await.unwrap().is_none()
    })
    .await;
    assert_eq!(count(&world, "slow").await, 1, "delivered once");
    world.cloud().stop().await;
}

/// Four lanes whose targets took their time held all slots, and nothing went to anybody else.
#[tokio::test]
async fn slow_targets_never_hold_up_another() {
    let world = World::new(&[&TALLY]).await;
    world.cloud().start();
    for lane in 1..=5 {
        for _ in 0..70 {
            world.ok("sqs", "AddLater", json!({"Name": format!("slow{lane}")})).await;
        }
    }
    world.settle().await;
    for expected in 1..=3 {
        world.ok("sqs", "AddLater", json!({"Name": "queued"})).await;
        until(&world, Duration::ZERO, async |world| count(world, "queued").await == expected).await;
    }
    world.cloud().tasks().shutdown(Duration::ZERO).await;
}

/// A node has a delivery from the commit on that wrote it, and dies: another one takes it when the lease has run out.
#[tokio::test]
async fn what_began_with_its_commit_is_not_lost_with_its_node() {
    let nodes = World::nodes(&[&TALLY], 2).await;
    nodes[0].cloud().start();
    for _ in 0..3 {
        nodes[0].ok("sqs", "AddLater", json!({"Name": "queued"})).await;
        // What was committed just now has begun, and ends here.
        nodes[0].cloud().tasks().shutdown(Duration::ZERO).await;
    }
    nodes[1].cloud().start();
    until(&nodes[1], Duration::from_secs(1), async |world| count(world, "queued").await == 3).await;
    nodes[1].cloud().stop().await;
}

/// Entries that a dead worker held are taken by another one when the lease has run out.
#[tokio::test]
async fn what_a_dead_worker_held_is_delivered_soon() {
    let world = World::new(&[&TALLY]).await;
    world.ok("sqs", "AddLater", json!({"Name": "queued"})).await;
    let now = world.cloud().clock().now().millis();
    let mut tx = store::begin(world.cloud().store()).await.unwrap();
    assert_eq!(outbox::lease(&mut tx, "sqs/one", now, 9, now + 30_000).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    world.cloud().start();
    world.advance(Duration::from_secs(29)).await;
    assert_eq!(count(&world, "queued").await, 0);
    until(&world, Duration::from_secs(1), async |world| count(world, "queued").await == 1).await;
    world.cloud().stop().await;
}

/// What is delivered later belongs to the trace of its cause, when that came with a header.
#[tokio::test]
async fn a_delivery_goes_on_in_the_trace_of_its_cause() {
    let world = World::new(&[&TALLY]).await;
    world.cloud().start();
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    let mut cx = world.cx();
    cx.join_header(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1"));
    let caller = cx.caller().clone();
    cx.call_json(caller, "sqs", "AddLater", &json!({"Name": "a"})).await.unwrap();
    let traces = async |world: &World| -> Vec<String> {
        let view = store::snapshot(world.cloud().store()).await.unwrap();
        let rows = trace::stream(START.secs() / 3600).read(&view, None, 100).await.unwrap();
        let records = rows.iter().flat_map(|row| trace::records(&row.val).unwrap());
        records.filter(|record| record.operation == "Add").map(|record| record.trace_id).collect()
    };
    until(&world, Duration::from_secs(1), async |world| !traces(world).await.is_empty()).await;
    assert_eq!(traces(&world).await, [root]);
    world.cloud().stop().await;
}
