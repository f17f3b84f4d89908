//! ListAttachedRolePolicies.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::Paged;
use crate::shapes::AttachedPolicy;
use crate::{attach, entity};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64)]
    role_name: String,
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

/// The managed policies at a role.
pub(crate) struct ListAttachedRolePolicies;

impl Operation for ListAttachedRolePolicies {
    const NAME: &'static str = "ListAttachedRolePolicies";
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
        let paged = Paged::new(input.marker, input.max_items);
        let page = attach::list::<Role>(cx, &input.role_name, input.path_prefix.as_deref(), &paged).await?;
        Ok(Output { is_truncated: page.is_truncated(), attached_policies: page.items, marker: page.marker })
    }
}
