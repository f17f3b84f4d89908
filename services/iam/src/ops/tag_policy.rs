//! TagPolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::tags::{self, Tag};
use crate::{entity, managed};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Adds tags to a managed policy.
pub(crate) struct TagPolicy;

impl Operation for TagPolicy {
    const NAME: &'static str = "TagPolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(tags::conditions(Some(&input.tags)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut policy = managed::get_own(cx, &input.policy_arn).await?;
        tags::add(&mut policy.tags, input.tags)?;
        entity::save(cx, &policy).await?;
        Ok(Output {})
    }
}
