//! DeleteUserPermissionsBoundary.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes the permissions boundary off a user.
pub(crate) struct DeleteUserPermissionsBoundary;

impl Operation for DeleteUserPermissionsBoundary {
    const NAME: &'static str = "DeleteUserPermissionsBoundary";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "user", "/", &input.user_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<User>(cx, &input.user_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut user: User = entity::get(cx, &input.user_name).await?;
        entity::check_changeable(&user.path, &user.name)?;
        user.boundary = None;
        entity::save(cx, &user).await?;
        Ok(Output {})
    }
}
