//! ListGroupsForUser.

use cloud::identity::record::{Group, User};
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::{self, GroupShape};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    groups: Vec<GroupShape>,
    #[shape(flatten)]
    more: More,
}

/// The groups of a user.
pub(crate) struct ListGroupsForUser;

impl Operation for ListGroupsForUser {
    const NAME: &'static str = "ListGroupsForUser";
    const KIND: Kind = Kind::Read;
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
        let mut groups = Vec::with_capacity(user.groups.len());
        for name in &user.groups {
            groups.push(shapes::group(&entity::get::<Group>(cx, name).await?));
        }
        let page = input.paged.of(groups)?;
        Ok(Output { groups: page.items, more: page.more })
    }
}
