//! ListTagsForResource.

use cloud::prelude::*;

use crate::error::Error;
use crate::tags::{self, Tag, Tagged};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "ResourceARN", len = 1..=1600)]
    resource_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

/// The tags of a bus or rule.
pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::of_arn(&input.resource_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut tagged = Tagged::open(cx, &input.resource_arn).await?;
        Ok(Output { tags: tags::shown(std::mem::take(tagged.tags())) })
    }
}
