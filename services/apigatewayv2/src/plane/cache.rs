//! Compiled stages in memory, each with an ear on the changes of its API.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use cloud::cx::Cx;
use store::layer::table::{self, Paging};
use store::{Error, Version};
use tokio::sync::watch;

use super::compile::{StagePlan, compile};
use crate::keys::{ApiRow, DeploymentRow, IntegrationRow, Part, RouteRow, StageRow};
use crate::limits::{COMPILED_MAX, PARTS_MAX};

/// Stages by the id of the API and their names. A stage that is not there is remembered, too: requests to the stage
/// without a name look for one with a name first.
#[derive(Default)]
pub(crate) struct Cache(RwLock<HashMap<String, HashMap<String, Entry>>>);

struct Entry {
    plan: Option<Arc<StagePlan>>,
    /// Changes of the API itself and of its parts.
    changes: [watch::Receiver<Version>; 2],
}

impl Entry {
    /// A watch that has ended says nothing any more: read again.
    fn holds(&self) -> bool {
        self.changes.iter().all(|changes| changes.has_changed().is_ok_and(|changed| !changed))
    }
}

/// The stage of an API, compiled. Only a change of the API costs a read of the store.
pub(super) async fn stage(cx: &Cx, api_id: &str, name: &str) -> Result<Option<Arc<StagePlan>>, Error> {
    let cache = cx.state::<Cache>();
    if let Some(known) = cache.plan(api_id, name) {
        return Ok(known);
    }
    // The ears are opened before the rows are read, so that no change falls between.
    let store = cx.cloud().store();
    let mut changes = [
        store.watch(table::watch_key::<ApiRow>((api_id,))),
        store.watch(table::watch_key::<RouteRow>((api_id,))),
    ];
    for ear in &mut changes {
        ear.mark_unchanged();
    }
    let plan = load(cx, api_id, name).await?.map(Arc::new);
    let mut entries = cache.0.write().unwrap_or_else(PoisonError::into_inner);
    if entries.values().map(HashMap::len).sum::<usize>() >= COMPILED_MAX {
        entries.clear();
    }
    let stages = entries.entry(api_id.to_owned()).or_default();
    stages.insert(name.to_owned(), Entry { plan: plan.clone(), changes });
    Ok(plan)
}

impl Cache {
    /// What is known of a stage, if nothing has changed since.
    fn plan(&self, api_id: &str, name: &str) -> Option<Option<Arc<StagePlan>>> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(api_id)?.get(name).filter(|entry| entry.holds())?;
        Some(entry.plan.clone())
    }
}

async fn load(cx: &Cx, api_id: &str, name: &str) -> Result<Option<StagePlan>, Error> {
    let view = cx.snapshot().await?;
    let Some(api) = table::get::<ApiRow>(&view, (api_id,)).await? else { return Ok(None) };
    let Some(stage) = table::get::<StageRow>(&view, (api_id, StageRow::KIND, name)).await? else {
        return Ok(None);
    };
    let (routes, integrations) = match &stage.deployment_id {
        Some(id) if !stage.auto_deploy => {
            let key = (api_id, DeploymentRow::KIND, id.as_str());
            let Some(deployment) = table::get::<DeploymentRow>(&view, key).await? else { return Ok(None) };
            (deployment.routes, deployment.integrations)
        }
        _ if stage.auto_deploy => {
            let all = Paging::first(PARTS_MAX);
            let routes = table::list(&view, (api_id, RouteRow::KIND), &all).await?.items;
            (routes, table::list(&view, (api_id, IntegrationRow::KIND), &all).await?.items)
        }
        _ => (Vec::new(), Vec::new()),
    };
    Ok(compile(api, stage, routes, &integrations))
}
