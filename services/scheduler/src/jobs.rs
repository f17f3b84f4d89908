//! Background work: what timers are for.

use cloud::Failure;
use cloud::cx::Cx;
use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use serde_json::json;
use store::layer::{table, timer};
use store::tuple;

use crate::error::Error;
use crate::keys::TokenRow;
use crate::{group, schedule, token};

/// The rest after a failure.
const BROKEN_MILLIS: i64 = 1_000;
/// Tokens that one transaction forgets.
const SLICE: usize = 500;

/// Fires schedules.
pub(crate) const SCHEDULES: Job = Job {
    name: "scheduler/schedules",
    every_millis: BROKEN_MILLIS,
    timer: Some(schedule::TIMER),
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> { Box::pin(fire(cx, schedule::TIMER)) },
};

/// Deletes what is left of groups.
pub(crate) const GROUPS: Job = Job {
    name: "scheduler/groups",
    every_millis: BROKEN_MILLIS,
    timer: Some(group::TIMER),
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> { Box::pin(fire(cx, group::TIMER)) },
};

/// Forgets client tokens.
pub(crate) const TOKENS: Job = Job {
    name: "scheduler/tokens",
    every_millis: BROKEN_MILLIS,
    timer: Some(token::TIMER),
    news: &[],
    run: |cx| -> BoxFuture<'_, Result<Progress, Failure>> {
        Box::pin(async move { forget(cx).await.map_err(cloud::ApiError::into_failure) })
    },
};

/// Lets the operation of timers take those of a kind that are due.
async fn fire(cx: &mut Cx, kind: &str) -> Result<Progress, Failure> {
    let now = cx.now().millis();
    let next = timer::next_at(&cx.snapshot().await?, kind).await?;
    if next.is_none_or(|next| next > now) {
        return Ok(Progress::Done);
    }
    let caller = cx.caller().clone();
    cx.call_json(caller, "scheduler", "FireSchedules", &json!({})).await?;
    Ok(Progress::More)
}

async fn forget(cx: &mut Cx) -> Result<Progress, Error> {
    let now = cx.now().millis();
    let over = cx
        .transact(move |tx| {
            Box::pin(async move {
                let due = timer::take_due(tx, token::TIMER, now, SLICE).await?;
                for timer in &due {
                    let key: (String, String, String) = tuple::unpack(&timer.name.0)?;
                    table::delete::<TokenRow>(tx, key).await?;
                }
                Ok::<_, Error>(due.len())
            })
        })
        .await?;
    Ok(if over == SLICE { Progress::More } else { Progress::Done })
}
