//! DetachGroupPolicy.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::{attach, entity};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(len = 20..=2048)]
    policy_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Detaches a managed policy from a group.
pub(crate) struct DetachGroupPolicy;

impl Operation for DetachGroupPolicy {
    const NAME: &'static str = "DetachGroupPolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "group", "/", &input.group_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<Group>(cx, &input.group_name).await
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(attach::conditions(&input.policy_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        attach::detach::<Group>(cx, &input.group_name, &input.policy_arn).await?;
        Ok(Output {})
    }
}
