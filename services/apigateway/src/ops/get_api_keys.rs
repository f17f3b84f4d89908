//! GetApiKeys.

use cloud::prelude::*;

use crate::api::{Page, access, parts};
use crate::error::Error;
use crate::keys::ApiKeyRow;
use crate::usage::{self, ApiKey};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(flatten)]
    page: Page,
    #[shape(querystring = "name")]
    name_query: Option<String>,
    #[shape(querystring = "customerId")]
    customer_id: Option<String>,
    #[shape(querystring = "includeValues")]
    include_values: Option<bool>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<ApiKey>>,
}

/// Lists the API keys.
pub(crate) struct GetApiKeys;

impl Operation for GetApiKeys {
    const NAME: &'static str = "GetApiKeys";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/apikeys", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, "/apikeys"))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let owner = usage::owner(cx);
        let mut rows: Vec<ApiKeyRow> = parts(cx.tx(), &owner).await?;
        if let Some(start) = &input.name_query {
            rows.retain(|row| row.name.as_ref().is_some_and(|name| name.starts_with(start)));
        }
        if input.customer_id.is_some() {
            rows.retain(|row| row.customer_id == input.customer_id);
        }
        let (rows, position) = input.page.of(rows);
        let with_value = input.include_values.unwrap_or(false);
        let items = rows.into_iter().map(|row| ApiKey::of(row, with_value)).collect();
        Ok(Output { position, items: Some(items) })
    }
}
