//! Random histories against a plain model.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::RngExt;
use rand::rngs::StdRng;
use store::{Error, Key, Page, Range, Scan, Store, Tx, Val, Version, begin, snapshot};

use crate::engines::{on_each_engine_with_seed, postgres, rng, seeds};

type Model = BTreeMap<Key, Val>;

fn key(rng: &mut StdRng) -> Key {
    format!("k{}", rng.random_range(0..24)).into()
}

fn range(rng: &mut StdRng) -> Range {
    let (one, two) = (key(rng), key(rng));
    Range::new(one.clone().min(two.clone()), one.max(two))
}

fn scan(rng: &mut StdRng) -> Scan {
    let scan = Scan::new(range(rng)).limit(rng.random_range(1..8)).reverse(rng.random());
    if rng.random_range(0..4) == 0 { scan.keys_only() } else { scan }
}

fn counter(val: Option<&Val>) -> i64 {
    val.map_or(0, |val| i64::from_be_bytes(val[..].try_into().unwrap()))
}

/// What a scan of the model gives. The cursor is left out: its form is the store's own.
fn scan_model(model: &Model, scan: &Scan) -> Vec<(Key, Val)> {
    let Range { from, to } = scan.range.clone();
    if from >= to {
        return Vec::new();
    }
    let mut rows: Vec<_> = model.range(from..to).map(|(k, v)| (k.clone(), v.clone())).collect();
    if scan.reverse {
        rows.reverse();
    }
    rows.truncate(scan.limit);
    if scan.keys_only {
        rows.iter_mut().for_each(|(_, val)| *val = Val::new());
    }
    rows
}

/// One write, on a transaction and on a model. All values are counters, so that adds always work.
fn write(rng: &mut StdRng, tx: &mut Tx) -> Change {
    let val = Val::copy_from_slice(&rng.random_range(-50i64..50).to_be_bytes());
    let change = match rng.random_range(0..8) {
        0..=2 => Change::Put(key(rng), val),
        3 => Change::Delete(key(rng)),
        4 => Change::Clear(range(rng)),
        _ => Change::Add(key(rng), rng.random_range(-5..5)),
    };
    match change.clone() {
        Change::Put(key, val) => tx.put(key, val),
        Change::Delete(key) => tx.delete(key),
        Change::Clear(range) => tx.delete_range(range),
        Change::Add(key, n) => tx.add(key, n),
    }
    .unwrap();
    change
}

#[derive(Clone, Debug)]
enum Change {
    Put(Key, Val),
    Delete(Key),
    Clear(Range),
    Add(Key, i64),
}

impl Change {
    fn apply(&self, model: &mut Model) {
        match self.clone() {
            Change::Put(key, val) => {
                model.insert(key, val);
            }
            Change::Delete(key) => {
                model.remove(&key);
            }
            Change::Clear(range) => model.retain(|key, _| !range.contains(key)),
            Change::Add(key, n) => {
                let sum = counter(model.get(&key)) + n;
                model.insert(key, Val::copy_from_slice(&sum.to_be_bytes()));
            }
        }
    }
}

/// Something a transaction did, and what it saw.
#[derive(Debug)]
enum Step {
    Got(Key, Option<Val>),
    Scanned(Scan, Page),
    Changed(Change),
}

async fn step(rng: &mut StdRng, tx: &mut Tx) -> Step {
    match rng.random_range(0..10) {
        0..=2 => {
            let key = key(rng);
            let got = tx.get(&key).await.unwrap();
            Step::Got(key, got)
        }
        3..=5 => {
            let scan = scan(rng);
            let page = tx.scan(scan.clone()).await.unwrap();
            Step::Scanned(scan, page)
        }
        _ => Step::Changed(write(rng, tx)),
    }
}

