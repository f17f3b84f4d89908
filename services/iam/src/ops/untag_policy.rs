//! UntagPolicy.

use cloud::access;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, managed, tags};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes tags off a managed policy.
pub(crate) struct UntagPolicy;

impl Operation for UntagPolicy {
    const NAME: &'static str = "UntagPolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut policy = managed::get_own(cx, &input.policy_arn).await?;
        tags::remove(&mut policy.tags, &input.tag_keys);
        entity::save(cx, &policy).await?;
        Ok(Output {})
    }
}
