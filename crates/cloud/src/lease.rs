//! Leases: what one node alone does, when several share the store.
//!
//! A node that holds a lease renews it; when the node ends or dies, another takes the lease over a few seconds later.
//! A node that was merely slow may believe that it still holds a lease which another has taken: [`Lease::guard`] lets
//! the store decide, in the transaction that does the work. Where the store belongs to this process alone, every lease
//! is free and costs nothing.
//!
//! The times of leases are compared by the clocks of all nodes: they must agree to a second or so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Record};
use store::tuple::Tuple;
use tokio::sync::oneshot;

use crate::instance::Cloud;

/// How long a lease lasts without being renewed: after the death of a node others wait this long.
pub(crate) const LEASE_MILLIS: i64 = 4_000;
/// How often it is renewed.
const RENEW_MILLIS: i64 = LEASE_MILLIS / 4;

/// Who holds a lease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LeaseRow {
    name: String,
    /// The number of the node among those that share the store.
    node: i64,
    until_millis: i64,
}

impl Record for LeaseRow {
    const PREFIX: Prefix = keyspace::SYSTEM_LEASE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of(&self.name)
    }
}

/// The right to do something that one node at a time does. Dropping it gives it back.
#[derive(Debug)]
pub struct Lease {
    name: Arc<str>,
    /// None where nobody else can have it.
    node: Option<i64>,
    lost: Arc<AtomicBool>,
    /// Its end tells the task that renews the lease.
    _alive: Option<oneshot::Sender<()>>,
}

impl Lease {
    /// Takes the lease of this name. None while another node has it. A node that has it already gets it again: inside
    /// of a process it keeps nobody out.
    pub async fn take(cloud: &Arc<Cloud>, name: &str) -> Result<Option<Self>, store::Error> {
        let name: Arc<str> = name.into();
        let lost = Arc::new(AtomicBool::new(false));
        let Some(node) = cloud.store().node() else {
            return Ok(Some(Self { name, node: None, lost, _alive: None }));
        };
        if !extend(cloud, &name, node, true).await? {
            return Ok(None);
        }
        let (alive, ended) = oneshot::channel();
        cloud.tasks().spawn(keep(cloud.clone(), name.clone(), node, lost.clone(), ended));
        Ok(Some(Self { name, node: Some(node), lost, _alive: Some(alive) }))
    }

    /// Whether it is still this node's, as far as is known here.
    pub fn is_held(&self) -> bool {
        !self.lost.load(Ordering::Acquire)
    }

    /// Makes a transaction depend on the lease: false when it is another node's now, and then nothing may be done.
    pub async fn guard(&self, tx: &Tx) -> Result<bool, store::Error> {
        let Some(node) = self.node else { return Ok(true) };
        let row = table::get::<LeaseRow>(tx, &*self.name).await?;
        Ok(row.is_some_and(|row| row.node == node))
    }
}

/// Renews a lease until it is dropped, lost, or the cloud stops; then gives it back.
async fn keep(
    cloud: Arc<Cloud>,
    name: Arc<str>,
    node: i64,
    lost: Arc<AtomicBool>,
    mut ended: oneshot::Receiver<()>,
) {
    loop {
        let next = cloud.clock().now().plus_millis(RENEW_MILLIS);
        tokio::select! {
            () = cloud.clock().sleep_until(next) => {}
            _ = &mut ended => break,
            () = cloud.tasks().stopping() => break,
        }
        match extend(&cloud, &name, node, false).await {
            Ok(true) => {}
            Ok(false) => {
                lost.store(true, Ordering::Release);
                tracing::warn!(%name, "another node has taken over a lease");
                return;
            }
            Err(error) => tracing::warn!(%name, %error, "a lease could not be renewed; trying again"),
        }
    }
    if let Err(error) = release(&cloud, &name, node).await {
        tracing::debug!(%name, %error, "a lease was not given back; it runs out");
    }
}

/// Takes or renews. False when it is another node's.
async fn extend(cloud: &Arc<Cloud>, name: &Arc<str>, node: i64, take: bool) -> Result<bool, store::Error> {
    let now = cloud.clock().now().millis();
    let name = name.to_string();
    store::transact(cloud.store(), |tx| {
        let row = LeaseRow { name: name.clone(), node, until_millis: now + LEASE_MILLIS };
        Box::pin(async move {
            let before = table::get::<LeaseRow>(tx, &row.name).await?;
            let may = match &before {
                Some(before) => before.node == node || (take && before.until_millis <= now),
                None => take,
            };
            if may {
                table::put(tx, &row).await?;
            }
            Ok(may)
        })
    })
    .await
}

async fn release(cloud: &Arc<Cloud>, name: &Arc<str>, node: i64) -> Result<(), store::Error> {
    let name = name.to_string();
    store::transact(cloud.store(), |tx| {
        let name = name.clone();
        Box::pin(async move {
            if table::get::<LeaseRow>(tx, &name).await?.is_some_and(|row| row.node == node) {
                table::delete::<LeaseRow>(tx, &name).await?;
            }
            Ok(())
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let stored = b"\x01{\"name\":\"n\",\"node\":3,\"until_millis\":9}";
        let row = LeaseRow { name: "n".into(), node: 3, until_millis: 9 };
        assert_eq!(table::decode::<LeaseRow>(stored).unwrap(), row);
    }
}