/// Runs the steps on the model: everything seen must be what the model shows.
fn replay(steps: &[Step], model: &mut Model) {
    for step in steps {
        match step {
            Step::Got(key, got) => assert_eq!(got.as_ref(), model.get(key), "{key:?}"),
            Step::Scanned(scan, page) => {
                let rows = scan_model(model, scan);
                // A page may end early, then it says where.
                match &page.next {
                    Some(_) => assert_eq!(page.rows, rows[..page.rows.len()], "{scan:?}"),
                    None => assert_eq!(page.rows, rows, "{scan:?}"),
                }
            }
            Step::Changed(change) => change.apply(model),
        }
    }
}

async fn contents(store: &Arc<dyn Store>) -> Model {
    let view = snapshot(store).await.unwrap();
    view.scan(Scan::prefix("")).await.unwrap().rows.into_iter().collect()
}

/// Transactions one after the other do what a map does.
#[tokio::test]
async fn a_transaction_behaves_as_a_map() {
    for seed in seeds(40) {
        on_each_engine_with_seed(seed, |store| async move {
            let mut rng = rng(seed);
            let mut model = Model::new();
            for _ in 0..12 {
                let mut tx = begin(&store).await.unwrap();
                let mut steps = Vec::new();
                for _ in 0..rng.random_range(1..25) {
                    steps.push(step(&mut rng, &mut tx).await);
                }
                let mut after = model.clone();
                replay(&steps, &mut after);
                let savepoint = tx.savepoint();
                for _ in 0..rng.random_range(0..10) {
                    step(&mut rng, &mut tx).await;
                }
                tx.roll_back_to(savepoint);
                if rng.random_range(0..4) > 0 {
                    tx.commit().await.unwrap();
                    model = after;
                }
                assert_eq!(contents(&store).await, model);
            }
        })
        .await;
    }
}

/// Transactions side by side have seen and done what they would have one after the other, in the
/// order of their versions.
#[tokio::test]
async fn transactions_are_serializable() {
    let (mut commits, mut conflicts) = (0, 0);
    for seed in seeds(40) {
        let (sqlite, _folder) = crate::engines::sqlite();
        // Long histories pay for each round trip.
        let postgres = if seed.is_multiple_of(4) { postgres().await } else { None };
        for store in [Some(store::open_memory()), Some(sqlite), postgres].into_iter().flatten() {
            let (done, failed) = interleave(&store, rng(seed)).await;
            commits += done;
            conflicts += failed;
            store.close().await.unwrap();
        }
    }
    assert!(conflicts > 100 && commits > 500, "{commits} commits, {conflicts} conflicts");
}

async fn interleave(store: &Arc<dyn Store>, mut rng: StdRng) -> (usize, usize) {
    let mut open: Vec<(Tx, Vec<Step>)> = Vec::new();
    let mut committed: Vec<(Version, bool, Vec<Step>)> = Vec::new();
    let mut conflicts = 0;
    for _ in 0..300 {
        match rng.random_range(0..10) {
            0..=1 if open.len() < 6 => open.push((begin(store).await.unwrap(), Vec::new())),
            2 if !open.is_empty() => {
                let (tx, steps) = open.swap_remove(rng.random_range(0..open.len()));
                let writes = steps.iter().any(|step| matches!(step, Step::Changed(_)));
                match tx.commit().await {
                    // One that did nothing at all has seen no version.
                    Ok(_) if steps.is_empty() => {}
                    Ok(done) => committed.push((done.version, !writes, steps)),
                    Err(error) => {
                        assert_eq!(error, Error::Conflict);
                        assert!(writes, "only writers conflict");
                        conflicts += 1;
                    }
                }
            }
            _ if !open.is_empty() => {
                let index = rng.random_range(0..open.len());
                let (tx, steps) = &mut open[index];
                let step = step(&mut rng, tx).await;
                steps.push(step);
            }
            _ => {}
        }
    }
    drop(open);
    // Readers come after the writer whose version they have seen.
    committed.sort_by_key(|(version, reader, _)| (*version, *reader));
    let mut model = Model::new();
    for (_, _, steps) in &committed {
        replay(steps, &mut model);
    }
    assert_eq!(contents(store).await, model);
    (committed.len(), conflicts)
}
