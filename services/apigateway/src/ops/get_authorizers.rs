//! GetAuthorizers.

use cloud::prelude::*;

use crate::api::{Page, access, open, parts};
use crate::authorizers::Authorizer;
use crate::error::Error;
use crate::keys::AuthorizerRow;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<Authorizer>>,
}

/// Lists the authorizers of an API.
pub(crate) struct GetAuthorizers;

impl Operation for GetAuthorizers {
    const NAME: &'static str = "GetAuthorizers";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/authorizers", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/authorizers", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let rows: Vec<AuthorizerRow> = parts(cx.tx(), &input.rest_api_id).await?;
        let (rows, position) = input.page.of(rows);
        Ok(Output { position, items: Some(rows.into_iter().map(Authorizer::of).collect()) })
    }
}
