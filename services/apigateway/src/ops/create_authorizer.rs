//! CreateAuthorizer.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, find, part_id, parts};
use crate::authorizers::{Authorizer, REQUEST, TOKEN, check, taken, ttl};
use crate::error::Error;
use crate::keys::AuthorizerRow;
use crate::limits::AUTHORIZERS_MAX;

#[derive(Shape)]
pub(crate) enum AuthorizerType {
    #[shape(name = "TOKEN")]
    Token,
    #[shape(name = "REQUEST")]
    Request,
    #[shape(name = "COGNITO_USER_POOLS")]
    CognitoUserPools,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    name: String,
    #[shape(name = "type")]
    kind: AuthorizerType,
    #[shape(name = "providerARNs")]
    provider_arns: Option<Vec<String>>,
    auth_type: Option<String>,
    authorizer_uri: Option<String>,
    authorizer_credentials: Option<String>,
    identity_source: Option<String>,
    identity_validation_expression: Option<String>,
    authorizer_result_ttl_in_seconds: Option<i32>,
}

/// Makes an authorizer.
///
/// Differs from AWS: Cognito is not there, so the type COGNITO_USER_POOLS is refused, and so is a role for the call of
/// the function (`authorizerCredentials`): the function's own policy has to let API Gateway in.
pub(crate) struct CreateAuthorizer;

impl Operation for CreateAuthorizer {
    const NAME: &'static str = "CreateAuthorizer";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/restapis/{restApiId}/authorizers", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Authorizer;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/authorizers", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Authorizer, Error> {
        if find(cx, &input.rest_api_id).await?.is_none() {
            return Err(Error::bad("Invalid REST API identifier specified"));
        }
        let kind = match input.kind {
            AuthorizerType::Token => TOKEN,
            AuthorizerType::Request => REQUEST,
            AuthorizerType::CognitoUserPools => {
                return Err(Error::unsupported("an authorizer of type COGNITO_USER_POOLS"));
            }
        };
        if input.provider_arns.is_some_and(|arns| !arns.is_empty()) {
            return Err(Error::unsupported("providerARNs"));
        }
        if input.authorizer_credentials.is_some() {
            return Err(Error::unsupported("authorizerCredentials"));
        }
        let others: Vec<AuthorizerRow> = parts(cx.tx(), &input.rest_api_id).await?;
        if others.iter().any(|other| other.name == input.name) {
            return Err(taken(&input.name));
        }
        if others.len() >= AUTHORIZERS_MAX {
            return Err(Error::bad("Maximum number of authorizers for this API has been reached"));
        }
        let row = AuthorizerRow {
            api_id: input.rest_api_id,
            id: part_id(cx),
            name: input.name,
            kind: kind.to_owned(),
            auth_type: Some(input.auth_type.unwrap_or_else(|| "custom".to_owned())),
            uri: input.authorizer_uri.unwrap_or_default(),
            identity_source: input.identity_source.filter(|source| !source.is_empty()),
            validation_expression: input.identity_validation_expression.filter(|text| !text.is_empty()),
            ttl_seconds: ttl(input.authorizer_result_ttl_in_seconds),
        };
        check(&row)?;
        if !table::insert(cx.tx(), &row).await? {
            return Err(cloud::Failure::conflict().into());
        }
        Ok(Authorizer::of(row))
    }
}
