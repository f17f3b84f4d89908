//! GetIntegration.

use cloud::prelude::*;

use crate::api::{access, method};
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
}

/// Describes what stands behind a method.
pub(crate) struct GetIntegration;

impl Operation for GetIntegration {
    const NAME: &'static str = "GetIntegration";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new(
        "GET",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration",
        200,
    ));
    const ACTION: Option<&'static str> = Some("GET");
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
        let (_, method) = method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        method.integration.map(views::Integration::of).ok_or_else(Error::no_integration)
    }
}
