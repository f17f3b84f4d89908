//! ListTagsForResource.

use cloud::prelude::*;

use crate::error::Error;
use crate::tags::{self, Tag};
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1011)]
    resource_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

/// Lists the tags of a topic.
pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.resource_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = super::tagged(cx, &input.resource_arn).await?;
        Ok(Output { tags: tags::shown(&row.tags) })
    }
}
