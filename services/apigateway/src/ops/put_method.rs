//! PutMethod.

use cloud::prelude::*;

use crate::api::{access, put_method, resource};
use crate::error::Error;
use crate::keys::{Flags, Method, Texts};
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
    authorization_type: String,
    authorizer_id: Option<String>,
    api_key_required: Option<bool>,
    operation_name: Option<String>,
    request_parameters: Option<Flags>,
    request_models: Option<Texts>,
    request_validator_id: Option<String>,
    authorization_scopes: Option<Vec<String>>,
}

/// Adds a method to a resource.
///
/// Differs from AWS: Cognito is not there, so the authorization type COGNITO_USER_POOLS is refused.
pub(crate) struct PutMethod;

impl Operation for PutMethod {
    const NAME: &'static str = "PutMethod";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}", 201));
    const ACTION: Option<&'static str> = Some("PUT");
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
        let resource = resource(cx, &input.rest_api_id, &input.resource_id).await?;
        let http_method = rules::http_method(&input.http_method)?;
        if resource.methods.contains_key(&http_method) {
            return Err(Error::conflict("Method already exists for this resource"));
        }
        if input.authorization_scopes.is_some_and(|scopes| !scopes.is_empty()) {
            return Err(Error::unsupported("authorizationScopes"));
        }
        rules::check_request_parameters(input.request_parameters.as_ref())?;
        let method = Method {
            authorization_type: rules::authorization_type(&input.authorization_type)?,
            authorizer_id: input.authorizer_id,
            api_key_required: input.api_key_required.unwrap_or(false),
            operation_name: input.operation_name,
            request_parameters: input.request_parameters,
            request_models: input.request_models,
            request_validator_id: input.request_validator_id,
            ..Method::default()
        };
        rules::check_references(cx, &input.rest_api_id, &method).await?;
        put_method(cx, resource, http_method.clone(), method.clone()).await?;
        Ok(views::Method::of(&http_method, method))
    }
}
