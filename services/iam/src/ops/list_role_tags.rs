//! ListRoleTags.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;
use crate::page::{More, Paged};
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    #[shape(flatten)]
    more: More,
}

/// The tags of a role.
pub(crate) struct ListRoleTags;

impl Operation for ListRoleTags {
    const NAME: &'static str = "ListRoleTags";
    const KIND: Kind = Kind::Read;
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
        let page = input.paged.of(tags::shapes(&role.tags))?;
        Ok(Output { tags: page.items, more: page.more })
    }
}
