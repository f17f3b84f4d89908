//! CreateApi.
//!
//! Differs from AWS: WebSocket APIs are refused.

use cloud::access;
use cloud::prelude::*;
use proxyevent::apiid::{self, Kind as ApiKind};
use store::layer::table;

use crate::error::Error;
use crate::keys::{ApiRow, IntegrationRow, RouteRow, StageRow, Texts};
use crate::limits::TIMEOUT_MILLIS_MAX;
use crate::views::{Api, Cors};
use crate::{api, rules};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
enum ProtocolType {
    Websocket,
    Http,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    api_key_selection_expression: Option<String>,
    cors_configuration: Option<Cors>,
    credentials_arn: Option<String>,
    #[shape(len = 0..=1024)]
    description: Option<String>,
    disable_schema_validation: Option<bool>,
    disable_execute_api_endpoint: Option<bool>,
    ip_address_type: Option<String>,
    #[shape(len = 1..=128)]
    name: String,
    protocol_type: ProtocolType,
    route_key: Option<String>,
    route_selection_expression: Option<String>,
    tags: Option<Texts>,
    #[shape(len = 1..=2048)]
    target: Option<String>,
    #[shape(len = 1..=64)]
    version: Option<String>,
}

pub(crate) struct CreateApi;

impl Operation for CreateApi {
    const NAME: &'static str = "CreateApi";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v2/apis", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Api;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, "/apis"))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Api, Error> {
        check(&input)?;
        let cors = input.cors_configuration.map(Cors::into_row);
        cors.as_ref().map(rules::cors).transpose()?;
        let row = ApiRow {
            id: apiid::make(ApiKind::Http, || cx.chance().number()),
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: input.name,
            description: input.description,
            version: input.version,
            cors,
            disabled: input.disable_execute_api_endpoint.unwrap_or(false),
            created_at_millis: cx.now().millis(),
            tags: input.tags.unwrap_or_default(),
        };
        table::put(cx.tx(), &row).await?;
        if let Some(target) = input.target {
            quick(cx, &row.id, target, input.route_key).await?;
        }
        Ok(Api::of(cx, row))
    }
}

fn check(input: &Input) -> Result<(), Error> {
    if input.protocol_type == ProtocolType::Websocket {
        return Err(Error::unsupported("a WebSocket API"));
    }
    if input.credentials_arn.is_some() {
        return Err(Error::unsupported("credentialsArn"));
    }
    check_kind(input.disable_schema_validation, input.ip_address_type.as_deref())?;
    match input.route_selection_expression.as_deref() {
        None | Some("$request.method $request.path" | "${request.method} ${request.path}") => {}
        Some(_) => {
            return Err(Error::bad(
                "Invalid route selection expression. Only $request.method $request.path is supported for HTTP protocol",
            ));
        }
    }
    check_keys(input.api_key_selection_expression.as_deref())
}

/// Refuses what is for other kinds of APIs, and addresses that this cloud does not have.
pub(super) fn check_kind(
    disable_schema_validation: Option<bool>,
    ip_address_type: Option<&str>,
) -> Result<(), Error> {
    if disable_schema_validation == Some(true) {
        return Err(Error::bad("disableSchemaValidation is supported only for WebSocket APIs"));
    }
    match ip_address_type {
        None | Some("ipv4") => Ok(()),
        Some(other) => Err(Error::unsupported(&format!("the ipAddressType {other}"))),
    }
}

/// Keys come in one header alone.
pub(super) fn check_keys(selection_expression: Option<&str>) -> Result<(), Error> {
    match selection_expression {
        None | Some("$request.header.x-api-key") => Ok(()),
        Some(_) => Err(Error::unsupported("another apiKeySelectionExpression")),
    }
}

/// Quick create: a route to the target, and a stage that serves it.
async fn quick(cx: &mut Cx, api_id: &str, target: String, key: Option<String>) -> Result<(), Error> {
    if rules::function(&target).is_none() {
        return Err(Error::unsupported("a target other than a Lambda function"));
    }
    let key = key.unwrap_or_else(|| "$default".to_owned());
    rules::route(&key)?;
    let integration = IntegrationRow {
        api_id: api_id.to_owned(),
        id: api::new_id(cx),
        description: None,
        method: None,
        uri: target,
        payload_format: "2.0".to_owned(),
        timeout_millis: TIMEOUT_MILLIS_MAX,
    };
    table::put(cx.tx(), &integration).await?;
    let route = RouteRow {
        api_id: api_id.to_owned(),
        id: api::new_id(cx),
        key,
        target: Some(format!("integrations/{}", integration.id)),
        iam: false,
        operation_name: None,
    };
    table::put(cx.tx(), &route).await?;
    let now_millis = cx.now().millis();
    let stage = StageRow {
        access_log: None,
        detailed_metrics: false,
        api_id: api_id.to_owned(),
        name: "$default".to_owned(),
        description: None,
        auto_deploy: true,
        deployment_id: None,
        variables: Texts::new(),
        created_at_millis: now_millis,
        updated_at_millis: now_millis,
        tags: Texts::new(),
    };
    table::put(cx.tx(), &stage).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{World, nobody};

    #[tokio::test]
    async fn answers_with_the_endpoint() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let input =
            json!({"name": "a", "protocolType": "HTTP", "corsConfiguration": {"allowOrigins": ["*"]}});
        let api = world.ok("apigatewayv2", "CreateApi", input).await;
        let id = api["apiId"].as_str().unwrap();
        assert_eq!(api["apiEndpoint"], format!("http://{id}.execute-api.localhost:4566"));
        assert_eq!(api["corsConfiguration"], json!({"allowOrigins": ["*"]}));
        let again = world.ok("apigatewayv2", "GetApi", json!({"apiId": id})).await;
        assert_eq!(again, api);
        let list = world.ok("apigatewayv2", "GetApis", json!({})).await;
        assert_eq!(list["items"], json!([api]));
    }

    #[tokio::test]
    async fn what_is_not_supported_is_refused() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        for input in [
            json!({"name": "a", "protocolType": "WEBSOCKET"}),
            json!({"name": "a", "protocolType": "HTTP", "routeSelectionExpression": "$request.body.action"}),
            json!({"name": "a", "protocolType": "HTTP", "target": "https://example.com"}),
            json!({"name": "a", "protocolType": "HTTP", "ipAddressType": "dualstack"}),
            json!({"name": "a", "protocolType": "HTTP",
                "corsConfiguration": {"allowOrigins": ["*"], "allowCredentials": true}}),
        ] {
            assert_eq!(world.error("apigatewayv2", "CreateApi", input).await.0, "BadRequestException");
        }
        let list = world.ok("apigatewayv2", "GetApis", json!({})).await;
        assert_eq!(list["items"], json!([]));
    }

    #[tokio::test]
    async fn nobody_is_denied() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let input = json!({"name": "a", "protocolType": "HTTP"});
        let failure = world.call_as(nobody(), "apigatewayv2", "CreateApi", input).await.unwrap_err();
        assert_eq!(failure.code(), "AccessDeniedException");
        assert!(
            failure.message().contains("apigateway:POST on resource: arn:aws:apigateway:us-east-1::/apis")
        );
    }
}
