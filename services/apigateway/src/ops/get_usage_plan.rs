//! GetUsagePlan.

use cloud::prelude::*;

use crate::api::access;
use crate::error::Error;
use crate::usage::{self, UsagePlan};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    usage_plan_id: String,
}

/// Describes a usage plan.
pub(crate) struct GetUsagePlan;

impl Operation for GetUsagePlan {
    const NAME: &'static str = "GetUsagePlan";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/usageplans/{usagePlanId}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = UsagePlan;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/usageplans/{}", input.usage_plan_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<UsagePlan, Error> {
        Ok(UsagePlan::of(usage::plan(cx, &input.usage_plan_id).await?))
    }
}
