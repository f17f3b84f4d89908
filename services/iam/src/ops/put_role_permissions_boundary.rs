//! PutRolePermissionsBoundary.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, managed};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 20..=2048)]
    permissions_boundary: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Sets the permissions boundary of a role.
pub(crate) struct PutRolePermissionsBoundary;

impl Operation for PutRolePermissionsBoundary {
    const NAME: &'static str = "PutRolePermissionsBoundary";
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
        Ok(vec![("iam:PermissionsBoundary", vec![input.permissions_boundary.clone()])])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut role: Role = entity::get(cx, &input.role_name).await?;
        entity::check_changeable(&role.path, &role.name)?;
        managed::check_boundary(cx, &input.permissions_boundary).await?;
        role.boundary = Some(input.permissions_boundary);
        entity::save(cx, &role).await?;
        Ok(Output {})
    }
}
