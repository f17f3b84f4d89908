//! CreateIntegration.
//!
//! Differs from AWS: Lambda proxy integrations only, without parameter mappings.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{IntegrationRow, Texts};
use crate::limits::PARTS_MAX;
use crate::views::Integration;
use crate::{api, rules};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
    connection_id: Option<String>,
    connection_type: Option<String>,
    credentials_arn: Option<String>,
    #[shape(len = 0..=1024)]
    description: Option<String>,
    integration_method: Option<String>,
    integration_subtype: Option<String>,
    integration_type: String,
    #[shape(len = 1..=2048)]
    integration_uri: Option<String>,
    payload_format_version: Option<String>,
    request_parameters: Option<Texts>,
    response_parameters: Option<BTreeMap<String, Texts>>,
    timeout_in_millis: Option<i32>,
    #[shape(flatten)]
    foreign: Foreign,
}

/// Members of an integration that belong to other kinds of APIs and integrations.
#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(super) struct Foreign {
    content_handling_strategy: Option<String>,
    passthrough_behavior: Option<String>,
    request_templates: Option<Texts>,
    template_selection_expression: Option<String>,
    tls_config: Option<TlsConfig>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct TlsConfig {
    server_name_to_verify: Option<String>,
}

impl Foreign {
    /// What they are for: the API reference, "Integrations".
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.tls_config.as_ref().is_some_and(|tls| tls.server_name_to_verify.is_some()) {
            return Err(Error::unsupported("tlsConfig, which is for private integrations,"));
        }
        for (name, is_given) in [
            ("contentHandlingStrategy", self.content_handling_strategy.is_some()),
            ("passthroughBehavior", self.passthrough_behavior.is_some()),
            ("requestTemplates", self.request_templates.is_some()),
            ("templateSelectionExpression", self.template_selection_expression.is_some()),
        ] {
            if is_given {
                return Err(Error::bad(format!("{name} is supported only for WebSocket APIs")));
            }
        }
        Ok(())
    }
}

/// Members of an integration that ask for what this cloud does not do.
pub(super) struct Asked<'a> {
    pub(super) kind: Option<&'a str>,
    pub(super) subtype: Option<&'a str>,
    pub(super) connection: Option<&'a str>,
    pub(super) connection_id: Option<&'a str>,
    pub(super) credentials: Option<&'a str>,
    pub(super) mapped: bool,
}

pub(crate) struct CreateIntegration;

impl Operation for CreateIntegration {
    const NAME: &'static str = "CreateIntegration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v2/apis/{apiId}/integrations", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Integration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}/integrations", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Integration, Error> {
        input.foreign.check()?;
        check(&Asked {
            kind: Some(&input.integration_type),
            subtype: input.integration_subtype.as_deref(),
            connection: input.connection_type.as_deref(),
            connection_id: input.connection_id.as_deref(),
            credentials: input.credentials_arn.as_deref(),
            mapped: input.request_parameters.is_some_and(|map| !map.is_empty())
                || input.response_parameters.is_some_and(|map| !map.is_empty()),
        })?;
        api::open(cx, &input.api_id).await?;
        api::check_room::<IntegrationRow>(cx.tx(), &input.api_id, PARTS_MAX).await?;
        let row = IntegrationRow {
            id: api::new_id(cx),
            api_id: input.api_id,
            description: input.description,
            method: input.integration_method,
            uri: uri(input.integration_uri)?,
            payload_format: rules::payload_format(input.payload_format_version)?,
            timeout_millis: rules::timeout(input.timeout_in_millis)?,
        };
        table::put(cx.tx(), &row).await?;
        Ok(row.into())
    }
}

/// The URI, which must name a function.
pub(super) fn uri(uri: Option<String>) -> Result<String, Error> {
    let uri = uri.ok_or_else(|| Error::bad("Invalid integration URI specified"))?;
    if rules::function(&uri).is_none() {
        return Err(Error::bad("Invalid integration URI specified"));
    }
    Ok(uri)
}

/// Refuses what is not supported, before anything changes.
pub(super) fn check(asked: &Asked<'_>) -> Result<(), Error> {
    if let Some(kind) = asked.kind.filter(|kind| *kind != "AWS_PROXY") {
        return Err(Error::unsupported(&format!("the integration type {kind}")));
    }
    if let Some(subtype) = asked.subtype {
        return Err(Error::unsupported(&format!("the integration subtype {subtype}")));
    }
    if asked.connection_id.is_some() || asked.connection.is_some_and(|connection| connection != "INTERNET") {
        return Err(Error::unsupported("a private integration"));
    }
    if asked.credentials.is_some() {
        return Err(Error::unsupported("credentialsArn"));
    }
    if asked.mapped {
        return Err(Error::unsupported("parameter mapping"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn lambda_proxies_alone() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let api = world.ok("apigatewayv2", "CreateApi", json!({"name": "a", "protocolType": "HTTP"})).await;
        let id = &api["apiId"];
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        let good = json!({"apiId": id, "integrationType": "AWS_PROXY", "integrationUri": arn,
            "payloadFormatVersion": "2.0"});
        let made = world.ok("apigatewayv2", "CreateIntegration", good.clone()).await;
        assert_eq!(made["timeoutInMillis"], 30_000);
        let read = json!({"apiId": id, "integrationId": made["integrationId"]});
        assert_eq!(world.ok("apigatewayv2", "GetIntegration", read).await, made);
        for (member, value) in [
            ("integrationType", json!("HTTP_PROXY")),
            ("integrationUri", json!("https://example.com")),
            ("connectionType", json!("VPC_LINK")),
            ("payloadFormatVersion", json!("3.0")),
            ("timeoutInMillis", json!(30_001)),
            ("requestParameters", json!({"overwrite:path": "/x"})),
            ("integrationSubtype", json!("SQS-SendMessage")),
            ("tlsConfig", json!({"serverNameToVerify": "example.com"})),
            ("passthroughBehavior", json!("NEVER")),
            ("requestTemplates", json!({"$default": "{}"})),
            ("contentHandlingStrategy", json!("CONVERT_TO_TEXT")),
            ("templateSelectionExpression", json!("$default")),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            assert_eq!(
                world.error("apigatewayv2", "CreateIntegration", bad).await.0,
                "BadRequestException",
                "{member}"
            );
        }
    }
}
