//! Leases: what one node alone does, when several share the store.
//!
//! A node that holds a lease renews it; when the node ends or dies, another takes the lease over a few seconds later.
//! A node that was merely slow may believe that it still holds a lease which another has taken: [`Lease::guard`] lets
//! the store decide, in the transaction that does the work. Where the store belongs to this process alone, every lease
//! is free and costs nothing.
//!
//! The times of leases are compared by the clocks of all nodes: they must agree to a second or so.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

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
    /// How often it was taken since it was free: what was taken before must not give it back.
    turn: u64,
    until_millis: i64,
}

impl Record for LeaseRow {
    const PREFIX: Prefix = keyspace::SYSTEM_LEASE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of(&self.name)
    }
}

/// The right to do something that one node at a time does. Dropping it, and what else was taken of it in this process,
/// gives it back.
#[derive(Clone, Debug)]
pub struct Lease(Arc<Held>);

#[derive(Debug)]
struct Held {
    name: Arc<str>,
    /// None where nobody else can have it.
    node: Option<i64>,
    lost: Arc<AtomicBool>,
    /// Its end tells the task that renews the lease.
    _alive: Option<oneshot::Sender<()>>,
}

/// The leases of this process.
#[derive(Default)]
struct Leases(Mutex<HashMap<Arc<str>, Weak<Held>>>);

impl Leases {
    fn get(&self, name: &str) -> Option<Lease> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).and_then(Weak::upgrade);
        held.map(Lease).filter(Lease::is_held)
    }

    fn keep(&self, lease: &Lease) {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leases.retain(|_, held| held.strong_count() > 0);
        leases.insert(lease.0.name.clone(), Arc::downgrade(&lease.0));
    }
}

impl Lease {
    /// Takes the lease of this name. None while another node has it. A node that has it already gets the same: inside
    /// of a process it keeps nobody out.
    pub async fn take(cloud: &Arc<Cloud>, name: &str) -> Result<Option<Self>, store::Error> {
        let lost = Arc::new(AtomicBool::new(false));
        let Some(node) = cloud.store().node() else {
            return Ok(Some(Self(Arc::new(Held { name: name.into(), node: None, lost, _alive: None }))));
        };
        let leases = cloud.states().get::<Leases>();
        if let Some(lease) = leases.get(name) {
            return Ok(Some(lease));
        }
        let name: Arc<str> = name.into();
        let Some(turn) = take(cloud, &name, node).await? else { return Ok(None) };
        let (alive, ended) = oneshot::channel();
        let row = LeaseRow { name: name.to_string(), node, turn, until_millis: 0 };
        cloud.tasks().spawn(keep(cloud.clone(), row, lost.clone(), ended));
        let lease = Self(Arc::new(Held { name, node: Some(node), lost, _alive: Some(alive) }));
        leases.keep(&lease);
        Ok(Some(lease))
    }

    /// Whether it is still this node's, as far as is known here.
    pub fn is_held(&self) -> bool {
        !self.0.lost.load(Ordering::Acquire)
    }

    /// Makes a transaction depend on the lease: false when it is another node's now, and then nothing may be done.
    pub async fn guard(&self, tx: &Tx) -> Result<bool, store::Error> {
        let Some(node) = self.0.node else { return Ok(true) };
        let row = table::get::<LeaseRow>(tx, &*self.0.name).await?;
        Ok(row.is_some_and(|row| row.node == node))
    }
}

/// Renews a lease until it is dropped, lost, or the cloud stops; then gives it back.
async fn keep(cloud: Arc<Cloud>, row: LeaseRow, lost: Arc<AtomicBool>, mut ended: oneshot::Receiver<()>) {
    let name = row.name.as_str();
    loop {
        let next = cloud.clock().now().plus_millis(RENEW_MILLIS);
        tokio::select! {
            () = cloud.clock().sleep_until(next) => {}
            _ = &mut ended => break,
            () = cloud.tasks().stopping() => break,
        }
        match renew(&cloud, &row).await {
            Ok(true) => {}
            Ok(false) => {
                lost.store(true, Ordering::Release);
                tracing::warn!(name, "another node has taken over a lease");
                return;
            }
            Err(error) => tracing::warn!(name, %error, "a lease could not be renewed; trying again"),
        }
    }
    if let Err(error) = release(&cloud, &row).await {
        tracing::debug!(name, %error, "a lease was not given back; it runs out");
    }
}

/// Takes a lease that is free, over, or this node's already. None when it is another node's.
async fn take(cloud: &Arc<Cloud>, name: &str, node: i64) -> Result<Option<u64>, store::Error> {
    let now = cloud.clock().now().millis();
    store::transact(cloud.store(), |tx| {
        let name = name.to_owned();
        Box::pin(async move {
            let before = table::get::<LeaseRow>(tx, &name).await?;
            if before.as_ref().is_some_and(|before| before.node != node && before.until_millis > now) {
                return Ok(None);
            }
            let turn = before.map_or(1, |before| before.turn + 1);
            table::put(tx, &LeaseRow { name, node, turn, until_millis: now + LEASE_MILLIS }).await?;
            Ok(Some(turn))
        })
    })
    .await
}

async fn renew(cloud: &Arc<Cloud>, row: &LeaseRow) -> Result<bool, store::Error> {
    let row = LeaseRow { until_millis: cloud.clock().now().millis() + LEASE_MILLIS, ..row.clone() };
    store::transact(cloud.store(), |tx| {
        let row = row.clone();
        Box::pin(async move {
            let ours = is_still(tx, &row).await?;
            if ours {
                table::put(tx, &row).await?;
            }
            Ok(ours)
        })
    })
    .await
}

async fn release(cloud: &Arc<Cloud>, row: &LeaseRow) -> Result<(), store::Error> {
    store::transact(cloud.store(), |tx| {
        let row = row.clone();
        Box::pin(async move {
            if is_still(tx, &row).await? {
                table::delete::<LeaseRow>(tx, &row.name).await?;
            }
            Ok(())
        })
    })
    .await
}

async fn is_still(tx: &Tx, row: &LeaseRow) -> Result<bool, store::Error> {
    let stored = table::get::<LeaseRow>(tx, &row.name).await?;
    Ok(stored.is_some_and(|stored| (stored.node, stored.turn) == (row.node, row.turn)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let stored = b"\x01{\"name\":\"n\",\"node\":3,\"turn\":2,\"until_millis\":9}";
        let row = LeaseRow { name: "n".into(), node: 3, turn: 2, until_millis: 9 };
        assert_eq!(table::decode::<LeaseRow>(stored).unwrap(), row);
    }
}
