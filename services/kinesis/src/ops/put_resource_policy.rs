//! PutResourcePolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::names;
use crate::owner::{self, Owner};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "ResourceARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+")]
    resource_arn: String,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    policy: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct PutResourcePolicy;

impl Operation for PutResourcePolicy {
    const NAME: &'static str = "PutResourcePolicy";
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
        owner::tags(cx, &input.resource_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut owner = Owner::open(cx, &input.resource_arn, input.stream_id.as_deref()).await?;
        *owner.policy() = Some(owner::checked_policy(&input.policy)?);
        owner.put(cx).await?;
        Ok(Output {})
    }
}
