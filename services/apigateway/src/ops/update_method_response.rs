//! UpdateMethodResponse.

use cloud::prelude::*;

use crate::api::{access, method, put_method};
use crate::error::Error;
use crate::patch::{Change, PatchOperation};
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
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes what a method may answer with a status.
pub(crate) struct UpdateMethodResponse;

impl Operation for UpdateMethodResponse {
    const NAME: &'static str = "UpdateMethodResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "PATCH",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/responses/{statusCode}",
        201,
    ));
    const ACTION: Option<&'static str> = Some("PATCH");
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
        let response = method.responses.get_mut(&input.status_code).ok_or_else(Error::no_response)?;
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            match change.steps()[..] {
                ["responseParameters", name] => {
                    change.apply_flag(response.response_parameters.get_or_insert_default(), name)?;
                }
                ["responseModels", media_type] => {
                    change.apply_text(response.response_models.get_or_insert_default(), media_type)?;
                }
                _ => return Err(change.unknown()),
            }
        }
        rules::check_response_parameters(response.response_parameters.as_ref())?;
        let view = views::MethodResponse::of(input.status_code, response.clone());
        put_method(cx, resource, input.http_method, method).await?;
        Ok(view)
    }
}
