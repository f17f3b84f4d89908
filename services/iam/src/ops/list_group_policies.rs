//! ListGroupPolicies.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::{entity, inline};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy_names: Vec<String>,
    #[shape(flatten)]
    more: More,
}

/// The names of the policies inside a group.
pub(crate) struct ListGroupPolicies;

impl Operation for ListGroupPolicies {
    const NAME: &'static str = "ListGroupPolicies";
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
        let page = inline::list::<Group>(cx, &input.group_name, &input.paged).await?;
        Ok(Output { policy_names: page.items, more: page.more })
    }
}
