//! DeleteIntegration.

use cloud::prelude::*;

use crate::api::{access, method, put_method};
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
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes away what stands behind a method.
pub(crate) struct DeleteIntegration;

impl Operation for DeleteIntegration {
    const NAME: &'static str = "DeleteIntegration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "DELETE",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration",
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
                "/restapis/{}/resources/{}/methods/{}/integration",
                input.rest_api_id, input.resource_id, input.http_method
            ),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (resource, mut method) =
            method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        method.integration.take().ok_or_else(Error::no_integration)?;
        put_method(cx, resource, input.http_method, method).await?;
        Ok(Output)
    }
}
