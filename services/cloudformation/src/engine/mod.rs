//! The engine: brings the resources of a stack where an operation wants them.
//!
//! One task works on one stack. Everything it decides is written down before it acts ([`journal`]), so that the task
//! of a stopped or killed process is taken up again where it was: a resource whose handler may have run is handled
//! again with the very same request, which handlers must bear.
//!
//! * `forward` makes and changes resources, as many at once as their dependencies allow.
//! * `rollback` changes back what `forward` changed.
//! * `cleanup` deletes what is no longer needed, `remove` everything.
//!
//! Invariant: the rows in `Engine::rows` are those in the store; only [`Engine::commit`] writes them.

mod cleanup;
mod forward;
mod journal;
mod outputs;
mod queue;
mod remove;
mod rollback;
mod work;

pub(crate) use outputs::importer;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use cfn::template::Template;
use cloud::Cloud;
use cloud::caller::Caller;
use cloud::lease::Lease;
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{ExportRow, OnFailure, OperationRow, Phase, ResourceRow, Spec, StackRow};
use crate::plan::Plan;
use crate::stacks::{self, Place};
use crate::{callers, prepare};

/// The stacks that have a task in this process. The value says that the task is asked to look again when it is
/// through, and for whom.
#[derive(Default)]
struct Running {
    places: Mutex<HashMap<Place, Option<Again>>>,
}

/// The caller of the operation to look for; none to take the one who was written down.
struct Again(Option<Caller>);

