//! DeleteGroupPolicy.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, inline};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(len = 1..=128)]
    policy_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes a policy out of a group.
pub(crate) struct DeleteGroupPolicy;

impl Operation for DeleteGroupPolicy {
    const NAME: &'static str = "DeleteGroupPolicy";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        inline::delete::<Group>(cx, &input.group_name, &input.policy_name).await?;
        Ok(Output {})
    }
}
