//! UntagUser.

use cloud::access;
use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, tags};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes tags off a user.
pub(crate) struct UntagUser;

impl Operation for UntagUser {
    const NAME: &'static str = "UntagUser";
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
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut user: User = entity::get(cx, &input.user_name).await?;
        tags::remove(&mut user.tags, &input.tag_keys);
        entity::save(cx, &user).await?;
        Ok(Output {})
    }
}
