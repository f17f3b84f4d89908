//! TagResource.

use cloud::access;
use cloud::prelude::*;
use std::collections::BTreeMap;

use crate::error::Error;
use crate::tags;
use crate::target::ResourceTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=200)]
    tags: BTreeMap<String, String>,
    #[shape(flatten)]
    owner: ResourceTarget,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.owner.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = input.owner.terms(cx).await?;
        terms.conditions.push(access::request_tags(&input.tags));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut owner = input.owner.open(cx).await?;
        tags::add(owner.tags(), input.tags)?;
        owner.put(cx).await?;
        Ok(Output {})
    }
}
