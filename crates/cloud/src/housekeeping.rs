//! What the platform itself does again and again: the store's own upkeep, files that nobody owns, old traces.

use std::sync::Arc;

use crate::instance::Cloud;
use crate::trace;

/// Between two slices of the store's upkeep (checkpoints), in milliseconds.
const MAINTAIN_MILLIS: i64 = 5_000;
/// Between two sweeps of dead blobs and old traces, in milliseconds.
const SWEEP_MILLIS: i64 = 60_000;
/// Between two searches for files of uploads that never ended, in milliseconds.
const ORPHANS_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Keeps house until the cloud stops.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    let mut swept_at = cloud.clock().now();
    let mut searched_at = swept_at;
    loop {
        cloud.clock().sleep_until(cloud.clock().now().plus_millis(MAINTAIN_MILLIS)).await;
        if let Err(error) = cloud.store().maintain().await {
            tracing::warn!(%error, "the store's upkeep failed; it is tried again");
        }
        let now = cloud.clock().now();
        if now.millis_since(swept_at) >= SWEEP_MILLIS {
            swept_at = now;
            sweep(&cloud).await;
        }
        if now.millis_since(searched_at) >= ORPHANS_MILLIS {
            searched_at = now;
            report("unfinished uploads", cloud.blobs().sweep_orphans(cloud.store(), now.millis()).await);
        }
    }
}

async fn sweep(cloud: &Cloud) {
    report("dead blobs", cloud.blobs().sweep(cloud.store(), cloud.clock().now().millis()).await);
    if let Err(error) = trace::forget_old(cloud).await {
        tracing::warn!(%error, "old traces could not be removed; it is tried again");
    }
}

fn report(what: &str, swept: Result<usize, store::Error>) {
    match swept {
        Ok(0) => {}
        Ok(count) => tracing::debug!(count, what, "swept"),
        Err(error) => tracing::warn!(%error, what, "a sweep failed; it is tried again"),
    }
}
