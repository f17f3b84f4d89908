//! GetGroupPolicy.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, inline, shapes};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(len = 1..=128)]
    policy_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    group_name: String,
    policy_name: String,
    policy_document: String,
}

/// A policy inside a group.
pub(crate) struct GetGroupPolicy;

impl Operation for GetGroupPolicy {
    const NAME: &'static str = "GetGroupPolicy";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "group", "/", &input.group_name).into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        entity::resource::<Group>(cx, &input.group_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (group_name, document) = inline::get::<Group>(cx, &input.group_name, &input.policy_name).await?;
        Ok(Output {
            group_name,
            policy_name: input.policy_name,
            policy_document: shapes::document(&document),
        })
    }
}
