//! UpdateRoute.

use cloud::prelude::*;
use store::layer::table;

use super::create_route::{Foreign, authorization, check_key, check_target, refuse};
use crate::error::Error;
use crate::keys::RouteRow;
use crate::views::Route;
use crate::{api, rules};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    api_key_required: Option<bool>,
    authorization_scopes: Option<Vec<String>>,
    authorization_type: Option<String>,
    authorizer_id: Option<String>,
    #[shape(len = 1..=64)]
    operation_name: Option<String>,
    #[shape(label)]
    route_id: String,
    route_key: Option<String>,
    #[shape(len = 1..=128)]
    target: Option<String>,
    #[shape(flatten)]
    foreign: Foreign,
}

pub(crate) struct UpdateRoute;

impl Operation for UpdateRoute {
    const NAME: &'static str = "UpdateRoute";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/v2/apis/{apiId}/routes/{routeId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Route;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/routes/{}", input.api_id, input.route_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Route, Error> {
        input.foreign.check()?;
        let scopes = input.authorization_scopes.is_some_and(|scopes| !scopes.is_empty());
        refuse(input.api_key_required, input.authorizer_id.as_deref(), scopes)?;
        let mut row: RouteRow = api::part(cx, &input.api_id, &input.route_id).await?;
        if let Some(key) = input.route_key {
            rules::route(&key)?;
            check_key(cx, &input.api_id, &key, Some(&row.id)).await?;
            row.key = key;
        }
        check_target(cx, &input.api_id, input.target.as_deref()).await?;
        row.target = input.target.or(row.target);
        row.iam = authorization(input.authorization_type.as_deref())?.unwrap_or(row.iam);
        row.operation_name = input.operation_name.or(row.operation_name);
        table::put(cx.tx(), &row).await?;
        Ok(row.into())
    }
}
