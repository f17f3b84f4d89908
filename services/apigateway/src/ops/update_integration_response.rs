//! UpdateIntegrationResponse.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, integration_response};
use crate::error::Error;
use crate::keys::IntegrationResponse;
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

fn apply(response: &mut IntegrationResponse, change: &Change<'_>) -> Result<(), Error> {
    match change.steps()[..] {
        ["selectionPattern"] => response.selection_pattern = change.optional(),
        ["contentHandling"] => response.content_handling = change.optional(),
        ["responseParameters", name] => {
            change.apply_text(response.response_parameters.get_or_insert_default(), name)?;
        }
        ["responseTemplates", media_type] => {
            change.apply_text(response.response_templates.get_or_insert_default(), media_type)?;
        }
        _ => return Err(change.unknown()),
    }
    Ok(())
}

/// Changes how the answer of an integration becomes the answer of the method.
pub(crate) struct UpdateIntegrationResponse;

impl Operation for UpdateIntegrationResponse {
    const NAME: &'static str = "UpdateIntegrationResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "PATCH",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration/responses/{statusCode}",
        200,
    ));
    const ACTION: Option<&'static str> = Some("PATCH");
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
        let (mut resource, mut response) = integration_response(
            cx,
            &input.rest_api_id,
            &input.resource_id,
            &input.http_method,
            &input.status_code,
        )
        .await?;
        for operation in input.patch_operations.unwrap_or_default() {
            apply(&mut response, &Change::of(&operation)?)?;
        }
        let method = resource.methods.get_mut(&input.http_method).ok_or_else(Error::no_method)?;
        rules::check_integration_response(method, &input.status_code, &response)?;
        let integration = method.integration.as_mut().ok_or_else(Error::no_integration)?;
        integration.responses.insert(input.status_code.clone(), response.clone());
        table::put(cx.tx(), &resource).await?;
        Ok(views::IntegrationResponse::of(input.status_code, response))
    }
}
