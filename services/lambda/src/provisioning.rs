//! Provisioned environments follow what is configured: after each change, and when the cloud starts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloud::prelude::*;
use cloud::{Cloud, Failure};
use store::{Tx, keyspace};

use crate::error::Error;
use crate::keys::ProvisionedRow;
use crate::names::FunctionRef;
use crate::runner::Runner;
use crate::runtime::provisioned::Progress;
use crate::shapes::ProvisionedStatus;
use crate::{concurrency, function, roles};

/// How often somebody who waits for environments looks again. They are real processes and start in real time.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How far a configuration has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) allocated: u32,
    pub(crate) status: ProvisionedStatus,
}

/// Configurations whose functions cannot even be unpacked, by their revisions.
#[derive(Default)]
struct Broken(Mutex<BTreeSet<String>>);

/// Keeps environments as they are configured until the cloud stops.
pub(crate) fn start(cloud: &Arc<Cloud>) {
    let prefixes = [keyspace::LAMBDA_PROVISIONED, keyspace::LAMBDA_ALIAS, keyspace::LAMBDA_VERSION];
    let [mut configs, mut aliases, mut versions] =
        prefixes.map(|prefix| cloud.store().watch(prefix.0.to_vec().into()));
    let weak = Arc::downgrade(cloud);
    cloud.tasks().spawn_loop(async move {
        loop {
            {
                let Some(cloud) = weak.upgrade() else { return };
                if let Err(error) = apply(&cloud).await {
                    tracing::warn!(%error, "provisioned concurrency could not be read; it is tried with the next change");
                }
            }
            let change = tokio::select! {
                change = configs.changed() => change,
                change = aliases.changed() => change,
                change = versions.changed() => change,
            };
            if change.is_err() {
                return; // The store is closed.
            }
        }
    });
}

/// What each version shall have, and the configurations that say so.
type Targets = BTreeMap<(String, String, String, String), (u32, String)>;

async fn apply(cloud: &Arc<Cloud>) -> Result<(), Failure> {
    let cx = Cx::internal(cloud, roles::SERVICE);
    let runner = Runner::of_cloud(cloud);
    let tx = cx.snapshot().await?;
    let mut targets = Targets::new();
    for row in concurrency::all::<ProvisionedRow>(&tx, ()).await? {
        for (version, count) in concurrency::versions(&tx, &row).await? {
            let key = (row.account.clone(), row.region.clone(), row.name.clone(), version);
            let (sum, order) = targets.entry(key).or_default();
            *sum += count;
            order.push_str(&row.revision_id);
        }
    }
    for ((account, region, name, version), (count, order)) in &targets {
        let function = FunctionRef {
            account: account.clone(),
            region: region.clone(),
            name: name.clone(),
            qualifier: None,
        };
        if let Err(error) = provision(&cx, &tx, &function, version, *count, order).await {
            tracing::warn!(?error, name, version, "provisioned environments cannot be started");
            let broken = cx.state::<Broken>();
            broken.0.lock().unwrap_or_else(PoisonError::into_inner).insert(order.clone());
        }
    }
    for ((function, version), shelf) in runner.shelves() {
        let key = (function.account, function.region, function.name, version);
        if shelf.capacity().provisioned > 0 && !targets.contains_key(&key) {
            shelf.provision(0, "");
        }
    }
    Ok(())
}

async fn provision(
    cx: &Cx,
    tx: &Tx,
    function: &FunctionRef,
    version: &str,
    count: u32,
    order: &str,
) -> Result<(), Error> {
    let row = function::open(tx, function).await?;
    let config = function::config_of(tx, &row, version).await?.ok_or_else(|| function.not_found())?;
    Runner::of(cx).shelf(cx, &row, &config, version).await?.provision(count, order);
    Ok(())
}

/// How far a configuration has come now.
pub(crate) async fn status(cx: &Cx, tx: &Tx, row: &ProvisionedRow) -> Result<Status, store::Error> {
    let runner = Runner::of(cx);
    let function = FunctionRef {
        account: row.account.clone(),
        region: row.region.clone(),
        name: row.name.clone(),
        qualifier: None,
    };
    let broken = cx.state::<Broken>();
    let is_broken = |one: &String| one.contains(&row.revision_id);
    let mut failed = broken.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(is_broken);
    let (mut allocated, mut all_there) = (0, true);
    for (version, count) in concurrency::versions(tx, row).await? {
        let shelf = runner.known_shelf(&function, &version);
        let none = Progress { allocated: 0, failed: false };
        let progress = shelf.and_then(|shelf| shelf.progress(&row.revision_id)).unwrap_or(none);
        allocated += progress.allocated.min(count);
        failed |= progress.failed;
        all_there &= progress.allocated >= count;
    }
    let status = match (all_there, failed) {
        (true, _) => ProvisionedStatus::Ready,
        (false, true) => ProvisionedStatus::Failed,
        (false, false) => ProvisionedStatus::InProgress,
    };
    Ok(Status { allocated, status })
}

/// Waits until the environments of a configuration are there, or cannot be.
pub(crate) async fn settled(cx: &Cx, function: &FunctionRef) -> Result<Status, Error> {
    loop {
        let tx = cx.snapshot().await?;
        let row = concurrency::find(&tx, function).await?;
        let found = status(cx, &tx, &row).await?;
        if found.status != ProvisionedStatus::InProgress {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
