//! UpdateAssumeRolePolicy.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, trust};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 1..=131072)]
    policy_document: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Changes who may assume a role.
pub(crate) struct UpdateAssumeRolePolicy;

impl Operation for UpdateAssumeRolePolicy {
    const NAME: &'static str = "UpdateAssumeRolePolicy";
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
        let mut role: Role = entity::get(cx, &input.role_name).await?;
        entity::check_changeable(&role.path, &role.name)?;
        trust::check(cx, &input.policy_document).await?;
        role.trust = input.policy_document;
        entity::save(cx, &role).await?;
        Ok(Output {})
    }
}