impl Running {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Place, Option<Again>>) -> T) -> T {
        act(&mut self.places.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes a stack out of [`Running`] however its task ends.
struct Ticket {
    running: Arc<Running>,
    place: Place,
    /// Whether the stack is out already, and maybe in again with another task.
    returned: bool,
}

impl Ticket {
    /// Whether the task has to look again; otherwise the stack has no task from now on.
    fn again(&mut self) -> Option<Again> {
        let again = self.running.with(|places| {
            let again = places.get_mut(&self.place).and_then(Option::take);
            if again.is_none() {
                places.remove(&self.place);
            }
            again
        });
        self.returned = again.is_none();
        again
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.returned {
            self.running.with(|places| places.remove(&self.place));
        }
    }
}

/// Starts the task of a stack that has an operation; one that runs already looks again when it is through. `caller` is
/// the one who asked; without it, the one who was written down.
pub(crate) fn start(cloud: &Arc<Cloud>, place: Place, caller: Option<Caller>) {
    let running = cloud.states().get::<Running>();
    let is_new = running.with(|places| match places.get_mut(&place) {
        Some(again) => {
            // Whoever only looks for forgotten operations need not look twice.
            if caller.is_some() {
                *again = Some(Again(caller.clone()));
            }
            false
        }
        None => {
            places.insert(place.clone(), None);
            true
        }
    });
    if !is_new {
        return;
    }
    let mut ticket = Ticket { running, place: place.clone(), returned: false };
    let owner = cloud.clone();
    cloud.tasks().spawn_loop(async move {
        let mut next = Some(Again(caller));
        while let Some(Again(caller)) = next {
            if let Err(error) = run(&owner, &place, caller).await {
                let failure = cloud::ApiError::into_failure(error);
                tracing::error!(stack = place.name, %failure, "a stack's task stopped; it is taken up again later");
            }
            next = ticket.again();
        }
    });
}

async fn run(cloud: &Arc<Cloud>, place: &Place, caller: Option<Caller>) -> Result<(), Error> {
    // Another node works on the stack; if that ends before its work, the stack is taken up here.
    let Some(lease) = Lease::take(cloud, &format!("cloudformation/{}", place.uuid)).await? else {
        return Ok(());
    };
    let Some(mut engine) = Engine::load(cloud, place, caller, lease).await? else {
        return Ok(());
    };
    while let Some(operation) = engine.operation.clone() {
        match operation.phase {
            Phase::Forward => engine.forward().await?,
            Phase::Rollback if engine.plan_is_new() => engine.remove().await?,
            Phase::Rollback => engine.rollback().await?,
            Phase::Cleanup | Phase::RollbackCleanup => engine.cleanup().await?,
            Phase::Delete => engine.remove().await?,
        }
    }
    Ok(())
}

/// One operation on one stack.
pub(crate) struct Engine {
    cx: Cx,
    caller: Caller,
    /// The right to work on the stack, among nodes.
    lease: Lease,
    place: Place,
    stack_id: String,
    on_failure: OnFailure,
    /// None when it is over.
    operation: Option<OperationRow>,
    rows: BTreeMap<String, ResourceRow>,
    exports: BTreeMap<String, String>,
    /// Where the operation leads to; none for deletions.
    plan: Option<Plan>,
    spec: Spec,
    /// No new work is begun.
    halted: bool,
    /// Why the operation failed, when it was not a resource.
    fault: Option<String>,
}

impl Engine {
    /// The engine of a stack that has an operation.
    async fn load(
        cloud: &Arc<Cloud>,
        place: &Place,
        caller: Option<Caller>,
        lease: Lease,
    ) -> Result<Option<Self>, Error> {
        let tx = store::snapshot(cloud.store()).await?;
        let stack = stacks::reopen(&tx, place).await?;
        let Some(operation) = stack.operation.clone() else {
            return Ok(None);
        };
        let rows = stacks::resources(&tx, &stack.uuid).await?;
        let spec = operation.target.clone().or_else(|| stack.spec.clone()).unwrap_or_default();
        let needs_plan = matches!(operation.phase, Phase::Forward | Phase::Cleanup);
        let text = if needs_plan { stacks::template(&tx, &spec.template).await? } else { String::new() };
        let exports = exports(&tx, place).await?;
        drop(tx);
        let Some(caller) = caller.or_else(|| callers::restore(&operation.caller)) else {
            journal::abandon(cloud, place, &operation).await?;
            return Ok(None);
        };
        let pseudo = prepare::pseudo(&place.account, &place.region, &place.name, &stack.id());
        let (plan, fault) = match needs_plan {
            // A template that was good when it was stored and is not any more must not keep the stack waiting.
            true => match Template::parse(&text).and_then(|template| Plan::new(template, &spec, pseudo)) {
                Ok(plan) => (Some(plan), None),
                Err(invalid) => (None, Some(invalid.0)),
            },
            false => (None, None),
        };
        Ok(Some(Self {
            cx: Cx::outer(cloud, caller.clone()),
            caller,
            lease,
            place: place.clone(),
            stack_id: stack.id(),
            on_failure: stack.on_failure,
            operation: Some(operation),
            rows: rows.into_iter().map(|row| (row.logical_id.clone(), row)).collect(),
            exports,
            plan,
            spec,
            halted: false,
            fault,
        }))
    }

    /// Whether the stack never was complete, so that a rollback takes everything away.
    fn plan_is_new(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.kind == crate::keys::OperationKind::Create)
    }

    /// The id of the operation.
    fn id(&self) -> String {
        self.operation.as_ref().map(|operation| operation.id.clone()).unwrap_or_default()
    }

    /// The stack as stored.
    async fn stack(&self) -> Result<StackRow, Error> {
        let tx = self.cx.snapshot().await?;
        stacks::reopen(&tx, &self.place).await
    }
}

/// Everything that is exported where the stack is.
pub(crate) async fn exports_of(cx: &Cx, place: &Place) -> Result<BTreeMap<String, String>, Error> {
    exports(&cx.snapshot().await?, place).await
}

/// Everything that is exported in the stack's account and region.
async fn exports(tx: &store::Tx, place: &Place) -> Result<BTreeMap<String, String>, Error> {
    let mut exports = BTreeMap::new();
    let mut paging = Paging::first(crate::limits::PAGE);
    loop {
        let page = table::list::<ExportRow>(tx, (&place.account, &place.region), &paging).await?;
        exports.extend(page.items.into_iter().map(|row| (row.name, row.value)));
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(exports),
        }
    }
}

/// As if the process had ended: no stack has a task.
#[cfg(test)]
pub(crate) fn forget_tasks(cloud: &Cloud) {
    cloud.states().get::<Running>().with(HashMap::clear);
}
