//! GetUsagePlanKeys.

use cloud::prelude::*;

use crate::api::{Page, access};
use crate::error::Error;
use crate::usage::{self, UsagePlanKey};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    usage_plan_id: String,
    #[shape(flatten)]
    page: Page,
    #[shape(querystring = "name")]
    name_query: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<UsagePlanKey>>,
}

/// Lists the keys of a usage plan.
pub(crate) struct GetUsagePlanKeys;

impl Operation for GetUsagePlanKeys {
    const NAME: &'static str = "GetUsagePlanKeys";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/usageplans/{usagePlanId}/keys", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/usageplans/{}/keys", input.usage_plan_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let plan = usage::plan(cx, &input.usage_plan_id).await?;
        let mut keys = Vec::new();
        for member in usage::plan_keys(cx, &plan.id).await? {
            keys.push(usage::key(cx, &member.key_id).await?);
        }
        if let Some(start) = &input.name_query {
            keys.retain(|key| key.name.as_ref().is_some_and(|name| name.starts_with(start)));
        }
        let (keys, position) = input.page.of(keys);
        Ok(Output { position, items: Some(keys.into_iter().map(UsagePlanKey::of).collect()) })
    }
}
