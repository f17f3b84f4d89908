//! What the platform itself does again and again: the store's own upkeep, files that nobody owns, old traces.
//!
//! In a cloud that nobody uses nothing gets out of order, so there it sleeps.

use std::sync::Arc;

use store::keyspace;

use crate::instance::Cloud;
use crate::trace;

/// Between a call and the next slice of the store's upkeep (checkpoints), in milliseconds.
const MAINTAIN_MILLIS: i64 = 5_000;
/// Between two sweeps of dead blobs and old traces, in milliseconds, while there are calls.
const SWEEP_MILLIS: i64 = 60_000;
/// The same while there are none: what is there grows old all the same.
const IDLE_MILLIS: i64 = 60 * 60 * 1000;
/// Between two searches for files of uploads that never ended, in milliseconds.
const ORPHANS_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Keeps house until the cloud stops.
pub(crate) async fn run(cloud: Arc<Cloud>) {
    let clock = cloud.clock();
    // Each call leaves a record. To hear of every write would be work for each of them.
    let mut called = cloud.store().watch(keyspace::TRACE.0.to_vec().into());
    // What the process before this one has left.
    called.mark_changed();
    let mut swept_at = clock.now();
    let mut searched_at = swept_at;
    let mut is_swept = false;
    loop {
        let sweep_at = swept_at.plus_millis(if is_swept { IDLE_MILLIS } else { SWEEP_MILLIS });
        tokio::select! {
            changed = called.changed() => match changed {
                Ok(()) => is_swept = false,
                // The store is gone.
                Err(_) => return,
            },
            () = clock.sleep_until(sweep_at) => {}
        }
        clock.sleep_until(clock.now().plus_millis(MAINTAIN_MILLIS)).await;
        // What is written from here on is for the next round.
        called.mark_unchanged();
        if let Err(error) = cloud.store().maintain().await {
            tracing::warn!(%error, "the store's upkeep failed; it is tried again");
        }
        let now = clock.now();
        if now.millis_since(swept_at) >= SWEEP_MILLIS {
            (swept_at, is_swept) = (now, true);
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
