//! DeleteUser.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, keys};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Deletes a user who has nothing left.
pub(crate) struct DeleteUser;

impl Operation for DeleteUser {
    const NAME: &'static str = "DeleteUser";
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
        let user: User = entity::get(cx, &input.user_name).await?;
        if !user.groups.is_empty() {
            return Err(Error::DeleteConflict(
                "Cannot delete entity, must remove users from group first.".into(),
            ));
        }
        entity::check_bare(&user)?;
        if !keys::of_user(cx, Some(&user.name)).await?.is_empty() {
            return Err(Error::DeleteConflict("Cannot delete entity, must delete access keys first.".into()));
        }
        entity::remove(cx, &user).await?;
        Ok(Output {})
    }
}
