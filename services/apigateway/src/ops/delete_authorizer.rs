//! DeleteAuthorizer.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::{AuthorizerRow, Part};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    authorizer_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes an authorizer.
pub(crate) struct DeleteAuthorizer;

impl Operation for DeleteAuthorizer {
    const NAME: &'static str = "DeleteAuthorizer";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/restapis/{restApiId}/authorizers/{authorizerId}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/authorizers/{}", input.rest_api_id, input.authorizer_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = part(cx, &input.rest_api_id, &input.authorizer_id).await?;
        let row: AuthorizerRow = row.ok_or_else(Error::no_authorizer)?;
        table::delete::<AuthorizerRow>(cx.tx(), (&row.api_id, AuthorizerRow::KIND, &row.id)).await?;
        Ok(Output)
    }
}
