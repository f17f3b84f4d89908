//! TagRole.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Adds tags to a role.
pub(crate) struct TagRole;

impl Operation for TagRole {
    const NAME: &'static str = "TagRole";
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

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(tags::conditions(Some(&input.tags)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut role: Role = entity::get(cx, &input.role_name).await?;
        tags::add(&mut role.tags, input.tags)?;
        entity::save(cx, &role).await?;
        Ok(Output {})
    }
}
