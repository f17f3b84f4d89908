//! Changing back what a failed update changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Engine;
use crate::engine::journal::{Note, Turn};
use crate::engine::queue::Queue;
use crate::engine::work::{Answer, Rules, Step, Work};
use crate::error::Error;
use crate::keys::{Action, OperationRow, Pending, Phase, Physical, ResourceRow};
use crate::status::Status;

impl Engine {
    pub(super) async fn rollback(&mut self) -> Result<(), Error> {
        let id = self.id();
        let touched = self.rows.values().filter(|row| row.operation == id && to_revert(row));
        let needs: BTreeMap<String, BTreeSet<String>> =
            touched.map(|row| (row.logical_id.clone(), old_needs(row))).collect();
        self.drive(Queue::new(needs), Rules { begin, end }).await?;
        let failed: Vec<&str> = self
            .rows
            .values()
            .filter(|row| row.operation == id && to_revert(row))
            .map(|row| row.logical_id.as_str())
            .collect();
        let turn = match (failed.is_empty(), self.operation.clone()) {
            (true, Some(operation)) => {
                let next = OperationRow { phase: Phase::RollbackCleanup, ..operation };
                Turn::to(Status::UpdateRollbackCompleteCleanupInProgress, None, next)
            }
            _ => {
                let reason = format!("The following resource(s) failed to update: [{}]. ", failed.join(", "));
                Turn { stuck: true, ..Turn::end(Status::UpdateRollbackFailed, Some(reason)) }
            }
        };
        self.commit(Note { turn: Some(turn), ..Note::default() }).await
    }
}

/// Whether something of the row is as the update left it. New resources are left to the cleanup.
fn to_revert(row: &ResourceRow) -> bool {
    !row.is_new && !row.reverted && (row.pending.is_some() || row.before.is_some())
}

fn old_needs(row: &ResourceRow) -> BTreeSet<String> {
    let old = row.before.as_ref().or(row.current.as_ref());
    old.map(|old| old.wanted.depends_on.clone()).unwrap_or_default()
}

fn begin(engine: &mut Engine, name: &str, note: &mut Note) -> Step {
    let Some(mut row) = engine.rows.get(name).cloned() else {
        return Step::Done;
    };
    note.changed.push(name.to_owned());
    row.updated_at_millis = engine.cx.now().millis();
    let step = match (&row.pending, &row.before, &row.current) {
        // A change that failed or was interrupted: the thing may be half changed.
        (Some(Pending { action: Action::Update, wanted }), _, Some(current)) => {
            let old = wanted.properties.clone();
            Some(change_back(&row, current, current.physical_id.clone(), old))
        }
        // A replacement that failed: there is no new thing.
        (Some(_), ..) => None,
        (None, Some(before), Some(current)) if before.physical_id == current.physical_id => {
            let old = current.wanted.properties.clone();
            Some(change_back(&row, before, current.physical_id.clone(), old))
        }
        // A replacement that succeeded: the old thing comes back, the new one waits for the cleanup.
        (None, Some(_), Some(_)) => {
            std::mem::swap(&mut row.before, &mut row.current);
            None
        }
        _ => None,
    };
    row.reason = None;
    let step = match step {
        Some(work) => {
            row.status = Status::UpdateInProgress;
            note.events.push(engine.event(&row, None));
            Step::Work(Box::new(work))
        }
        None => {
            row.pending = None;
            row.status = Status::UpdateComplete;
            note.events.push(engine.event(&row, None));
            row.reverted = true;
            Step::Done
        }
    };
    engine.rows.insert(name.to_owned(), row);
    step
}

fn change_back(
    row: &ResourceRow,
    to: &Physical,
    physical_id: String,
    old: serde_json::Map<String, serde_json::Value>,
) -> Work {
    Work {
        logical_id: row.logical_id.clone(),
        type_name: row.type_name.clone(),
        action: Action::Update,
        physical_id: Some(physical_id),
        wanted: to.wanted.clone(),
        old,
        repeated: false,
    }
}

fn end(engine: &mut Engine, name: &str, answer: Answer, note: &mut Note) -> bool {
    let Some(mut row) = engine.rows.get(name).cloned() else {
        return false;
    };
    note.changed.push(name.to_owned());
    row.updated_at_millis = engine.cx.now().millis();
    let is_done = match answer {
        Ok(outcome) => {
            let wanted = row.before.take().or(row.current.take()).map(|old| old.wanted);
            row.current = wanted.map(|wanted| Physical {
                physical_id: outcome.physical_id,
                attributes: outcome.attributes,
                wanted,
            });
            row.pending = None;
            row.reverted = true;
            row.status = Status::UpdateComplete;
            row.reason = None;
            note.events.push(engine.event(&row, None));
            true
        }
        Err(reason) => {
            row.status = Status::UpdateFailed;
            row.reason = Some(reason.clone());
            note.events.push(engine.event(&row, Some(reason)));
            false
        }
    };
    engine.rows.insert(name.to_owned(), row);
    is_done
}
