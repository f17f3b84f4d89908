//! DeleteRole.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, profiles};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Deletes a role that has nothing left.
pub(crate) struct DeleteRole;

impl Operation for DeleteRole {
    const NAME: &'static str = "DeleteRole";
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
        let role: Role = entity::get(cx, &input.role_name).await?;
        entity::check_changeable(&role.path, &role.name)?;
        if !profiles::of_role(cx, &role.name).await?.is_empty() {
            return Err(Error::DeleteConflict(
                "Cannot delete entity, must remove roles from instance profile first.".into(),
            ));
        }
        entity::check_bare(&role)?;
        entity::remove(cx, &role).await?;
        Ok(Output {})
    }
}
