//! GetMethod.

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

/// Describes a method.
pub(crate) struct GetMethod;

impl Operation for GetMethod {
    const NAME: &'static str = "GetMethod";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::new("GET", "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = views::Method;
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

    async fn run(cx: &mut Cx, input: Input) -> Result<views::Method, Error> {
        let (_, method) = method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        Ok(views::Method::of(&input.http_method, method))
    }
}
