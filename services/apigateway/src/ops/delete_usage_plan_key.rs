//! DeleteUsagePlanKey.

use cloud::prelude::*;
use store::layer::table;

use crate::api::access;
use crate::error::Error;
use crate::keys::{Part, UsagePlanKeyRow};
use crate::usage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    usage_plan_id: String,
    #[shape(label)]
    key_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes a key out of a usage plan.
pub(crate) struct DeleteUsagePlanKey;

impl Operation for DeleteUsagePlanKey {
    const NAME: &'static str = "DeleteUsagePlanKey";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/usageplans/{usagePlanId}/keys/{keyId}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/usageplans/{}/keys/{}", input.usage_plan_id, input.key_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let plan = usage::plan(cx, &input.usage_plan_id).await?;
        let key = (&plan.owner, UsagePlanKeyRow::KIND, (&plan.id, &input.key_id));
        if table::delete::<UsagePlanKeyRow>(cx.tx(), key).await?.is_none() {
            return Err(Error::no_api_key());
        }
        Ok(Output)
    }
}
