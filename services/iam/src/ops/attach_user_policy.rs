//! AttachUserPolicy.

use cloud::identity::record::User;
use cloud::prelude::*;

use crate::error::Error;
use crate::{attach, entity};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    user_name: String,
    #[shape(len = 20..=2048)]
    policy_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Attaches a managed policy to a user.
pub(crate) struct AttachUserPolicy;

impl Operation for AttachUserPolicy {
    const NAME: &'static str = "AttachUserPolicy";
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
        Ok(attach::conditions(&input.policy_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        attach::attach::<User>(cx, &input.user_name, &input.policy_arn).await?;
        Ok(Output {})
    }
}
