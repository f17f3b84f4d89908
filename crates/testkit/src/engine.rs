//! The store of a test's cloud, on the engine that the environment names.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use store::Store;
use tokio_postgres::NoTls;

/// Names the engine: `memory`, `sqlite` or `postgres`.
const ENGINE: &str = "CLOUDLET_TEST_STORE";
/// Names the database for tests on PostgreSQL.
const DATABASE: &str = "CLOUDLET_TEST_POSTGRES";

/// A new empty store. A test that cannot have it stops: it must not seem to have passed.
pub(crate) async fn open(folder: &Path) -> Arc<dyn Store> {
    match std::env::var(ENGINE).unwrap_or_default().as_str() {
        "" | "memory" => store::open_memory(),
        "sqlite" => store::sqlite::open(&folder.join("store")).expect("a new folder has room for a store"),
        "postgres" => {
            let url =
                std::env::var(DATABASE).unwrap_or_else(|_| panic!("{ENGINE}=postgres needs {DATABASE}"));
            store::postgres::open(&new_schema(&url).await).await.expect("the database for tests is there")
        }
        other => panic!("{ENGINE} is memory, sqlite or postgres, not `{other}`"),
    }
}

/// Makes a schema of the test's own, so that tests share one server and nothing else.
async fn new_schema(url: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("w{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let (client, line) = tokio_postgres::connect(url, NoTls).await.expect("the database for tests is there");
    let line = tokio::spawn(line);
    let make = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
    client.batch_execute(&make).await.expect("the user of the database for tests may make schemas");
    drop(client);
    line.await.expect("it does not panic").expect("a connection ends as it should");
    format!("{url}&options=-csearch_path%3D{name}")
}
