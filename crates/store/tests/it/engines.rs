//! The engines under test, and the way to run a rule on each of them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use store::postgres::Options;
use store::{Error, Store, Tx, begin};
use tempfile::TempDir;

use crate::faults::Faulty;

/// Runs a rule on a new store of every engine.
pub async fn on_each_engine<F: Future<Output = ()>>(rule: impl Fn(Arc<dyn Store>) -> F) {
    on_embedded_engines(&rule).await;
    on_postgres(&rule).await;
}

/// Runs a rule with a seed on the embedded engines, and with every eighth seed on PostgreSQL: long histories pay for
/// each round trip.
pub async fn on_each_engine_with_seed<F: Future<Output = ()>>(seed: u64, rule: impl Fn(Arc<dyn Store>) -> F) {
    on_embedded_engines(&rule).await;
    if seed.is_multiple_of(8) {
        on_postgres(&rule).await;
    }
}

async fn on_embedded_engines<F: Future<Output = ()>>(rule: impl Fn(Arc<dyn Store>) -> F) {
    eprintln!("engine memory");
    rule(store::open_memory()).await;
    eprintln!("engine sqlite");
    let (store, _folder) = sqlite();
    rule(store.clone()).await;
    store.close().await.unwrap();
}

async fn on_postgres<F: Future<Output = ()>>(rule: impl Fn(Arc<dyn Store>) -> F) {
    if let Some(store) = postgres().await {
        eprintln!("engine postgres");
        rule(store.clone()).await;
        store.close().await.unwrap();
    }
}

/// Runs a rule on every engine, and on every engine with commits that fail by chance. The rule
/// must run its transactions again on a conflict.
pub async fn on_each_engine_with_faults<F: Future<Output = ()>>(rule: impl Fn(Arc<dyn Store>) -> F) {
    on_each_engine(&rule).await;
    for seed in seeds(3) {
        eprintln!("engine memory with faults");
        rule(Arc::new(Faulty::new(store::open_memory(), seed))).await;
        eprintln!("engine sqlite with faults");
        let (store, _folder) = sqlite();
        rule(Arc::new(Faulty::new(store.clone(), seed))).await;
        store.close().await.unwrap();
        if let Some(store) = postgres().await {
            eprintln!("engine postgres with faults");
            rule(Arc::new(Faulty::new(store.clone(), seed))).await;
            store.close().await.unwrap();
        }
    }
}

/// A new store on a disk.
pub fn sqlite() -> (Arc<dyn Store>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (store::sqlite::open(folder.path()).unwrap(), folder)
}

/// A new store in the database that `CLOUDLET_TEST_POSTGRES` names, in a schema of its own; none without it.
/// `tests/postgres COMMAND` runs a command with such a database beside it.
pub async fn postgres() -> Option<Arc<dyn Store>> {
    // On a machine that is busy with all tests at once a view may be needed for long.
    let options = Options { view_age_max: Duration::from_secs(120), ..Options::default() };
    Some(store::postgres::open_with(&new_schema().await?, options).await.unwrap())
}

/// The address of a new empty schema in the database for tests.
pub async fn new_schema() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("CLOUDLET_TEST_POSTGRES") else {
        eprintln!("there is no CLOUDLET_TEST_POSTGRES: the engine on PostgreSQL is left out");
        return None;
    };
    let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let talk = tokio::spawn(connection);
    client
        .batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"))
        .await
        .unwrap();
    drop(client);
    talk.await.unwrap().unwrap();
    Some(format!("{url}&options=-csearch_path%3D{name}"))
}

/// The seeds of a property test, printed one by one as they are used. `STORE_SEED` names one to
/// run alone.
pub fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let only = std::env::var("STORE_SEED").ok().map(|seed| seed.parse().unwrap());
    let seeds = only.map_or(0..count, |seed: u64| seed..seed + 1);
    seeds.inspect(|seed| eprintln!("seed {seed}: run it alone with STORE_SEED={seed}"))
}

/// The randomness of a seed.
pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Runs one transaction until it commits.
#[macro_export]
macro_rules! transact {
    ($store:expr, |$tx:ident| $body:expr) => {{
        loop {
            let mut own = store::begin($store).await.unwrap();
            let work: Result<_, store::Error> = async {
                let $tx = &mut own;
                $body
            }
            .await;
            let value = work.unwrap();
            match own.commit().await {
                Ok(_) => break value,
                Err(error) => assert!(matches!(error, store::Error::Conflict | store::Error::Expired)),
            }
        }
    }};
}

/// Writes rows in one commit.
pub async fn fill(store: &Arc<dyn Store>, rows: &[(&str, &str)]) {
    let mut tx = begin(store).await.unwrap();
    for (key, val) in rows {
        tx.put(key.to_string(), val.to_string()).unwrap();
    }
    tx.commit().await.unwrap();
}

/// The value of a key as text.
pub async fn text(tx: &Tx, key: &str) -> Option<String> {
    let val = tx.get(&key.to_string().into()).await.unwrap();
    val.map(|val| String::from_utf8(val.into()).unwrap())
}

/// Whether it is an error of the engine that says why.
pub fn is_unavailable<T>(result: &Result<T, Error>, why: &str) -> bool {
    matches!(result, Err(Error::Unavailable(text)) if text.contains(why))
}
