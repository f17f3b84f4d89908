//! GetMethodResponse.

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
    #[shape(label, pattern = "[1-5]\\d\\d")]
    status_code: String,
}

/// Describes what a method may answer with a status.
pub(crate) struct GetMethodResponse;

impl Operation for GetMethodResponse {
    const NAME: &'static str = "GetMethodResponse";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new(
        "GET",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/responses/{statusCode}",
        200,
    ));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = views::MethodResponse;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!(
                "/restapis/{}/resources/{}/methods/{}/responses/{}",
                input.rest_api_id, input.resource_id, input.http_method, input.status_code
            ),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<views::MethodResponse, Error> {
        let (_, method) = method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        let response = method.responses.get(&input.status_code).cloned().ok_or_else(Error::no_response)?;
        Ok(views::MethodResponse::of(input.status_code, response))
    }
}
