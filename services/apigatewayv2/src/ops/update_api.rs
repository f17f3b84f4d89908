//! UpdateApi.

use cloud::prelude::*;
use store::layer::table;

use super::create_api::{check_keys, check_kind};
use crate::error::Error;
use crate::views::{Api, Cors};
use crate::{api, rules};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    api_key_selection_expression: Option<String>,
    cors_configuration: Option<Cors>,
    credentials_arn: Option<String>,
    #[shape(len = 0..=1024)]
    description: Option<String>,
    disable_execute_api_endpoint: Option<bool>,
    disable_schema_validation: Option<bool>,
    ip_address_type: Option<String>,
    #[shape(len = 1..=128)]
    name: Option<String>,
    route_key: Option<String>,
    route_selection_expression: Option<String>,
    target: Option<String>,
    #[shape(len = 1..=64)]
    version: Option<String>,
}

pub(crate) struct UpdateApi;

impl Operation for UpdateApi {
    const NAME: &'static str = "UpdateApi";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/v2/apis/{apiId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Api;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Api, Error> {
        if input.credentials_arn.is_some() || input.route_key.is_some() || input.target.is_some() {
            return Err(Error::unsupported("changing what quick create made"));
        }
        if !matches!(
            input.route_selection_expression.as_deref(),
            None | Some("$request.method $request.path")
        ) {
            return Err(Error::unsupported("another routeSelectionExpression"));
        }
        check_kind(input.disable_schema_validation, input.ip_address_type.as_deref())?;
        check_keys(input.api_key_selection_expression.as_deref())?;
        let mut row = api::open(cx, &input.api_id).await?;
        if let Some(cors) = input.cors_configuration.map(Cors::into_row) {
            rules::cors(&cors)?;
            row.cors = Some(cors);
        }
        row.name = input.name.unwrap_or(row.name);
        row.description = input.description.or(row.description);
        row.version = input.version.or(row.version);
        row.disabled = input.disable_execute_api_endpoint.unwrap_or(row.disabled);
        table::put(cx.tx(), &row).await?;
        Ok(Api::of(cx, row))
    }
}
