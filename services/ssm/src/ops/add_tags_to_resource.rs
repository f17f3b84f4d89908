//! AddTagsToResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use super::tagging::{ResourceType, Tag, resource, tagged};
use crate::error::Error;
use crate::limits::TAGS_MAX;

#[derive(Shape)]
pub(crate) struct Input {
    resource_type: ResourceType,
    resource_id: String,
    #[shape(len = 0..=1000)]
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct AddTagsToResource;

impl Operation for AddTagsToResource {
    const NAME: &'static str = "AddTagsToResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(resource(cx, &input.resource_id))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().map(|tag| (&tag.key, &tag.value)))])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = tagged(cx, input.resource_type, &input.resource_id).await?;
        row.tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
        if row.tags.len() > TAGS_MAX {
            return Err(Error::TooManyTags);
        }
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
