//! CreateUsagePlanKey.

use cloud::prelude::*;
use store::layer::table;

use crate::api::access;
use crate::error::Error;
use crate::keys::UsagePlanKeyRow;
use crate::usage::{self, UsagePlanKey};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    usage_plan_id: String,
    key_id: String,
    key_type: String,
}

/// Puts a key into a usage plan.
pub(crate) struct CreateUsagePlanKey;

impl Operation for CreateUsagePlanKey {
    const NAME: &'static str = "CreateUsagePlanKey";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/usageplans/{usagePlanId}/keys", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = UsagePlanKey;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/usageplans/{}/keys", input.usage_plan_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<UsagePlanKey, Error> {
        if input.key_type != "API_KEY" {
            return Err(Error::bad("Invalid key type specified. Valid options are API_KEY"));
        }
        let plan = usage::plan(cx, &input.usage_plan_id).await?;
        let key = usage::key(cx, &input.key_id).await?;
        let row = UsagePlanKeyRow { owner: plan.owner, plan_id: plan.id, key_id: key.id.clone() };
        if !table::insert(cx.tx(), &row).await? {
            let text = format!("Usage plan {} already has the API key {}", row.plan_id, row.key_id);
            return Err(Error::conflict(text));
        }
        Ok(UsagePlanKey::of(key))
    }
}
