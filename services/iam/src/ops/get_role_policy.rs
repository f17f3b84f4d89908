//! GetRolePolicy.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, inline, shapes};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(len = 1..=128)]
    policy_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    role_name: String,
    policy_name: String,
    policy_document: String,
}

/// A policy inside a role.
pub(crate) struct GetRolePolicy;

impl Operation for GetRolePolicy {
    const NAME: &'static str = "GetRolePolicy";
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
        let (role_name, document) = inline::get::<Role>(cx, &input.role_name, &input.policy_name).await?;
        Ok(Output { role_name, policy_name: input.policy_name, policy_document: shapes::document(&document) })
    }
}
