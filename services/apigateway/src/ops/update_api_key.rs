//! UpdateApiKey.

use cloud::prelude::*;
use store::layer::table;

use crate::api::access;
use crate::error::Error;
use crate::patch::{Change, Op, PatchOperation};
use crate::usage::{self, ApiKey};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_key: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes an API key.
pub(crate) struct UpdateApiKey;

impl Operation for UpdateApiKey {
    const NAME: &'static str = "UpdateApiKey";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/apikeys/{apiKey}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = ApiKey;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/apikeys/{}", input.api_key)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<ApiKey, Error> {
        let mut row = usage::key(cx, &input.api_key).await?;
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            match change.steps()[..] {
                ["name"] => row.name = change.optional(),
                ["description"] => row.description = change.optional(),
                ["customerId"] => row.customer_id = change.optional(),
                ["enabled"] => row.enabled = change.flag(),
                ["stages"] if change.op == Op::Add => row.stage_keys.push(change.text()?),
                ["stages"] if change.op == Op::Remove => {
                    let stage = change.text()?;
                    row.stage_keys.retain(|known| *known != stage);
                }
                _ => return Err(change.unknown()),
            }
        }
        row.updated_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(ApiKey::of(row, false))
    }
}
