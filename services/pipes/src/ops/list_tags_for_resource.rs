//! ListTagsForResource.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label, len = 1..=1600, pattern = r"arn:aws([a-z]|\-)*:([a-zA-Z0-9\-]+):([a-z]|\d|\-)*:([0-9]{12})?:(.+)")]
    resource_arn: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

/// Shows the tags of a pipe.
pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/tags/{resourceArn}"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.resource_arn.parse::<Arn>().map_or(Resource::Any, Resource::One))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        Ok(Output { tags: super::open_arn(cx, &input.resource_arn).await?.tags })
    }
}
