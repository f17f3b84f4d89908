//! AddUserToGroup.

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

/// Adds a user to a group.
pub(crate) struct AddUserToGroup;

impl Operation for AddUserToGroup {
    const NAME: &'static str = "AddUserToGroup";
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
        if user.groups.iter().any(|known| known.eq_ignore_ascii_case(&group.name)) {
            return Ok(Output {});
        }
        if user.groups.len() >= GROUPS_MAX {
            return Err(Error::LimitExceeded(format!("Cannot exceed quota for GroupsPerUser: {GROUPS_MAX}")));
        }
        user.groups.push(group.name);
        entity::save(cx, &user).await?;
        Ok(Output {})
    }
}

/// Most groups of one user.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const GROUPS_MAX: usize = 10;
