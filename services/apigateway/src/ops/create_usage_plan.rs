//! CreateUsagePlan.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part_id};
use crate::error::Error;
use crate::keys::{Texts, UsagePlanRow};
use crate::usage::{self, ApiStage, QuotaSettings, ThrottleSettings, UsagePlan};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    api_stages: Option<Vec<ApiStage>>,
    throttle: Option<ThrottleSettings>,
    quota: Option<QuotaSettings>,
    tags: Option<Texts>,
}

/// Makes a usage plan.
///
/// Differs from AWS: a `quota` is kept and shown, but no request is ever refused for it; limits of single methods are
/// refused.
pub(crate) struct CreateUsagePlan;

impl Operation for CreateUsagePlan {
    const NAME: &'static str = "CreateUsagePlan";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/usageplans", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = UsagePlan;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, "/usageplans"))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<UsagePlan, Error> {
        let mut row = UsagePlanRow {
            owner: usage::owner(cx),
            id: part_id(cx),
            name: input.name,
            description: input.description,
            product_code: None,
            api_stages: Vec::new(),
            throttle: input.throttle.map(Into::into),
            quota: input.quota.map(Into::into),
            tags: input.tags,
        };
        usage::check(&row)?;
        for ApiStage { api_id, stage, throttle } in input.api_stages.unwrap_or_default() {
            if throttle.is_some_and(|throttle| !throttle.is_empty()) {
                return Err(Error::unsupported("a limit of a single method"));
            }
            let (api, stage) = (api_id.unwrap_or_default(), stage.unwrap_or_default());
            usage::add_stage(cx, &mut row, &api, &stage).await?;
        }
        if !table::insert(cx.tx(), &row).await? {
            return Err(Failure::conflict().into());
        }
        Ok(UsagePlan::of(row))
    }
}
