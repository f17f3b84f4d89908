//! PutUserPolicy.

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
    #[shape(len = 1..=131072)]
    policy_document: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Puts a policy into a user.
pub(crate) struct PutUserPolicy;

impl Operation for PutUserPolicy {
    const NAME: &'static str = "PutUserPolicy";
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
        inline::put::<User>(cx, &input.user_name, input.policy_name, input.policy_document).await?;
        Ok(Output {})
    }
}
