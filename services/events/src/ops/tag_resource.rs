//! TagResource.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::TAGS_MAX;
use crate::tags::{self, Tag, Tagged};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "ResourceARN", len = 1..=1600)]
    resource_arn: String,
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds tags to a bus or rule.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::of_arn(&input.resource_arn))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![tags::of_request(Some(&input.tags))])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut tagged = Tagged::open(cx, &input.resource_arn).await?;
        tagged.tags().extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
        if tagged.tags().len() > TAGS_MAX {
            return Err(Error::Limit);
        }
        tagged.put(cx).await?;
        Ok(Output)
    }
}
