//! CreateRoute.
//!
//! Differs from AWS: authorizers other than IAM are refused.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{IntegrationRow, Part, RouteRow, Texts};
use crate::limits::PARTS_MAX;
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
    route_key: String,
    #[shape(len = 1..=128)]
    target: Option<String>,
    #[shape(flatten)]
    foreign: Foreign,
}

/// Members of routes of WebSocket APIs.
#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(super) struct Foreign {
    model_selection_expression: Option<String>,
    request_models: Option<Texts>,
    request_parameters: Option<BTreeMap<String, ParameterConstraints>>,
    route_response_selection_expression: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct ParameterConstraints {
    required: Option<bool>,
}

impl Foreign {
    /// What they are for: the API reference, "Routes".
    pub(super) fn check(&self) -> Result<(), Error> {
        let is_required = |of: &ParameterConstraints| of.required == Some(true);
        for (name, is_given) in [
            ("modelSelectionExpression", self.model_selection_expression.is_some()),
            ("requestModels", self.request_models.as_ref().is_some_and(|models| !models.is_empty())),
            ("requestParameters", self.request_parameters.iter().flat_map(BTreeMap::values).any(is_required)),
            ("routeResponseSelectionExpression", self.route_response_selection_expression.is_some()),
        ] {
            if is_given {
                return Err(Error::bad(format!("{name} is supported only for WebSocket APIs")));
            }
        }
        Ok(())
    }
}

pub(crate) struct CreateRoute;

impl Operation for CreateRoute {
    const NAME: &'static str = "CreateRoute";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v2/apis/{apiId}/routes", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Route;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/routes", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Route, Error> {
        input.foreign.check()?;
        let scopes = input.authorization_scopes.is_some_and(|scopes| !scopes.is_empty());
        refuse(input.api_key_required, input.authorizer_id.as_deref(), scopes)?;
        let iam = authorization(input.authorization_type.as_deref())?.unwrap_or(false);
        rules::route(&input.route_key)?;
        api::open(cx, &input.api_id).await?;
        check_target(cx, &input.api_id, input.target.as_deref()).await?;
        api::check_room::<RouteRow>(cx.tx(), &input.api_id, PARTS_MAX).await?;
        check_key(cx, &input.api_id, &input.route_key, None).await?;
        let row = RouteRow {
            id: api::new_id(cx),
            api_id: input.api_id,
            key: input.route_key,
            target: input.target,
            iam,
            operation_name: input.operation_name,
        };
        table::put(cx.tx(), &row).await?;
        Ok(row.into())
    }
}

/// Refuses what is not supported, before anything changes.
pub(super) fn refuse(api_key: Option<bool>, authorizer: Option<&str>, scopes: bool) -> Result<(), Error> {
    if api_key == Some(true) {
        return Err(Error::bad("ApiKeyRequired is not currently supported for HTTP APIs"));
    }
    if authorizer.is_some() || scopes {
        return Err(Error::unsupported("an authorizer"));
    }
    Ok(())
}

/// Whether IAM decides; nothing when the request does not say.
pub(super) fn authorization(kind: Option<&str>) -> Result<Option<bool>, Error> {
    match kind {
        None => Ok(None),
        Some("NONE") => Ok(Some(false)),
        Some("AWS_IAM") => Ok(Some(true)),
        Some(kind @ ("JWT" | "CUSTOM")) => Err(Error::unsupported(&format!("the authorization type {kind}"))),
        Some(_) => Err(Error::bad("Invalid authorization type")),
    }
}

/// Refuses a target that is not an integration of the API.
pub(super) async fn check_target(cx: &Cx, api_id: &str, target: Option<&str>) -> Result<(), Error> {
    if let Some(target) = target {
        let id = rules::target(target)?;
        cx.get::<IntegrationRow>((api_id, IntegrationRow::KIND, id))
            .await?
            .ok_or_else(|| Error::bad(format!("Invalid target: there is no integration {id}")))?;
    }
    Ok(())
}

/// Refuses a key that another route has.
pub(super) async fn check_key(cx: &mut Cx, api_id: &str, key: &str, own: Option<&str>) -> Result<(), Error> {
    let all = Paging::first(PARTS_MAX);
    let routes = table::list::<RouteRow>(cx.tx(), (api_id, RouteRow::KIND), &all).await?;
    if routes.items.iter().any(|route| route.key == key && Some(route.id.as_str()) != own) {
        return Err(Error::Conflict(format!("Route with key {key} already exists for this API")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn keys_are_unique_and_targets_exist() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let api = world.ok("apigatewayv2", "CreateApi", json!({"name": "a", "protocolType": "HTTP"})).await;
        let id = &api["apiId"];
        let route = world.ok("apigatewayv2", "CreateRoute", json!({"apiId": id, "routeKey": "GET /x"})).await;
        assert_eq!(route["authorizationType"], "NONE");
        let again = json!({"apiId": id, "routeKey": "GET /x"});
        assert_eq!(world.error("apigatewayv2", "CreateRoute", again).await.0, "ConflictException");
        for bad in [
            json!({"apiId": id, "routeKey": "GET x"}),
            json!({"apiId": id, "routeKey": "GET /y", "target": "integrations/none"}),
            json!({"apiId": id, "routeKey": "GET /y", "authorizationType": "JWT"}),
            json!({"apiId": id, "routeKey": "GET /y", "apiKeyRequired": true}),
            json!({"apiId": id, "routeKey": "GET /y", "requestModels": {"application/json": "m"}}),
            json!({"apiId": id, "routeKey": "GET /y",
                "requestParameters": {"route.request.header.x": {"required": true}}}),
            json!({"apiId": id, "routeKey": "GET /y", "modelSelectionExpression": "$request.body.x"}),
            json!({"apiId": id, "routeKey": "GET /y", "routeResponseSelectionExpression": "$default"}),
        ] {
            assert_eq!(
                world.error("apigatewayv2", "CreateRoute", bad.clone()).await.0,
                "BadRequestException",
                "{bad}"
            );
        }
        let list = world.ok("apigatewayv2", "GetRoutes", json!({"apiId": id})).await;
        assert_eq!(list["items"], json!([route]));
    }
}
