//! The queue layer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use rand::RngExt;
use store::keyspace::TEST_QUEUE;
use store::layer::queue::{Claims, Counts, NewMessage, Outcome, Queue, Received, Request};
use store::{Error, Scan, Store, Tx, VALUE_BYTES_MAX, begin, snapshot};

use crate::engines::{on_each_engine, on_each_engine_with_faults, on_each_engine_with_seed, rng, seeds};
use crate::transact;

fn queue() -> Queue {
    Queue::new(TEST_QUEUE, "q")
}

fn message(id: &str, now: i64, visible_at: i64, group: Option<&str>) -> NewMessage {
    let body = Bytes::from(format!("body of {id}"));
    NewMessage { id: id.into(), body, now, visible_at, group: group.map(Into::into) }
}

async fn push(store: &Arc<dyn Store>, messages: &[NewMessage]) {
    transact!(store, |tx| {
        for message in messages.iter().cloned() {
            queue().push(tx, message).await?;
        }
        Ok(())
    });
}

/// Receives at a time for a while; receipts are `id of the call.number`.
async fn take(tx: &mut Tx, call: &str, now: i64, limit: usize, lease: i64) -> Result<Received, Error> {
    let mut number = 0;
    let mut receipt = || {
        number += 1;
        format!("{call}.{number}")
    };
    let request = Request {
        now,
        limit,
        lease_until: now + lease,
        sent_since: now - 1000,
        receives_max: Some(3),
        receipt: &mut receipt,
    };
    queue().receive(tx, &Claims::default(), request).await
}

async fn receive(store: &Arc<dyn Store>, call: &str, now: i64, limit: usize, lease: i64) -> Vec<String> {
    let call = call.to_owned();
    let received = transact!(store, |tx| take(tx, &call.clone(), now, limit, lease).await);
    received.messages.into_iter().map(|message| message.id).collect()
}

async fn counts(store: &Arc<dyn Store>, now: i64) -> (i64, i64, i64) {
    let view = snapshot(store).await.unwrap();
    let Counts { visible, in_flight, delayed } = queue().counts(&view, now).await.unwrap();
    (visible, in_flight, delayed)
}

#[tokio::test]
async fn a_message_is_leased_comes_back_and_is_deleted() {
    on_each_engine_with_faults(|store| async move {
        push(&store, &[message("a", 0, 0, None), message("b", 1, 50, None)]).await;
        assert_eq!(counts(&store, 2).await, (1, 0, 1));
        assert_eq!(receive(&store, "r1", 2, 10, 10).await, ["a"]);
        assert_eq!(receive(&store, "r2", 11, 10, 10).await, [""; 0]);
        assert_eq!(counts(&store, 11).await, (0, 1, 1));
        assert_eq!(counts(&store, 12).await, (1, 0, 1), "the lease has run out");
        let again = transact!(&store, |tx| take(tx, "r3", 12, 10, 10).await).messages;
        assert_eq!(again[0].body, "body of a");
        assert_eq!((again[0].receives, again[0].first_received, again[0].sent), (2, Some(2), 0));
        transact!(&store, |tx| {
            assert_eq!(queue().delete(tx, "a", "r1.1", 13).await?, Outcome::OtherReceipt);
            assert_eq!(queue().delete(tx, "a", "r3.1", 13).await?, Outcome::Done);
            assert_eq!(queue().delete(tx, "a", "r3.1", 13).await?, Outcome::Gone);
            Ok(())
        });
        assert_eq!(counts(&store, 50).await, (1, 0, 0), "the delay is over");
        let view = snapshot(&store).await.unwrap();
        assert_eq!(queue().next_visible_at(&view).await.unwrap(), Some(50));
        drop(view);
        assert_eq!(receive(&store, "r4", 50, 10, 10).await, ["b"]);
        transact!(&store, |tx| {
            // A lease that ran out does not matter while nobody else took the message.
            assert_eq!(queue().delete(tx, "b", "r4.1", 70).await?, Outcome::Done);
            Ok(())
        });
        assert_eq!(counts(&store, 99).await, (0, 0, 0));
        let view = snapshot(&store).await.unwrap();
        let rows = view.scan(Scan::prefix(TEST_QUEUE.0.to_vec())).await.unwrap().rows;
        assert!(rows.iter().all(|(_, val)| val[..] == [0; 8]), "nothing but counters is left");
    })
    .await;
}

