//! Making and changing resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Map;

use crate::engine::Engine;
use crate::engine::journal::{Note, Turn};
use crate::engine::queue::Queue;
use crate::engine::work::{Answer, Rules, Step, Work};
use crate::error::Error;
use crate::keys::{
    Action, OnFailure, OperationKind, OperationRow, Pending, Phase, Physical, ResourceRow, Wanted,
};
use crate::kinds::{self, Kind};
use crate::status::Status;
use crate::world::World;
use crate::{changes, policy};

/// The reasons of AWS's events, as recorded in LocalStack's `test_change_set_parameters`.
const INITIATED: &str = "Resource creation Initiated";
const REPLACING: &str =
    "Requested update requires the creation of a new physical resource; hence creating one.";

impl Engine {
    pub(super) async fn forward(&mut self) -> Result<(), Error> {
        self.fault = self.fault.take().or_else(|| self.denied_removal());
        let cancelled = self.operation.as_ref().is_some_and(|operation| operation.cancelled);
        let needs = match &self.plan {
            // Taken up again after it had failed: what was begun is brought to an end, so that it can be taken back.
            _ if cancelled || self.fault.is_some() || !self.failed().is_empty() => self.interrupted(),
            Some(plan) => plan.graph.nodes.iter().cloned().collect(),
            None => BTreeMap::new(),
        };
        self.drive(Queue::new(needs), Rules { begin, end }).await?;
        if self.fault.is_none() && !cancelled && !self.halted && self.failed().is_empty() {
            match self.accept().await? {
                Ok(()) => return Ok(()),
                Err(fault) => self.fault = Some(fault),
            }
        }
        self.fail().await
    }

    /// The resources whose handlers may have been running when the process ended.
    fn interrupted(&self) -> BTreeMap<String, BTreeSet<String>> {
        let id = self.id();
        let running = |row: &&ResourceRow| {
            let in_progress = matches!(row.status, Status::CreateInProgress | Status::UpdateInProgress);
            row.operation == id && row.pending.is_some() && in_progress
        };
        self.rows.values().filter(running).map(|row| (row.logical_id.clone(), BTreeSet::new())).collect()
    }

    /// The resources that failed in this operation, with what was tried.
    fn failed(&self) -> Vec<(&str, Action)> {
        let id = self.id();
        let failed = |row: &&ResourceRow| {
            row.operation == id && matches!(row.status, Status::CreateFailed | Status::UpdateFailed)
        };
        self.rows
            .values()
            .filter(failed)
            .filter_map(|row| Some((row.logical_id.as_str(), row.pending.as_ref()?.action)))
            .collect()
    }

    /// Whether the stack policy forbids an action; the text says what.
    fn denied(&self, action: &str, row: &ResourceRow) -> Option<String> {
        let policy = self.operation.as_ref()?.policy.as_ref()?;
        let allowed = policy::allows(policy, action, &row.logical_id, &row.type_name);
        let name = &row.logical_id;
        (!allowed).then(|| {
            format!("Action denied by stack policy: {action} is not allowed for resource [LogicalResourceId/{name}]")
        })
    }

    /// Whether the stack policy forbids the deletion of a resource that the new template does not have.
    fn denied_removal(&self) -> Option<String> {
        let plan = self.plan.as_ref()?;
        let stays = |row: &ResourceRow| plan.resources().any(|resource| resource.name == row.logical_id);
        let leaving = self.rows.values().filter(|row| row.current.is_some() && !stays(row));
        leaving.into_iter().find_map(|row| self.denied("Update:Delete", row))
    }

