//! GetApiKey.

use cloud::prelude::*;

use crate::api::access;
use crate::error::Error;
use crate::usage::{self, ApiKey};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_key: String,
    #[shape(querystring = "includeValue")]
    include_value: Option<bool>,
}

/// Describes an API key.
pub(crate) struct GetApiKey;

impl Operation for GetApiKey {
    const NAME: &'static str = "GetApiKey";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/apikeys/{apiKey}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = ApiKey;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/apikeys/{}", input.api_key)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<ApiKey, Error> {
        let row = usage::key(cx, &input.api_key).await?;
        Ok(ApiKey::of(row, input.include_value.unwrap_or(false)))
    }
}
