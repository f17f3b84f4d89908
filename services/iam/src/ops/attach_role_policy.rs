//! AttachRolePolicy.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{attach, entity};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 20..=2048)]
    policy_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Attaches a managed policy to a role.
pub(crate) struct AttachRolePolicy;

impl Operation for AttachRolePolicy {
    const NAME: &'static str = "AttachRolePolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "role", "/", &input.role_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<Role>(cx, &input.role_name).await
    }

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(attach::conditions(&input.policy_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        attach::attach::<Role>(cx, &input.role_name, &input.policy_arn).await?;
        Ok(Output {})
    }
}
