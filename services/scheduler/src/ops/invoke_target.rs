//! InvokeTarget: one attempt to invoke a target whose operation is not part of a transaction. It has no place in the
//! API: the outbox calls it.

use cloud::caller::Caller;
use cloud::prelude::*;
use cloud::role;
use serde_json::Value;

use crate::context::Known;
use crate::error::Error;
use crate::keys::TargetRow;
use crate::target::{self, PRINCIPAL};

#[derive(Shape)]
pub(crate) struct Input {
    schedule_arn: String,
    target: Value,
    input: String,
    due_millis: i64,
    execution_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Calls a target as the role of its schedule.
///
/// Differs from AWS: the execution id is the same for all attempts of an invocation.
pub(crate) struct InvokeTarget;

impl Operation for InvokeTarget {
    const NAME: &'static str = "InvokeTarget";
    const KIND: Kind = Kind::Free;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        invoke(cx, input).await?;
        Ok(Output)
    }
}

/// One attempt. What the target answers with is nobody's, but that of PutEvents may say that an entry failed.
pub(super) async fn invoke(cx: &mut Cx, input: Input) -> Result<(), Error> {
    let row: TargetRow = serde_json::from_value(input.target).map_err(Failure::internal)?;
    let service = Caller::service(PRINCIPAL, cx.account(), cx.region(), Some(&input.schedule_arn));
    let mut caller = role::assume(cx, &service, &row.role_arn, &input.execution_id).await?;
    if let Some(region) = target::region(&row) {
        caller.region = region.into();
    }
    let known = Known {
        schedule_arn: &input.schedule_arn,
        due_millis: input.due_millis,
        execution_id: &input.execution_id,
        attempt: cx.attempt(),
    };
    let called = target::call(cx.cloud().registry(), &row, &known.fill(&input.input), &input.schedule_arn)?;
    let answer = cx.call_json(caller, &called.service, &called.operation, &called.input).await?;
    let refused = &answer["Entries"][0];
    match (refused["ErrorCode"].as_str(), refused["ErrorMessage"].as_str()) {
        (Some(code), message) => Err(Failure::new(code, 400, message.unwrap_or_default()).into()),
        _ => Ok(()),
    }
}
