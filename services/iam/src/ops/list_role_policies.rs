//! ListRolePolicies.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::{entity, inline};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy_names: Vec<String>,
    #[shape(flatten)]
    more: More,
}

/// The names of the policies inside a role.
pub(crate) struct ListRolePolicies;

impl Operation for ListRolePolicies {
    const NAME: &'static str = "ListRolePolicies";
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
        let page = inline::list::<Role>(cx, &input.role_name, &input.paged).await?;
        Ok(Output { policy_names: page.items, more: page.more })
    }
}
