//! DeleteUsagePlan.

use cloud::prelude::*;
use store::layer::table;

use crate::api::access;
use crate::error::Error;
use crate::keys::{Part, UsagePlanKeyRow, UsagePlanRow};
use crate::usage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    usage_plan_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a usage plan.
pub(crate) struct DeleteUsagePlan;

impl Operation for DeleteUsagePlan {
    const NAME: &'static str = "DeleteUsagePlan";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/usageplans/{usagePlanId}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/usageplans/{}", input.usage_plan_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = usage::plan(cx, &input.usage_plan_id).await?;
        for member in usage::plan_keys(cx, &row.id).await? {
            let key = (&member.owner, UsagePlanKeyRow::KIND, (&member.plan_id, &member.key_id));
            table::delete::<UsagePlanKeyRow>(cx.tx(), key).await?;
        }
        table::delete::<UsagePlanRow>(cx.tx(), (&row.owner, UsagePlanRow::KIND, &row.id)).await?;
        Ok(Output)
    }
}
