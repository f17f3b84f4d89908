//! TagResource.

use cloud::access::REQUEST_TAGS;
use cloud::prelude::*;
use std::collections::BTreeMap;

use crate::error::Error;
use crate::names;
use crate::owner::{self, Owner};
use crate::tags;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=200)]
    tags: BTreeMap<String, String>,
    #[shape(name = "ResourceARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+")]
    resource_arn: String,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
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
        Ok(names::resource_of(cx, &input.resource_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        owner::policy(cx, &input.resource_arn).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let mut conditions = owner::tags(cx, &input.resource_arn).await?;
        let tags = input.tags.iter().flat_map(|(key, value)| [key.clone(), value.clone()]);
        conditions.push((REQUEST_TAGS, tags.collect()));
        Ok(conditions)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut owner = Owner::open(cx, &input.resource_arn, input.stream_id.as_deref()).await?;
        tags::add(owner.tags(), input.tags)?;
        owner.put(cx).await?;
        Ok(Output {})
    }
}
