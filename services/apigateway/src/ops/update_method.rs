//! UpdateMethod.

use cloud::prelude::*;

use crate::api::{access, method, put_method};
use crate::error::Error;
use crate::keys::Method;
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
    patch_operations: Option<Vec<PatchOperation>>,
}

fn apply(method: &mut Method, change: &Change<'_>) -> Result<(), Error> {
    let steps = change.steps();
    match steps[..] {
        ["requestParameters", name] => {
            change.apply_flag(method.request_parameters.get_or_insert_default(), name)?;
            method.request_parameters = method.request_parameters.take().filter(|map| !map.is_empty());
            return rules::check_request_parameters(method.request_parameters.as_ref());
        }
        ["requestModels", media_type] => {
            change.apply_text(method.request_models.get_or_insert_default(), media_type)?;
            method.request_models = method.request_models.take().filter(|map| !map.is_empty());
            return Ok(());
        }
        [
            "authorizationType" | "authorizerId" | "apiKeyRequired" | "operationName" | "requestValidatorId",
        ] => {}
        _ => return Err(change.unknown()),
    }
    change.only_replace()?;
    match steps[..] {
        ["authorizationType"] => method.authorization_type = rules::authorization_type(&change.text()?)?,
        ["authorizerId"] => method.authorizer_id = change.optional(),
        ["apiKeyRequired"] => method.api_key_required = change.flag(),
        ["operationName"] => method.operation_name = change.optional(),
        _ => method.request_validator_id = change.optional().filter(|id| !id.is_empty()),
    }
    Ok(())
}

/// Changes a method.
pub(crate) struct UpdateMethod;

impl Operation for UpdateMethod {
    const NAME: &'static str = "UpdateMethod";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PATCH", "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
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
        let (resource, mut method) =
            method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        for operation in input.patch_operations.unwrap_or_default() {
            apply(&mut method, &Change::of(&operation)?)?;
        }
        rules::check_references(cx, &input.rest_api_id, &method).await?;
        put_method(cx, resource, input.http_method.clone(), method.clone()).await?;
        Ok(views::Method::of(&input.http_method, method))
    }
}
