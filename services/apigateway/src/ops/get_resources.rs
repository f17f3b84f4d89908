//! GetResources.

use cloud::prelude::*;

use crate::api::{Page, access, open, parts};
use crate::error::Error;
use crate::keys::ResourceRow;
use crate::views;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(flatten)]
    page: Page,
    #[shape(querystring = "embed")]
    embed: Option<Vec<String>>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<views::Resource>>,
}

/// Lists the resources of an API.
pub(crate) struct GetResources;

impl Operation for GetResources {
    const NAME: &'static str = "GetResources";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/resources", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/resources", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let rows: Vec<ResourceRow> = parts(cx.tx(), &input.rest_api_id).await?;
        let (rows, position) = input.page.of(rows);
        let embed = input.embed.as_deref();
        let items = rows.into_iter().map(|row| views::Resource::of(row, embed)).collect();
        Ok(Output { position, items: Some(items) })
    }
}
