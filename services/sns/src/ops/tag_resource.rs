//! TagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::tags::{self, Tag};
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1011)]
    resource_arn: String,
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds tags to a topic.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.resource_arn))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().map(|tag| (&tag.key, &tag.value)))])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = super::tagged(cx, &input.resource_arn).await?;
        row.tags.extend(tags::read(input.tags)?);
        tags::check(&row.tags)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
