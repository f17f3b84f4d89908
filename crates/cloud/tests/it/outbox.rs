//! What the outbox promises.

use std::time::Duration;

use serde_json::json;
use store::layer::outbox;
use store::layer::table::Paging;
use testkit::World;

use crate::service::TALLY;

async fn count(world: &World, name: &str) -> i64 {
    world.ok("sqs", "Count", json!({"Name": name})).await["Count"].as_i64().unwrap()
}

/// Lets the workers run until `done`, moving the clock by `step` between looks.
async fn until(world: &World, step: Duration, done: impl AsyncFn(&World) -> bool) {
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
