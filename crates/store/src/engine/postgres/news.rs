//! Watching what other nodes write, staying among the living, and ending views that are too old.
//!
//! A node is registered from its start on. While another one lives, every group leaves word of the keys that it has
//! written; each node looks for such words many times a second, as long as somebody there waits for keys.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, Statement};

use super::group::decode_news;
use super::{Shared, failed, sql};
use crate::Error;
use crate::types::Version;

/// Between two looks at what other nodes wrote: the age of what a cache may still show, the way there and back aside.
const LOOK: Duration = Duration::from_millis(25);
/// Between two signs of life. A node that just came is noticed by the others within this time.
const BEAT: Duration = Duration::from_secs(1);
/// Between two tries to reach the database again.
const PAUSE: Duration = Duration::from_millis(250);

/// Registers a node, and answers its number and the version after which it will hear of all that others write.
pub(super) async fn register(client: &Client) -> Result<(i64, Version), Error> {
    let work = async {
        client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        let version: i64 = client.query_one(sql::HOLD_COMMITS, &[]).await?.get(0);
        let node: i64 = client.query_one(sql::NODE_NUMBER, &[]).await?.get(0);
        client.batch_execute("COMMIT").await?;
        Ok((node, Version(version as u64)))
    };
    work.await.map_err(|error| failed(&error))
}

/// Runs until the store is closed.
pub(super) async fn run(shared: Arc<Shared>, version: Version) {
    let mut watcher =
        Watcher { shared: shared.clone(), seen: version, line: None, beaten: None, others: true };
    while !watcher.shared.pool.is_closed() {
        watcher.shared.end_old_views();
        if let Err(error) = watcher.look().await {
            tracing::debug!(%error, "other nodes' changes cannot be read; it is tried again");
            watcher.line = None;
            sleep(PAUSE).await;
            continue;
        }
        let waits = watcher.others && watcher.shared.hub.has_watchers();
        tokio::select! {
            () = sleep(if waits { LOOK } else { BEAT / 4 }) => {}
            () = shared.stopping.notified() => {}
        }
    }
    watcher.leave().await;
}

struct Watcher {
    shared: Arc<Shared>,
    /// The last version of which the watchers here have heard.
    seen: Version,
    line: Option<(Client, Statement)>,
    beaten: Option<Instant>,
    /// Whether any other node lives.
    others: bool,
}

impl Watcher {
    async fn look(&mut self) -> Result<(), Error> {
        if self.line.as_ref().is_none_or(|(client, _)| client.is_closed()) {
            self.connect().await?;
        }
        if self.beaten.is_none_or(|at| at.elapsed() >= BEAT) {
            self.beat().await?;
        }
        if self.others && self.shared.hub.has_watchers() {
            self.hear().await?;
        }
        Ok(())
    }

    /// A new connection. What was written while there was none is not known: all watchers look.
    async fn connect(&mut self) -> Result<(), Error> {
        let again = self.beaten.is_some();
        let client = self.shared.pool.connect().await?;
        let news = client.prepare(sql::NEWS).await.map_err(|error| failed(&error))?;
        self.line = Some((client, news));
        if again {
            self.register_again().await?;
        }
        Ok(())
    }

    async fn register_again(&mut self) -> Result<(), Error> {
        let Some((client, _)) = &self.line else { return Ok(()) };
        let work = async {
            client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
            let version: i64 = client.query_one(sql::HOLD_COMMITS, &[]).await?.get(0);
            client.execute(sql::NEW_NODE, &[&self.shared.node]).await?;
            client.batch_execute("COMMIT").await?;
            Ok(Version(version as u64))
        };
        self.seen = work.await.map_err(|error| failed(&error))?;
        self.shared.hub.notify_all(self.seen);
        Ok(())
    }

    async fn beat(&mut self) -> Result<(), Error> {
        let Some((client, _)) = &self.line else { return Ok(()) };
        let node = self.shared.node;
        let alive = client.execute(sql::ALIVE, &[&node]).await.map_err(|error| failed(&error))?;
        if alive == 0 {
            // The machine slept, or was so busy that others may have taken this node for dead.
            self.register_again().await?;
        }
        let Some((client, _)) = &self.line else { return Ok(()) };
        let others = client.query_one(sql::OTHERS, &[&node]).await.map_err(|error| failed(&error))?;
        self.others = others.get::<_, i64>(0) > 0;
        self.beaten = Some(Instant::now());
        Ok(())
    }

    async fn hear(&mut self) -> Result<(), Error> {
        let Some((client, news)) = &self.line else { return Ok(()) };
        let (seen, own) = (self.seen.0 as i64, self.shared.own_lanes());
        let rows = client.query(news, &[&seen, &own]).await.map_err(|error| failed(&error))?;
        for row in rows {
            let (version, keys): (i64, &[u8]) = (row.get(0), row.get(1));
            self.seen = Version(version as u64);
            self.shared.saw(self.seen);
            match decode_news(keys, self.seen) {
                Some(footprint) => self.shared.hub.notify(&footprint),
                None => self.shared.hub.notify_all(self.seen),
            }
        }
        Ok(())
    }

    /// Says good-bye, so that others leave no more words for this node.
    async fn leave(&mut self) {
        let Some((client, _)) = &self.line else { return };
        if let Err(error) = client.execute(sql::GONE, &[&self.shared.node]).await {
            tracing::debug!(%error, "the node's row stays until it is too old");
        }
    }
}
