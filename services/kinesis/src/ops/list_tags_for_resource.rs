//! ListTagsForResource.

use cloud::prelude::*;

use crate::error::Error;
use crate::names;
use crate::owner::{self, Owner};
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "ResourceARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+")]
    resource_arn: String,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource_of(cx, &input.resource_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        owner::policy(cx, &input.resource_arn).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        owner::tags(cx, &input.resource_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut owner = Owner::open(cx, &input.resource_arn, input.stream_id.as_deref()).await?;
        Ok(Output { tags: tags::shown(owner.tags()) })
    }
}
