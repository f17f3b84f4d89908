//! The first words with the database: tables, settings, and a place among the nodes.
//!
//! All of it may have to wait: for a server that is being started, for another node that makes the tables, for a session
//! that somebody has left open with the lock of all commits. Whoever starts a cloud reads within seconds for what.

use tokio_postgres::Client;

use super::pool::Pool;
use super::{failed, news, schema};
use crate::Error;
use crate::patience::told;
use crate::types::Version;

/// For how long a start waits for the lock of all commits: longer than the database lets a node hold it that hangs.
const LOCKS: &str = "SET lock_timeout = '20s'; SET statement_timeout = 0";
/// Who holds up a session: of those before it in the queue, the one that waits for nobody.
const HOLDER: &str = "WITH RECURSIVE before (pid) AS (SELECT unnest(pg_blocking_pids($1))
        UNION SELECT unnest(pg_blocking_pids(b.pid)) FROM before AS b)
    SELECT a.pid, coalesce(nullif(a.application_name, ''), 'a program without a name'),
        a.state, extract(epoch FROM clock_timestamp() - a.xact_start)::bigint
    FROM pg_stat_activity AS a JOIN before AS b ON b.pid = a.pid
    WHERE cardinality(pg_blocking_pids(a.pid)) = 0 ORDER BY a.xact_start LIMIT 1";

/// Connects, makes the tables or brings them up to date, and registers a node: its number, and the version after which it
/// will hear of all that others write.
pub(super) async fn start(pool: &Pool) -> Result<(i64, Version), Error> {
    let client = told(pool.connect(), async || format!("the database {}", pool.shown())).await?;
    let begin = async {
        client.batch_execute(LOCKS).await?;
        Ok(client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0))
    };
    let session: i32 = begin.await.map_err(|error| failed(&error))?;
    let work = async {
        schema::prepare(&client).await?;
        warn_of_settings(&client).await;
        news::register(&client).await
    };
    told(work, async || {
        let holder = holder(pool, session).await;
        format!("the tables in the database {}{}", pool.shown(), holder.unwrap_or_default())
    })
    .await
}

/// An acknowledged write is on disk, unless the server was told not to care.
async fn warn_of_settings(client: &Client) {
    let fsync = client.query_one("SHOW fsync", &[]).await;
    if fsync.is_ok_and(|row| row.get::<_, &str>(0) == "off") {
        tracing::warn!(
            "the database runs with fsync = off: a crash of its machine loses what was acknowledged"
        );
    }
}

/// Who holds up a session, for people. None when nobody does, or the database does not tell.
async fn holder(pool: &Pool, session: i32) -> Option<String> {
    let client = pool.connect().await.ok()?;
    let row = client.query_opt(HOLDER, &[&session]).await.ok()??;
    let (pid, name, state): (i32, &str, Option<&str>) = (row.get(0), row.get(1), row.get(2));
    let seconds: Option<i64> = row.get(3);
    let (state, seconds) = (state.unwrap_or("in an unknown state"), seconds.unwrap_or_default());
    Some(format!(": session {pid} ({name}, {state}) has held them for {seconds} s"))
}
