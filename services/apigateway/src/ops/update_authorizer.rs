//! UpdateAuthorizer.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part, parts};
use crate::authorizers::{Authorizer, check, taken, ttl};
use crate::error::Error;
use crate::keys::AuthorizerRow;
use crate::patch::{Change, PatchOperation};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    authorizer_id: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

fn apply(row: &mut AuthorizerRow, change: &Change<'_>) -> Result<(), Error> {
    match change.steps()[..] {
        ["identitySource"] => row.identity_source = change.optional().filter(|source| !source.is_empty()),
        ["identityValidationExpression"] => {
            row.validation_expression = change.optional().filter(|text| !text.is_empty());
        }
        ["name"] => row.name = change.text()?,
        ["authorizerUri"] => row.uri = change.text()?,
        ["authType"] => row.auth_type = change.optional(),
        ["type"] => row.kind = change.text()?,
        ["authorizerResultTtlInSeconds"] => {
            let seconds = change.optional().map(|text| text.parse());
            row.ttl_seconds = ttl(seconds.transpose().map_err(|_| change.unknown())?);
        }
        _ => return Err(change.unknown()),
    }
    Ok(())
}

/// Changes an authorizer.
pub(crate) struct UpdateAuthorizer;

impl Operation for UpdateAuthorizer {
    const NAME: &'static str = "UpdateAuthorizer";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PATCH", "/restapis/{restApiId}/authorizers/{authorizerId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Authorizer;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/authorizers/{}", input.rest_api_id, input.authorizer_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Authorizer, Error> {
        let row = part(cx, &input.rest_api_id, &input.authorizer_id).await?;
        let mut row: AuthorizerRow = row.ok_or_else(Error::no_authorizer)?;
        for operation in input.patch_operations.unwrap_or_default() {
            apply(&mut row, &Change::of(&operation)?)?;
        }
        check(&row)?;
        let others: Vec<AuthorizerRow> = parts(cx.tx(), &row.api_id).await?;
        if others.iter().any(|other| other.name == row.name && other.id != row.id) {
            return Err(taken(&row.name));
        }
        table::put(cx.tx(), &row).await?;
        Ok(Authorizer::of(row))
    }
}
