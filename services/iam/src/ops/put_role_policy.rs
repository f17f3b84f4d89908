//! PutRolePolicy.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, inline};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 1..=128)]
    policy_name: String,
    #[shape(len = 1..=131072)]
    policy_document: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Puts a policy into a role.
pub(crate) struct PutRolePolicy;

impl Operation for PutRolePolicy {
    const NAME: &'static str = "PutRolePolicy";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        inline::put::<Role>(cx, &input.role_name, input.policy_name, input.policy_document).await?;
        Ok(Output {})
    }
}
