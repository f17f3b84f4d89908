//! GetResource.

use cloud::prelude::*;

use crate::api::{access, resource};
use crate::error::Error;
use crate::views;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    resource_id: String,
    #[shape(querystring = "embed")]
    embed: Option<Vec<String>>,
}

/// Describes a resource.
pub(crate) struct GetResource;

impl Operation for GetResource {
    const NAME: &'static str = "GetResource";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/resources/{resourceId}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = views::Resource;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/resources/{}", input.rest_api_id, input.resource_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<views::Resource, Error> {
        let row = resource(cx, &input.rest_api_id, &input.resource_id).await?;
        Ok(views::Resource::of(row, input.embed.as_deref()))
    }
}
