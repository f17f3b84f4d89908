//! CreateApiKey.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::{ApiKeyRow, StageRow, Texts};
use crate::usage::{self, ApiKey, StageKey};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    name: Option<String>,
    description: Option<String>,
    enabled: Option<bool>,
    generate_distinct_id: Option<bool>,
    value: Option<String>,
    stage_keys: Option<Vec<StageKey>>,
    customer_id: Option<String>,
    tags: Option<Texts>,
}

/// Makes an API key. A key opens nothing by itself: it has to be in a usage plan.
pub(crate) struct CreateApiKey;

impl Operation for CreateApiKey {
    const NAME: &'static str = "CreateApiKey";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/apikeys", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = ApiKey;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, "/apikeys"))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<ApiKey, Error> {
        if input.generate_distinct_id == Some(true) && input.value.is_some() {
            return Err(Error::bad("A value cannot be given for a key with a distinct id"));
        }
        let mut stage_keys = Vec::new();
        for StageKey { rest_api_id, stage_name } in input.stage_keys.unwrap_or_default() {
            let (api, stage) = (rest_api_id.unwrap_or_default(), stage_name.unwrap_or_default());
            if part::<StageRow>(cx, &api, &stage).await?.is_none() {
                return Err(Error::no_stage());
            }
            stage_keys.push(format!("{api}/{stage}"));
        }
        let now = cx.now().millis();
        let row = ApiKeyRow {
            owner: usage::owner(cx),
            id: usage::key_id(cx),
            value: usage::value(cx, input.value).await?,
            name: input.name,
            description: input.description,
            customer_id: input.customer_id,
            enabled: input.enabled.unwrap_or(false),
            stage_keys,
            tags: input.tags,
            created_at_millis: now,
            updated_at_millis: now,
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(Failure::conflict().into());
        }
        Ok(ApiKey::of(row, true))
    }
}
