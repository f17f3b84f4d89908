//! DeleteServiceLinkedRole.

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
pub(crate) struct Output {
    deletion_task_id: String,
}

/// Deletes the role of a service.
///
/// Differs from AWS: the role is gone at once; no service is asked whether it still needs it.
pub(crate) struct DeleteServiceLinkedRole;

impl Operation for DeleteServiceLinkedRole {
    const NAME: &'static str = "DeleteServiceLinkedRole";
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
        if !entity::is_service_linked(&role) {
            return Err(Error::NoSuchEntity(format!(
                "The role with name {} cannot be found.",
                input.role_name
            )));
        }
        entity::remove(cx, &role).await?;
        Ok(Output { deletion_task_id: format!("task{}{}/{}", role.path, role.name, cx.new_id()) })
    }
}
