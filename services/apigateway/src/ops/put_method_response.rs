//! PutMethodResponse.

use cloud::prelude::*;

use crate::api::{access, method, put_method};
use crate::error::Error;
use crate::keys::{Flags, MethodResponse, Texts};
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
    response_parameters: Option<Flags>,
    response_models: Option<Texts>,
}

/// Says what a method may answer with a status.
pub(crate) struct PutMethodResponse;

impl Operation for PutMethodResponse {
    const NAME: &'static str = "PutMethodResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "PUT",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/responses/{statusCode}",
        201,
    ));
    const ACTION: Option<&'static str> = Some("PUT");
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
        let (resource, mut method) =
            method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        if method.responses.contains_key(&input.status_code) {
            return Err(Error::conflict("Response already exists for this resource"));
        }
        rules::check_response_parameters(input.response_parameters.as_ref())?;
        let response = MethodResponse {
            response_parameters: input.response_parameters,
            response_models: input.response_models,
        };
        method.responses.insert(input.status_code.clone(), response.clone());
        put_method(cx, resource, input.http_method, method).await?;
        Ok(views::MethodResponse::of(input.status_code, response))
    }
}
