//! DeleteMethod.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, method};
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

/// Takes a method from a resource.
pub(crate) struct DeleteMethod;

impl Operation for DeleteMethod {
    const NAME: &'static str = "DeleteMethod";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!(
                "/restapis/{}/resources/{}/methods/{}",
                input.rest_api_id, input.resource_id, input.http_method
            ),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (mut resource, _) =
            method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        resource.methods.remove(&input.http_method);
        table::put(cx.tx(), &resource).await?;
        Ok(Output)
    }
}
