//! GetGroup.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::{self, GroupShape, UserShape};
use crate::{entity, members};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    group: GroupShape,
    users: Vec<UserShape>,
    #[shape(flatten)]
    more: More,
}

/// A group and its users.
pub(crate) struct GetGroup;

impl Operation for GetGroup {
    const NAME: &'static str = "GetGroup";
    const KIND: Kind = Kind::Read;
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
        let users = members::of(cx, &group.name).await?;
        let page = input.paged.of(users)?.map(|user| shapes::listed_user(&user));
        Ok(Output { group: shapes::group(&group), users: page.items, more: page.more })
    }
}
