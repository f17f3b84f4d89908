//! DeleteRolePermissionsBoundary.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes the permissions boundary off a role.
pub(crate) struct DeleteRolePermissionsBoundary;

impl Operation for DeleteRolePermissionsBoundary {
    const NAME: &'static str = "DeleteRolePermissionsBoundary";
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
        role.boundary = None;
        entity::save(cx, &role).await?;
        Ok(Output {})
    }
}