#[tokio::test]
async fn visibility_can_be_changed_while_it_lasts() {
    on_each_engine(|store| async move {
        push(&store, &[message("a", 0, 0, None)]).await;
        assert_eq!(receive(&store, "r", 0, 1, 10).await, ["a"]);
        let mut watch = store.watch(queue().watch_key());
        transact!(&store, |tx| {
            let change = |receipt, now, until| (receipt, now, until);
            for ((receipt, now, until), outcome) in [
                (change("other", 1, 20), Outcome::OtherReceipt),
                (change("r.1", 10, 20), Outcome::NotInFlight),
                (change("r.1", 1, 20), Outcome::Done),
            ] {
                let done = queue().change_visibility(tx, "a", receipt, now, until).await?;
                assert_eq!(done, outcome);
            }
            let gone = queue().change_visibility(tx, "none", "r.1", 1, 2).await?;
            assert_eq!(gone, Outcome::Gone);
            Ok(())
        });
        assert_eq!(receive(&store, "s", 19, 1, 10).await, [""; 0]);
        transact!(&store, |tx| queue().change_visibility(tx, "a", "r.1", 15, 15).await);
        watch.changed().await.unwrap();
        assert_eq!(counts(&store, 15).await, (1, 0, 0));
        assert_eq!(receive(&store, "s", 15, 1, 10).await, ["a"]);
    })
    .await;
}

