//! DeleteUserPolicy.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, inline};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(len = 1..=128)]
    policy_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Takes a policy out of a user.
pub(crate) struct DeleteUserPolicy;

impl Operation for DeleteUserPolicy {
    const NAME: &'static str = "DeleteUserPolicy";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        inline::delete::<User>(cx, &input.user_name, &input.policy_name).await?;
        Ok(Output {})
    }
}