    /// Says why the operation failed, and turns to what follows.
    async fn fail(&mut self) -> Result<(), Error> {
        let Some(operation) = self.operation.clone() else {
            return Ok(());
        };
        let stack = self.stack().await?;
        let cancelled = stack.operation.as_ref().is_some_and(|operation| operation.cancelled);
        let mut reason = String::new();
        for (action, verb) in [(true, "create"), (false, "update")] {
            let names: Vec<&str> = self
                .failed()
                .into_iter()
                .filter(|(_, tried)| (*tried == Action::Create) == action)
                .map(|(name, _)| name)
                .collect();
            if !names.is_empty() {
                reason += &format!("The following resource(s) failed to {verb}: [{}]. ", names.join(", "));
            }
        }
        if let Some(fault) = self.fault.take() {
            reason += &format!("{fault} ");
        }
        let turn = match operation.kind {
            // DeleteStack has set the status already.
            OperationKind::Create if cancelled => Turn {
                status: stack.status,
                reason: stack.reason,
                operation: Some(OperationRow {
                    kind: OperationKind::Delete,
                    phase: Phase::Delete,
                    cancelled: false,
                    ..operation
                }),
                stuck: false,
            },
            OperationKind::Create => self.fail_create(operation, reason),
            _ if cancelled => {
                let next = OperationRow { phase: Phase::Rollback, cancelled: false, ..operation };
                Turn::to(Status::UpdateRollbackInProgress, stack.reason, next)
            }
            _ if operation.disable_rollback => Turn::end(Status::UpdateFailed, Some(reason)),
            _ => {
                let next = OperationRow { phase: Phase::Rollback, ..operation };
                Turn::to(Status::UpdateRollbackInProgress, Some(reason), next)
            }
        };
        self.commit(Note { turn: Some(turn), ..Note::default() }).await
    }

    fn fail_create(&self, operation: OperationRow, reason: String) -> Turn {
        match self.on_failure {
            OnFailure::DoNothing => Turn::end(Status::CreateFailed, Some(reason)),
            OnFailure::Rollback => {
                let next = OperationRow { phase: Phase::Rollback, ..operation };
                Turn::to(
                    Status::RollbackInProgress,
                    Some(format!("{reason}Rollback requested by user.")),
                    next,
                )
            }
            OnFailure::Delete => {
                let next = OperationRow { kind: OperationKind::Delete, phase: Phase::Delete, ..operation };
                Turn::to(Status::DeleteInProgress, Some(format!("{reason}Delete requested by user.")), next)
            }
        }
    }
}

/// The turn of a resource has come: it is evaluated against what exists by now.
fn begin(engine: &mut Engine, name: &str, note: &mut Note) -> Step {
    let id = engine.id();
    if let Some(row) = engine.rows.get(name)
        && row.operation == id
    {
        // Taken up again after a restart.
        match (&row.pending, row.status) {
            (None, _) => return Step::Done,
            (Some(_), Status::CreateFailed | Status::UpdateFailed) => {
                engine.halted = true;
                return Step::Failed;
            }
            (Some(pending), _) => return Step::Work(Box::new(Work { repeated: true, ..work(row, pending) })),
        }
    }
    match evaluate(engine, name) {
        Ok(Some((action, wanted))) => {
            let asked = if action == Action::Replace { "Update:Replace" } else { "Update:Modify" };
            let denied = engine.rows.get(name).filter(|_| action != Action::Create);
            if let Some(reason) = denied.and_then(|row| engine.denied(asked, row)) {
                engine.note_begin(name, action, wanted, note);
                engine.halted = true;
                return fail_at_once(engine, name, reason, note);
            }
            let row = engine.note_begin(name, action, wanted, note);
            let work = row.pending.as_ref().map(|pending| work(row, pending));
            work.map_or(Step::Done, |work| Step::Work(Box::new(work)))
        }
        Ok(None) => Step::Done,
        Err(fault) => {
            engine.fault = Some(fault);
            engine.halted = true;
            Step::Failed
        }
    }
}

/// An action that the stack policy forbids fails like one of a handler.
fn fail_at_once(engine: &mut Engine, name: &str, reason: String, note: &mut Note) -> Step {
    end(engine, name, Err(reason), note);
    Step::Failed
}

