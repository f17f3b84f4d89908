//! ListTagsForResource.

use cloud::prelude::*;

use crate::error::Error;
use crate::tags::{self, Tag};
use crate::target::ResourceTarget;

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;
    type Input = ResourceTarget;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &ResourceTarget) -> Result<Resource, Error> {
        Ok(input.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &ResourceTarget) -> Result<Terms, Error> {
        input.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: ResourceTarget) -> Result<Output, Error> {
        let mut owner = input.open(cx).await?;
        Ok(Output { tags: tags::shown(owner.tags()) })
    }
}
