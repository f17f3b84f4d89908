//! PutIntegrationResponse.

use cloud::prelude::*;

use crate::api::{access, method, put_method};
use crate::error::Error;
use crate::keys::{IntegrationResponse, Texts};
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
    #[shape(label, pattern = "[1-5]\\d\\d")]
    status_code: String,
    selection_pattern: Option<String>,
    response_parameters: Option<Texts>,
    response_templates: Option<Texts>,
    content_handling: Option<String>,
}

/// Says how the answer of an integration becomes the answer of the method.
///
/// Differs from AWS: templates that use the Velocity language, and parameters taken from the integration's answer, are
/// refused.
pub(crate) struct PutIntegrationResponse;

impl Operation for PutIntegrationResponse {
    const NAME: &'static str = "PutIntegrationResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "PUT",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration/responses/{statusCode}",
        201,
    ));
    const ACTION: Option<&'static str> = Some("PUT");
    type Input = Input;
    type Output = views::IntegrationResponse;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!(
                "/restapis/{}/resources/{}/methods/{}/integration/responses/{}",
                input.rest_api_id, input.resource_id, input.http_method, input.status_code
            ),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<views::IntegrationResponse, Error> {
        let (resource, mut method) =
            method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        let response = IntegrationResponse {
            selection_pattern: input.selection_pattern,
            response_parameters: input.response_parameters,
            response_templates: input.response_templates,
            content_handling: input.content_handling,
        };
        rules::check_integration_response(&method, &input.status_code, &response)?;
        let integration = method.integration.as_mut().ok_or_else(Error::no_integration)?;
        integration.responses.insert(input.status_code.clone(), response.clone());
        put_method(cx, resource, input.http_method, method).await?;
        Ok(views::IntegrationResponse::of(input.status_code, response))
    }
}
