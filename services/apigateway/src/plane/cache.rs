//! Compiled stages in memory, each with an ear on the changes of its API.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use cloud::cx::Cx;
use store::layer::table;
use store::{Error, Version};
use tokio::sync::watch;

use crate::api::parts;
use crate::keys::{self, ApiKeyRow, Part, ResourceRow, StageRow, UsagePlanKeyRow, UsagePlanRow};
use crate::limits::COMPILED_MAX;
use crate::snapshot;

use super::compile::{KeyPlan, StagePlan, compile};
use super::throttle::Throttle;

/// Stages by the id of the API and their names.
#[derive(Default)]
pub(crate) struct Cache(RwLock<HashMap<String, HashMap<String, Entry>>>);

struct Entry {
    plan: Arc<StagePlan>,
    /// Ears on the API, and on the keys and usage plans when the stage needs them.
    changes: Vec<watch::Receiver<Version>>,
}

impl Entry {
    /// A watch that has ended says nothing any more: it counts as a change.
    fn is_fresh(&self) -> bool {
        self.changes.iter().all(|ear| ear.has_changed().is_ok_and(|changed| !changed))
    }
}

/// The stage of an API, compiled; none when there is no such stage. Only a change of the API costs a read of the store.
pub(super) async fn stage(cx: &Cx, api_id: &str, name: &str) -> Result<Option<Arc<StagePlan>>, Error> {
    let cache = cx.state::<Cache>();
    if let Some(plan) = cache.plan(api_id, name) {
        return Ok(Some(plan));
    }
    // Ears are opened before the rows are read, so that no change falls between.
    let mut changes = vec![ear(cx, api_id)];
    let Some(mut plan) = load(cx, api_id, name).await? else {
        if let Some(stages) = cache.entries().get_mut(api_id) {
            stages.remove(name);
        }
        return Ok(None);
    };
    if plan.needs_keys {
        let owner = keys::owner(&plan.account, &plan.region);
        changes.push(ear(cx, &owner));
        plan.keys = load_keys(cx, &owner, api_id, name).await?;
    }
    let plan = Arc::new(plan);
    let mut entries = cache.entries();
    if entries.values().map(HashMap::len).sum::<usize>() >= COMPILED_MAX {
        entries.clear();
    }
    let stages = entries.entry(api_id.to_owned()).or_default();
    stages.insert(name.to_owned(), Entry { plan: plan.clone(), changes });
    Ok(Some(plan))
}

impl Cache {
    /// The plan of a stage, if nothing has changed since it was made.
    fn plan(&self, api_id: &str, name: &str) -> Option<Arc<StagePlan>> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(api_id)?.get(name).filter(|entry| entry.is_fresh())?;
        Some(entry.plan.clone())
    }

    fn entries(&self) -> RwLockWriteGuard<'_, HashMap<String, HashMap<String, Entry>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn load(cx: &Cx, api_id: &str, name: &str) -> Result<Option<StagePlan>, Error> {
    let view = cx.snapshot().await?;
    let Some(stage) = table::get::<StageRow>(&view, (api_id, StageRow::KIND, name)).await? else {
        return Ok(None);
    };
    let parts = snapshot::read(&view, api_id, &stage.deployment_id).await?;
    Ok(compile(stage, parts))
}

fn ear(cx: &Cx, owner: &str) -> watch::Receiver<Version> {
    let mut changes = cx.cloud().store().watch(table::watch_key::<ResourceRow>(owner));
    changes.mark_unchanged();
    changes
}

/// The enabled keys of the usage plans that the stage is in.
async fn load_keys(
    cx: &Cx,
    owner: &str,
    api_id: &str,
    stage: &str,
) -> Result<HashMap<String, KeyPlan>, Error> {
    let view = cx.snapshot().await?;
    let mut plans: Vec<UsagePlanRow> = parts(&view, owner).await?;
    plans.retain(|plan| plan.api_stages.iter().any(|(api, name)| api == api_id && name == stage));
    let members: Vec<UsagePlanKeyRow> = parts(&view, owner).await?;
    let keys: Vec<ApiKeyRow> = parts(&view, owner).await?;
    let plan_of = |key: &ApiKeyRow| {
        let mut in_plans = members.iter().filter(|member| member.key_id == key.id);
        in_plans.find_map(|member| plans.iter().find(|plan| plan.id == member.plan_id))
    };
    let opened = keys.into_iter().filter(|key| key.enabled).filter_map(|key| {
        let limits = plan_of(&key)?.throttle.as_ref();
        // A plan with a burst alone shows a rate of zero; it is taken for one without a rate.
        let limits = limits.filter(|limits| limits.rate_limit > 0.0);
        let throttle =
            limits.and_then(|limits| Throttle::new(Some(limits.rate_limit), Some(limits.burst_limit)));
        Some((key.value, KeyPlan { id: key.id, throttle }))
    });
    Ok(opened.collect())
}
