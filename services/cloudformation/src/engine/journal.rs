//! What the engine writes down: rows, events and the stack's status, together in one transaction.

use std::sync::Arc;

use cloud::Cloud;
use cloud::prelude::*;
use serde_json::{Map, Value};
use store::Tx;
use store::layer::table;

use crate::engine::Engine;
use crate::error::Error;
use crate::keys::{EventRow, OperationKind, OperationRow, ResourceRow};
use crate::limits::REASON_CHARS_MAX;
use crate::stacks::{self, Place};
use crate::status::Status;

/// Something to write down.
#[derive(Clone, Debug, Default)]
pub(super) struct Note {
    /// Rows that changed, by logical id in [`Engine::rows`].
    pub(super) changed: Vec<String>,
    /// Rows that go.
    pub(super) removed: Vec<String>,
    pub(super) events: Vec<EventRow>,
    pub(super) turn: Option<Turn>,
}

/// The stack reaches another status.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    /// What goes on; none when the operation is over.
    pub(super) operation: Option<OperationRow>,
    /// Whether the operation can be continued by ContinueUpdateRollback.
    pub(super) stuck: bool,
}

impl Turn {
    /// The operation goes on in this way.
    pub(super) fn to(status: Status, reason: Option<String>, operation: OperationRow) -> Self {
        Self { status, reason, operation: Some(operation), stuck: false }
    }

    /// The operation is over.
    pub(super) fn end(status: Status, reason: Option<String>) -> Self {
        Self { status, reason, operation: None, stuck: false }
    }
}

impl Engine {
    /// Writes `note` down. Learns on the way whether somebody cancelled the operation.
    pub(super) async fn commit(&mut self, note: Note) -> Result<(), Error> {
        if note.changed.is_empty() && note.removed.is_empty() && note.events.is_empty() && note.turn.is_none()
        {
            return Ok(());
        }
        for name in &note.removed {
            self.rows.remove(name);
        }
        let rows: Vec<ResourceRow> =
            note.changed.iter().filter_map(|name| self.rows.get(name)).cloned().collect();
        let write = Write {
            place: self.place.clone(),
            operation: self.id(),
            rows,
            note: note.clone(),
            now: self.cx.now(),
            event_id: self.cx.new_id(),
        };
        let cancelled = self
            .cx
            .transact(|tx| {
                let (write, lease) = (write.clone(), self.lease.clone());
                Box::pin(async move {
                    if !lease.guard(tx).await? {
                        return Err(Error::Internal(Failure::internal(
                            "another node works on the stack now",
                        )));
                    }
                    write.run(tx).await
                })
            })
            .await?;
        self.halted |= cancelled;
        if let Some(turn) = note.turn {
            self.operation = turn.operation;
            self.halted = false;
        }
        Ok(())
    }

    /// An event of a resource that has just reached the status of its row.
    pub(super) fn event(&self, row: &ResourceRow, reason: Option<String>) -> EventRow {
        let wanted = row.pending.as_ref().map(|pending| &pending.wanted);
        let wanted = wanted.or_else(|| row.current.as_ref().map(|current| &current.wanted));
        let physical_id = row.current.as_ref().map(|current| current.physical_id.clone());
        let properties = wanted.map(|wanted| wanted.shown().clone());
        self.event_of(row, physical_id.unwrap_or_default(), properties, reason)
    }

    /// An event of a thing that a resource stands for, or stood for.
    pub(super) fn event_of(
        &self,
        row: &ResourceRow,
        physical_id: String,
        properties: Option<Map<String, Value>>,
        reason: Option<String>,
    ) -> EventRow {
        let now = self.cx.now();
        let status = row.status.as_str();
        // As recorded at AWS (LocalStack's `test_change_set_parameters`): deletions have an id of another form.
        let (id, properties) = match row.status {
            Status::DeleteInProgress
            | Status::DeleteComplete
            | Status::DeleteFailed
            | Status::DeleteSkipped => (format!("{}-{}", row.logical_id, self.cx.new_id()), None),
            _ => {
                let at = wire::time::iso8601_millis(now);
                (format!("{}-{status}-{at}", row.logical_id), properties)
            }
        };
        EventRow {
            stack: row.stack.clone(),
            number: 0,
            id,
            logical_id: row.logical_id.clone(),
            physical_id,
            type_name: row.type_name.clone(),
            status: row.status,
            reason: reason.map(|reason| shorten(&reason)),
            properties: properties.map(|properties| Value::Object(properties).to_string()),
            at_millis: now.millis(),
            token: None,
        }
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(REASON_CHARS_MAX) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// One transaction of the engine.
#[derive(Clone)]
struct Write {
    place: Place,
    operation: String,
    rows: Vec<ResourceRow>,
    note: Note,
    now: Timestamp,
    event_id: String,
}

impl Write {
    /// Writes everything; says whether the operation was cancelled.
    async fn run(self, tx: &mut Tx) -> Result<bool, Error> {
        let mut stack = stacks::reopen(tx, &self.place).await?;
        let Some(operation) = stack.operation.clone().filter(|operation| operation.id == self.operation)
        else {
            return Err(Error::Internal(Failure::internal(
                "a stack's operation was taken over by another task",
            )));
        };
        for row in &self.rows {
            table::put(tx, row).await?;
        }
        for name in &self.note.removed {
            table::delete::<ResourceRow>(tx, (&stack.uuid, name)).await?;
        }
        for event in self.note.events {
            stacks::write_event(tx, &mut stack, event).await?;
        }
        if let Some(turn) = self.note.turn {
            stack.status = turn.status;
            stack.reason = turn.reason.map(|reason| shorten(&reason));
            stack.stuck = operation_left(&turn.operation, turn.stuck, operation.clone());
            if turn.status == Status::UpdateRollbackComplete
                && let Some(target) = &operation.target
            {
                stacks::forget_template(tx, &target.template).await?;
            }
            stack.operation = turn.operation;
            let event = stacks::own_event(&stack, self.event_id, self.now);
            stacks::write_event(tx, &mut stack, event).await?;
        }
        table::put(tx, &stack).await?;
        Ok(operation.cancelled)
    }
}

fn operation_left(next: &Option<OperationRow>, stuck: bool, old: OperationRow) -> Option<OperationRow> {
    (next.is_none() && stuck).then_some(old)
}

/// Ends an operation that cannot go on: the session that began it is gone and was narrower than its principal.
pub(super) async fn abandon(
    cloud: &Arc<Cloud>,
    place: &Place,
    operation: &OperationRow,
) -> Result<(), Error> {
    let status = match operation.kind {
        OperationKind::Create => Status::CreateFailed,
        OperationKind::Update => Status::UpdateRollbackFailed,
        OperationKind::Delete => Status::DeleteFailed,
    };
    let reason =
        "The session that began this operation ended with a restart, and its session policies with it";
    let cx = Cx::internal(cloud, "cloudformation");
    let write = Write {
        place: place.clone(),
        operation: operation.id.clone(),
        rows: Vec::new(),
        note: Note {
            turn: Some(Turn {
                stuck: operation.kind == OperationKind::Update,
                ..Turn::end(status, Some(reason.to_owned()))
            }),
            ..Note::default()
        },
        now: cx.now(),
        event_id: cx.new_id(),
    };
    cx.transact(|tx| {
        let write = write.clone();
        Box::pin(async move { write.run(tx).await })
    })
    .await?;
    Ok(())
}
