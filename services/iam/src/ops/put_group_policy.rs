//! PutGroupPolicy.

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
    #[shape(len = 1..=131072)]
    policy_document: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Puts a policy into a group.
pub(crate) struct PutGroupPolicy;

impl Operation for PutGroupPolicy {
    const NAME: &'static str = "PutGroupPolicy";
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
        inline::put::<Group>(cx, &input.group_name, input.policy_name, input.policy_document).await?;
        Ok(Output {})
    }
}
