//! Deleting what an update, or its rollback, no longer needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Engine;
use crate::engine::journal::{Note, Turn};
use crate::engine::queue::Queue;
use crate::engine::work::{Answer, Rules, Step, Work};
use crate::error::Error;
use crate::keys::{Keep, Phase, Physical, ResourceRow};
use crate::status::Status;

impl Engine {
    pub(super) async fn cleanup(&mut self) -> Result<(), Error> {
        let id = self.id();
        // Each round deletes one thing of each resource; a resource may have several things to delete.
        loop {
            let doomed: BTreeMap<String, BTreeSet<String>> = self
                .rows
                .values()
                .filter_map(|row| {
                    let thing = self.next_to_delete(row)?;
                    Some((row.logical_id.clone(), thing.wanted.depends_on.clone()))
                })
                .collect();
            if doomed.is_empty() {
                break;
            }
            self.drive(Queue::reversed(doomed), Rules { begin, end }).await?;
        }
        let mut note = Note::default();
        let names: Vec<String> = self.rows.keys().cloned().collect();
        for name in names {
            if self.is_leaving(&name) {
                note.removed.push(name);
                continue;
            }
            if let Some(row) = self.rows.get_mut(&name)
                && row.operation == id
                && (row.before.is_some() || row.reverted)
            {
                row.before = None;
                row.reverted = false;
                note.changed.push(name);
            }
        }
        let status = match self.operation.as_ref().map(|operation| operation.phase) {
            Some(Phase::RollbackCleanup) => Status::UpdateRollbackComplete,
            _ => Status::UpdateComplete,
        };
        note.turn = Some(Turn::end(status, None));
        self.commit(note).await
    }

    fn is_rollback(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.phase == Phase::RollbackCleanup)
    }

    /// Whether the resource itself leaves the stack.
    fn is_leaving(&self, name: &str) -> bool {
        let Some(row) = self.rows.get(name) else {
            return false;
        };
        match (&self.plan, self.is_rollback()) {
            (_, true) => row.is_new && row.operation == self.id(),
            (Some(plan), false) => !plan.resources().any(|resource| resource.name == name),
            (None, false) => false,
        }
    }

    /// The next thing of a resource that is no longer needed.
    fn next_to_delete<'r>(&self, row: &'r ResourceRow) -> Option<&'r Physical> {
        let current = row.current.as_ref();
        let other = |it: &&Physical| current.is_none_or(|current| current.physical_id != it.physical_id);
        let old = row.leftovers.first().or_else(|| row.before.as_ref().filter(other));
        old.or_else(|| current.filter(|_| self.is_leaving(&row.logical_id)))
    }

    /// Whether the next thing of a resource stays, without a stack.
    fn keeps(&self, row: &ResourceRow, thing: &Physical) -> bool {
        let is_current = row.current.as_ref().is_some_and(|current| current.physical_id == thing.physical_id);
        match (is_current, self.is_rollback()) {
            (true, false) => thing.wanted.deletion_policy != Keep::Delete,
            (true, true) => thing.wanted.deletion_policy == Keep::Retain,
            (false, false) => thing.wanted.replace_policy != Keep::Delete,
            // A rollback deletes the new thing: it never was in use.
            (false, true) => false,
        }
    }
}

fn begin(engine: &mut Engine, name: &str, note: &mut Note) -> Step {
    let Some(row) = engine.rows.get(name) else {
        return Step::Done;
    };
    let Some(thing) = engine.next_to_delete(row).cloned() else {
        return Step::Done;
    };
    let mut shown = row.clone();
    if engine.keeps(row, &thing) {
        shown.status = Status::DeleteSkipped;
        note.events.push(engine.event_of(&shown, thing.physical_id, None, None));
        engine.forget(name, note);
        return Step::Done;
    }
    shown.status = Status::DeleteInProgress;
    note.events.push(engine.event_of(&shown, thing.physical_id.clone(), None, None));
    Step::Work(Box::new(Work::delete(name, &row.type_name, &thing)))
}

/// A failed deletion is told and given up, as in AWS: the update itself has succeeded.
fn end(engine: &mut Engine, name: &str, answer: Answer, note: &mut Note) -> bool {
    let Some(row) = engine.rows.get(name) else {
        return true;
    };
    let physical_id = engine.next_to_delete(row).map(|thing| thing.physical_id.clone()).unwrap_or_default();
    let mut shown = row.clone();
    let reason = match answer {
        Ok(_) => {
            shown.status = Status::DeleteComplete;
            None
        }
        Err(reason) => {
            shown.status = Status::DeleteFailed;
            Some(reason)
        }
    };
    note.events.push(engine.event_of(&shown, physical_id, None, reason));
    engine.forget(name, note);
    true
}

impl Engine {
    /// The thing that was next to be deleted is not the stack's any more.
    fn forget(&mut self, name: &str, note: &mut Note) {
        let Some(row) = self.rows.get_mut(name) else {
            return;
        };
        note.changed.push(name.to_owned());
        let is_current =
            |it: &Physical| row.current.as_ref().is_some_and(|now| now.physical_id == it.physical_id);
        if !row.leftovers.is_empty() {
            row.leftovers.remove(0);
        } else if row.before.as_ref().is_some_and(|it| !is_current(it)) {
            row.before = None;
        } else {
            row.before = None;
            row.current = None;
        }
    }
}
