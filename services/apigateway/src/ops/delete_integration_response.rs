//! DeleteIntegrationResponse.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, integration_response};
use crate::error::Error;

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

#[derive(Shape)]
pub(crate) struct Output;

/// Takes an answer from an integration.
pub(crate) struct DeleteIntegrationResponse;

impl Operation for DeleteIntegrationResponse {
    const NAME: &'static str = "DeleteIntegrationResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "DELETE",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration/responses/{statusCode}",
        204,
    ));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (mut resource, _) = integration_response(
            cx,
            &input.rest_api_id,
            &input.resource_id,
            &input.http_method,
            &input.status_code,
        )
        .await?;
        let method = resource.methods.get_mut(&input.http_method).ok_or_else(Error::no_method)?;
        let integration = method.integration.as_mut().ok_or_else(Error::no_integration)?;
        integration.responses.remove(&input.status_code);
        table::put(cx.tx(), &resource).await?;
        Ok(Output)
    }
}
