//! UpdateUsagePlan.

use cloud::prelude::*;
use store::layer::table;

use crate::api::access;
use crate::error::Error;
use crate::keys::UsagePlanRow;
use crate::patch::{Change, Op, PatchOperation};
use crate::usage::{self, UsagePlan};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    usage_plan_id: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// `<api>:<stage>`.
fn stage_of(change: &Change<'_>) -> Result<(String, String), Error> {
    let text = change.text()?;
    let (api, stage) =
        text.split_once(':').ok_or_else(|| Error::bad(format!("Invalid API stage specified: {text}")))?;
    Ok((api.to_owned(), stage.to_owned()))
}

fn number<N: std::str::FromStr>(change: &Change<'_>) -> Result<N, Error> {
    change.text()?.parse().map_err(|_| Error::bad(format!("Invalid value for {}", change.path)))
}

fn apply(row: &mut UsagePlanRow, change: &Change<'_>) -> Result<(), Error> {
    match (change.op, &change.steps()[..]) {
        (Op::Remove, ["throttle"]) => row.throttle = None,
        (Op::Remove, ["quota"]) => row.quota = None,
        (_, ["description"]) => row.description = change.optional(),
        (_, ["productCode"]) => row.product_code = change.optional(),
        (Op::Replace, ["name"]) => row.name = change.text()?,
        (Op::Add | Op::Replace, ["throttle", "rateLimit"]) => {
            row.throttle.get_or_insert_default().rate_limit = number(change)?;
        }
        (Op::Add | Op::Replace, ["throttle", "burstLimit"]) => {
            row.throttle.get_or_insert_default().burst_limit = number(change)?;
        }
        (Op::Add | Op::Replace, ["quota", "limit"]) => {
            row.quota.get_or_insert_default().limit = number(change)?;
        }
        (Op::Add | Op::Replace, ["quota", "offset"]) => {
            row.quota.get_or_insert_default().offset = number(change)?;
        }
        (Op::Add | Op::Replace, ["quota", "period"]) => {
            row.quota.get_or_insert_default().period = Some(change.text()?);
        }
        _ => return Err(change.unknown()),
    }
    Ok(())
}

/// Changes a usage plan.
pub(crate) struct UpdateUsagePlan;

impl Operation for UpdateUsagePlan {
    const NAME: &'static str = "UpdateUsagePlan";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/usageplans/{usagePlanId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = UsagePlan;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/usageplans/{}", input.usage_plan_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<UsagePlan, Error> {
        let mut row = usage::plan(cx, &input.usage_plan_id).await?;
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            match (change.op, &change.steps()[..]) {
                (Op::Add, ["apiStages"]) => {
                    let (api, stage) = stage_of(&change)?;
                    usage::add_stage(cx, &mut row, &api, &stage).await?;
                }
                (Op::Remove, ["apiStages"]) => {
                    let gone = stage_of(&change)?;
                    row.api_stages.retain(|known| *known != gone);
                }
                _ => apply(&mut row, &change)?,
            }
        }
        usage::check(&row)?;
        table::put(cx.tx(), &row).await?;
        Ok(UsagePlan::of(row))
    }
}
