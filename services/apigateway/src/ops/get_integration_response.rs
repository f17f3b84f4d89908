//! GetIntegrationResponse.

use cloud::prelude::*;

use crate::api::{access, integration_response};
use crate::error::Error;
use crate::views;

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
}

/// Describes how the answer of an integration becomes the answer of the method.
pub(crate) struct GetIntegrationResponse;

impl Operation for GetIntegrationResponse {
    const NAME: &'static str = "GetIntegrationResponse";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new(
        "GET",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration/responses/{statusCode}",
        200,
    ));
    const ACTION: Option<&'static str> = Some("GET");
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
        let (_, response) = integration_response(
            cx,
            &input.rest_api_id,
            &input.resource_id,
            &input.http_method,
            &input.status_code,
        )
        .await?;
        Ok(views::IntegrationResponse::of(input.status_code, response))
    }
}
