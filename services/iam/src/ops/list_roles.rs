//! ListRoles.

use cloud::identity::record::Role;
use cloud::prelude::*;

use crate::error::Error;
use crate::page::{More, Paged};
use crate::shapes::RoleShape;
use crate::{entity, shapes};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    roles: Vec<RoleShape>,
    #[shape(flatten)]
    more: More,
}

/// The roles of the account by name.
pub(crate) struct ListRoles;

impl Operation for ListRoles {
    const NAME: &'static str = "ListRoles";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(entity::arn(cx, "role", input.path_prefix.as_deref().unwrap_or("/"), "").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let page = entity::list::<Role>(cx, input.path_prefix.as_deref(), &input.paged).await?;
        let page = page.map(|role| shapes::listed_role(&role));
        Ok(Output { roles: page.items, more: page.more })
    }
}
