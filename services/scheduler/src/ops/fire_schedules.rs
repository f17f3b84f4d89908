//! FireSchedules: what the jobs of timers do, as an operation, so that timers and what they cause are one transaction.
//! It has no place in the API.

use cloud::operation::Kind as OperationKind;
use cloud::outbox::{DeadLetter, Delivery, Policy};
use cloud::prelude::*;
use cloud::target::Target;
use serde_json::json;
use store::layer::{table, timer};
use store::tuple;

use crate::error::Error;
use crate::keys::{GroupRow, ScheduleRow};
use crate::limits::{AGE_SECONDS, DUE_SLICE, RETRIES};
use crate::target::PRINCIPAL;
use crate::{context, group, schedule, target};

/// The wait after the first failure.
const BACKOFF_MILLIS: i64 = 1_000;
/// The longest wait between two attempts.
const BACKOFF_MILLIS_MAX: i64 = 15 * 60 * 1_000;
/// The length of an execution id, as in AWS's example.
const EXECUTION_ID_CHARS: usize = 16;

#[derive(Shape)]
pub(crate) struct Input;

#[derive(Shape)]
pub(crate) struct Output;

/// Hands the invocations of the schedules that are due to the outbox, and goes on with groups that are deleted.
pub(crate) struct FireSchedules;

impl Operation for FireSchedules {
    const NAME: &'static str = "FireSchedules";
    const KIND: Kind = Kind::Write;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, _: Input) -> Result<Output, Error> {
        let now_millis = cx.now().millis();
        for timer in timer::take_due(cx.tx(), schedule::TIMER, now_millis, DUE_SLICE).await? {
            let key: (String, String, String, String) = tuple::unpack(&timer.name.0)?;
            let row = table::get::<ScheduleRow>(cx.tx(), key).await?;
            let Some(row) = row.filter(|row| row.enabled) else { continue };
            cx.for_account(&row.account, &row.region);
            let due_millis = schedule::due_of(&timer.payload)?;
            fire(cx, &row, due_millis).await?;
            let next = schedule::following(&row, due_millis, now_millis);
            if next.is_none() && row.deletes_itself {
                table::delete::<ScheduleRow>(cx.tx(), row.timer()).await?;
                continue;
            }
            let chance = cx.chance().number();
            schedule::plan(cx.tx(), &row, next, chance).await?;
        }
        for timer in timer::take_due(cx.tx(), group::TIMER, now_millis, 1).await? {
            let key: (String, String, String) = tuple::unpack(&timer.name.0)?;
            if let Some(row) = table::get::<GroupRow>(cx.tx(), key).await?.filter(|row| row.deleting) {
                group::take_down(cx, row).await?;
            }
        }
        Ok(Output)
    }
}

/// Hands one invocation to the outbox.
async fn fire(cx: &mut Cx, row: &ScheduleRow, due_millis: i64) -> Result<(), Error> {
    let execution_id = cx.chance().text(b"0123456789abcdef", EXECUTION_ID_CHARS);
    let input = match &row.target.input {
        Some(input) => input.clone(),
        None => target::default_input(row, due_millis, &cx.new_id()),
    };
    // Calls that write can be part of the transaction that ends the delivery: then they happen exactly once.
    let operation = match target::operation(cx.cloud().registry(), &row.target) {
        Ok((_, entry)) if entry.kind == OperationKind::Write => "WriteTarget",
        _ => "InvokeTarget",
    };
    let invocation = json!({
        "ScheduleArn": row.arn(),
        "Target": serde_json::to_value(&row.target).map_err(Failure::internal)?,
        "Input": input,
        "DueMillis": due_millis,
        "ExecutionId": execution_id,
    });
    let dead_letter = row.target.dead_letter.as_ref().map(|queue| DeadLetter {
        queue: queue.clone(),
        body: input,
        attributes: [
            ("SCHEDULE_ARN", row.arn()),
            ("TARGET_ARN", row.target.arn.clone()),
            ("EXECUTION_ID", execution_id.clone()),
            ("SCHEDULED_TIME", context::seconds(due_millis)),
            ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
        group: None,
        explains: true,
        own_code: true,
        role: Some(row.target.role_arn.clone()),
        more: serde_json::Map::new(),
    });
    let retries = row.target.retries.unwrap_or(RETRIES);
    let delivery = Delivery {
        target: Target {
            service: "scheduler".to_owned(),
            operation: operation.to_owned(),
            input: invocation,
        },
        principal: PRINCIPAL.to_owned(),
        source_arn: Some(row.arn()),
        role: None,
        // A target that is slow or away must not hold up the others.
        queue: row.target.arn.clone(),
        region: Some(row.region.clone()),
        policy: Policy {
            attempts_max: u32::try_from(retries).unwrap_or(0).saturating_add(1),
            age_max_millis: i64::from(row.target.age_seconds.unwrap_or(AGE_SECONDS)) * 1_000,
            backoff_millis: BACKOFF_MILLIS,
            backoff_millis_max: BACKOFF_MILLIS_MAX,
        },
        dead_letter,
        final_refusals: true,
    };
    Ok(cx.send(delivery).await?)
}
