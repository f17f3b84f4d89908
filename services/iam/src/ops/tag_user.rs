//! TagUser.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Adds tags to a user.
pub(crate) struct TagUser;

impl Operation for TagUser {
    const NAME: &'static str = "TagUser";
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

    async fn conditions(_cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(tags::conditions(Some(&input.tags)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut user: User = entity::get(cx, &input.user_name).await?;
        tags::add(&mut user.tags, input.tags)?;
        entity::save(cx, &user).await?;
        Ok(Output {})
    }
}
