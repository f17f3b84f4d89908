//! GetUsagePlanKey.

use cloud::prelude::*;

use crate::api::access;
use crate::error::Error;
use crate::usage::{self, UsagePlanKey};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    usage_plan_id: String,
    #[shape(label)]
    key_id: String,
}

/// Describes a key of a usage plan.
pub(crate) struct GetUsagePlanKey;

impl Operation for GetUsagePlanKey {
    const NAME: &'static str = "GetUsagePlanKey";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/usageplans/{usagePlanId}/keys/{keyId}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = UsagePlanKey;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/usageplans/{}/keys/{}", input.usage_plan_id, input.key_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<UsagePlanKey, Error> {
        let plan = usage::plan(cx, &input.usage_plan_id).await?;
        let members = usage::plan_keys(cx, &plan.id).await?;
        if !members.iter().any(|member| member.key_id == input.key_id) {
            return Err(Error::no_api_key());
        }
        Ok(UsagePlanKey::of(usage::key(cx, &input.key_id).await?))
    }
}
