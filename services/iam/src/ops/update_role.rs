//! UpdateRole.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 0..=1000)]
    description: Option<String>,
    #[shape(range = 3600..=43200)]
    max_session_duration: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Changes what a role is for and how long its sessions may last.
pub(crate) struct UpdateRole;

impl Operation for UpdateRole {
    const NAME: &'static str = "UpdateRole";
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
        if let Some(description) = input.description {
            role.description = Some(description).filter(|text| !text.is_empty());
        }
        if let Some(seconds) = input.max_session_duration {
            role.max_session_seconds = seconds;
        }
        entity::save(cx, &role).await?;
        Ok(Output {})
    }
}
