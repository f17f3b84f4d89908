//! Several nodes over one store: who does what, and who takes over.

use std::time::Duration;

use cloud::lease::Lease;
use serde_json::json;
use testkit::World;

use crate::service::TALLY;

/// Longer than a lease lasts.
const LATER: Duration = Duration::from_secs(6);

async fn two() -> (World, World) {
    let mut nodes = World::nodes(&[&TALLY], 2).await.into_iter();
    (nodes.next().unwrap(), nodes.next().unwrap())
}

async fn guards(world: &World, lease: &Lease) -> bool {
    let tx = store::begin(world.cloud().store()).await.unwrap();
    lease.guard(&tx).await.unwrap()
}

#[tokio::test]
async fn a_lease_is_one_nodes_until_it_ends() {
    let (one, two) = two().await;
    let lease = Lease::take(one.cloud(), "work").await.unwrap().unwrap();
    assert!(guards(&one, &lease).await && lease.is_held());
    assert!(Lease::take(two.cloud(), "other").await.unwrap().is_some());
    assert!(Lease::take(one.cloud(), "work").await.unwrap().is_some(), "it keeps nobody out of its own node");
    for _ in 0..4 {
        // It is renewed while its node lives.
        one.advance(Duration::from_secs(2)).await;
        two.advance(Duration::from_secs(2)).await;
        assert!(Lease::take(two.cloud(), "work").await.unwrap().is_none());
    }
    drop(lease);
    one.settle().await;
    let taken = Lease::take(two.cloud(), "work").await.unwrap();
    assert!(guards(&two, &taken.unwrap()).await, "given back, it is free at once");
}

#[tokio::test]
async fn the_lease_of_a_node_that_stands_still_is_taken_over() {
    let (one, two) = two().await;
    let old = Lease::take(one.cloud(), "work").await.unwrap().unwrap();
    assert!(Lease::take(two.cloud(), "work").await.unwrap().is_none());
    two.advance(LATER).await;
    let new = Lease::take(two.cloud(), "work").await.unwrap().unwrap();
    assert!(guards(&two, &new).await);
    assert!(!guards(&one, &old).await, "the store tells what the node does not know yet");
    one.advance(LATER).await;
    assert!(!old.is_held() && new.is_held());
    drop(old);
    one.settle().await;
    assert!(guards(&two, &new).await, "what is another's is not given back");
}

#[tokio::test]
async fn a_stopped_node_gives_its_leases_back() {
    let (one, two) = two().await;
    let _lease = Lease::take(one.cloud(), "work").await.unwrap().unwrap();
    one.cloud().stop().await;
    assert!(Lease::take(two.cloud(), "work").await.unwrap().is_some());
}

#[tokio::test]
async fn another_node_delivers_what_a_dead_one_had_begun() {
    let (one, two) = two().await;
    one.cloud().start();
    one.ok("sqs", "AddLater", json!({"Name": "slow"})).await;
    one.settle().await;
    // The first node has taken the delivery and stands still. The second finds it when its lease is over.
    two.cloud().start();
    two.settle().await;
    for _ in 0..320 {
        two.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(two.ok("sqs", "Count", json!({"Name": "slow"})).await["Count"], 1);
    two.cloud().stop().await;
}
