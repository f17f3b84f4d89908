//! RemoveUserFromGroup.

use cloud::identity::record::{Group, User};
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(len = 1..=128)]
    user_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes a user out of a group.
pub(crate) struct RemoveUserFromGroup;

impl Operation for RemoveUserFromGroup {
    const NAME: &'static str = "RemoveUserFromGroup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "group", "/", &input.group_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<Group>(cx, &input.group_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let group: Group = entity::get(cx, &input.group_name).await?;
        let mut user: User = entity::get(cx, &input.user_name).await?;
        let before = user.groups.len();
        user.groups.retain(|known| !known.eq_ignore_ascii_case(&group.name));
        if user.groups.len() == before {
            return Err(Error::NoSuchEntity(format!("User {} not in group {}", user.name, group.name)));
        }
        entity::save(cx, &user).await?;
        Ok(Output {})
    }
}
