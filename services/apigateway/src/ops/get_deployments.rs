//! GetDeployments.

use cloud::prelude::*;

use crate::api::{Page, access, open, parts};
use crate::error::Error;
use crate::keys::DeploymentRow;
use crate::views::Deployment;

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
    items: Option<Vec<Deployment>>,
}

/// Lists the deployments of an API.
pub(crate) struct GetDeployments;

impl Operation for GetDeployments {
    const NAME: &'static str = "GetDeployments";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/deployments", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/deployments", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let rows: Vec<DeploymentRow> = parts(cx.tx(), &input.rest_api_id).await?;
        let (rows, position) = input.page.of(rows);
        Ok(Output { position, items: Some(rows.into_iter().map(|row| Deployment::of(row, None)).collect()) })
    }
}
