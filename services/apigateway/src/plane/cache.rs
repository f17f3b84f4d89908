//! Compiled stages in memory, each with an ear on the changes of its API.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use cloud::cx::Cx;
use store::layer::table;
use store::{Error, Version};
use tokio::sync::watch;

use crate::keys::{Part, ResourceRow, StageRow};
use crate::limits::COMPILED_MAX;
use crate::snapshot;

use super::compile::{StagePlan, compile};

/// Stages by the id of the API and their names.
#[derive(Default)]
pub(crate) struct Cache(RwLock<HashMap<(String, String), Entry>>);

#[derive(Clone)]
struct Entry {
    plan: Arc<StagePlan>,
    changes: watch::Receiver<Version>,
}

/// The stage of an API, compiled; none when there is no such stage. Only a change of the API costs a read of the store.
pub(super) async fn stage(cx: &Cx, api_id: &str, name: &str) -> Result<Option<Arc<StagePlan>>, Error> {
    let cache = cx.state::<Cache>();
    let key = (api_id.to_owned(), name.to_owned());
    let known = cache.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    // A watch that has ended says nothing any more: read again.
    if let Some(entry) = known.filter(|entry| entry.changes.has_changed().is_ok_and(|changed| !changed)) {
        return Ok(Some(entry.plan));
    }
    // The ear is opened before the rows are read, so that no change falls between.
    let mut changes = cx.cloud().store().watch(table::watch_key::<ResourceRow>(api_id));
    changes.mark_unchanged();
    let Some(plan) = load(cx, api_id, name).await? else {
        cache.0.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
        return Ok(None);
    };
    let plan = Arc::new(plan);
    let mut entries = cache.0.write().unwrap_or_else(PoisonError::into_inner);
    if entries.len() >= COMPILED_MAX {
        entries.clear();
    }
    entries.insert(key, Entry { plan: plan.clone(), changes });
    Ok(Some(plan))
}

async fn load(cx: &Cx, api_id: &str, name: &str) -> Result<Option<StagePlan>, Error> {
    let view = cx.snapshot().await?;
    let Some(stage) = table::get::<StageRow>(&view, (api_id, StageRow::KIND, name)).await? else {
        return Ok(None);
    };
    let parts = snapshot::read(&view, api_id, &stage.deployment_id).await?;
    Ok(compile(stage, parts))
}
