//! ContinueUpdateRollback.

use cloud::caller::StoredCaller;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{OperationRow, Phase};
use crate::shapes::Refused;
use crate::status::Status;
use crate::{begin, callers, engine, stacks};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..)]
    stack_name: String,
    #[shape(name = "RoleARN", len = 20..=2048)]
    role_arn: Option<String>,
    resources_to_skip: Option<Vec<String>>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9][-a-zA-Z0-9]*")]
    client_request_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Differs from AWS: resources cannot be skipped.
pub(crate) struct ContinueUpdateRollback;

impl Operation for ContinueUpdateRollback {
    const NAME: &'static str = "ContinueUpdateRollback";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let skips = input.resources_to_skip.as_ref().is_some_and(|names| !names.is_empty());
        Refused::default().when("ResourcesToSkip", skips).check()?;
        let tx = cx.snapshot().await?;
        let stack = stacks::open_to_change(cx, &tx, &input.stack_name).await?;
        drop(tx);
        if let Some(role_arn) = &input.role_arn {
            callers::check_pass(cx, role_arn).await?;
        }
        let own_role = stack.spec.as_ref().and_then(|spec| spec.role_arn.clone());
        let acting = callers::acting(cx, input.role_arn.or(own_role).as_deref()).await?;
        let (place, caller, token) = (stack.place(), StoredCaller::of(&acting), input.client_request_token);
        let (now, event_id) = (cx.now(), cx.new_id());
        cx.transact(|tx| {
            let (place, caller, token, event_id) =
                (place.clone(), caller.clone(), token.clone(), event_id.clone());
            Box::pin(async move {
                let mut stack = stacks::reopen(tx, &place).await?;
                let stuck = stack.stuck.take().filter(|_| stack.status == Status::UpdateRollbackFailed);
                let Some(operation) = stuck else {
                    return Err(Error::invalid(format!(
                        "Stack:{} is in {} state and can not continue rollback.",
                        stack.id(),
                        stack.status.as_str()
                    )));
                };
                stack.operation =
                    Some(OperationRow { phase: Phase::Rollback, caller, cancelled: false, ..operation });
                stack.status = Status::UpdateRollbackInProgress;
                stack.reason = Some("User Initiated".to_owned());
                stack.token = token;
                let event = stacks::own_event(&stack, event_id, now);
                stacks::write_event(tx, &mut stack, event).await?;
                table::put(tx, &stack).await?;
                Ok(())
            })
        })
        .await?;
        engine::start(cx.cloud(), stack.place(), Some(acting));
        begin::grace(cx, &stack.place()).await?;
        Ok(Output {})
    }
}
