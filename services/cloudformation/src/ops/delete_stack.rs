//! DeleteStack.

use std::collections::BTreeSet;

use cloud::caller::StoredCaller;
use cloud::prelude::*;
use store::Tx;
use store::layer::table;

use crate::error::Error;
use crate::keys::{OperationKind, OperationRow, Phase, StackRow};
use crate::stacks::{self, Place};
use crate::status::Status;
use crate::{begin, callers, engine};

#[derive(Clone, Copy, PartialEq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum DeletionMode {
    Standard,
    ForceDeleteStack,
}

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    retain_resources: Option<Vec<String>>,
    #[shape(name = "RoleARN", len = 20..=2048)]
    role_arn: Option<String>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9][-a-zA-Z0-9]*")]
    client_request_token: Option<String>,
    deletion_mode: Option<DeletionMode>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Differs from AWS: `FORCE_DELETE_STACK` is refused.
pub(crate) struct DeleteStack;

impl Operation for DeleteStack {
    const NAME: &'static str = "DeleteStack";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.deletion_mode == Some(DeletionMode::ForceDeleteStack) {
            return Err(Error::invalid("DeletionMode FORCE_DELETE_STACK is not supported here"));
        }
        let tx = cx.snapshot().await?;
        let found = stacks::find(cx, &tx, &input.stack_name).await?;
        drop(tx);
        // Deleting what is not there succeeds.
        let Some(stack) = found.filter(|stack| stack.status != Status::DeleteComplete) else {
            return Ok(Output {});
        };
        let retain: BTreeSet<String> = input.retain_resources.unwrap_or_default().into_iter().collect();
        check(&stack, &retain)?;
        if let Some(role_arn) = &input.role_arn {
            callers::check_pass(cx, role_arn).await?;
        }
        let own_role = stack.spec.as_ref().and_then(|spec| spec.role_arn.clone());
        let acting = callers::acting(cx, input.role_arn.or(own_role).as_deref()).await?;
        let delete = Delete {
            place: stack.place(),
            operation: OperationRow {
                id: cx.new_id(),
                kind: OperationKind::Delete,
                phase: Phase::Delete,
                caller: StoredCaller::of(&acting),
                target: None,
                retain,
                disable_rollback: false,
                policy: None,
                cancelled: false,
            },
            token: input.client_request_token,
            now: cx.now(),
            event_ids: [cx.new_id(), cx.new_id()],
        };
        cx.transact(|tx| {
            let delete = delete.clone();
            Box::pin(async move { delete.run(tx).await })
        })
        .await?;
        engine::start(cx.cloud(), stack.place(), Some(acting));
        begin::grace(cx, &stack.place()).await?;
        Ok(Output {})
    }
}

fn check(stack: &StackRow, retain: &BTreeSet<String>) -> Result<(), Error> {
    if stack.termination_protection {
        return Err(Error::invalid(format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        )));
    }
    if !retain.is_empty() && stack.status != Status::DeleteFailed {
        return Err(Error::invalid(format!(
            "Invalid operation on stack [{}]. RetainResources parameter can be specified only on DeleteStack operation of stacks in DELETE_FAILED state",
            stack.name
        )));
    }
    let stoppable = matches!(stack.status, Status::CreateInProgress | Status::DeleteInProgress);
    if stack.status.is_running() && !stoppable {
        return Err(Error::invalid(format!(
            "Stack [{}] cannot be deleted while in status {}",
            stack.name,
            stack.status.as_str()
        )));
    }
    Ok(())
}

/// The transaction that begins a deletion.
#[derive(Clone)]
struct Delete {
    place: Place,
    operation: OperationRow,
    token: Option<String>,
    now: Timestamp,
    event_ids: [String; 2],
}

impl Delete {
    async fn run(self, tx: &mut Tx) -> Result<(), Error> {
        let mut stack = stacks::reopen(tx, &self.place).await?;
        if matches!(stack.status, Status::DeleteInProgress | Status::DeleteComplete) {
            return Ok(());
        }
        check(&stack, &self.operation.retain)?;
        let [first, second] = self.event_ids;
        let before = stack.status;
        stack.token = self.token;
        stack.status = Status::DeleteInProgress;
        stack.reason = Some("User Initiated".to_owned());
        let event = stacks::own_event(&stack, first, self.now);
        stacks::write_event(tx, &mut stack, event).await?;
        if let Some(reason) = in_use(tx, &stack).await? {
            stack.status = before;
            stack.reason = Some(reason);
            let event = stacks::own_event(&stack, second, self.now);
            stacks::write_event(tx, &mut stack, event).await?;
            table::put(tx, &stack).await?;
            return Ok(());
        }
        stack.reason = None;
        stack.stuck = None;
        match &mut stack.operation {
            // The task of the creation hears of it and goes on with the deletion.
            Some(running) => running.cancelled = true,
            None => stack.operation = Some(self.operation),
        }
        table::put(tx, &stack).await?;
        Ok(())
    }
}

/// Why a stack cannot be deleted: another one imports what it exports.
async fn in_use(tx: &Tx, stack: &StackRow) -> Result<Option<String>, Error> {
    for name in stack.outputs.iter().filter_map(|output| output.export.as_ref()) {
        if let Some(user) = engine::importer(tx, &stack.place(), name).await? {
            return Ok(Some(format!(
                "Delete canceled. Cannot delete export {name} as it is in use by {user}."
            )));
        }
    }
    Ok(None)
}
