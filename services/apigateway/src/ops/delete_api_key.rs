//! DeleteApiKey.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, parts};
use crate::error::Error;
use crate::keys::{ApiKeyRow, Part, UsagePlanKeyRow};
use crate::usage;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_key: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes an API key, and takes it out of the usage plans.
pub(crate) struct DeleteApiKey;

impl Operation for DeleteApiKey {
    const NAME: &'static str = "DeleteApiKey";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/apikeys/{apiKey}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/apikeys/{}", input.api_key)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = usage::key(cx, &input.api_key).await?;
        let in_plans: Vec<UsagePlanKeyRow> = parts(cx.tx(), &row.owner).await?;
        for member in in_plans.into_iter().filter(|member| member.key_id == row.id) {
            let key = (&member.owner, UsagePlanKeyRow::KIND, (&member.plan_id, &member.key_id));
            table::delete::<UsagePlanKeyRow>(cx.tx(), key).await?;
        }
        table::delete::<ApiKeyRow>(cx.tx(), (&row.owner, ApiKeyRow::KIND, &row.id)).await?;
        Ok(Output)
    }
}
