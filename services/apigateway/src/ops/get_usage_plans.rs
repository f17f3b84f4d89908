//! GetUsagePlans.

use cloud::prelude::*;

use crate::api::{Page, access, parts};
use crate::error::Error;
use crate::keys::{UsagePlanKeyRow, UsagePlanRow};
use crate::usage::{self, UsagePlan};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(flatten)]
    page: Page,
    #[shape(querystring = "keyId")]
    key_id: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<UsagePlan>>,
}

/// Lists the usage plans, all or those of a key.
pub(crate) struct GetUsagePlans;

impl Operation for GetUsagePlans {
    const NAME: &'static str = "GetUsagePlans";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/usageplans", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, "/usageplans"))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let owner = usage::owner(cx);
        let mut rows: Vec<UsagePlanRow> = parts(cx.tx(), &owner).await?;
        if let Some(key_id) = &input.key_id {
            let members: Vec<UsagePlanKeyRow> = parts(cx.tx(), &owner).await?;
            rows.retain(|row| members.iter().any(|one| one.plan_id == row.id && one.key_id == *key_id));
        }
        let (rows, position) = input.page.of(rows);
        Ok(Output { position, items: Some(rows.into_iter().map(UsagePlan::of).collect()) })
    }
}
