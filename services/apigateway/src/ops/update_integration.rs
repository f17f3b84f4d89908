//! UpdateIntegration.

use cloud::prelude::*;

use crate::api::{access, method, put_method};
use crate::error::Error;
use crate::keys::Integration;
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

fn apply(row: &mut Integration, change: &Change<'_>) -> Result<(), Error> {
    match change.steps()[..] {
        ["uri"] => row.uri = change.optional(),
        ["httpMethod"] => row.http_method = change.optional(),
        ["passthroughBehavior"] => row.passthrough_behavior = change.text()?,
        ["contentHandling"] => row.content_handling = change.optional(),
        ["responseTransferMode"] => {
            row.streams = match change.text()?.as_str() {
                "STREAM" => true,
                "BUFFERED" => false,
                _ => {
                    return Err(Error::bad(
                        "Invalid response transfer mode specified. Must be one of: [BUFFERED, STREAM]",
                    ));
                }
            };
        }
        ["cacheNamespace"] => row.cache_namespace = change.text()?,
        ["timeoutInMillis"] => {
            row.timeout_millis =
                change.text()?.parse().map_err(|_| Error::bad("Timeout should be a number"))?;
        }
        ["requestTemplates", media_type] => {
            change.apply_text(row.request_templates.get_or_insert_default(), media_type)?;
        }
        _ => return Err(change.unknown()),
    }
    Ok(())
}

/// Changes what stands behind a method.
pub(crate) struct UpdateIntegration;

impl Operation for UpdateIntegration {
    const NAME: &'static str = "UpdateIntegration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "PATCH",
        "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration",
        200,
    ));
    const ACTION: Option<&'static str> = Some("PATCH");
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
        let (resource, mut method) =
            method(cx, &input.rest_api_id, &input.resource_id, &input.http_method).await?;
        let row = method.integration.as_mut().ok_or_else(Error::no_integration)?;
        for operation in input.patch_operations.unwrap_or_default() {
            apply(row, &Change::of(&operation)?)?;
        }
        rules::check_integration(row)?;
        let view = views::Integration::of(row.clone());
        put_method(cx, resource, input.http_method, method).await?;
        Ok(view)
    }
}