#[tokio::test]
async fn messages_come_in_the_order_in_which_they_became_visible() {
    on_each_engine(|store| async move {
        let sent = [("a", 0, 0), ("b", 1, 40), ("c", 2, 2), ("d", 3, 3)];
        for (id, now, at) in sent {
            push(&store, &[message(id, now, at, None)]).await;
        }
        assert_eq!(receive(&store, "r", 3, 1, 30).await, ["a"]);
        assert_eq!(receive(&store, "r", 50, 3, 30).await, ["c", "d", "a"]);
        assert_eq!(receive(&store, "r", 50, 3, 30).await, ["b"]);
        let view = snapshot(&store).await.unwrap();
        assert_eq!(queue().peek(&view, "b").await.unwrap().unwrap().receives, 1);
        assert_eq!(queue().peek(&view, "none").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_message_received_too_often_is_handed_over() {
    on_each_engine_with_faults(|store| async move {
        push(&store, &[message("a", 0, 0, None), message("b", 40, 40, None)]).await;
        for now in [0, 10, 20] {
            assert_eq!(receive(&store, "r", now, 1, 10).await, ["a"]);
        }
        let received = transact!(&store, |tx| take(tx, "r", 41, 9, 10).await);
        assert_eq!(received.messages.len(), 1);
        assert_eq!(received.exhausted.len(), 1);
        let dead = &received.exhausted[0];
        assert_eq!((&dead.id[..], &dead.body[..], dead.receives), ("a", &b"body of a"[..], 3));
        assert_eq!(counts(&store, 45).await, (0, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn expired_messages_are_not_received() {
    on_each_engine(|store| async move {
        let sent = [("a", 0, 0), ("b", 0, 10), ("c", 500, 500), ("d", 500, 500)];
        for (id, now, at) in sent {
            push(&store, &[message(id, now, at, None)]).await;
        }
        assert_eq!(receive(&store, "r", 1200, 9, 100).await, ["c", "d"]);
        assert_eq!(counts(&store, 1200).await, (0, 2, 0), "what was met is removed");
        push(&store, &[message("e", 600, 600, None), message("f", 1200, 1900, None)]).await;
        let expired = transact!(&store, |tx| queue().expire(tx, 1500, 700, 2).await);
        assert_eq!(expired, 2);
        let expired = transact!(&store, |tx| queue().expire(tx, 1500, 700, 2).await);
        assert_eq!(expired, 1);
        assert_eq!(counts(&store, 1500).await, (0, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn purging_and_destroying_leave_other_queues_alone() {
    on_each_engine(|store| async move {
        let other = Queue::new(TEST_QUEUE, "q\0");
        let nested = Queue::new(TEST_QUEUE, ("q", "q"));
        transact!(&store, |tx| {
            for queue in [&queue(), &Queue::new(TEST_QUEUE, "q\0"), &Queue::new(TEST_QUEUE, ("q", "q"))] {
                queue.push(tx, message("a", 0, 0, Some("g"))).await?;
            }
            Ok(())
        });
        transact!(&store, |tx| queue().purge(tx).await);
        assert_eq!(counts(&store, 0).await, (0, 0, 0));
        let next = transact!(&store, |tx| queue().push(tx, message("b", 0, 0, Some("g"))).await);
        assert_eq!(next, 2, "numbers are not given twice");
        transact!(&store, |tx| queue().destroy(tx));
        let view = snapshot(&store).await.unwrap();
        for queue in [other, nested] {
            assert_eq!(queue.counts(&view, 0).await.unwrap().visible, 1);
        }
        let rows = view.scan(Scan::prefix(TEST_QUEUE.0.to_vec())).await.unwrap().rows;
        assert_eq!(rows.len(), 2 * 5);
    })
    .await;
}

#[tokio::test]
async fn a_large_message_comes_back_whole() {
    on_each_engine(|store| async move {
        let body = Bytes::from((0..3 * VALUE_BYTES_MAX).map(|at| at as u8).collect::<Vec<_>>());
        push(&store, &[NewMessage { body: body.clone(), ..message("a", 0, 0, None) }]).await;
        let got = transact!(&store, |tx| take(tx, "r", 0, 1, 10).await).messages;
        assert_eq!(got[0].body, body);
        transact!(&store, |tx| queue().delete(tx, "a", "r.1", 1).await);
        let view = snapshot(&store).await.unwrap();
        let rows = view.scan(Scan::prefix(TEST_QUEUE.0.to_vec())).await.unwrap().rows;
        assert_eq!(rows.len(), 1, "the row of two counts");
    })
    .await;
}

#[tokio::test]
async fn a_group_keeps_its_order_and_waits_for_its_leases() {
    on_each_engine_with_faults(|store| async move {
        for (id, group) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
            push(&store, &[message(id, 0, 0, Some(group))]).await;
        }
        assert_eq!(counts(&store, 0).await, (4, 0, 0));
        assert_eq!(receive(&store, "r1", 0, 2, 10).await, ["a1", "a2"]);
        assert_eq!(receive(&store, "r2", 1, 9, 10).await, ["b1"], "group a is held");
        transact!(&store, |tx| queue().delete(tx, "a1", "r1.1", 2).await);
        assert_eq!(receive(&store, "r3", 2, 9, 10).await, [""; 0]);
        transact!(&store, |tx| queue().delete(tx, "a2", "r1.2", 3).await);
        assert_eq!(receive(&store, "r4", 3, 9, 10).await, ["a3"]);
        push(&store, &[message("a4", 4, 4, Some("a")), message("b2", 4, 4, Some("b"))]).await;
        assert_eq!(receive(&store, "r5", 9, 9, 10).await, [""; 0]);
        // Both leases have run out: each group starts again with its first.
        assert_eq!(receive(&store, "r6", 13, 9, 10).await, ["b1", "b2", "a3", "a4"]);
        assert_eq!(counts(&store, 14).await, (0, 4, 0));
    })
    .await;
}

/// Many receivers at once: every message is received, none twice while it is leased.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn receivers_share_a_queue() {
    on_each_engine(|store| async move {
        let all: Vec<_> = (0..120).map(|n| message(&format!("{n:03}"), n, n, None)).collect();
        push(&store, &all).await;
        let claims = Claims::default();
        let mut tasks = Vec::new();
        for task in 0..8 {
            let (store, claims) = (store.clone(), claims.clone());
            tasks.push(tokio::spawn(async move {
                let (mut mine, mut conflicts) = (Vec::new(), 0);
                loop {
                    let mut tx = begin(&store).await.unwrap();
                    let mut receipt = || format!("{task}");
                    let request = Request {
                        now: 200,
                        limit: 3,
                        lease_until: 500,
                        sent_since: 0,
                        receives_max: None,
                        receipt: &mut receipt,
                    };
                    let got = queue().receive(&mut tx, &claims, request).await.unwrap().messages;
                    let empty = got.is_empty();
                    match tx.commit().await {
                        Ok(_) if empty => break (mine, conflicts),
                        Ok(_) => mine.extend(got.into_iter().map(|message| message.id)),
                        Err(Error::Conflict) => conflicts += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
            }));
        }
        let (mut received, mut conflicts) = (Vec::new(), 0);
        for task in tasks {
            let (mine, lost) = task.await.unwrap();
            received.extend(mine);
            conflicts += lost;
        }
        // A receiver may find the last ones claimed by one whose commit then fails.
        received.extend(receive(&store, "last", 200, 99, 300).await);
        received.sort();
        assert_eq!(received, all.iter().map(|message| message.id.clone()).collect::<Vec<_>>());
        // Without claims all eight would want the same messages. A few conflicts stay, the more the busier the machine is.
        assert!(conflicts <= 120, "{conflicts} conflicts for 40 receives");
        assert_eq!(counts(&store, 201).await, (0, 120, 0));
    })
    .await;
}

/// What the model knows of a message.
#[derive(Clone, Debug)]
struct Held {
    visible_at: i64,
    receives: u32,
    receipt: Option<String>,
    group: Option<String>,
}

/// A random history: no message is lost or given out while it is leased, groups keep their order,
/// the counts are right at every moment.
#[tokio::test]
async fn a_queue_loses_nothing_and_keeps_order() {
    for seed in seeds(25) {
        on_each_engine_with_one(seed).await;
    }
}

async fn on_each_engine_with_one(seed: u64) {
    on_each_engine_with_seed(seed, |store| async move {
        let mut rng = rng(seed);
        let mut held: BTreeMap<String, Held> = BTreeMap::new();
        let mut order: HashMap<String, Vec<String>> = HashMap::new();
        let mut now = 0;
        for turn in 0..120 {
            now += rng.random_range(0..4);
            match rng.random_range(0..5) {
                0 | 1 => {
                    let id = format!("m{turn}");
                    let group = ["x", "y"].get(rng.random_range(0..4)).map(|group| group.to_string());
                    let visible_at = now + rng.random_range(0..2) * rng.random_range(0..20);
                    push(&store, &[message(&id, now, visible_at, group.as_deref())]).await;
                    if let Some(group) = &group {
                        order.entry(group.clone()).or_default().push(id.clone());
                    }
                    held.insert(id, Held { visible_at, receives: 0, receipt: None, group });
                }
                2 | 3 => {
                    let (limit, lease) = (rng.random_range(1..5), rng.random_range(1..15));
                    let call = format!("r{turn}");
                    let got = transact!(&store, |tx| take(tx, &call.clone(), now, limit, lease).await);
                    check_received(&got, &mut held, &mut order, now, limit, lease);
                }
                _ => {
                    let nth = rng.random_range(0..held.len().max(1));
                    let Some((id, one)) = held.clone().into_iter().nth(nth) else { continue };
                    let Some(receipt) = one.receipt else { continue };
                    if rng.random() {
                        let key = id.clone();
                        let done = transact!(&store, |tx| {
                            queue().delete(tx, &key.clone(), &receipt.clone(), now).await
                        });
                        assert_eq!(done, Outcome::Done);
                        held.remove(&id);
                        order.values_mut().for_each(|ids| ids.retain(|other| *other != id));
                    } else {
                        let (key, until) = (id.clone(), now + rng.random_range(0..20));
                        let done = transact!(&store, |tx| {
                            queue().change_visibility(tx, &key.clone(), &receipt.clone(), now, until).await
                        });
                        if one.visible_at > now {
                            assert_eq!(done, Outcome::Done);
                            held.get_mut(&id).unwrap().visible_at = until;
                        } else {
                            assert_eq!(done, Outcome::NotInFlight);
                        }
                    }
                }
            }
            let (visible, in_flight, delayed) = counts(&store, now).await;
            assert_eq!((visible + in_flight + delayed) as usize, held.len());
            let leased = held.values().filter(|one| one.receives > 0 && one.visible_at > now);
            assert_eq!(in_flight as usize, leased.count());
        }
    })
    .await;
}

fn check_received(
    got: &Received,
    held: &mut BTreeMap<String, Held>,
    order: &mut HashMap<String, Vec<String>>,
    now: i64,
    limit: usize,
    lease: i64,
) {
    for dead in &got.exhausted {
        let one = held.remove(&dead.id).expect("it was in the queue");
        assert!(one.receives == 3 && one.visible_at <= now);
        order.values_mut().for_each(|ids| ids.retain(|other| *other != dead.id));
    }
    let ids: BTreeSet<_> = got.messages.iter().map(|message| message.id.clone()).collect();
    assert!(ids.len() == got.messages.len() && ids.len() <= limit);
    for (group, members) in order.iter() {
        let mine: Vec<_> = got.messages.iter().filter(|one| one.group.as_ref() == Some(group)).collect();
        let first: Vec<_> = members.iter().take(mine.len()).collect();
        assert_eq!(mine.iter().map(|one| &one.id).collect::<Vec<_>>(), first, "order of {group}");
        if !mine.is_empty() {
            let leased = |id: &String| held[id].receives > 0 && held[id].visible_at > now;
            assert!(!members.iter().any(leased), "group {group} was held");
        }
    }
    // Nothing without a group is left behind while there was room.
    if got.messages.len() < limit {
        for (id, one) in held.iter().filter(|(_, one)| one.group.is_none()) {
            assert!(one.visible_at > now || ids.contains(id), "{id} was visible");
        }
    }
    for message in &got.messages {
        let one = held.get_mut(&message.id).expect("it was in the queue");
        assert!(one.visible_at <= now, "{} is leased or delayed", message.id);
        one.receives += 1;
        assert_eq!(message.receives, one.receives);
        one.visible_at = now + lease;
        one.receipt = message.receipt.clone();
    }
}
