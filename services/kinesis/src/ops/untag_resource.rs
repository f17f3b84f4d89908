//! UntagResource.

use cloud::access;
use cloud::prelude::*;

use crate::error::Error;
use crate::tags;
use crate::target::ResourceTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=50, each(len = 1..=128))]
    tag_keys: Vec<String>,
    #[shape(flatten)]
    owner: ResourceTarget,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.owner.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = input.owner.terms(cx).await?;
        terms.conditions.push(access::tag_keys(&input.tag_keys));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut owner = input.owner.open(cx).await?;
        tags::remove(owner.tags(), &input.tag_keys);
        owner.put(cx).await?;
        Ok(Output {})
    }
}
