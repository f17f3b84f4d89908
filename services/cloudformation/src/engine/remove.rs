//! Deleting everything: DeleteStack, and the rollback of a creation.

use std::collections::{BTreeMap, BTreeSet};

use store::layer::table;

use crate::engine::Engine;
use crate::engine::journal::{Note, Turn};
use crate::engine::outputs::remove_imports;
use crate::engine::queue::Queue;
use crate::engine::work::{Answer, Rules, Step, Work};
use crate::error::Error;
use crate::keys::{ExportRow, Keep, OperationKind, Phase, Physical, ResourceRow};
use crate::stacks;
use crate::status::Status;

impl Engine {
    pub(super) async fn remove(&mut self) -> Result<(), Error> {
        loop {
            let doomed: BTreeMap<String, BTreeSet<String>> = self
                .rows
                .values()
                .filter(|row| row.status != Status::DeleteFailed || row.operation != self.id())
                .filter_map(|row| Some((row.logical_id.clone(), next(row)?.wanted.depends_on.clone())))
                .collect();
            let before = doomed.len();
            if doomed.is_empty() {
                break;
            }
            self.drive(Queue::reversed(doomed), Rules { begin, end }).await?;
            let failed = self.rows.values().any(|row| row.status == Status::DeleteFailed);
            if failed || before == 0 {
                break;
            }
        }
        let failed: Vec<&str> = self
            .rows
            .values()
            .filter(|row| row.status == Status::DeleteFailed)
            .map(|row| row.logical_id.as_str())
            .collect();
        let is_rollback = self.is_rollback_of_create();
        if !failed.is_empty() {
            let reason = format!("The following resource(s) failed to delete: [{}]. ", failed.join(", "));
            let status = if is_rollback { Status::RollbackFailed } else { Status::DeleteFailed };
            let turn = Turn::end(status, Some(reason));
            return self.commit(Note { turn: Some(turn), ..Note::default() }).await;
        }
        if is_rollback {
            let mut note = self.note_never_made();
            note.turn = Some(Turn::end(Status::RollbackComplete, None));
            return self.commit(note).await;
        }
        self.finish_deletion().await
    }

    /// Resources whose creation failed count as deleted after the rollback.
    fn note_never_made(&mut self) -> Note {
        let mut note = Note::default();
        let now = self.cx.now().millis();
        let never = self.rows.values().filter(|row| row.status == Status::CreateFailed);
        for mut row in never.cloned().collect::<Vec<_>>() {
            row.status = Status::DeleteComplete;
            row.updated_at_millis = now;
            row.reason = None;
            row.pending = None;
            note.events.push(self.event_of(&row, String::new(), None, None));
            note.changed.push(row.logical_id.clone());
            self.rows.insert(row.logical_id.clone(), row);
        }
        note
    }

    fn is_rollback_of_create(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| {
            operation.kind == OperationKind::Create && operation.phase == Phase::Rollback
        })
    }

    /// Whether a thing stays, without a stack.
    fn keeps_on_removal(&self, row: &ResourceRow, thing: &Physical) -> bool {
        let retained = self.operation.as_ref().is_some_and(|it| it.retain.contains(&row.logical_id));
        retained
            || match thing.wanted.deletion_policy {
                Keep::Delete => false,
                Keep::Retain => true,
                Keep::RetainExceptOnCreate => !self.is_rollback_of_create(),
            }
    }

    /// The stack is gone: its exports, imports and change sets go, too.
    async fn finish_deletion(&mut self) -> Result<(), Error> {
        let (place, now, id) = (self.place.clone(), self.cx.now(), self.cx.new_id());
        self.cx
            .transact(|tx| {
                let (place, id) = (place.clone(), id.clone());
                Box::pin(async move {
                    let mut stack = stacks::reopen(tx, &place).await?;
                    for name in stack.outputs.iter().filter_map(|output| output.export.as_ref()) {
                        table::delete::<ExportRow>(tx, (&place.account, &place.region, name)).await?;
                    }
                    remove_imports(tx, &place).await?;
                    stacks::forget_change_sets(tx, &place.uuid, None).await?;
                    stack.status = Status::DeleteComplete;
                    stack.reason = None;
                    stack.deleted_at_millis = Some(now.millis());
                    stack.operation = None;
                    let event = stacks::own_event(&stack, id, now);
                    stacks::write_event(tx, &mut stack, event).await?;
                    table::put(tx, &stack).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        self.operation = None;
        Ok(())
    }
}

/// The next thing of a resource that is there.
fn next(row: &ResourceRow) -> Option<&Physical> {
    let current = row.current.as_ref();
    let other = |it: &&Physical| current.is_none_or(|current| current.physical_id != it.physical_id);
    row.leftovers.first().or_else(|| row.before.as_ref().filter(other)).or(current)
}

fn begin(engine: &mut Engine, name: &str, note: &mut Note) -> Step {
    let Some(mut row) = engine.rows.get(name).cloned() else {
        return Step::Done;
    };
    let Some(thing) = next(&row).cloned() else {
        return Step::Done;
    };
    row.operation = engine.id();
    row.updated_at_millis = engine.cx.now().millis();
    row.reason = None;
    note.changed.push(name.to_owned());
    let step = if engine.keeps_on_removal(&row, &thing) {
        row.status = Status::DeleteSkipped;
        note.events.push(engine.event_of(&row, thing.physical_id.clone(), None, None));
        forget(&mut row);
        Step::Done
    } else {
        row.status = Status::DeleteInProgress;
        note.events.push(engine.event_of(&row, thing.physical_id.clone(), None, None));
        Step::Work(Box::new(Work::delete(name, &row.type_name, &thing)))
    };
    engine.rows.insert(name.to_owned(), row);
    step
}

fn end(engine: &mut Engine, name: &str, answer: Answer, note: &mut Note) -> bool {
    let Some(mut row) = engine.rows.get(name).cloned() else {
        return false;
    };
    let physical_id = next(&row).map(|thing| thing.physical_id.clone()).unwrap_or_default();
    row.updated_at_millis = engine.cx.now().millis();
    note.changed.push(name.to_owned());
    let is_done = match answer {
        Ok(_) => {
            row.status = Status::DeleteComplete;
            note.events.push(engine.event_of(&row, physical_id, None, None));
            forget(&mut row);
            true
        }
        Err(reason) => {
            row.status = Status::DeleteFailed;
            row.reason = Some(reason.clone());
            note.events.push(engine.event_of(&row, physical_id, None, Some(reason)));
            false
        }
    };
    engine.rows.insert(name.to_owned(), row);
    is_done
}

fn forget(row: &mut ResourceRow) {
    let is_current =
        |it: &Physical| row.current.as_ref().is_some_and(|now| now.physical_id == it.physical_id);
    if !row.leftovers.is_empty() {
        row.leftovers.remove(0);
    } else if row.before.as_ref().is_some_and(|it| !is_current(it)) {
        row.before = None;
    } else {
        row.before = None;
        row.current = None;
        row.pending = None;
    }
}
