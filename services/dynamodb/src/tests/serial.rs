//! Transactions side by side against what their order must have been: every list of an item tells in which order its
//! writers came, every read tells between which of them it was, and no transaction may come before one that had ended
//! when it began. Together that is a graph, and the history is (strictly) serializable if it has no circle: the method of
//! Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations".

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use testkit::World;

use super::{item, ok, table, world};

/// Items that all transactions are about.
const ITEMS: i64 = 5;
/// Clients side by side, and the transactions of each.
const CLIENTS: u64 = 6;
const TURNS: usize = 25;

/// A transaction that was taken.
#[derive(Debug)]
struct Taken {
    began: usize,
    ended: usize,
    /// What was read: the list of each item. None for a write.
    read: Option<BTreeMap<i64, Vec<String>>>,
    /// The entry that a write has put at the end of lists.
    entry: Option<String>,
}

/// What has happened, and a clock that goes on with each beginning and end.
#[derive(Default)]
struct History {
    clock: Cell<usize>,
    taken: RefCell<Vec<Taken>>,
}

impl History {
    fn tick(&self) -> usize {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }
}

fn list_of(item: &Value) -> Vec<String> {
    let list = item["l"]["L"].as_array();
    list.into_iter().flatten().filter_map(|entry| entry["S"].as_str().map(str::to_owned)).collect()
}

/// Some of the items, each once.
fn some(random: &mut StdRng) -> BTreeSet<i64> {
    (0..random.random_range(1..4)).map(|_| random.random_range(0..ITEMS)).collect()
}

/// One client: puts entries at the end of lists, in transactions and single updates, and reads lists together.
async fn client(world: &World, history: &History, seed: u64, number: u64) {
    let mut random = StdRng::seed_from_u64(seed * 100 + number);
    for turn in 0..TURNS {
        let items = some(&mut random);
        let began = history.tick();
        if random.random() {
            let gets: Vec<Value> = items
                .iter()
                .map(|n| json!({"Get": {"TableName": "things", "Key": item("a", *n, json!({}))}}))
                .collect();
            let answer = ok(world, "TransactGetItems", json!({"TransactItems": gets})).await;
            let list = |(at, n): (usize, &i64)| (*n, list_of(&answer["Responses"][at]["Item"]));
            let read = Some(items.iter().enumerate().map(list).collect());
            history.taken.borrow_mut().push(Taken { began, ended: history.tick(), read, entry: None });
        } else {
            let entry = format!("{number}.{turn}");
            let update = |n: &i64| {
                json!({
                    "TableName": "things", "Key": item("a", *n, json!({})),
                    "UpdateExpression": "SET l = list_append(if_not_exists(l, :none), :entry)",
                    "ExpressionAttributeValues": {":none": {"L": []}, ":entry": {"L": [{"S": entry}]}},
                })
            };
            match items.first() {
                Some(only) if items.len() == 1 => drop(ok(world, "UpdateItem", update(only)).await),
                _ => {
                    let updates: Vec<Value> = items.iter().map(|n| json!({"Update": update(n)})).collect();
                    ok(world, "TransactWriteItems", json!({"TransactItems": updates})).await;
                }
            }
            let ended = history.tick();
            history.taken.borrow_mut().push(Taken { began, ended, read: None, entry: Some(entry) });
        }
        for _ in 0..random.random_range(0..3) {
            tokio::task::yield_now().await;
        }
    }
}

/// Which transactions come before which, by their places in the history.
fn orders(taken: &[Taken], lists: &BTreeMap<i64, Vec<String>>) -> Vec<BTreeSet<usize>> {
    let mut later = vec![BTreeSet::new(); taken.len()];
    let writer: BTreeMap<&str, usize> =
        taken.iter().enumerate().filter_map(|(at, one)| Some((one.entry.as_deref()?, at))).collect();
    for list in lists.values() {
        for pair in list.windows(2) {
            later[writer[&*pair[0]]].insert(writer[&*pair[1]]);
        }
    }
    for (at, one) in taken.iter().enumerate() {
        for (n, seen) in one.read.iter().flatten() {
            let whole = &lists[n];
            assert!(whole.starts_with(seen), "{seen:?} was read of {whole:?}");
            if let Some(last) = seen.last() {
                later[writer[&**last]].insert(at);
            }
            if let Some(next) = whole.get(seen.len()) {
                later[at].insert(writer[&**next]);
            }
        }
        let after = taken.iter().enumerate().filter(|(_, other)| one.ended < other.began);
        later[at].extend(after.map(|(other, _)| other));
    }
    later
}

/// Whether there is an order in which all come after those that they must come after.
fn has_order(mut later: Vec<BTreeSet<usize>>) -> bool {
    let mut left: BTreeSet<usize> = (0..later.len()).collect();
    while !left.is_empty() {
        let waiting: BTreeSet<usize> = left.iter().flat_map(|at| later[*at].iter().copied()).collect();
        let Some(first) = left.iter().copied().find(|at| !waiting.contains(at)) else { return false };
        left.remove(&first);
        later[first].clear();
    }
    true
}

#[tokio::test]
async fn every_history_of_transactions_has_an_order() {
    for seed in [31, 32, 33] {
        println!("seed {seed}");
        let world = world().await;
        table(&world, "things", json!({})).await;
        let history = History::default();
        join_all((0..CLIENTS).map(|number| client(&world, &history, seed, number))).await;
        let mut lists = BTreeMap::new();
        for n in 0..ITEMS {
            let asked =
                json!({"TableName": "things", "Key": item("a", n, json!({})), "ConsistentRead": true});
            lists.insert(n, list_of(&ok(&world, "GetItem", asked).await["Item"]));
        }
        let taken = history.taken.into_inner();
        let entries: BTreeSet<&String> = lists.values().flatten().collect();
        let written: BTreeSet<&String> = taken.iter().filter_map(|one| one.entry.as_ref()).collect();
        assert_eq!(entries, written, "seed {seed}: every write is there");
        assert!(has_order(orders(&taken, &lists)), "seed {seed}: {taken:#?} {lists:#?}");
    }
}

/// The check finds what snapshots alone would let through: two transactions of which each read what the other changed.
#[test]
fn a_history_without_an_order_is_found() {
    let read = |n: i64, list: &[&str]| (n, list.iter().map(|entry| (*entry).to_owned()).collect());
    let write = |entry: &str| Taken { began: 1, ended: 9, read: None, entry: Some(entry.to_owned()) };
    let both = |first: &[&str], second: &[&str]| Taken {
        began: 1,
        ended: 9,
        read: Some(BTreeMap::from([read(0, first), read(1, second)])),
        entry: None,
    };
    let lists = BTreeMap::from([read(0, &["x"]), read(1, &["y"])]);
    let fits = vec![write("x"), write("y"), both(&["x"], &[]), both(&["x"], &["y"])];
    assert!(has_order(orders(&fits, &lists)));
    // One sees only the first write, the other only the second.
    let torn = vec![write("x"), write("y"), both(&["x"], &[]), both(&[], &["y"])];
    assert!(!has_order(orders(&torn, &lists)));
    // One ends before a write begins that it has not seen, but the write before it.
    let mut late = vec![write("x"), both(&[], &[])];
    (late[0].ended, late[1].began) = (2, 3);
    let lists = BTreeMap::from([read(0, &["x"]), read(1, &[])]);
    assert!(!has_order(orders(&late, &lists)), "what had ended must be seen");
}
