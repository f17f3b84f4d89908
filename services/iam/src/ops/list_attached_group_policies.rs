//! ListAttachedGroupPolicies.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::AttachedPolicy;
use crate::{attach, entity};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    attached_policies: Vec<AttachedPolicy>,
    #[shape(flatten)]
    more: More,
}

/// The managed policies at a group.
pub(crate) struct ListAttachedGroupPolicies;

impl Operation for ListAttachedGroupPolicies {
    const NAME: &'static str = "ListAttachedGroupPolicies";
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
        let page =
            attach::list::<Group>(cx, &input.group_name, input.path_prefix.as_deref(), &input.paged).await?;
        Ok(Output { attached_policies: page.items, more: page.more })
    }
}