/// What a resource needs: nothing, or an action and what it leads to.
fn evaluate(engine: &Engine, name: &str) -> Result<Option<(Action, Wanted)>, String> {
    let Some(plan) = &engine.plan else {
        return Ok(None);
    };
    let Some(resource) = plan.template.resource(name) else {
        return Ok(None);
    };
    let world = World::new(&engine.rows, &engine.exports);
    let tags = &engine.spec.tags;
    let mut wanted = plan.wanted(&world, resource, tags, engine.cx.new_id()).map_err(|invalid| invalid.0)?;
    let Some(current) = engine.rows.get(name).and_then(|row| row.current.as_ref()) else {
        return Ok(Some((Action::Create, wanted)));
    };
    let table = kinds::find(engine.cx.cloud(), &resource.type_name).map(Kind::properties);
    let action = changes::action(table.unwrap_or_default(), current, &wanted.properties, tags);
    if action != Some(Action::Replace) {
        wanted.token.clone_from(&current.wanted.token);
    }
    Ok(action.map(|action| (action, wanted)))
}

fn work(row: &ResourceRow, pending: &Pending) -> Work {
    Work {
        logical_id: row.logical_id.clone(),
        type_name: row.type_name.clone(),
        action: pending.action,
        physical_id: row.current.as_ref().map(|current| current.physical_id.clone()),
        wanted: pending.wanted.clone(),
        old: row.current.as_ref().map_or_else(Map::new, |current| current.wanted.properties.clone()),
        repeated: false,
    }
}

impl Engine {
    /// Writes down that an action begins.
    fn note_begin(&mut self, name: &str, action: Action, wanted: Wanted, note: &mut Note) -> &ResourceRow {
        let (id, now) = (self.id(), self.cx.now().millis());
        let type_name = self.plan.as_ref().and_then(|plan| plan.template.resource(name));
        let type_name = type_name.map(|resource| resource.type_name.clone()).unwrap_or_default();
        let row = self.rows.entry(name.to_owned()).or_insert_with(|| ResourceRow {
            stack: self.place.uuid.clone(),
            logical_id: name.to_owned(),
            type_name: String::new(),
            status: Status::CreateInProgress,
            reason: None,
            updated_at_millis: now,
            current: None,
            operation: String::new(),
            pending: None,
            before: None,
            leftovers: Vec::new(),
            is_new: false,
            reverted: false,
        });
        let left = row.before.take();
        let exists =
            |it: &Physical| row.current.as_ref().is_some_and(|current| current.physical_id == it.physical_id);
        let left = left.filter(|it| !exists(it));
        row.leftovers.extend(left);
        row.type_name = type_name;
        row.reverted = false;
        row.is_new = action == Action::Create;
        row.status = if row.is_new { Status::CreateInProgress } else { Status::UpdateInProgress };
        row.reason = (action == Action::Replace).then(|| REPLACING.to_owned());
        row.updated_at_millis = now;
        row.operation = id;
        row.pending = Some(Pending { action, wanted });
        note.changed.push(name.to_owned());
        let row = &self.rows[name];
        note.events.push(self.event(row, row.reason.clone()));
        row
    }
}

/// A handler answered.
fn end(engine: &mut Engine, name: &str, answer: Answer, note: &mut Note) -> bool {
    let now = engine.cx.now().millis();
    let Some(mut row) = engine.rows.get(name).cloned() else {
        return false;
    };
    let Some(Pending { action, wanted }) = row.pending.clone() else {
        return false;
    };
    row.updated_at_millis = now;
    note.changed.push(name.to_owned());
    let is_done = match answer {
        Ok(outcome) => {
            let made = Physical { physical_id: outcome.physical_id, attributes: outcome.attributes, wanted };
            row.pending = None;
            row.before = row.current.replace(made);
            if action != Action::Update {
                note.events.push(engine.event(&row, Some(INITIATED.to_owned())));
            }
            row.status =
                if action == Action::Create { Status::CreateComplete } else { Status::UpdateComplete };
            row.reason = None;
            note.events.push(engine.event(&row, None));
            true
        }
        Err(reason) => {
            row.status = if action == Action::Create { Status::CreateFailed } else { Status::UpdateFailed };
            row.reason = Some(reason.clone());
            note.events.push(engine.event(&row, Some(reason)));
            engine.halted = true;
            false
        }
    };
    engine.rows.insert(name.to_owned(), row);
    is_done
}
