//! ListUserTags.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;
use crate::page::{More, Paged};
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    #[shape(flatten)]
    more: More,
}

/// The tags of a user.
pub(crate) struct ListUserTags;

impl Operation for ListUserTags {
    const NAME: &'static str = "ListUserTags";
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
        let page = input.paged.of(tags::shapes(&user.tags))?;
        Ok(Output { tags: page.items, more: page.more })
    }
}
