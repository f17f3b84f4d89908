//! PutIntegration.

use cloud::prelude::*;

use crate::api::{access, method, put_method};
use crate::error::Error;
use crate::keys::{Integration, Texts};
use crate::limits::TIMEOUT_MILLIS_MAX;
use crate::{rules, views};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    resource_id: String,
    #[shape(label)]
    http_method: String,
    #[shape(name = "type")]
    kind: IntegrationType,
    integration_http_method: Option<String>,
    uri: Option<String>,
    connection_type: Option<String>,
    connection_id: Option<String>,
    credentials: Option<String>,
    request_parameters: Option<Texts>,
    request_templates: Option<Texts>,
    passthrough_behavior: Option<String>,
    cache_namespace: Option<String>,
    cache_key_parameters: Option<Vec<String>>,
    content_handling: Option<String>,
    timeout_in_millis: Option<i32>,
    tls_config: Option<TlsConfig>,
    response_transfer_mode: Option<ResponseTransferMode>,
    integration_target: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
enum IntegrationType {
    Http,
    Mock,
    AwsProxy,
    HttpProxy,
    Aws,
}

#[derive(Clone, Copy, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
enum ResponseTransferMode {
    Buffered,
    Stream,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct TlsConfig {
    insecure_skip_verification: Option<bool>,
}

/// Refuses what this cloud cannot do.
fn refuse(input: &Input) -> Result<(), Error> {
    if !matches!(input.kind, IntegrationType::Mock | IntegrationType::AwsProxy) {
        return Err(Error::unsupported(&format!("the integration type {}", input.kind.as_str())));
    }
    if input.connection_type.as_deref().is_some_and(|kind| kind != "INTERNET")
        || input.connection_id.is_some()
    {
        return Err(Error::unsupported("a VPC link"));
    }
    let parameters = input.request_parameters.as_ref().is_some_and(|map| !map.is_empty());
    let tls = input.tls_config.as_ref().is_some_and(|config| config.insecure_skip_verification == Some(true));
    let parts = [
        (parameters, "requestParameters of an integration"),
        (input.credentials.is_some(), "credentials of an integration"),
        (tls, "tlsConfig.insecureSkipVerification"),
        (input.integration_target.is_some(), "integrationTarget"),
    ];
    match parts.into_iter().find(|(given, _)| *given) {
        Some((_, what)) => Err(Error::unsupported(what)),
        None => Ok(()),
    }
}

/// Says what stands behind a method.
///
/// Differs from AWS: the types AWS, HTTP and HTTP_PROXY are refused, and so are request parameters, credentials, VPC
/// links, and mapping templates that use the Velocity language. The texts that refuse a responseTransferMode are ours.
pub(crate) struct PutIntegration;

impl Operation for PutIntegration {
    const NAME: &'static str = "PutIntegration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "PUT",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration",
        201,
    ));
    const ACTION: Option<&'static str> = Some("PUT");
    type Input = Input;
    type Output = views::Integration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!(
                "/restapis/{}/resources/{}/methods/{}/integration",
                input.rest_api_id, input.resource_id, input.http_method
            ),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<views::Integration, Error> {
        let (resource, mut method) =
            method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        refuse(&input)?;
        let mut row = Integration {
            kind: input.kind.as_str().to_owned(),
            http_method: input.integration_http_method.filter(|_| input.kind != IntegrationType::Mock),
            uri: input.uri,
            request_templates: input.request_templates,
            passthrough_behavior: input.passthrough_behavior.unwrap_or_else(|| "WHEN_NO_MATCH".to_owned()),
            content_handling: input.content_handling,
            timeout_millis: input.timeout_in_millis.unwrap_or(TIMEOUT_MILLIS_MAX),
            streams: input.response_transfer_mode == Some(ResponseTransferMode::Stream),
            cache_namespace: input.cache_namespace.unwrap_or_else(|| input.resource_id.clone()),
            cache_key_parameters: input.cache_key_parameters.unwrap_or_default(),
            ..Integration::default()
        };
        rules::check_integration(&row)?;
        // Putting an integration anew keeps the answers it had.
        row.responses = method.integration.take().map(|old| old.responses).unwrap_or_default();
        method.integration = Some(row.clone());
        put_method(cx, resource, input.http_method, method).await?;
        Ok(views::Integration::of(row))
    }
}
