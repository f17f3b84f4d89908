//! ListAttachedGroupPolicies.

use cloud::identity::record::Group;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::Paged;
use crate::shapes::AttachedPolicy;
use crate::{attach, entity};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128)]
    group_name: String,
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    #[shape(len = 1..=320)]
    marker: Option<String>,
    #[shape(range = 1..=1000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    attached_policies: Vec<AttachedPolicy>,
    is_truncated: bool,
    marker: Option<String>,
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
        let paged = Paged::new(input.marker, input.max_items);
        let page = attach::list::<Group>(cx, &input.group_name, input.path_prefix.as_deref(), &paged).await?;
        Ok(Output { is_truncated: page.is_truncated(), attached_policies: page.items, marker: page.marker })
    }
}
