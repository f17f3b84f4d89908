//! GetModels.

use cloud::prelude::*;

use crate::api::{Page, access, open, parts};
use crate::error::Error;
use crate::keys::ModelRow;
use crate::views::Model;

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
    items: Option<Vec<Model>>,
}

/// Lists the models of an API.
pub(crate) struct GetModels;

impl Operation for GetModels {
    const NAME: &'static str = "GetModels";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/models", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/models", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let rows: Vec<ModelRow> = parts(cx.tx(), &input.rest_api_id).await?;
        let (rows, position) = input.page.of(rows);
        Ok(Output { position, items: Some(rows.into_iter().map(Model::of).collect()) })
    }
}
