//! ListRoleTags.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;
use crate::page::Paged;
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 1..=320)]
    marker: Option<String>,
    #[shape(range = 1..=1000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    is_truncated: bool,
    marker: Option<String>,
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
        let page = Paged::new(input.marker, input.max_items).of(tags::shapes(&role.tags))?;
        Ok(Output { is_truncated: page.is_truncated(), tags: page.items, marker: page.marker })
    }
}
